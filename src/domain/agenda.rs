//! What is to come in a conversation by time alone: flows started for later, and the look at the triggers of time.

use serde::{Deserialize, Serialize};

use super::{FlowName, Message, RunId, Span, Time, Token, Vars};

/// What is to come.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Agenda {
    /// Flows that start later, in the order decided.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub starts: Vec<Start>,
    /// The next look at the triggers of time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub watch: Option<Watch>,
    /// Messages that wait for more to come (`settle`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settling: Option<Box<Settling>>,
    /// Runs of flows with `when_people: speak`, begun by time: they speak whoever has the conversation.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub speaking: Vec<RunId>,
    /// Who gets the conversation when no human answers in time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub escalation: Option<Box<Escalation>>,
}

impl Agenda {
    /// Nothing is to come.
    pub fn is_empty(&self) -> bool {
        self.starts.is_empty()
            && self.watch.is_none()
            && self.settling.is_none()
            && self.speaking.is_empty()
            && self.escalation.is_none()
    }
}

/// A flow that starts later.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Start {
    /// Its number; its timer carries it.
    pub token: Token,
    /// The flow.
    pub flow: FlowName,
    /// The author's name for it: a new start of the flow with the same one replaces it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Variables that the flow begins with.
    #[serde(default, skip_serializing_if = "Vars::is_empty")]
    pub with: Vars,
    /// When it comes due.
    pub due: Time,
    /// It came due while people had the conversation, and waits for them to hand it back.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub held: bool,
}

/// What becomes of a conversation that was handed off while no human answers (`escalate`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Escalation {
    /// Its timer's number.
    pub token: Token,
    /// The team that has it now.
    pub team: String,
    /// Members who had it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tried: Vec<String>,
    /// What whoever gets it must be able to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skill: Option<String>,
    /// The language that they must speak.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// What is to come, the next first; never empty.
    pub stages: Vec<EscalationStage>,
}

/// One step of an escalation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EscalationStage {
    /// So long after the one before, or after the hand-off.
    pub after: Span,
    /// Another team, or a person; the next of the same team otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<TeamRef>,
}

/// A team, or one of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TeamRef {
    /// The team.
    pub team: String,
    /// The member; whoever the team picks otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member: Option<String>,
}

/// Messages of the contact that wait for more to come, joined into one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settling {
    /// Its timer's number.
    pub token: Token,
    /// When the first of them came.
    pub since: Time,
    /// How many they are.
    pub count: u32,
    /// The message they make.
    pub message: Message,
    /// The first of them was the contact's first.
    pub is_first: bool,
    /// A template stood in for the question when the first of them came.
    pub stood_in: StoodIn,
}

/// The next look at the triggers of time (`idle` and its like). One timer serves them all; it may come early and find nothing, so that a
/// message that puts an `idle` off writes no timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watch {
    /// Its timer's number.
    pub token: Token,
    /// When it looks.
    pub due: Time,
    /// What came due until then has been seen to.
    pub since: Time,
}

/// What went in place of the waiting question, outside the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StoodIn {
    /// It went itself.
    Nothing,
    /// A template that asked nothing.
    Template,
    /// Nothing yet: it was kept until the contact writes.
    Kept,
}
