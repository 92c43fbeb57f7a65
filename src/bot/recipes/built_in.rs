//! The recipes that come with the program, so that `use` works in any folder. One line each; a file of the same name in `recipes/` goes before.

/// Name and text.
pub const BUILT_IN_RECIPES: &[(&str, &str)] = &[
    ("after_hours", include_str!("../../../recipes/after_hours.yaml")),
    ("appointment_reminder", include_str!("../../../recipes/appointment_reminder.yaml")),
    ("collect_lead", include_str!("../../../recipes/collect_lead.yaml")),
    ("feedback_rating", include_str!("../../../recipes/feedback_rating.yaml")),
    ("human_handoff", include_str!("../../../recipes/human_handoff.yaml")),
];
