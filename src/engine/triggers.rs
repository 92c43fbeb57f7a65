//! The triggers and the one table that finds all that match a message.

use crate::bot::{Flow, TriggerType};

use super::Core;

/// A compiled trigger.
#[derive(Debug)]
pub enum Trigger {}

/// All triggers.
pub const TRIGGERS: &[TriggerType<Core>] = &[];

/// The table.
#[derive(Debug)]
pub struct Table {}

impl Table {
    /// Build it.
    pub fn build(_flows: &[Flow<Core>]) -> Self {
        Self {}
    }
}
