//! Speaking: texts, templates, and the effects that carry them.

use super::Turning;
use crate::bot::{LoopGuard, TemplateCall, Texts};
use crate::domain::{Decided, Effect, Outside, ShownOption, Talk, Template, Time, TraceKind};
use crate::engine::rendering::{menu, numbered, parameter, split};
use crate::engine::wording;

/// Messages that one turn may send. More is a circle that talks.
pub(super) const MOST_MESSAGES: u32 = 30;
/// Characters of a message shown in the trace.
const SHOWN: usize = 200;

impl Turning<'_> {
    /// Say a text in the contact's language.
    pub fn say_texts(&mut self, texts: &Texts) {
        if let Some(text) = self.text(texts) {
            self.say(&text);
        }
    }

    /// Say a text. A long one is sent in parts, an empty one not at all.
    pub fn say(&mut self, text: &str) {
        let text = text.trim();
        if text.is_empty() || !self.is_heard(text) {
            return;
        }
        for part in split(text, self.around.capabilities.text_limit) {
            if !self.spend_message() {
                return;
            }
            self.trace(TraceKind::Effect, format!("say: {}", cut(&part)));
            self.decide(Effect::Say { text: part });
        }
        self.state.conversation.last_reply = Some(text.to_owned());
    }

    /// Offer options below a text, as the channel shows them best; `button` opens them where they are a list.
    pub fn offer_options(&mut self, text: &str, options: &[ShownOption], button: Option<&str>) {
        let can = self.around.capabilities;
        let mut parts = split(text.trim(), can.menu_text_limit.max(1));
        let last = parts.pop().unwrap_or_default();
        let button = button.unwrap_or_else(|| wording::open_list(self.language()));
        let Some(menu) = menu(&last, options, button, can) else {
            return self.say(&numbered(text, options.iter().map(|option| &option.title)));
        };
        for part in &parts {
            self.say(part);
        }
        if self.is_heard(&last) && self.spend_message() {
            self.trace(TraceKind::Effect, format!("menu: {}", cut(&last)));
            self.decide(Effect::Menu(menu));
            self.state.conversation.last_reply = Some(text.trim().to_owned());
        }
    }

    /// The step under way, as it stands in the ids of its buttons: `flow.step`.
    pub fn step_ref(&self) -> String {
        let flow = self.here.and_then(|at| self.revision.flows.get(at.flow));
        let key = self.here.and_then(|at| self.entry(at)).map(|entry| &entry.key);
        flow.zip(key).map(|(flow, key)| format!("{}.{key}", flow.name)).unwrap_or_default()
    }

    /// Send a template.
    pub fn send_template(&mut self, call: &TemplateCall) {
        if !self.around.capabilities.templates {
            self.error(format!("the channel knows no templates: `{}` is not sent", call.name));
            return;
        }
        let template = self.template(call);
        if self.is_heard(&template.name) && self.spend_message() {
            self.trace(TraceKind::Effect, format!("template: {}", template.name));
            self.decide(Effect::Template(Box::new(template)));
        }
    }

    fn is_heard(&mut self, text: &str) -> bool {
        let why = if self.state.contact.opted_out {
            "the contact opted out"
        } else if !self.may_speak() {
            "people have the conversation"
        } else {
            return true;
        };
        self.trace(TraceKind::Effect, format!("not said, {why}: {}", cut(text)));
        false
    }

    /// Until when the bot is silent, because it said too much.
    pub(super) fn silenced_until(&self) -> Option<Time> {
        self.state.conversation.talk?.silent_until.filter(|until| self.now < *until)
    }

    /// Count a reply; false when it is one too many.
    fn guard(&mut self) -> bool {
        let Some(LoopGuard { replies, within }) = self.revision.loop_guard else { return true };
        if self.silenced_until().is_some() {
            return false;
        }
        let now = self.now;
        let fresh = Talk { since: now, replies: 0, silent_until: None };
        let talk = self.state.conversation.talk.get_or_insert(fresh);
        if talk.silent_until.is_some() || now.since(talk.since) >= within {
            *talk = fresh;
        }
        talk.replies += 1;
        if talk.replies <= replies {
            return true;
        }
        talk.silent_until = Some(now + within);
        self.error(format!("`loop_guard`: more than {replies} replies within {within}; silent for as long"));
        false
    }

    fn spend_message(&mut self) -> bool {
        self.messages = self.messages.saturating_add(1);
        if self.messages == MOST_MESSAGES.saturating_add(1) {
            self.error("too many messages in one turn: this one and what follows is not sent");
        }
        self.messages <= MOST_MESSAGES && self.guard()
    }

    fn template(&mut self, call: &TemplateCall) -> Template {
        let language = call.language.clone().unwrap_or_else(|| self.language().to_owned());
        let params = call.params.iter().map(|texts| parameter(&self.lasting_text(texts).unwrap_or_default())).collect();
        Template { name: call.name.clone(), language, params, ..Template::default() }
    }

    /// Take an effect down.
    pub(super) fn decide(&mut self, effect: Effect) {
        let free_form = effect.reaches_contact() && !matches!(effect, Effect::Template(_));
        let outside = if free_form { self.stand_in() } else { Outside::Drop };
        let hush = self.state.conversation.hush;
        if effect.reaches_contact() {
            self.state.conversation.unanswered_since = None;
        }
        let speaks = !self.may_converse() && self.may_speak();
        self.effects.push(Decided { effect, outside, hush, nested: self.nested, speaks, reply_to: None });
    }

    /// What goes instead of a message outside the window.
    fn stand_in(&mut self) -> Outside {
        if let Some(outside) = &self.outside {
            return outside.clone();
        }
        let failed = self.failed;
        let can = self.around.capabilities.window.is_some() && self.around.capabilities.templates;
        let outside = match &self.revision.outside {
            Some(call) if can => Outside::Template(Box::new(self.template(call))),
            _ => Outside::Drop,
        };
        // A parameter that fails is traced and shown as `-`; nobody needs an apology for what may never go.
        self.failed = failed;
        self.outside = Some(outside.clone());
        outside
    }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}
