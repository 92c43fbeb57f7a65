//! Plain samples for the unit tests of this room.

use std::sync::Arc;

use crate::domain::{
    Body, BotName, Channel, ContactId, ConversationId, Decided, Effect, Event, OutboxRow, Outside, RowKey, RowState,
    Seq, State, Template, Thread, Time,
};

/// 2026-03-02T07:00:00Z, a Monday.
pub const NOW: Time = Time(1_772_434_800_000);

pub fn thread() -> Thread {
    Thread {
        conversation: "42".into(),
        also: Vec::new(),
        channel: Some(Channel("telegram".into())),
        channel_id: None,
        name: None,
        phone: None,
        group: false,
    }
}

pub fn event(body: Body) -> Event {
    let thread = Thread { name: Some("Anna".into()), ..thread() };
    Event { account: "acc".into(), thread, key: None, at: NOW, body }
}

pub fn state() -> State {
    let conversation = ConversationId::from("c1");
    let begun = super::begin(&event(Body::Facts), conversation, &BotName::from("clinic"), NOW);
    let mut state = begun.expect("facts begin a conversation");
    state.contact.id = ContactId::from("p1");
    state.contact.name = None;
    state.conversation.facts_at = None;
    state
}

pub fn template(name: &str) -> Box<Template> {
    Box::new(Template { name: name.into(), language: "en".into(), params: vec!["-".into()], ..Template::default() })
}

pub fn row(effect: Effect) -> OutboxRow {
    OutboxRow {
        key: RowKey { conversation: "c1".into(), seq: Seq(1), n: 0 },
        account: "acc".into(),
        decided: Arc::new(Decided {
            effect,
            outside: Outside::Drop,
            hush: 0,
            nested: false,
            speaks: false,
            unprompted: false,
            parting: false,
            reply_to: None,
        }),
        state: RowState::Waiting,
        at: NOW,
        not_before: NOW,
        expires_at: None,
        attempt: 0,
        looks: 0,
        called_at: None,
        sent_as: None,
        progress: serde_json::Value::Null,
        message: None,
        job: None,
        why: None,
    }
}
