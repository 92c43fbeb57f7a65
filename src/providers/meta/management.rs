//! News of the account itself: templates, limits, quality, bans. For the log, and to know when the templates are to be fetched again.

use serde_json::Value as Json;

use super::Told;
use super::fields::{self, Object};
use crate::domain::News;
use crate::providers::quoted;

/// Fields that tell of the account; true where the templates have changed.
const OF_ACCOUNT: &[(&str, bool)] = &[
    ("message_template_status_update", true),
    ("message_template_quality_update", true),
    ("message_template_components_update", true),
    ("template_category_update", true),
    ("template_correct_category_detection", true),
    ("account_alerts", false),
    ("account_review_update", false),
    ("account_settings_update", false),
    ("account_update", false),
    ("business_capability_update", false),
    ("business_status_update", false),
    ("payment_configuration_update", false),
    ("phone_number_name_update", false),
    ("phone_number_quality_update", false),
    ("security", false),
];
/// Fields that are understood and change nothing, by the name they are counted by.
const WITHOUT_USE: &[&str] = &[
    "history",
    "smb_app_state_sync",
    "user_preferences",
    "flows",
    "tracking_events",
    "partner_solutions",
    "automatic_events",
    "group_lifecycle_update",
    "group_participants_update",
    "group_settings_update",
    "group_status_update",
];
/// What is worth telling of them.
const WORDS: &[&str] = &[
    "event",
    "message_template_name",
    "message_template_language",
    "reason",
    "previous_category",
    "new_category",
    "previous_quality_score",
    "new_quality_score",
    "display_phone_number",
    "phone_number",
    "current_limit",
    "decision",
    "rejection_reason",
    "alert_severity",
    "alert_type",
    "alert_status",
    "alert_description",
    "max_daily_conversation_per_phone",
    "max_phone_numbers_per_business",
];

/// Read a change that has none of the lists of messages.
pub fn read(field: &str, value: &Object, told: &mut Told) {
    if let Some((field, templates)) = OF_ACCOUNT.iter().find(|(name, _)| *name == field) {
        told.news.push(News::Account { what: words(field, value), templates: *templates });
    } else if let Some(kind) = WITHOUT_USE.iter().find(|name| **name == field) {
        told.ignore(kind, "told of by WhatsApp, of no use to a bot");
    } else {
        told.unfit.push(format!("a change of `{}` that is not known", quoted(field)));
    }
}

/// `message_template_status_update: event PAUSED, message_template_name visit`.
fn words(field: &str, value: &Object) -> String {
    let told = WORDS.iter().filter_map(|key| {
        let text = fields::text(value.get(*key).filter(|value| !value.is_null()));
        (!text.is_empty()).then(|| format!("{key} {}", quoted(&text)))
    });
    let banned = fields::object(value, "ban_info").and_then(|ban| ban.get("waba_ban_state")).and_then(Json::as_str);
    let banned = banned.map(|state| format!("ban {}", quoted(state)));
    let told: Vec<String> = told.chain(banned).collect();
    format!("{field}: {}", if told.is_empty() { "nothing more".to_owned() } else { told.join(", ") })
}
