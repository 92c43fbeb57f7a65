//! The steps: one file each, one line in `STEPS` each.

use crate::bot::StepType;

use super::Core;

/// A compiled step.
pub type Step = Box<dyn Run>;

/// What a step does. (To be filled in by the engine.)
pub trait Run: std::fmt::Debug + Send + Sync {}

/// All steps.
pub const STEPS: &[StepType<Core>] = &[];
