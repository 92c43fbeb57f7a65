//! Words that belong to the language but are not built in this version: they get a clearer answer than "unknown".

const STEPS: &[&str] = &[];

const STEP_KEYS: &[&str] = &[];

const TRIGGERS: &[&str] = &[];

const BOT_KEYS: &[&str] = &[];

const FLOW_KEYS: &[&str] = &[];

const TEAM_KEYS: &[&str] = &[];

/// Where a word was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spot {
    Step,
    StepKey,
    Trigger,
    BotKey,
    FlowKey,
    TeamKey,
    /// A mapping of which all keys are built.
    Other,
}

/// Whether the language has this word there, in a later version.
pub(super) fn comes_later(word: &str, spot: Spot) -> bool {
    let words = match spot {
        Spot::Step => STEPS,
        Spot::StepKey => STEP_KEYS,
        Spot::Trigger => TRIGGERS,
        Spot::BotKey => BOT_KEYS,
        Spot::FlowKey => FLOW_KEYS,
        Spot::TeamKey => TEAM_KEYS,
        Spot::Other => &[],
    };
    words.contains(&word)
}
