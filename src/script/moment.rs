//! Points and lengths of time as scripts see them: with arithmetic, parts, and shown in the contact's language and the bot's zone.

use std::fmt::{self, Write as _};

use chrono::{Datelike, NaiveDateTime, TimeZone, Timelike};
use chrono_tz::Tz;

use crate::domain::{Span, Time};

/// Languages in which times are shown in words; others get figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Words {
    English,
    Russian,
    Figures,
}

impl Words {
    /// By a language's code, `en` or `en-GB`.
    pub(super) fn of(language: &str) -> Self {
        match language.split(['-', '_']).next() {
            Some("en") => Self::English,
            Some("ru") => Self::Russian,
            _ => Self::Figures,
        }
    }
}

const ENGLISH_MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const RUSSIAN_MONTHS: [&str; 12] = [
    "января",
    "февраля",
    "марта",
    "апреля",
    "мая",
    "июня",
    "июля",
    "августа",
    "сентября",
    "октября",
    "ноября",
    "декабря",
];

/// A point in time, where and for whom it is shown.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    pub(super) at: Time,
    pub(super) zone: Tz,
    pub(super) words: Words,
}

impl Moment {
    pub(super) fn local(self) -> NaiveDateTime {
        self.at.to_utc().with_timezone(&self.zone).naive_local()
    }

    pub(super) fn moved(self, span: Span) -> Self {
        Self { at: self.at + span, ..self }
    }

    /// The midnight with which its day begins in its zone.
    pub(super) fn midnight(self) -> Self {
        let midnight = self.local().date().and_time(chrono::NaiveTime::MIN);
        // Where a clock change skips midnight, the day begins at the first time there is.
        let begins = (0..4)
            .find_map(|hour| self.zone.from_local_datetime(&(midnight + chrono::TimeDelta::hours(hour))).earliest());
        Self { at: begins.map_or(self.at, |begins| Time(begins.timestamp_millis())), ..self }
    }

    /// `15:00`.
    pub(super) fn clock(self) -> String {
        let local = self.local();
        format!("{:02}:{:02}", local.hour(), local.minute())
    }

    /// By a pattern such as `%d.%m.%Y`; nothing where the pattern is wrong.
    pub(super) fn format(self, pattern: &str) -> Option<String> {
        let mut shown = String::new();
        write!(shown, "{}", self.local().format(pattern)).ok().map(|()| shown)
    }
}

impl fmt::Display for Moment {
    /// `10 March 2026, 15:00`; a midnight is shown as its day alone.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let local = self.local();
        let (day, month, year) = (local.day(), local.month0() as usize, local.year());
        match self.words {
            Words::English => write!(f, "{day} {} {year}", ENGLISH_MONTHS.get(month).unwrap_or(&""))?,
            Words::Russian => write!(f, "{day} {} {year}", RUSSIAN_MONTHS.get(month).unwrap_or(&""))?,
            Words::Figures => write!(f, "{year:04}-{:02}-{day:02}", month + 1)?,
        }
        if local.num_seconds_from_midnight() < 60 {
            return Ok(());
        }
        let between = if self.words == Words::Figures { " " } else { ", " };
        write!(f, "{between}{}", self.clock())
    }
}

/// A length of time, and for whom it is shown.
#[derive(Clone, Copy, Debug)]
pub(super) struct Length {
    pub(super) span: Span,
    pub(super) words: Words,
}

/// The forms of a unit: English one and other, Russian one, few and many.
struct Unit {
    ms: i64,
    english: [&'static str; 2],
    russian: [&'static str; 3],
}

const UNITS: [Unit; 4] = [
    Unit { ms: 86_400_000, english: ["day", "days"], russian: ["день", "дня", "дней"] },
    Unit { ms: 3_600_000, english: ["hour", "hours"], russian: ["час", "часа", "часов"] },
    Unit { ms: 60_000, english: ["minute", "minutes"], russian: ["минута", "минуты", "минут"] },
    Unit { ms: 1000, english: ["second", "seconds"], russian: ["секунда", "секунды", "секунд"] },
];

impl fmt::Display for Length {
    /// Its two largest units in words (`3 hours 20 minutes`), or as it is written in YAML (`3h20m`).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.words == Words::Figures {
            return self.span.fmt(f);
        }
        let mut left = self.span.0.saturating_abs() / 1000 * 1000;
        let first = UNITS.iter().position(|unit| left >= unit.ms).unwrap_or(UNITS.len() - 1);
        if self.span.0 < 0 && left > 0 {
            f.write_str("-")?;
        }
        for (place, unit) in UNITS[first..].iter().take(2).enumerate() {
            let n = left / unit.ms;
            left %= unit.ms;
            if n > 0 || place == 0 {
                let space = if place == 0 { "" } else { " " };
                write!(f, "{space}{n} {}", self.words.form(n, unit))?;
            }
        }
        Ok(())
    }
}

impl Words {
    fn form(self, n: i64, unit: &Unit) -> &'static str {
        match self {
            Self::Russian => unit.russian[russian_form(n)],
            _ => unit.english[usize::from(n != 1)],
        }
    }
}

/// Which of the three Russian forms goes with a number: 1 день, 2 дня, 5 дней.
pub(super) fn russian_form(n: i64) -> usize {
    match (n.unsigned_abs() % 10, n.unsigned_abs() % 100) {
        (_, 11..=14) => 2,
        (1, _) => 0,
        (2..=4, _) => 1,
        _ => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_in_words() {
        let cases = [
            ("1d", "1 day", "1 день"),
            ("2d5h10m", "2 days 5 hours", "2 дня 5 часов"),
            ("1h20m", "1 hour 20 minutes", "1 час 20 минут"),
            ("11m", "11 minutes", "11 минут"),
            ("21m1s", "21 minutes 1 second", "21 минута 1 секунда"),
            ("0s", "0 seconds", "0 секунд"),
        ];
        for (span, english, russian) in cases {
            let span = span.parse().unwrap();
            assert_eq!(Length { span, words: Words::English }.to_string(), english);
            assert_eq!(Length { span, words: Words::Russian }.to_string(), russian);
            assert_eq!(Length { span, words: Words::Figures }.to_string(), span.to_string());
        }
    }

    #[test]
    fn moments_of_any_year() {
        for at in [i64::MIN, -1, 0, i64::MAX, 253_402_300_800_000] {
            let moment = Moment { at: Time(at), zone: Tz::Europe__Moscow, words: Words::English };
            assert!(!moment.to_string().is_empty());
            assert!(!moment.midnight().clock().is_empty());
        }
    }
}
