//! Opting out and in again, by the bot's `words`. They count as the whole message only, and `stop` not as long as it answers a question.

use super::Turning;
use super::runs::Answered;
use crate::domain::{Message, Owner};
use crate::engine::fold::fold;
use crate::engine::wording;

impl Turning<'_> {
    /// Whether the message is such a word. It is done then, and confirmed once.
    pub(super) fn steers(&mut self, message: &Message) -> bool {
        let said = fold(&message.text);
        // `/stop` and `/start` are what buttons of some messengers write.
        let said = said.trim_start_matches('/').trim_end_matches(['.', '!']);
        let words = self.words();
        let is_one = |words: &[String]| words.iter().any(|word| word == said);
        if self.state.contact.opted_out {
            let back = is_one(&words.start);
            if back {
                self.opt_in();
            }
            return back;
        }
        let out = is_one(&words.stop) && !self.would_answer(message);
        if out {
            self.opt_out();
        }
        out
    }

    /// A question waits that takes it for its answer: tried on a copy of the turn.
    fn would_answer(&self, message: &Message) -> bool {
        if self.asking().is_none() || self.owner() == Owner::People {
            return false;
        }
        matches!(self.clone().answer(message), Some(Answered::Taken(_)))
    }

    /// Everything under way ends, and what was decided and has not gone is withdrawn. The confirmation is the last that they get.
    fn opt_out(&mut self) {
        self.stop();
        self.state.agenda.settling = None;
        self.state.conversation.hush += 1;
        let word = self.words().start.first().map_or("", String::as_str);
        let text = wording::opted_out(self.language(), word);
        let before = self.effects.len();
        self.say(&text);
        self.effects.iter_mut().skip(before).for_each(|decided| decided.parting = true);
        self.state.contact.opted_out = true;
    }

    fn opt_in(&mut self) {
        self.state.contact.opted_out = false;
        let text = wording::opted_in(self.language());
        self.say(text);
    }
}
