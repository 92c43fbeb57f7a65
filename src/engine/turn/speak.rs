//! Speaking: texts, templates, and the effects that carry them.

use super::{Revision, Turning};
use crate::bot::{CardCall, FlowIx, HeaderFrom, LoopGuard, TemplateCall, Texts, ValueExpr};
use crate::domain::{
    Body, Capabilities, Decided, Effect, Interactive, Media, MediaKind, MediaSource, Outside, Owner, Pin, Pressable,
    Run, ShownOption, Span, Talk, Template, TemplateCard, TemplateHeader, Time, TraceKind, WaitKind, wall,
};
use crate::engine::rendering::{cut_label, menu, numbered, parameter, split};
use crate::engine::wording;

/// Messages that one turn may send. More is a circle that talks.
pub(super) const MOST_MESSAGES: u32 = 30;
/// Characters of the label of a button that opens an address, at WhatsApp.
const LINK_LABEL: usize = 20;
/// So long a messenger shows that somebody types.
const TYPING: Span = Span::seconds(25);
/// Characters of a message shown in the trace.
const SHOWN: usize = 200;

/// How a step's messages go.
#[derive(Debug, Default)]
pub struct SayingManner {
    /// What goes instead outside the window.
    pub outside: OwnOutside,
    /// They quote the contact's message.
    pub reply: bool,
}

/// What goes instead of a step's message outside the window.
#[derive(Debug, Default)]
pub enum OwnOutside {
    /// What the bot says of that.
    #[default]
    Usual,
    /// A template that says the same.
    Template(Box<TemplateCall>),
    /// Nothing.
    Drop,
    /// Nothing now: the message is kept until the contact writes.
    Queue,
}

impl OwnOutside {
    /// The message is kept until the contact writes.
    pub fn is_kept(&self) -> bool {
        matches!(self, Self::Queue)
    }
}

