//! All that a turn reads and writes of a conversation. Stored as JSON with a version (`STATE_VERSION`).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    AccountName, Agenda, BotName, Channel, ContactId, ConversationId, FlowName, MessageId, RunId, Span, StepKey, Time,
    Token, Value, Vars,
};

/// The version of the stored form. A release reads its own and the one before.
pub const STATE_VERSION: u32 = 1;

/// The state of one conversation between turns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// The thread itself.
    pub conversation: Conversation,
    /// The person.
    pub contact: Contact,
    /// The session under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<Session>,
    /// What is to come by time alone.
    #[serde(default, skip_serializing_if = "Agenda::is_empty")]
    pub agenda: Agenda,
    /// When each `once_per` flow last ran, by flow.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub marks: BTreeMap<FlowName, Time>,
    /// Counters of runs and waits, never reset: late answers must fit nothing.
    #[serde(default)]
    pub next_run: u64,
    /// See `next_run`.
    #[serde(default)]
    pub next_token: u64,
    /// Random choices made so far: the next one follows from this number and the conversation.
    #[serde(default)]
    pub chances: u64,
}

/// Who has the conversation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    /// The bot answers.
    #[default]
    Bot,
    /// Handed off, no human yet: only the flow that handed off may speak.
    Waiting,
    /// People have it; the bot is quiet.
    People,
}

/// A thread with a contact on one channel of one account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Conversation {
    /// Our id.
    pub id: ConversationId,
    /// The account it came by.
    pub account: AccountName,
    /// The bot that answers there.
    pub bot: BotName,
    /// The messenger.
    pub channel: Channel,
    /// The provider's id of the conversation.
    pub external_id: String,
    /// The provider's id of the channel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel_id: Option<String>,
    /// Who has it.
    pub owner: Owner,
    /// The run that handed off, which may go on speaking while the owner is `Waiting`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handed_off_by: Option<RunId>,
    /// Raised by every human's event; a row decided under an older one is withdrawn.
    pub hush: u64,
    /// People have it until then at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quiet_until: Option<Time>,
    /// The contact's last message; the window counts from it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_in_at: Option<Time>,
    /// Its id, where the contact is shown that the bot types: that is shown below it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_in_id: Option<MessageId>,
    /// When we heard of it, by our own clock: what we sent before then did not know of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heard_at: Option<Time>,
    /// The last message of a human on our side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_human_at: Option<Time>,
    /// The contact's first message that neither bot nor human has answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unanswered_since: Option<Time>,
    /// How much the bot said lately (`loop_guard`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub talk: Option<Talk>,
    /// When people handed it back; `None` where they never had it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handed_back_at: Option<Time>,
    /// The time of the last update of its facts; an older one changes nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facts_at: Option<Time>,
    /// The `last_in_at` of the closed window for which a template went: one a closed window.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template_sent_for: Option<Time>,
    /// The same, where the template said what the message said that it stood for: the reply to it answers the question.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub same_sent_for: Option<Time>,
    /// The messenger said at this time that the window is closed, whatever we count; a later message opens it again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window_closed_at: Option<Time>,
    /// Messages of the contact stored so far.
    pub incoming: u64,
    /// Who is responsible.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignee: Option<Assignee>,
    /// The bot closed it at the provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed: Option<Closed>,
    /// Labels.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// The note's entries, oldest first. A provider with one field gets them joined by new lines.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// The bot's last text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_reply: Option<String>,
    /// What the contact's writing told of their language.
    #[serde(default, skip_serializing_if = "Heard::is_nothing")]
    pub heard: Heard,
}

/// That a bot closed a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closed {
    /// When.
    pub at: Time,
    /// People were given it since.
    #[serde(default)]
    pub opened: bool,
}

/// What is known of the contact's language beside which it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Heard {
    /// A flow said which it is: no message changes it.
    pub is_set: bool,
    /// Another language than theirs, heard in the last message that told any.
    pub rival: Option<String>,
    /// It changed once; it does not go back and forth.
    pub has_changed: bool,
}

