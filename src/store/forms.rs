//! The stored forms that every database shares: the words of states, and the JSON of state, events and rows with its version.

use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{StoreError, Stored};
use crate::domain::{
    Agenda, CallState, Contact, Conversation, EventState, FlowName, Owner, RowState, STATE_VERSION, Session, State,
    Time,
};

/// The version of stored events, rows and traces. A release reads its own and the one before.
pub const FORM_VERSION: u32 = 1;

/// All event states with their words.
pub const EVENT_STATES: [(EventState, &str); 4] = [
    (EventState::Pending, "pending"),
    (EventState::Undecided, "undecided"),
    (EventState::Done, "done"),
    (EventState::Dead, "dead"),
];

/// All row states with their words.
pub const ROW_STATES: [(RowState, &str); 8] = [
    (RowState::Queued, "queued"),
    (RowState::Waiting, "waiting"),
    (RowState::Dispatching, "dispatching"),
    (RowState::Unknown, "unknown"),
    (RowState::Sent, "sent"),
    (RowState::Failed, "failed"),
    (RowState::Withdrawn, "withdrawn"),
    (RowState::Expired, "expired"),
];

/// All states of calls with their words.
pub const CALL_STATES: [(CallState, &str); 2] = [(CallState::Waiting, "waiting"), (CallState::Calling, "calling")];

/// All owners with their words.
pub const OWNERS: [(Owner, &str); 3] = [(Owner::Bot, "bot"), (Owner::Waiting, "waiting"), (Owner::People, "people")];

/// The word of a state in a table of states.
pub fn word<T: Copy + PartialEq>(table: &[(T, &'static str)], state: T) -> &'static str {
    table.iter().find(|(known, _)| *known == state).map_or("", |(_, word)| word)
}

/// The state of a word in a table of states.
pub fn state_of<T: Copy>(table: &[(T, &'static str)], word: &str) -> Stored<T> {
    let found = table.iter().find(|(_, known)| *known == word);
    found.map(|(state, _)| *state).ok_or_else(|| StoreError(format!("the store holds an unknown state `{word}`")))
}

/// As JSON.
pub fn to_json<T: Serialize>(value: &T) -> Stored<String> {
    serde_json::to_string(value).map_err(|why| StoreError(format!("cannot be written as JSON: {why}")))
}

/// From JSON that we wrote.
pub fn from_json<T: DeserializeOwned>(text: &str) -> Stored<T> {
    serde_json::from_str(text).map_err(|why| StoreError(format!("the store holds JSON that cannot be read: {why}")))
}

/// Refuse what a newer release wrote, or one too old.
pub fn check_version(kind: &str, found: u32, ours: u32) -> Stored<()> {
    if found > ours || found + 1 < ours {
        return Err(StoreError(format!("the store holds a {kind} of version {found}; this release reads {ours}")));
    }
    Ok(())
}

/// State without its contact, which has a table of its own: one person may come to write on two channels.
#[derive(Serialize)]
struct StateForm<'a> {
    conversation: &'a Conversation,
    #[serde(skip_serializing_if = "Option::is_none")]
    session: &'a Option<Session>,
    #[serde(skip_serializing_if = "Agenda::is_empty")]
    agenda: &'a Agenda,
    #[serde(skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    marks: &'a std::collections::BTreeMap<FlowName, Time>,
    next_run: u64,
    next_token: u64,
    chances: u64,
}

#[derive(Deserialize)]
struct OwnedStateForm {
    conversation: Conversation,
    session: Option<Session>,
    #[serde(default)]
    agenda: Agenda,
    #[serde(default)]
    marks: std::collections::BTreeMap<FlowName, Time>,
    #[serde(default)]
    next_run: u64,
    #[serde(default)]
    next_token: u64,
    #[serde(default)]
    chances: u64,
}

/// The JSON of a state, its contact left out.
pub fn state_to_json(state: &State) -> Stored<String> {
    // Taken apart whole, so that a new field cannot be forgotten here.
    let State { conversation, contact: _, session, agenda, marks, next_run, next_token, chances } = state;
    let (next_run, next_token, chances) = (*next_run, *next_token, *chances);
    to_json(&StateForm { conversation, session, agenda, marks, next_run, next_token, chances })
}

/// A state from its JSON, its version and its contact.
pub fn state_from_json(text: &str, version: u32, contact: Contact) -> Stored<Arc<State>> {
    check_version("state", version, STATE_VERSION)?;
    let OwnedStateForm { conversation, session, agenda, marks, next_run, next_token, chances } = from_json(text)?;
    Ok(Arc::new(State { conversation, contact, session, agenda, marks, next_run, next_token, chances }))
}
