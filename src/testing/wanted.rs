//! Reads what a test expects: what the bot says, and how things stand.

use regex::Regex;

use crate::engine::steps::MEDIA;
use crate::yaml::{Content, Key, Node};

use super::expect::{Contact, Expect, OWNERS, Scope, Want};
use super::fields::Fields;
use super::format::{Said, SaidParts, SaidTemplate, is_nothing, some_text, when};
use super::http::wanted;
use super::shapes::{CARD, EXPECT, EXPECT_ONLY, EXPECTED_CONTACT, SAID, TEMPLATE};

pub(super) fn said(fields: &mut Fields, node: &Node) -> Option<Said> {
    if node.get("template").is_none() {
        return said_otherwise(fields, node);
    }
    fields.shaped(node, &TEMPLATE)?;
    let cards = node.get("cards").map(|n| n.one_or_many().iter().filter_map(|card| parts(fields, card)).collect());
    Some(Said::Template(Box::new(SaidTemplate {
        name: node.get("template").and_then(|n| fields.text(n))?,
        language: node.get("language").and_then(|n| fields.text(n)),
        parts: parts_of(fields, node),
        cards,
        offer_until: node.get("offer_until").and_then(|n| when(fields, n)),
    })))
}

/// A card of an expected template.
fn parts(fields: &mut Fields, node: &Node) -> Option<SaidParts> {
    fields.shaped(node, &CARD)?;
    Some(parts_of(fields, node))
}

fn parts_of(fields: &mut Fields, node: &Node) -> SaidParts {
    SaidParts {
        header: node.get("header").and_then(|n| fields.text(n)),
        params: node.get("params").and_then(|n| fields.texts(n)),
        buttons: node.get("buttons").and_then(|n| fields.texts(n)),
    }
}

/// Files, by a part of their name or address, buttons by their labels, a place; else a text.
fn said_otherwise(fields: &mut Fields, node: &Node) -> Option<Said> {
    let Content::Map(entries) = &node.content else { return want(fields, node).map(Said::Text) };
    fields.shaped(node, &SAID)?;
    let [(key, value)] = entries.as_slice() else {
        fields.error("wrong-type", node, "one key says what is expected", "`{contains: …}`, or `{image: …}`");
        return None;
    };
    match key.text.as_str() {
        "buttons" => fields.some_texts(value).map(Said::Buttons),
        "location" => fields.text(value).map(Said::Location),
        word => match MEDIA.iter().find(|(name, _)| *name == word) {
            Some((_, kind)) => fields.text(value).map(|name| Said::Media(*kind, name)),
            None => want_of(fields, key, value).map(Said::Text),
        },
    }
}

/// A text that is wanted: whole, or by `contains`, `matches` or `one_of`.
fn want(fields: &mut Fields, node: &Node) -> Option<Want> {
    if !matches!(node.content, Content::Map(_)) {
        return fields.text(node).map(Want::Whole);
    }
    fields.closed(node, "expected text", &["contains", "matches", "one_of"])?;
    let [(key, value)] = node.entries() else {
        let help = "`{contains: …}`, or several as a list: `{contains: [one, other]}`";
        fields.error("wrong-type", node, "one of `contains`, `matches` and `one_of` says what is expected", help);
        return None;
    };
    want_of(fields, key, value)
}

/// By one of these keys; any other was told.
fn want_of(fields: &mut Fields, key: &Key, value: &Node) -> Option<Want> {
    match key.text.as_str() {
        "contains" => fields.some_texts(value).map(Want::Contains),
        "one_of" => fields.some_texts(value).map(Want::OneOf),
        "matches" => regex(fields, value).map(Want::Matches),
        _ => None,
    }
}

fn regex(fields: &mut Fields, node: &Node) -> Option<Regex> {
    let text = fields.text(node)?;
    let help = "in single quotes `\\` means nothing to YAML: `'^\\d+$'`";
    Regex::new(&text).map_err(|error| fields.error("bad-regex", node, error.to_string(), help)).ok()
}

pub(super) fn expect(fields: &mut Fields, node: &Node) -> Option<Expect> {
    if let Some(inner) = node.get("only") {
        fields.closed(node, "`expect`", &["only"])?;
        fields.shaped(inner, &EXPECT_ONLY)?;
        fields.says_something(inner, "`only`", "`only: {tags: [vip]}`: these and no others")?;
        return Some(expectations(fields, inner, Scope::Only));
    }
    fields.shaped(node, &EXPECT)?;
    fields.says_something(node, "`expect`", "`expect: {owner: bot, tags: [vip]}`")?;
    Some(expectations(fields, node, Scope::AtLeast))
}

fn expectations(fields: &mut Fields, node: &Node, scope: Scope) -> Expect {
    Expect {
        scope,
        assigned: node.get("assigned").map(|n| some_text(fields, n)),
        note: node.get("note").and_then(|n| if is_nothing(n) { Some(None) } else { want(fields, n).map(Some) }),
        tags: node.get("tags").and_then(|n| fields.texts(n)),
        tracked: node.get("tracked").and_then(|n| fields.texts(n)),
        http: node.get("http").and_then(|n| wanted(fields, n)),
        owner: node.get("owner").and_then(|n| fields.word(n, OWNERS)),
        resolved: node.get("resolved").and_then(|n| fields.word(n, &[("true", true), ("false", false)])),
        vars: node.get("vars").and_then(|n| fields.vars(n)),
        language: node.get("language").map(|n| some_text(fields, n)),
        contact: node.get("contact").and_then(|n| expected_contact(fields, n)),
    }
}

fn expected_contact(fields: &mut Fields, node: &Node) -> Option<Contact> {
    fields.shaped(node, &EXPECTED_CONTACT)?;
    Some(Contact {
        name: node.get("name").map(|n| some_text(fields, n)),
        phone: node.get("phone").map(|n| some_text(fields, n)),
        language: node.get("language").map(|n| some_text(fields, n)),
        vars: node.get("vars").and_then(|n| fields.vars(n)).unwrap_or_default(),
    })
}
