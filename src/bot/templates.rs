//! Templates as bots write them: the name, and all that is to be filled in.

use crate::domain::{HeaderKind, MediaKind, wall};
use crate::yaml::{Content, Node, Problem};

use super::assets::FileUse;
use super::context::Context;
use super::shapes::{CARD, HEADER, OUTSIDE, TEMPLATE, TEMPLATE_KEYS};
use super::texts::inner;
use super::{CardCall, HeaderFrom, MediaFrom, TemplateCall, TemplateUse, Texts, ValueExpr};

const HEADER_KEYS: &[(&str, MediaKind)] =
    &[("image", MediaKind::Image), ("video", MediaKind::Video), ("file", MediaKind::Document)];
/// Cards of a carousel; WhatsApp's limit.
const MOST_CARDS: usize = 10;

impl Context {
    /// `outside_window`: a mapping with the key `template`.
    pub fn outside_window(&mut self, node: &Node) -> Option<TemplateCall> {
        self.shaped(node, &OUTSIDE);
        let Some(name) = node.get("template") else {
            let problem = Problem::error("missing-key", &node.at, "`outside_window` needs the key `template`");
            self.report(problem.help("`outside_window: {template: reopen_chat, language: en}`"));
            return None;
        };
        self.template(name, |key| node.get(key))
    }

    /// A template by its name, with the keys beside it; or a mapping of its own, with the key `name`.
    pub fn template<'n>(&mut self, node: &'n Node, beside: impl Fn(&str) -> Option<&'n Node>) -> Option<TemplateCall> {
        if !matches!(node.content, Content::Map(_)) {
            return self.template_of(node, beside);
        }
        self.shaped(node, &TEMPLATE);
        if let Some(twice) = TEMPLATE_KEYS.iter().find_map(|key| beside(key.name)) {
            let problem = Problem::error("needless-key", &twice.at, "`template` says all of it in its own mapping");
            self.report(problem.help("write it there"));
        }
        let Some(name) = node.get("name") else {
            let problem = Problem::error("missing-key", &node.at, "`template` needs the key `name`");
            self.report(problem.help("`template: {name: order_ready, params: [Anna]}`"));
            return None;
        };
        self.template_of(name, |key| node.get(key))
    }

    fn template_of<'n>(&mut self, name: &Node, beside: impl Fn(&str) -> Option<&'n Node>) -> Option<TemplateCall> {
        let (place, at) = (self.place(&name.at), inner(name));
        let name = self.scalar(name, "the name of a template");
        let language = optional(beside("language"), |node| self.scalar(node, "a language's code"));
        let params = self.filled(beside("params"));
        let header = optional(beside("header"), |node| self.header(node));
        let buttons = self.filled(beside("buttons"));
        let cards = beside("cards").map_or(Some(Vec::new()), |node| self.cards(node));
        let offer_until = optional(beside("offer_until"), |node| self.offer_until(node));
        let call = TemplateCall {
            name: name?,
            language: language.ok()?,
            params: params?,
            header: header.ok()?,
            buttons: buttons?,
            cards: cards?,
            offer_until: offer_until.ok()?,
            place,
        };
        self.templates.push(TemplateUse {
            name: call.name.clone(),
            language: call.language.clone(),
            params: call.params.len(),
            header: kind(call.header.as_ref()),
            buttons: call.buttons.len(),
            cards: call.cards.len(),
            at,
        });
        Some(call)
    }

    /// What is filled in, in order: one text or several.
    fn filled(&mut self, node: Option<&Node>) -> Option<Vec<Texts>> {
        let items = node.map(Node::one_or_many).unwrap_or_default();
        let texts: Vec<_> = items.iter().map(|item| self.parameter(item)).collect();
        texts.into_iter().collect()
    }

    /// A text, or a file under its kind.
    fn header(&mut self, node: &Node) -> Option<HeaderFrom> {
        if !matches!(node.content, Content::Map(_)) {
            return self.texts_for_people(node).map(HeaderFrom::Text);
        }
        let closed = self.shaped(node, &HEADER);
        let found: Vec<(MediaKind, &Node)> =
            HEADER_KEYS.iter().filter_map(|(name, kind)| Some((*kind, node.get(name)?))).collect();
        let [(kind, file)] = found.as_slice() else {
            if closed {
                let problem = Problem::error("wrong-type", &node.at, "a header is a text, or one file");
                self.report(problem.help("`header: {image: map.jpg}`, or `video` or `file`"));
            }
            return None;
        };
        let from: MediaFrom = self.media(file, *kind)?;
        self.fits_channels(file, *kind, &from, FileUse::Header);
        closed.then_some(HeaderFrom::Media(*kind, from))
    }

    fn cards(&mut self, node: &Node) -> Option<Vec<CardCall>> {
        let items = node.one_or_many();
        if items.is_empty() || items.len() > MOST_CARDS {
            let message = format!("`cards` are 1 to {MOST_CARDS}, each with `header`, `params` and `buttons`");
            self.report(
                Problem::error("wrong-type", &node.at, message)
                    .help("`cards: [{header: {image: a.jpg}, params: [Ann]}]`"),
            );
            return None;
        }
        let cards: Vec<_> = items.iter().map(|item| self.card(item)).collect();
        cards.into_iter().collect()
    }

    /// What is written by language is for the contact, and is to be there in each; a text alone is filled into a template of any.
    fn parameter(&mut self, node: &Node) -> Option<Texts> {
        if matches!(node.content, Content::Map(_)) { self.texts(node) } else { self.texts_for_people(node) }
    }

    fn card(&mut self, node: &Node) -> Option<CardCall> {
        let closed = self.shaped(node, &CARD);
        let header = optional(node.get("header"), |node| self.header(node));
        let (params, buttons) = (self.filled(node.get("params")), self.filled(node.get("buttons")));
        let card = CardCall { header: header.ok()?, params: params?, buttons: buttons? };
        closed.then_some(card)
    }

    fn offer_until(&mut self, node: &Node) -> Option<ValueExpr> {
        let value = self.value(node)?;
        if let ValueExpr::Literal(literal) = &value
            && wall::named(literal, chrono_tz::Tz::UTC).is_none()
        {
            let problem = Problem::error("bad-time", &node.at, "this is no point of time");
            self.report(problem.help("name a variable that holds one, `\"{{ visit }}\"`, or write `2026-03-10 15:00`"));
            return None;
        }
        Some(value)
    }
}

fn kind(header: Option<&HeaderFrom>) -> HeaderKind {
    match header {
        None => HeaderKind::Nothing,
        Some(HeaderFrom::Text(_)) => HeaderKind::Text,
        Some(HeaderFrom::Media(MediaKind::Image, _)) => HeaderKind::Image,
        Some(HeaderFrom::Media(MediaKind::Video, _)) => HeaderKind::Video,
        Some(HeaderFrom::Media(..)) => HeaderKind::Document,
    }
}

/// Something that was written and cannot be read; it has been told.
struct Unread;

/// What was not written is fine.
fn optional<T>(node: Option<&Node>, read: impl FnOnce(&Node) -> Option<T>) -> Result<Option<T>, Unread> {
    node.map(|node| read(node).ok_or(Unread)).transpose()
}
