//! What Meta's errors mean for a send, whoever passes them on: by their numbers alone.

use super::faults::Fault;
use crate::domain::{Outcome, Undelivered, Whose};

/// Too much at once of the app, the business or the number.
const TOO_MUCH: [i64; 4] = [4, 80_007, 130_429, 131_048];
/// Too much to one contact: one message in 6 s.
const PAIR_RATE: i64 = 131_056;
/// A file that is not ready, a number being set up, a service that is down: repeated.
const WAITS: [i64; 4] = [2, 131_016, 131_053, 133_016];
/// The account, not the message: token, permission, lock, payment.
const OF_ACCOUNT: [i64; 8] = [0, 3, 10, 190, 368, 131_005, 131_031, 131_042];
/// Permissions of the Graph API.
const PERMISSIONS: std::ops::RangeInclusive<i64> = 200..=299;

/// What the error's number says; `None`: nothing that the status of HTTP would not say.
pub fn by_number(fault: &Fault) -> Option<Outcome> {
    let why = fault.words.clone();
    Some(match fault.code {
        _ if fault.closes_window() => Outcome::WindowClosed { why },
        PAIR_RATE => Outcome::Limited { whose: Whose::Conversation, after: None, why },
        code if TOO_MUCH.contains(&code) => Outcome::Limited { whose: Whose::Credential, after: None, why },
        code if WAITS.contains(&code) => Outcome::NotSent { after: None, why },
        // An error without a number says nothing.
        0 if !why.starts_with("0: ") => return None,
        code if OF_ACCOUNT.contains(&code) || PERMISSIONS.contains(&code) => Outcome::Denied { why },
        _ => return None,
    })
}

/// What the error says of a message that was accepted, and fails later.
pub fn undelivered(fault: &Fault) -> Undelivered {
    match by_number(fault) {
        Some(Outcome::WindowClosed { .. }) => Undelivered::WindowClosed,
        Some(Outcome::Limited { .. } | Outcome::NotSent { .. }) => Undelivered::Passing,
        _ => Undelivered::Final,
    }
}

/// Where a failure is told in words alone, numbers below this may count anything. It is the least of the Cloud API that is not small.
const LEAST_TOLD: i64 = 80_007;
/// How Meta calls its errors, in lower case, where those who pass them on leave the number out; the more particular before the general.
const CALLED: [(&str, i64); 8] = [
    ("re-engagement message", 131_047),
    ("pair rate limit", PAIR_RATE),
    ("spam rate limit", 131_048),
    ("rate limit hit", 130_429),
    ("rate limit issues", 80_007),
    ("request limit reached", 4),
    ("media upload error", 131_053),
    ("error validating access token", 190),
];

/// The error that words tell of: by a number of Meta's among them, else by how Meta calls it.
pub fn told(words: &str) -> Option<Fault> {
    let numbers = words.split(|c: char| !c.is_ascii_digit()).filter_map(|digits| digits.parse().ok());
    let mut faults = numbers.map(|code| Fault { code, words: words.to_owned() });
    let by_number =
        faults.find(|fault| (fault.code >= LEAST_TOLD || fault.closes_window()) && by_number(fault).is_some());
    let lower = words.to_lowercase();
    by_number.or_else(|| {
        let (_, code) = CALLED.iter().find(|(called, _)| lower.contains(called))?;
        Some(Fault { code: *code, words: words.to_owned() })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_tell_of_errors() {
        let cases = [
            ("(#131047) Message failed to send", Some(131_047)),
            ("Re-engagement message", Some(131_047)),
            ("470: too late", Some(470)),
            ("Rate limit hit", Some(130_429)),
            ("(Business Account, Consumer Account) pair rate limit hit", Some(131_056)),
            ("(#131056) Rate limit hit", Some(131_056)),
            ("Media upload error", Some(131_053)),
            ("Error validating access token: the session is over", Some(190)),
            ("Parameter 4 is missing", None),
            ("132001: the template is not there", None),
            ("no way", None),
        ];
        for (words, want) in cases {
            assert_eq!(told(words).map(|fault| fault.code), want, "{words}");
        }
    }

    #[test]
    fn late_failures_pass_or_do_not() {
        let of = |code| undelivered(&Fault { code, words: format!("{code}: words") });
        for code in [4, 80_007, 130_429, 131_048, 131_056, 133_016, 131_053] {
            assert_eq!(of(code), Undelivered::Passing, "{code}");
        }
        assert_eq!([of(131_047), of(470)], [Undelivered::WindowClosed; 2]);
        for code in [0, 100, 190, 131_026, 131_049, 131_050, 131_051, 132_001] {
            assert_eq!(of(code), Undelivered::Final, "{code}");
        }
    }
}
