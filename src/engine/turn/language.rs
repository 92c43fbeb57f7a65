//! The contact's language: heard in what they write, until a flow says which it is.

use super::Turning;
use crate::domain::{Message, TraceKind};
use crate::engine::language::detect;

impl Turning<'_> {
    /// Set the contact's language, for good. One that the bot does not have is traced and changes nothing.
    pub fn set_language(&mut self, language: String) {
        if self.revision.languages.contains(&language) {
            self.state.contact.language = Some(language);
            self.state.conversation.heard.is_set = true;
        } else {
            self.error(format!("the bot has no language `{language}`"));
        }
    }

    /// Take the language that a message is written in. Once it is known, it changes only when two messages in a row are in another one,
    /// and only once: who writes in two languages is not answered in both.
    pub(super) fn hear(&mut self, message: &Message) {
        let languages: Vec<&str> = self.revision.languages.iter().map(String::as_str).collect();
        let heard = &self.state.conversation.heard;
        if heard.is_set || languages.len() < 2 {
            return;
        }
        let Some(language) = detect(&message.text, &languages) else { return };
        let known = self.state.contact.language.as_deref().filter(|known| languages.contains(known));
        let is_new = known.is_none();
        if known == Some(language) {
            self.state.conversation.heard.rival = None;
        } else if is_new || (!heard.has_changed && heard.rival.as_deref() == Some(language)) {
            self.trace(TraceKind::Event, format!("the contact writes in `{language}`"));
            self.state.contact.language = Some(language.to_owned());
            let heard = &mut self.state.conversation.heard;
            (heard.rival, heard.has_changed) = (None, !is_new);
        } else {
            self.state.conversation.heard.rival = Some(language.to_owned());
        }
    }
}
