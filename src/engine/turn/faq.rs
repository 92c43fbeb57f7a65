//! The FAQ in a turn: what it makes of the message, who takes the entry that fits, what is said of it.

use super::Turning;
use super::runs::Manner;
use crate::bot::{FaqEntry, FlowIx};
use crate::domain::{Message, TraceKind, Value};
use crate::engine::faq::{Decision, Verdict};
use crate::engine::triggers::{Hit, Rank};

/// The session's variable that holds which entries were asked about. No name of a bot has a dot in it.
const ASKED: &str = "faq.asked";

/// What the FAQ made of the message.
#[derive(Clone, Debug, Default)]
pub(super) struct Consulted {
    verdict: Verdict,
    /// The trace says so already.
    told: bool,
}

impl<'a> Turning<'a> {
    /// Ask the FAQ. The hits of its entries: flows that take the one that fits, then the bot's own that answers.
    pub(super) fn ask_faq(&mut self, message: &Message) -> Option<(FlowIx, Option<&'a str>)> {
        let flow = self.revision.faq_flow?;
        self.faq = Consulted { verdict: self.revision.faq_index.find(&message.text), told: false };
        let best = match self.faq.verdict.decision {
            Decision::Answer(entry) => self.faq_entry(entry).map(|entry| entry.name.as_str()),
            _ => None,
        };
        Some((flow, best))
    }

    fn faq_entry(&self, n: usize) -> Option<&'a FaqEntry> {
        self.revision.faq.entries.get(n)
    }

    /// Say once in the trace what the FAQ makes of the message.
    pub(super) fn tell_faq(&mut self) {
        if std::mem::replace(&mut self.faq.told, true) {
            return;
        }
        let verdict = std::mem::take(&mut self.faq.verdict);
        for tried in &verdict.tried {
            let Some(entry) = self.faq_entry(tried.entry) else { continue };
            let words = if tried.words.is_empty() { String::new() } else { format!(" by {}", tried.words.join(", ")) };
            self.place = Some(entry.place.clone());
            self.trace(TraceKind::Condition, format!("faq `{}` fits {:.2}{words}", entry.name, tried.score));
        }
        self.place = None;
        self.faq.verdict = verdict;
    }

    /// Why the FAQ's own flow does not run.
    pub(super) fn faq_declines(&self, hit: &Hit) -> bool {
        Some(hit.flow) == self.revision.faq_flow && self.faq.verdict.decision == Decision::Nothing
    }

    /// A question that lets the FAQ go first: whether an entry that clearly fits answered.
    pub(super) fn faq_cuts_in(&mut self, message: &Message, hits: &[Hit]) -> bool {
        if !matches!(self.faq.verdict.decision, Decision::Answer(_)) || !self.question_lets_faq(message) {
            return false;
        }
        let hits: Vec<Hit> = hits.iter().filter(|hit| hit.rank == Rank::Faq).cloned().collect();
        self.offer_hits(&hits, Manner { converses: true, comes_back: true, replaces: None })
    }

    // What the FAQ's own step asks and does.

    /// The entries to ask about, by name: of this message, or of the question that waits and is asked again.
    pub fn faq_to_ask(&mut self) -> Option<Vec<String>> {
        let waits = self.asking().is_some_and(|run| Some(run.id) == self.run);
        if waits {
            return Some(self.faq_asked());
        }
        let Decision::Ask(entries) = self.faq.verdict.decision.clone() else { return None };
        let names: Vec<String> = entries.iter().filter_map(|n| Some(self.faq_entry(*n)?.name.clone())).collect();
        let asked = names.iter().cloned().map(Value::Text).collect();
        self.session().vars.insert(ASKED.to_owned(), Value::List(asked));
        Some(names)
    }

    /// The entries that were asked about. An edit may have taken one away.
    pub fn faq_asked(&self) -> Vec<String> {
        let Some(Value::List(asked)) = self.vars().get(ASKED) else { return Vec::new() };
        let name = |value: &Value| match value {
            Value::Text(name) => self.revision.faq.entry(name).map(|entry| entry.name.clone()),
            _ => None,
        };
        asked.iter().filter_map(name).collect()
    }

    /// Whether there is an entry of that name.
    pub fn has_faq(&self, name: &str) -> bool {
        self.revision.faq.entry(name).is_some()
    }

    /// What an entry is called: its questions, the first in the contact's language before all others.
    pub fn faq_labels(&self, name: &str) -> Vec<String> {
        let Some(entry) = self.revision.faq.entry(name) else { return Vec::new() };
        let spoken = self.answer_language().to_owned();
        let mut labels: Vec<String> = entry.questions.iter().map(|question| question.text.clone()).collect();
        if let Some(first) = entry.questions.iter().position(|question| *question.language == *spoken) {
            labels.swap(0, first);
        }
        labels
    }

    /// Say the answer of the entry that fits the message.
    pub fn say_faq_answer(&mut self) {
        let Decision::Answer(entry) = self.faq.verdict.decision else { return };
        if let Some(entry) = self.faq_entry(entry) {
            self.say_answer(&entry.name);
        }
    }

    /// Say the answer of an entry.
    pub fn say_answer(&mut self, name: &str) {
        let Some(entry) = self.revision.faq.entry(name) else { return };
        if let Some(answer) = &entry.answer {
            let step = self.place.replace(entry.place.clone());
            self.trace(TraceKind::Step, format!("the answer of `{name}`"));
            let language = self.answer_language().to_owned();
            self.say_texts_in(answer, &language);
            self.place = step;
        }
    }

    /// Somebody whose language is not known is answered in the one of the question.
    pub(super) fn answer_language(&self) -> &str {
        let asked = self.faq.verdict.tried.first().filter(|_| self.faq.verdict.decision != Decision::Nothing);
        match asked.filter(|_| self.state.contact.language.is_none()) {
            Some(tried) => &tried.language,
            None => self.language(),
        }
    }

    /// The contact said which entry was meant.
    pub fn choose_faq(&mut self, name: &str) {
        self.trace(TraceKind::Condition, format!("faq `{name}` was meant"));
        self.say_answer(name);
        self.forget_asked();
    }

    /// None of the entries was meant: the message goes on as if the FAQ did not know it. Whether a flow is there for that.
    pub fn forget_faq(&mut self) -> bool {
        self.faq = Consulted::default();
        self.forget_asked();
        !self.revision.table.on(crate::engine::triggers::Occasion::Fallback).is_empty()
    }

    fn forget_asked(&mut self) {
        self.session().vars.remove(ASKED);
    }
}
