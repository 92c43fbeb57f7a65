//! Failures are a table: what follows each outcome of an attempt, and each look-up of an unknown one.

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::domain::{Effect, Found, OutboxRow, Outcome, RowKey, Span, Time, Undelivered, Whose};

/// The first pause between attempts; it doubles.
const FIRST_PAUSE: Span = Span::seconds(1);
/// The longest pause: a provider that comes back is noticed soon.
const LONGEST_PAUSE: Span = Span::minutes(5);
/// The longest wish of a provider that is heeded: a slip of theirs must not stop a conversation for days.
const LONGEST_WISH: Span = Span::hours(1);
/// Repeats of a harmless call that breaks every time. About two hours; then it no longer holds the conversation's sends.
const MOST_REPEATS: u32 = 30;
/// Sends of a message that was accepted each time and failed later, as what passes does. With the pauses between them that is a good 20 minutes:
/// what does not pass by then is no passing trouble.
const MOST_LATE: u32 = 5;
/// When an unknown send is looked up, counted from its call. What is absent at the last look was not sent.
const LOOKS: [Span; 3] = [Span::seconds(3), Span::seconds(10), Span::seconds(30)];
/// A look-up that never succeeds is given up so long after the call: longer than providers are down, as a rule.
const LOOK_FOR: Span = Span::hours(3);
/// An account's first pause before it is probed; it doubles up to `LONGEST_PAUSE`.
const FIRST_PROBE: Span = Span::seconds(5);

/// What follows an attempt or a look-up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum After {
    /// The row is sent; `sent` says what that changes in the state.
    Sent,
    /// Try again then; the conversation's sends hold.
    Again(Time),
    /// Send it once more then, as if it had never gone: what came of it before is forgotten.
    Anew(Time),
    /// Look it up then.
    LookUp(Time),
    /// The account pauses; the row goes back to waiting and the attempt is not counted.
    Pause,
    /// The provider's limit is passed: the row goes back to waiting until it takes more, and the attempt is not counted.
    Limited,
    /// The window is closed: the template goes at once, or the row is withdrawn.
    Outside,
    /// Final: the bot is told.
    Failed(String),
}

/// What follows the outcome of an attempt. `row.attempt` counts it already; `row.called_at` is when it began.
pub fn after_attempt(row: &OutboxRow, outcome: &Outcome, now: Time) -> After {
    let harmless = row.decided.effect.harmless_to_repeat();
    match outcome {
        Outcome::Accepted { .. } => After::Sent,
        Outcome::Limited { .. } => After::Limited,
        Outcome::NotSent { after, .. } => {
            After::Again(now + pause(row).max(after.unwrap_or_default().min(LONGEST_WISH)))
        }
        // A status that came during the call has named it.
        Outcome::Unknown { .. } if row.message.is_some() => After::Sent,
        Outcome::Unknown { why } if harmless && row.attempt >= MOST_REPEATS => After::Failed(why.clone()),
        Outcome::Unknown { .. } if harmless => After::Again(now + pause(row)),
        Outcome::Unknown { .. } => After::LookUp(next_look(row, now).unwrap_or(now)),
        Outcome::Denied { .. } => After::Pause,
        Outcome::WindowClosed { .. } if went_free_form(row) => After::Outside,
        Outcome::WindowClosed { why } | Outcome::Rejected { why } => After::Failed(why.clone()),
    }
}

/// What follows when a message that was accepted does not arrive after all. What passes is waited for as Meta advises: 4, 16, 64 … s.
pub fn after_undelivered(row: &OutboxRow, why: Undelivered, reason: &str, now: Time) -> After {
    let why_given = || reason.to_owned();
    match why {
        Undelivered::WindowClosed => after_attempt(row, &Outcome::WindowClosed { why: why_given() }, now),
        Undelivered::Passing => match again(row, now) {
            Some(at) => After::Anew(at),
            None => After::Failed(why_given()),
        },
        Undelivered::Final => After::Failed(why_given()),
    }
}

/// When it goes once more; `None` where it went often enough, or would be too old by then: the bot is told, which of what expires it is not.
fn again(row: &OutboxRow, now: Time) -> Option<Time> {
    let at = now + limited_for(Whose::Conversation, None, row.attempt);
    (row.attempt < MOST_LATE && row.expires_at.is_none_or(|end| at < end)).then_some(at)
}

/// What follows a look-up of an unknown send. `row.looks` counts it already; `row.called_at` is when the call began.
pub fn after_lookup(row: &OutboxRow, found: &Found, now: Time) -> After {
    match found {
        Found::Sent { .. } => After::Sent,
        Found::Failed { why } => After::Failed(why.clone()),
        Found::CannotTell => After::Again(now),
        Found::Absent => next_look(row, now).map_or(After::Again(now), After::LookUp),
        Found::Unreadable { why } => look_again(row, why, now),
    }
}

