//! The result of a turn: what one commit writes.

use super::{Decided, NewCall, Picked, State, TimerChange, Trace};

/// What handling one event came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Turn {
    /// The state after it.
    pub state: State,
    /// What should happen outside, in order.
    pub effects: Vec<Decided>,
    /// Calls of `http` steps.
    pub calls: Vec<NewCall>,
    /// Changes of timers.
    pub timers: Vec<TimerChange>,
    /// Picks by which it is another's turn in a team, in order.
    pub picks: Vec<Picked>,
    /// Teams whose figures it read as naught because it was not given them: with them it may come out otherwise.
    pub lacks: Vec<String>,
    /// Why.
    pub trace: Trace,
}
