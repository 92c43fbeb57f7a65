//! Whose an outgoing message is that a webhook showed: ours, a human's, or not known yet.

use unicode_normalization::UnicodeNormalization;

use crate::domain::{Delivery, DeliveryStatus, Effect, OutboxRow, Outgoing, RowKey, RowState, Span, Time};

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
/// To be asked again whenever one of the rows changes; what is still undecided after 60 s is a human's.
pub fn echo(outgoing: &Outgoing, rows: &[OutboxRow], claimed: &[RowKey]) -> Echo {
    if let Some(row) = rows.iter().find(|row| known(row, outgoing)) {
        return Echo::Ours(row.key.clone());
    }
    let open = || rows.iter().filter(|row| may_echo(row) && !claimed.contains(&row.key));
    let text = folded(&outgoing.text);
    if let Some(row) = open().filter(|row| says(row, &text)).min_by_key(|row| &row.key) {
        return Echo::Provisional(row.key.clone());
    }
    if open().any(is_open) { Echo::Undecided } else { Echo::Human }
}

/// How far a messenger's clock may lag behind ours when it tells when a message went.
const CLOCK_MARGIN: Span = Span::seconds(10);

/// The send under way that a status tells of, where its message's id is known of no row: the one whose answer would have named it. A status that a
/// message has gone is told as it goes; what is told later may be of any older message.
pub fn unnamed<'a>(rows: &'a [OutboxRow], delivery: &Delivery, at: Time) -> Option<&'a OutboxRow> {
    if delivery.status != DeliveryStatus::Sent {
        return None;
    }
    let began = |row: &OutboxRow| row.called_at.is_some_and(|called| at + CLOCK_MARGIN >= called);
    let mut open = rows.iter().filter(|row| may_echo(row) && row.state != RowState::Sent && began(row));
    open.next().filter(|_| open.next().is_none())
}

fn known(row: &OutboxRow, outgoing: &Outgoing) -> bool {
    let same_message = outgoing.message.is_some() && row.message == outgoing.message;
    let same_job = outgoing.job.is_some() && row.job == outgoing.job;
    row.decided.effect.reaches_contact() && (same_message || same_job)
}

/// Something of it may be at the contact, and the message's id is not known, so that its echo can be told by nothing else.
fn may_echo(row: &OutboxRow) -> bool {
    let out = matches!(row.state, RowState::Dispatching | RowState::Unknown | RowState::Sent);
    out && row.decided.effect.reaches_contact() && row.message.is_none()
}

fn went(row: &OutboxRow) -> &Effect {
    row.went()
}

fn says(row: &OutboxRow, text: &str) -> bool {
    went(row).text().is_some_and(|ours| folded(ours) == text)
}

/// Its answer is to come: that of the call, or that of the job by which alone a template is known.
fn is_open(row: &OutboxRow) -> bool {
    match row.state {
        RowState::Dispatching | RowState::Unknown => true,
        _ => matches!(went(row), Effect::Template(_)) && row.job.is_some(),
    }
}

