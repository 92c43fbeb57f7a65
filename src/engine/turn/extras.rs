//! What only some messengers have: cards of contacts, products, forms of their own, marks on messages.

use super::Turning;
use crate::domain::{Capabilities, Card, Effect, Pressable, TraceKind, WhatsAppForm};
use crate::engine::rendering::{cut_label, split};

/// Characters of the label of a button that opens a form, at WhatsApp.
const FORM_LABEL: usize = 30;
/// Characters of a mark: an emoji of the longest kind has some ten.
const LONGEST_MARK: usize = 32;

impl Turning<'_> {
    /// What the channel can do.
    pub fn channel_can(&self) -> &Capabilities {
        self.around.capabilities
    }

    /// Send cards of contacts; where the channel has none, as text.
    pub fn send_contacts(&mut self, cards: Vec<Card>) {
        let text = cards.iter().map(Card::lines).collect::<Vec<_>>().join("\n\n");
        if !self.around.capabilities.contacts {
            return self.say(&text);
        }
        if !cards.is_empty() && self.is_heard(&text) && self.spend_message() {
            let names: Vec<_> = cards.iter().map(|card| card.name.as_str()).collect();
            self.trace(TraceKind::Effect, format!("contacts: {}", names.join(", ")));
            self.decide(Effect::Contacts { cards });
        }
    }

    /// Say a text with products or the catalogue below; where the channel has no shop, the text alone.
    pub fn say_with_wares(&mut self, text: &str, wares: Pressable) {
        if self.around.capabilities.shop {
            self.say_above("products", text, wares);
        } else {
            self.trace(TraceKind::Effect, "the channel shows no products: the text alone");
            self.say(text);
        }
    }

    /// Ask for a postal address, with the messenger's form for it where it has one.
    pub fn ask_address(&mut self, text: &str, country: Option<&str>) {
        match country.filter(|_| self.around.capabilities.addresses) {
            Some(country) => {
                self.say_above("request for an address", text, Pressable::AskAddress { country: country.to_owned() });
            }
            None => self.say(text),
        }
    }

    /// Offer a form of the messenger's own.
    pub fn offer_form(&mut self, text: &str, form: WhatsAppForm) {
        let button = cut_label(&form.button, FORM_LABEL);
        self.say_above("form", text, Pressable::Form(WhatsAppForm { button, ..form }));
    }

    /// The messenger has no such question.
    pub fn tell_unasked(&mut self) {
        self.trace(TraceKind::Effect, "the channel has no such question: it ends as after the last wrong answer");
    }

    /// What is pressed stands below the last part of a long text.
    fn say_above(&mut self, name: &str, text: &str, what: Pressable) {
        let mut parts = split(text, self.around.capabilities.menu_text_limit.max(1));
        let Some(last) = parts.pop() else {
            return self.error(format!("{name}: there is no text above it, so it is not sent"));
        };
        for part in &parts {
            self.say(part);
        }
        self.say_to_press(name, &last, what);
    }

    /// Set a mark on the contact's message; an empty one takes it away.
    pub fn react(&mut self, emoji: &str) {
        let emoji: String = emoji.trim().chars().take(LONGEST_MARK).collect();
        if !self.around.capabilities.reactions {
            return self.trace(TraceKind::Effect, "no marks can be set on this channel");
        }
        match self.message().and_then(|message| message.id.clone()) {
            None => self.trace(TraceKind::Effect, "there is no message of the contact's to set a mark on"),
            Some(message) if self.is_heard(&emoji) => {
                self.trace(TraceKind::Effect, format!("reaction: {emoji}"));
                self.decide(Effect::React { message, emoji });
            }
            Some(_) => {}
        }
    }
}