/// When a row whose outcome is unknown is looked up next; `None` when the last look is behind it. After a crash this is when the first
/// look is made.
pub fn next_look(row: &OutboxRow, now: Time) -> Option<Time> {
    let called = called_at(row);
    if row.looks == 0 {
        return Some((called + LOOKS[0]).max(now));
    }
    LOOKS.iter().map(|wait| called + *wait).find(|at| *at > now)
}

fn look_again(row: &OutboxRow, why: &str, now: Time) -> After {
    if now.since(called_at(row)) > LOOK_FOR {
        return After::Failed(format!("whether it was sent could not be found out: {why}"));
    }
    let doubled = Span(LOOKS[2].0 << row.looks.saturating_sub(LOOKS.len() as u32).min(8));
    After::LookUp(next_look(row, now).unwrap_or(now + doubled.min(LONGEST_PAUSE)))
}

fn called_at(row: &OutboxRow) -> Time {
    row.called_at.unwrap_or(row.not_before.max(row.at))
}

fn went_free_form(row: &OutboxRow) -> bool {
    row.went().reaches_contact() && !matches!(row.went(), Effect::Template(_))
}

/// Doubling, with up to a quarter more or less of it by the row's key: rows that failed together do not come back together.
fn pause(row: &OutboxRow) -> Span {
    let doublings = row.attempt.saturating_sub(1).min(20);
    let base = (FIRST_PAUSE.0 << doublings).min(LONGEST_PAUSE.0);
    let spread = base / 2;
    Span(base - spread / 2 + (jitter(&row.key, row.attempt) % (spread as u64 + 1)) as i64)
}

fn jitter(key: &RowKey, attempt: u32) -> u64 {
    let mut hasher = DefaultHasher::new();
    (key, attempt).hash(&mut hasher);
    hasher.finish()
}

/// How long an account pauses before its `n`th probe, from 1: 5 s, doubling to 5 min.
pub fn probe_after(n: u32) -> Span {
    Span(FIRST_PROBE.0 << n.saturating_sub(1).min(20)).min(LONGEST_PAUSE)
}

/// How long nothing goes after the `n`th refusal in a row, from 1, for too much at once: as long as the provider wishes, else 1 s doubling
/// to 5 min; where one contact was written to too often, 4, 16, 64 … s, as Meta advises.
pub fn limited_for(whose: Whose, wish: Option<Span>, n: u32) -> Span {
    let doublings = n.saturating_sub(1).min(20);
    let own = match whose {
        Whose::Credential => FIRST_PAUSE.0 << doublings,
        Whose::Conversation => (FIRST_PAUSE.0 << 2) << (2 * doublings),
    };
    Span(own).min(LONGEST_PAUSE).max(wish.unwrap_or_default().min(LONGEST_WISH))
}

#[cfg(test)]
mod tests {
    use super::super::samples::{NOW, row, template};
    use super::*;

    fn say() -> OutboxRow {
        row(Effect::Say { text: "hi".into() })
    }
    fn note() -> OutboxRow {
        row(Effect::Note { text: "n".into(), to: None })
    }
    fn templated() -> OutboxRow {
        OutboxRow { sent_as: Some(Box::new(Effect::Template(template("t")))), ..say() }
    }

    #[test]
    fn attempts() {
        let why = || "w".to_owned();
        let not_sent = |after| Outcome::NotSent { after, why: why() };
        let unknown = || Outcome::Unknown { why: why() };
        let cases: Vec<(&str, OutboxRow, u32, Outcome, &str)> = vec![
            ("taken", say(), 1, Outcome::Accepted { message: None, job: None }, "sent"),
            ("503", say(), 1, not_sent(None), "again 750..1250"),
            ("503 twice", say(), 2, not_sent(None), "again 1500..2500"),
            ("503 often", say(), 40, not_sent(None), "again 225000..375000"),
            ("their wish", say(), 1, not_sent(Some(Span::seconds(50))), "again 50000..50000"),
            ("a silly wish", say(), 1, not_sent(Some(Span::days(50))), "again 3600000..3600000"),
            ("unknown", say(), 1, unknown(), "look 3000"),
            ("told meanwhile", OutboxRow { message: Some("m".into()), ..say() }, 1, unknown(), "sent"),
            ("unknown note", note(), 1, unknown(), "again 750..1250"),
            ("a note that breaks always", note(), 30, unknown(), "failed"),
            ("429", say(), 1, Outcome::Limited { whose: Whose::Credential, after: None, why: why() }, "limited"),
            ("401", say(), 1, Outcome::Denied { why: why() }, "pause"),
            ("422", say(), 1, Outcome::Rejected { why: why() }, "failed"),
            ("closed", say(), 1, Outcome::WindowClosed { why: why() }, "outside"),
            ("closed for a template", templated(), 1, Outcome::WindowClosed { why: why() }, "failed"),
        ];
        for (name, row, attempt, outcome, want) in cases {
            let row = OutboxRow { attempt, called_at: Some(NOW), ..row };
            let got = after_attempt(&row, &outcome, NOW);
            assert!(fits(&got, want), "{name}: {got:?}, wanted {want}");
            assert_eq!(got, after_attempt(&row, &outcome, NOW), "{name}: the same again");
        }
    }

