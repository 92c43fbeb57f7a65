//! The pure core: what a conversation does with an event. No clock, no I/O, no failure: an author's mistake at run time is an
//! entry of the trace and a defined outcome.

use crate::bot;
use crate::domain::{
    Capabilities, ConversationId, Effect, Event, Found, OutboxRow, Outcome, Outgoing, RowKey, Seq, Span, State, Time,
    Turn,
};

pub mod steps;
pub mod triggers;

/// The language as this engine speaks it.
#[derive(Debug)]
pub struct Core;

impl bot::Parts for Core {
    type Step = steps::Step;
    type Trigger = triggers::Trigger;
    type Table = triggers::Table;

    fn steps() -> &'static [bot::StepType<Self>] {
        steps::STEPS
    }
    fn triggers() -> &'static [bot::TriggerType<Self>] {
        triggers::TRIGGERS
    }
    fn table(flows: &[bot::Flow<Self>]) -> triggers::Table {
        triggers::Table::build(flows)
    }
}

/// A revision of this language.
pub type Revision = bot::Revision<Core>;

/// What a turn needs besides revision, state and event: facts of the account that do not change between turns.
#[derive(Clone, Copy, Debug)]
pub struct Surroundings<'a> {
    /// What the channel can do.
    pub capabilities: &'a Capabilities,
    /// The provider's name, for members' `ids`.
    pub provider: &'a str,
    /// An assignment by people quiets the bot.
    pub quiet_on_assignment: bool,
}

/// The state of a conversation that begins with this event.
pub fn begin(
    _event: &Event,
    _conversation: ConversationId,
    _bot: &crate::domain::BotName,
    _now: Time,
) -> Option<State> {
    None
}

/// Handle one event. The same inputs always give the same turn.
pub fn turn(
    _revision: &Revision,
    _around: Surroundings<'_>,
    state: &State,
    _event: &Event,
    _seq: Seq,
    _now: Time,
) -> Turn {
    Turn { state: state.clone(), effects: Vec::new(), timers: Vec::new(), trace: crate::domain::Trace::default() }
}

/// What the gate says of a row that is about to be dispatched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Gate {
    /// Send what was decided, or the template that stands in for it.
    Send(Effect),
    /// Send nothing, for good.
    Withdraw(&'static str),
    /// Too late.
    Expire,
    /// Not before then.
    Hold(Time),
}

/// Decide at dispatch.
pub fn gate(_row: &OutboxRow, _state: &State, _capabilities: &Capabilities, _now: Time) -> Gate {
    Gate::Withdraw("not built")
}

/// What follows an attempt or a look-up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum After {
    /// The row is sent.
    Sent,
    /// Try again then; the conversation's sends hold.
    Again(Time),
    /// Look it up then.
    LookUp(Time),
    /// The account pauses; the row goes back to waiting and the attempt is not counted.
    Pause,
    /// The window is closed: the template goes at once, or the row is withdrawn.
    Outside,
    /// Final: the bot is told.
    Failed(String),
}

/// The table of failures: what follows the outcome of an attempt.
pub fn after_attempt(_row: &OutboxRow, _outcome: &Outcome, _now: Time) -> After {
    After::Failed("not built".into())
}

/// What follows a look-up of an unknown send.
pub fn after_lookup(_row: &OutboxRow, _found: &Found, _now: Time) -> After {
    After::Failed("not built".into())
}

/// How long an account pauses before its `n`th probe: 5 s, doubling to 5 min.
pub fn probe_after(_n: u32) -> Span {
    Span::seconds(5)
}

/// Whose an outgoing message is that a webhook showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Echo {
    /// Ours, by id or job.
    Ours(RowKey),
    /// Probably ours, by its text: one echo a send, undone when the answer names another id.
    Provisional(RowKey),
    /// A human's.
    Human,
    /// Not known before a send in flight or unknown is decided.
    Undecided,
}

/// Decide an echo. `rows` are the conversation's recent and unfinished rows; `claimed` those that another provisional echo has taken.
pub fn echo(_outgoing: &Outgoing, _rows: &[OutboxRow], _claimed: &[RowKey]) -> Echo {
    Echo::Human
}