impl Turning<'_> {
    /// Say a text in the contact's language.
    pub fn say_texts(&mut self, texts: &Texts) {
        if let Some(text) = self.text(texts) {
            self.say(&text);
        }
    }

    /// The same in another language.
    pub fn say_texts_in(&mut self, texts: &Texts, language: &str) {
        if let Some(text) = self.text_in(texts, language) {
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
        self.offer_as(text, options, button, self.around.capabilities);
    }

    /// The same, of options whose labels nobody kept short: they are buttons only where none is cut.
    pub fn offer_sentences(&mut self, text: &str, options: &[ShownOption]) {
        let fits = |limit: usize| options.iter().all(|option| option.title.chars().count() <= limit);
        let buttons = self.around.capabilities.buttons.filter(|limits| fits(limits.title));
        self.offer_as(text, options, None, &Capabilities { buttons, ..*self.around.capabilities });
    }

    fn offer_as(&mut self, text: &str, options: &[ShownOption], button: Option<&str>, can: &Capabilities) {
        let shows = can.buttons.is_some() || can.list.is_some();
        let mut parts = if shows { split(text.trim(), can.menu_text_limit.max(1)) } else { Vec::new() };
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

    pub(super) fn is_heard(&mut self, text: &str) -> bool {
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

    pub(super) fn spend_message(&mut self) -> bool {
        self.messages = self.messages.saturating_add(1);
        if self.messages == MOST_MESSAGES.saturating_add(1) {
            self.error("too many messages in one turn: this one and what follows is not sent");
        }
        self.messages <= MOST_MESSAGES && self.guard()
    }

    fn template(&mut self, call: &TemplateCall) -> Template {
        let language = call.language.clone().unwrap_or_else(|| self.language().to_owned());
        Template {
            name: call.name.clone(),
            language,
            params: self.parameters(&call.params),
            header: call.header.as_ref().and_then(|header| self.header(header)),
            buttons: self.parameters(&call.buttons),
            cards: call.cards.iter().map(|card| self.card(card)).collect(),
            offer_until: call.offer_until.as_ref().and_then(|until| self.offer_until(until)),
        }
    }

    fn parameters(&mut self, texts: &[Texts]) -> Vec<String> {
        texts.iter().map(|texts| parameter(&self.lasting_text(texts).unwrap_or_default())).collect()
    }

    fn header(&mut self, header: &HeaderFrom) -> Option<TemplateHeader> {
        match header {
            HeaderFrom::Text(texts) => {
                Some(TemplateHeader::Text(parameter(&self.lasting_text(texts).unwrap_or_default())))
            }
            HeaderFrom::Media(kind, from) => {
                let source = from.source(|url| self.lasting_text(url))?;
                Some(TemplateHeader::Media(media(*kind, source)))
            }
        }
    }

    fn card(&mut self, card: &CardCall) -> TemplateCard {
        TemplateCard {
            header: card.header.as_ref().and_then(|header| self.header(header)),
            params: self.parameters(&card.params),
            buttons: self.parameters(&card.buttons),
        }
    }

    fn offer_until(&mut self, until: &ValueExpr) -> Option<Time> {
        let value = self.value(until);
        let found = wall::named(&value, self.zone());
        if found.is_none() {
            self.error("`offer_until` is no point of time: the offer has no end");
        }
        found
    }

    /// Do something whose messages have a stand-in of their own outside the window, or quote the contact's message.
    pub fn in_manner<R>(&mut self, manner: &SayingManner, speak: impl FnOnce(&mut Self) -> R) -> R {
        let can = self.around.capabilities.templates;
        let own = match &manner.outside {
            OwnOutside::Usual => None,
            OwnOutside::Template(call) if can => Some(Outside::Same(Box::new(self.template(call)))),
            OwnOutside::Template(_) | OwnOutside::Drop => Some(Outside::Drop),
            OwnOutside::Queue => Some(Outside::Queue),
        };
        let quoted = self.message().and_then(|message| message.id.clone()).filter(|_| manner.reply);
        let before = (std::mem::replace(&mut self.own_outside, own), std::mem::replace(&mut self.quoted, quoted));
        let spoken = speak(self);
        (self.own_outside, self.quoted) = before;
        spoken
    }

    /// Send a file, with a text beside it where the channel can, else after it.
    pub fn send_media(&mut self, kind: MediaKind, source: MediaSource, text: &str) {
        let can = self.around.capabilities;
        let Some(shown) = can.sends_as(kind, &source) else { return self.say_of_file(kind, &source, text) };
        if let Some(unfit) = can.unfit(kind, &source) {
            self.trace(
                TraceKind::Effect,
                format!("the channel takes {unfit}: `{}` goes as {}", named(&source), shown.name()),
            );
        }
        let kind = shown;
        // Sounds have no text beside them at any messenger.
        let fits = can.caption_limit.is_some_and(|limit| text.chars().count() <= limit) && kind != MediaKind::Audio;
        let (caption, after) = if fits { (text, "") } else { ("", text) };
        let what = named(&source).to_owned();
        if self.is_heard(&what) && self.spend_message() {
            self.trace(TraceKind::Effect, format!("{}: {}", kind.name(), cut(&what)));
            self.decide(Effect::Media(Media { caption: caption.to_owned(), ..media(kind, source) }));
        }
        self.say(after);
    }

    /// The channel takes no such file: its address is said, and of a file of the folder only the text.
    fn say_of_file(&mut self, kind: MediaKind, source: &MediaSource, text: &str) {
        match source {
            MediaSource::Url(url) => self.say(&format!("{text}\n{url}")),
            MediaSource::File(asset) => {
                let unfit = self.around.capabilities.unfit(kind, source);
                let takes = unfit.map(|unfit| unfit.to_string()).unwrap_or_default();
                self.error(format!("the channel takes {takes}: `{}` is not sent", asset.path));
                self.say(text);
            }
        }
    }

    /// Send a place; where the channel has none, its name, address and a link to a map.
    pub fn send_place(&mut self, pin: Pin) {
        if !self.around.capabilities.places {
            let link = format!("https://maps.google.com/?q={},{}", pin.at.latitude, pin.at.longitude);
            let lines = [pin.name.as_str(), pin.address.as_str(), link.as_str()];
            return self.say(&lines.into_iter().filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n"));
        }
        if self.is_heard(&pin.name) && self.spend_message() {
            self.trace(TraceKind::Effect, format!("location: {}", cut(&pin.name)));
            self.decide(Effect::Pin(pin));
        }
    }

    /// Say a text with labels to press that lead to no step: what is pressed comes back as if it was written.
    pub fn say_with_buttons(&mut self, text: &str, labels: &[String]) {
        let step = self.step_ref();
        let shown = |(n, title): (usize, &String)| ShownOption {
            id: format!("{step}#{n}"),
            title: title.clone(),
            description: String::new(),
        };
        let options: Vec<_> = labels.iter().enumerate().map(shown).collect();
        let button = wording::open_list(self.language());
        match menu(text.trim(), &options, button, self.around.capabilities) {
            Some(menu) if self.is_heard(text) && self.spend_message() => {
                self.trace(TraceKind::Effect, format!("menu: {}", cut(text)));
                self.decide(Effect::Menu(menu));
                self.state.conversation.last_reply = Some(text.trim().to_owned());
            }
            Some(_) => {}
            None => {
                let lines: Vec<_> = labels.iter().map(|label| format!("– {label}")).collect();
                self.say(&format!("{text}\n{}", lines.join("\n")));
            }
        }
    }

    /// Say a text with a button that opens an address; where the channel has none, the address stands below.
    pub fn say_with_link(&mut self, text: &str, title: &str, url: &str) {
        let can = self.around.capabilities;
        let fits = can.interactive && !text.trim().is_empty() && text.chars().count() <= can.menu_text_limit;
        if !fits {
            return self.say(&format!("{text}\n{title}: {url}"));
        }
        let title = cut_label(title, LINK_LABEL);
        self.say_to_press("link", text, Pressable::Link { title, url: url.to_owned() });
    }

    /// Ask for the contact's place: with a button that sends it, where the channel has one.
    pub fn ask_location(&mut self, text: &str) {
        let can = self.around.capabilities;
        if can.interactive && !text.trim().is_empty() && text.chars().count() <= can.menu_text_limit {
            self.say_to_press("request for a place", text, Pressable::AskLocation);
        } else {
            self.say(text);
        }
    }

    pub(super) fn say_to_press(&mut self, name: &str, text: &str, what: Pressable) {
        if self.is_heard(text) && self.spend_message() {
            self.trace(TraceKind::Effect, format!("{name}: {}", cut(text)));
            self.decide(Effect::Interactive(Interactive { text: text.trim().to_owned(), what }));
            self.state.conversation.last_reply = Some(text.trim().to_owned());
        }
    }

    /// A message that the bot answers was read, where the account tells contacts so; and the bot types while it is about to say more. Behind the
    /// answer, which so need not wait for it.
    pub(super) fn mark_read(&mut self) {
        let can = self.around.capabilities;
        let came = if let Body::Message(message) = &self.event.body { message.id.clone() } else { None };
        if can.typing && came.is_some() {
            self.state.conversation.last_in_id.clone_from(&came);
        }
        let answers = self.effects.iter().any(|decided| decided.effect.reaches_contact());
        let typing = can.typing && self.is_about_to_speak();
        let last = || self.state.conversation.last_in_id.clone().filter(|_| typing);
        if let (Some(message), true) =
            (came.clone().or_else(last), typing || (came.is_some() && can.read_marks && answers))
        {
            self.decide(Effect::Seen { message, typing });
        }
    }

    /// A run waits for a short time, or for the answer of another program. In a timer's turn the contact's last message was marked before.
    fn is_about_to_speak(&self) -> bool {
        let soon = |run: &Run| match run.wait.kind {
            WaitKind::Time => run.wait.due.is_some_and(|due| due <= self.now + TYPING),
            WaitKind::Http { .. } => true,
            WaitKind::Answer { .. } | WaitKind::HumanReplied | WaitKind::ToAsk => false,
        };
        let mut waiting = self.state.session.iter().flat_map(|session| &session.waiting);
        self.owner() != Owner::People && waiting.any(soon)
    }

    /// Take an effect down.
    pub(super) fn decide(&mut self, effect: Effect) {
        let free_form = effect.reaches_contact() && !matches!(effect, Effect::Template(_));
        let outside = match &self.own_outside {
            Some(own) if free_form => own.clone(),
            None if free_form => self.stand_in(),
            _ => Outside::Drop,
        };
        let reply_to = self.quoted.clone().filter(|_| free_form && self.around.capabilities.replies);
        let hush = self.state.conversation.hush;
        if effect.reaches_contact() {
            self.state.conversation.unanswered_since = None;
        }
        let speaks = !self.may_converse() && self.may_speak();
        let unprompted = matches!(self.event.body, Body::Timer(_) | Body::Scheduled(_) | Body::Posted(_));
        self.effects.push(Decided {
            effect,
            outside,
            hush,
            nested: self.nested,
            speaks,
            unprompted,
            parting: false,
            reply_to,
        });
    }

    /// What goes instead of a message outside the window.
    fn stand_in(&mut self) -> Outside {
        let flow = self.here.map(|at| at.flow);
        if let Some((_, outside)) = self.outside.iter().find(|(of, _)| *of == flow) {
            return outside.clone();
        }
        let failed = self.failed;
        let can = self.around.capabilities.window.is_some() && self.around.capabilities.templates;
        let outside = match outside_of(self.revision, flow) {
            Some(call) if can => Outside::Template(Box::new(self.template(call))),
            _ => Outside::Drop,
        };
        // A parameter that fails is traced and shown as `-`; nobody needs an apology for what may never go.
        self.failed = failed;
        self.outside.push((flow, outside.clone()));
        outside
    }
}

/// The name or address of a file.
fn named(source: &MediaSource) -> &str {
    match source {
        MediaSource::File(asset) => &asset.path,
        MediaSource::Url(url) => url,
    }
}

/// A file without a text beside it.
fn media(kind: MediaKind, source: MediaSource) -> Media {
    let file_name = || named(&source).rsplit('/').next().unwrap_or_default().to_owned();
    let name = (kind == MediaKind::Document).then(file_name);
    Media { kind, source, name, caption: String::new() }
}

/// What the flow says of it, else the bot.
fn outside_of(revision: &Revision, flow: Option<FlowIx>) -> Option<&TemplateCall> {
    let own = flow.and_then(|flow| revision.flows.get(flow)?.outside.as_ref());
    own.or(revision.outside.as_ref())
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}
