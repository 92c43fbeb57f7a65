//! What Meta's errors mean for a send, whoever passes them on: by their numbers alone.

use super::faults::Fault;
use crate::domain::{Outcome, Whose};

/// Too much at once of the app, the business or the number.
const TOO_MUCH: [i64; 4] = [4, 80_007, 130_429, 131_048];
/// Too much to one contact: one message in 6 s.
const PAIR_RATE: i64 = 131_056;
/// A file that is not ready, a number being set up: repeated.
const WAITS: [i64; 2] = [131_053, 133_016];
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
        0 if why == "0" => return None,
        code if OF_ACCOUNT.contains(&code) || PERMISSIONS.contains(&code) => Outcome::Denied { why },
        _ => return None,
    })
}
