//! Points and spans of time, in milliseconds, UTC. Nothing here reads a clock: `now` is always handed in.

use std::fmt;
use std::ops::{Add, Sub};
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A point in time: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Time(pub i64);

impl Time {
    /// From whole seconds since 1970, as providers' `…_timestamp` fields have it.
    pub fn from_unix(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1000))
    }

    /// The same point for `chrono`; a value outside its range is pinned to 1970.
    pub fn to_utc(self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(self.0).unwrap_or_default()
    }

    /// How long after `earlier` this is; negative when before.
    pub fn since(self, earlier: Self) -> Span {
        Span(self.0.saturating_sub(earlier.0))
    }
}

impl From<DateTime<Utc>> for Time {
    fn from(value: DateTime<Utc>) -> Self {
        Self(value.timestamp_millis())
    }
}

impl fmt::Display for Time {
    /// ISO 8601 in UTC, to the millisecond.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_utc().to_rfc3339_opts(chrono::SecondsFormat::Millis, true))
    }
}

impl Add<Span> for Time {
    type Output = Self;
    fn add(self, span: Span) -> Self {
        Self(self.0.saturating_add(span.0))
    }
}

impl Sub<Span> for Time {
    type Output = Self;
    fn sub(self, span: Span) -> Self {
        Self(self.0.saturating_sub(span.0))
    }
}

/// A length of time in milliseconds. Written `90s`, `5m`, `1h30m`, `2d` in YAML.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Span(pub i64);

impl Span {
    /// A span of whole seconds.
    pub const fn seconds(n: i64) -> Self {
        Self(n * 1000)
    }
    /// A span of whole minutes.
    pub const fn minutes(n: i64) -> Self {
        Self::seconds(n * 60)
    }
    /// A span of whole hours.
    pub const fn hours(n: i64) -> Self {
        Self::minutes(n * 60)
    }
    /// A span of days of 24 hours.
    pub const fn days(n: i64) -> Self {
        Self::hours(n * 24)
    }
}

/// The longest span that can be written: 10 years. It keeps every sum of times far from overflow.
const LONGEST: Span = Span::days(3653);

/// Why a text is no span.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a duration is written like `90s`, `5m`, `1h30m` or `2d`, ten years at most")]
pub struct NotASpan;

impl FromStr for Span {
    type Err = NotASpan;

    fn from_str(text: &str) -> Result<Self, NotASpan> {
        let mut rest = text;
        let mut total: i64 = 0;
        let mut last_unit = i64::MAX;
        while !rest.is_empty() {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let number: i64 = rest[..digits].parse().map_err(|_| NotASpan)?;
            rest = &rest[digits..];
            let (unit, length) = unit_at_start(rest).ok_or(NotASpan)?;
            // Units go from large to small, each once: `30m1h` is a slip, not a wish.
            if unit >= last_unit {
                return Err(NotASpan);
            }
            last_unit = unit;
            total = number.checked_mul(unit).and_then(|ms| total.checked_add(ms)).ok_or(NotASpan)?;
            rest = &rest[length..];
        }
        let span = Self(total);
        if text.is_empty() || span > LONGEST { Err(NotASpan) } else { Ok(span) }
    }
}

fn unit_at_start(text: &str) -> Option<(i64, usize)> {
    if text.starts_with("ms") {
        return Some((1, 2));
    }
    let unit = match text.bytes().next()? {
        b'd' => 86_400_000,
        b'h' => 3_600_000,
        b'm' => 60_000,
        b's' => 1000,
        _ => return None,
    };
    Some((unit, 1))
}

impl fmt::Display for Span {
    /// The shortest way to write it: `1h30m`, `0s`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0.unsigned_abs();
        if self.0 < 0 {
            f.write_str("-")?;
        }
        if rest == 0 {
            return f.write_str("0s");
        }
        for (unit, name) in [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1000, "s"), (1, "ms")] {
            if rest >= unit {
                write!(f, "{}{name}", rest / unit)?;
                rest %= unit;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_read_and_write() {
        let cases = [
            ("90s", Some(90_000), "1m30s"),
            ("5m", Some(300_000), "5m"),
            ("1h30m", Some(5_400_000), "1h30m"),
            ("2d", Some(172_800_000), "2d"),
            ("0s", Some(0), "0s"),
            ("30m1h", None, ""),
            ("5", None, ""),
            ("", None, ""),
            ("m", None, ""),
            ("99999999999999999999s", None, ""),
            ("4000d", None, ""),
            ("5 m", None, ""),
        ];
        for (text, want, shown) in cases {
            let got = text.parse::<Span>().ok();
            assert_eq!(got.map(|s| s.0), want, "{text}");
            if let Some(span) = got {
                assert_eq!(span.to_string(), shown, "{text}");
            }
        }
    }
}
