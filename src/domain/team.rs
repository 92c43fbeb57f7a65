//! What is known of a team besides its bot's files: whose turn it is, and how much each member has to do.

use std::collections::BTreeMap;

/// What a turn that picks somebody of a team reads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TeamFigures {
    /// Places passed by all picks so far. Whose turn it is: the member at this number, counted round and round.
    pub round: u64,
    /// Conversations that each member has now, by name: handed off and not handed back.
    pub handed: BTreeMap<String, u32>,
}

/// The figures of teams, by name.
pub type Figures = BTreeMap<String, TeamFigures>;

/// Somebody was picked, so that it is another's turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picked {
    /// The team.
    pub team: String,
    /// Its `round` as read.
    pub from: u64,
    /// Its `round` from now on.
    pub to: u64,
}