    fn fits(got: &After, want: &str) -> bool {
        let (word, numbers) = want.split_once(' ').unwrap_or((want, ""));
        match got {
            After::Sent => word == "sent",
            After::Pause => word == "pause",
            After::Limited => word == "limited",
            After::Outside => word == "outside",
            After::Failed(_) => word == "failed",
            After::Anew(at) => word == "anew" && at.since(NOW).0.to_string() == numbers,
            After::LookUp(at) => word == "look" && at.since(NOW).0.to_string() == numbers,
            After::Again(at) => {
                let (from, to) = numbers.split_once("..").unwrap_or((numbers, numbers));
                let bounds = from.parse::<i64>().expect("from")..=to.parse::<i64>().expect("to");
                word == "again" && bounds.contains(&at.since(NOW).0)
            }
        }
    }

    #[test]
    fn what_does_not_arrive_after_all() {
        let until = |seconds| OutboxRow { expires_at: Some(NOW + Span::seconds(seconds)), ..say() };
        let cases = [
            (say(), 1, Undelivered::Passing, "anew 4000"),
            (say(), 2, Undelivered::Passing, "anew 16000"),
            (say(), 4, Undelivered::Passing, "anew 256000"),
            (say(), 5, Undelivered::Passing, "failed"),
            (until(5), 1, Undelivered::Passing, "anew 4000"),
            (until(4), 1, Undelivered::Passing, "failed"),
            (templated(), 1, Undelivered::Passing, "anew 4000"),
            (say(), 1, Undelivered::Final, "failed"),
            (say(), 1, Undelivered::WindowClosed, "outside"),
            (templated(), 1, Undelivered::WindowClosed, "failed"),
        ];
        for (row, attempt, why, want) in cases {
            let got = after_undelivered(&OutboxRow { attempt, ..row }, why, "w", NOW);
            assert!(fits(&got, want), "{why:?} after {attempt}: {got:?}, wanted {want}");
        }
    }

    #[test]
    fn look_ups() {
        let unreadable = || Found::Unreadable { why: "w".into() };
        let cases: Vec<(&str, u32, i64, Found, &str)> = vec![
            ("there", 1, 3, Found::Sent { message: None, job: None }, "sent"),
            ("failed", 1, 3, Found::Failed { why: "w".into() }, "failed"),
            ("absent once", 1, 3, Found::Absent, "look 10000"),
            ("absent twice", 2, 10, Found::Absent, "look 30000"),
            ("absent in all", 3, 30, Found::Absent, "again 30000"),
            ("absent long after a crash", 1, 90, Found::Absent, "again 90000"),
            ("nothing can tell", 1, 3, Found::CannotTell, "again 3000"),
            ("unreadable", 1, 3, unreadable(), "look 10000"),
            ("unreadable late", 3, 31, unreadable(), "look 61000"),
            ("unreadable later", 5, 200, unreadable(), "look 320000"),
            ("unreadable for an hour", 20, 3700, unreadable(), "look 4000000"),
            ("unreadable for ever", 20, 10_900, unreadable(), "failed"),
        ];
        for (name, looks, after, found, want) in cases {
            let row = OutboxRow { looks, called_at: Some(NOW), ..say() };
            let got = after_lookup(&row, &found, NOW + Span::seconds(after));
            assert!(fits(&got, want), "{name}: {got:?}, wanted {want}");
        }
    }

    #[test]
    fn limits() {
        let seconds =
            |whose, wish: Option<i64>| [1, 2, 3, 40].map(|n| limited_for(whose, wish.map(Span::seconds), n).0 / 1000);
        assert_eq!(seconds(Whose::Credential, None), [1, 2, 4, 300]);
        assert_eq!(seconds(Whose::Credential, Some(50)), [50, 50, 50, 300]);
        assert_eq!(seconds(Whose::Credential, Some(i64::from(u32::MAX))), [3600; 4]);
        assert_eq!(seconds(Whose::Conversation, None), [4, 16, 64, 300]);
    }

    #[test]
    fn probes() {
        let waits: Vec<i64> = (0..9).map(|n| probe_after(n).0 / 1000).collect();
        assert_eq!(waits, [5, 5, 10, 20, 40, 80, 160, 300, 300]);
    }
}