/// NFC with spaces folded: what messengers change in a text on its way.
fn folded(text: &str) -> String {
    let composed: String = text.nfc().collect();
    composed.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::super::samples::{row, template};
    use super::*;

    fn say(n: u32, text: &str, state: RowState, ids: (Option<&str>, Option<&str>)) -> OutboxRow {
        let mut row = row(Effect::Say { text: text.into() });
        row.key.n = n;
        row.state = state;
        row.message = ids.0.map(Into::into);
        row.job = ids.1.map(Into::into);
        row
    }

    fn as_template(mut row: OutboxRow) -> OutboxRow {
        row.sent_as = Some(Box::new(Effect::Template(template("t"))));
        row
    }

    #[test]
    fn decides() {
        use RowState::{Dispatching, Expired, Failed, Sent, Unknown, Waiting, Withdrawn};
        let unknown = (None, None);
        let note = || OutboxRow { state: Dispatching, ..row(Effect::Note { text: "hi".into(), to: None }) };
        let cases: Vec<(&str, Vec<OutboxRow>, &[u32], &str)> = vec![
            ("nothing of ours", vec![], &[], "human"),
            ("by id", vec![say(0, "x", Sent, (Some("m1"), None))], &[], "ours 0"),
            ("by job", vec![say(0, "x", Sent, (None, Some("j1")))], &[], "ours 0"),
            ("another id, equal text", vec![say(0, "hi", Sent, (Some("m2"), None))], &[], "human"),
            ("in flight, equal text", vec![say(0, "hi", Dispatching, unknown)], &[], "provisional 0"),
            ("unknown, equal text", vec![say(0, " h\u{69} ", Unknown, unknown)], &[], "provisional 0"),
            ("sent without id, equal text", vec![say(0, "hi", Sent, (None, Some("j2")))], &[], "provisional 0"),
            ("in flight, other text", vec![say(0, "yo", Dispatching, unknown)], &[], "undecided"),
            ("sent without id, other text", vec![say(0, "yo", Sent, (None, Some("j2")))], &[], "human"),
            ("waiting, equal text", vec![say(0, "hi", Waiting, unknown)], &[], "human"),
            ("failed", vec![say(0, "hi", Failed, unknown)], &[], "human"),
            ("withdrawn", vec![say(0, "hi", Withdrawn, unknown)], &[], "human"),
            ("expired", vec![say(0, "hi", Expired, unknown)], &[], "human"),
            (
                "two equal in flight, the first taken",
                vec![say(0, "hi", Dispatching, unknown), say(1, "hi", Dispatching, unknown)],
                &[0],
                "provisional 1",
            ),
            (
                "two equal in flight, out of order",
                vec![say(1, "hi", Dispatching, unknown), say(0, "hi", Dispatching, unknown)],
                &[],
                "provisional 0",
            ),
            ("both taken", vec![say(0, "hi", Dispatching, unknown)], &[0], "human"),
            ("a template in flight", vec![as_template(say(0, "hi", Dispatching, unknown))], &[], "undecided"),
            ("a template's job to come", vec![as_template(say(0, "hi", Sent, (None, Some("j2"))))], &[], "undecided"),
            ("a template known", vec![as_template(say(0, "hi", Sent, (Some("m1"), Some("j2"))))], &[], "ours 0"),
            ("another template known", vec![as_template(say(0, "hi", Sent, (Some("m2"), None)))], &[], "human"),
            ("a note in flight", vec![note()], &[], "human"),
        ];
        let outgoing = Outgoing { message: Some("m1".into()), job: Some("j1".into()), text: "hi\n".into() };
        for (name, rows, taken, want) in cases {
            let claimed: Vec<RowKey> = taken.iter().map(|n| RowKey { n: *n, ..row(went_say()).key }).collect();
            let got = match echo(&outgoing, &rows, &claimed) {
                Echo::Ours(key) => format!("ours {}", key.n),
                Echo::Provisional(key) => format!("provisional {}", key.n),
                Echo::Human => "human".into(),
                Echo::Undecided => "undecided".into(),
            };
            assert_eq!(got, want, "{name}");
        }
    }

    #[test]
    fn a_status_is_that_of_the_send_under_way() {
        use super::super::samples::NOW;
        let called = |row: OutboxRow| OutboxRow { called_at: Some(NOW), ..row };
        let open = |state| called(say(0, "hi", state, (None, None)));
        let note = called(OutboxRow { state: RowState::Unknown, ..row(Effect::Note { text: "hi".into(), to: None }) });
        let cases: Vec<(&str, Vec<OutboxRow>, DeliveryStatus, i64, bool)> = vec![
            ("unknown", vec![open(RowState::Unknown)], DeliveryStatus::Sent, 0, true),
            ("in flight", vec![open(RowState::Dispatching)], DeliveryStatus::Sent, 5, true),
            ("their clock is behind", vec![open(RowState::Unknown)], DeliveryStatus::Sent, -9, true),
            ("of an older message", vec![open(RowState::Unknown)], DeliveryStatus::Sent, -11, false),
            ("told of any message", vec![open(RowState::Unknown)], DeliveryStatus::Read, 5, false),
            ("waiting", vec![open(RowState::Waiting)], DeliveryStatus::Sent, 5, false),
            ("sent", vec![open(RowState::Sent)], DeliveryStatus::Sent, 5, false),
            ("named", vec![called(say(0, "hi", RowState::Unknown, (Some("m"), None)))], DeliveryStatus::Sent, 5, false),
            ("a note", vec![note], DeliveryStatus::Sent, 5, false),
        ];
        for (name, rows, status, seconds, want) in cases {
            let delivery = Delivery { message: Some("m1".into()), job: None, status };
            assert_eq!(unnamed(&rows, &delivery, NOW + Span::seconds(seconds)).is_some(), want, "{name}");
        }
    }

    fn went_say() -> Effect {
        Effect::Say { text: String::new() }
    }

    #[test]
    fn texts_are_equal_beyond_composition_and_spaces() {
        assert_eq!(folded("caf\u{65}\u{301}  is\u{a0}open\n"), folded("caf\u{e9} is open"));
        assert_ne!(folded("Hi"), folded("hi"));
    }
}