impl Heard {
    fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

/// How much the bot said lately.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Talk {
    /// Counted since then.
    pub since: Time,
    /// Replies since then.
    pub replies: u32,
    /// It was too much: silent until then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub silent_until: Option<Time>,
}

/// A person or a team that a conversation is assigned to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assignee {
    /// The team's name in the bot.
    pub team: Option<String>,
    /// The member's name in the bot.
    pub member: Option<String>,
    /// The provider's id of the user, or of the group.
    pub id: String,
    /// It is a group of users.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub group: bool,
}

/// The person who writes. Whoever has one phone with one bot is one person, in however many conversations.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Contact {
    /// Our id.
    pub id: ContactId,
    /// As the provider or the person says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// E.164.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// One of the bot's languages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// What lasts beyond a session.
    #[serde(default)]
    pub vars: Vars,
    /// Asked not to be written to.
    #[serde(default)]
    pub opted_out: bool,
    /// When each `once_per` flow with `per: contact` last ran, by flow.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub marks: BTreeMap<FlowName, Time>,
    /// Who of each team with `pick: sticky` had them last, by team.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub members: BTreeMap<String, String>,
}

/// One run through flows: position, stack, variables.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Session {
    /// When its first trigger ran.
    pub started_at: Time,
    /// It expires a while after this (`session.expires_after`).
    pub last_event_at: Time,
    /// Session variables.
    #[serde(default)]
    pub vars: Vars,
    /// The runs that ask, bottom first: an interrupt stacks on the question it cut in on (8 deep). The top one is waiting for the answer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub asking: Vec<Run>,
    /// Runs in a `wait` or a call of `http` (16 at most).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waiting: Vec<Run>,
}

/// One run: where it waits, and who called it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// Its id.
    pub id: RunId,
    /// The call stack, outermost first; the last is where it waits.
    pub frames: Vec<Frame>,
    /// What it waits for.
    pub wait: Wait,
}

/// A place in a flow, by names that outlive an edit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    /// The flow.
    pub flow: FlowName,
    /// The step in it.
    pub step: StepKey,
    /// How far the loops and forms around the step have come.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub laps: Laps,
    /// In a caller's frame: it goes on at the step itself (after `on_error`), not behind it (after a call).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub at_step: bool,
}

/// How far loops and forms have come, by the step.
pub type Laps = BTreeMap<StepKey, Lap>;

/// How far a step has come that its own block leads back to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Lap {
    /// Rounds begun of a loop; the field of a form that is asked.
    pub round: u32,
    /// What is left of the list that a loop goes over.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<Value>,
}

/// What a run waits for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Wait {
    /// Its token; a timer carries it.
    pub token: Token,
    /// Since when.
    pub since: Time,
    /// When its timer comes due.
    pub due: Option<Time>,
    /// For what.
    pub kind: WaitKind,
}

/// For what a run waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WaitKind {
    /// An answer to a question.
    Answer {
        /// Wrong answers so far.
        wrong: u32,
        /// Reminders given so far.
        #[serde(default)]
        reminded: u32,
    },
    /// A time.
    Time,
    /// A human's message.
    HumanReplied,
    /// The answer of an `http` step.
    Http {
        /// The contact's message was the run's: it may ask, while nobody else was asked since.
        converses: bool,
        /// At its end that question is asked again.
        comes_back: bool,
        /// The question that it takes the place of when it asks.
        replaces: Option<RunId>,
        /// The question that waited then.
        beneath: Option<Token>,
    },
    /// A question of its own: until nobody else asks and the bot may.
    ToAsk,
}

/// The time after a contact's last message in which free-form replies are allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Window {
    /// The channel has none.
    Always,
    /// Open for so long.
    Open {
        /// What is left of it, the margin already taken off.
        left: Span,
    },
    /// Closed: templates only.
    Closed,
}
