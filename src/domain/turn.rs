//! The result of a turn: what one commit writes.

use super::{Decided, State, TimerChange, Trace};

/// What handling one event came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Turn {
    /// The state after it.
    pub state: State,
    /// What should happen outside, in order.
    pub effects: Vec<Decided>,
    /// Changes of timers.
    pub timers: Vec<TimerChange>,
    /// Why.
    pub trace: Trace,
}
