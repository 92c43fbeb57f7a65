//! Points and lengths of time as scripts see them: with arithmetic, parts, and shown in a language and the bot's zone.

use std::fmt::{self, Write as _};

use chrono::{Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, Timelike};
use chrono_tz::Tz;

use super::tongue::Tongue;
use crate::domain::{Span, Time, wall};

/// Days ahead that are told by their weekday; in a week it would be today's again.
const WEEKDAYS_AHEAD: i64 = 6;

/// A point in time, where and how it is shown.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    pub(super) at: Time,
    pub(super) zone: Tz,
    pub(super) tongue: &'static Tongue,
    /// Told as seen from then (`tomorrow at 9:00`); else as a date with its year, which stays true.
    pub(super) seen_from: Option<Time>,
}

impl Moment {
    pub(super) fn local(self) -> NaiveDateTime {
        wall::on_the_wall(self.at, self.zone)
    }

    pub(super) fn moved(self, span: Span) -> Self {
        Self { at: self.at + span, ..self }
    }

    /// So many days on, at the same time by the clock on the wall, whatever a clock change does to the hours between.
    pub(super) fn in_days(self, days: i64) -> Option<Self> {
        let (local, count) = (self.local(), Days::new(days.unsigned_abs()));
        let moved = if days < 0 { local.checked_sub_days(count) } else { local.checked_add_days(count) };
        self.on_the_wall(moved?)
    }

    /// The moment at which the clock on the wall shows that.
    fn on_the_wall(self, local: NaiveDateTime) -> Option<Self> {
        wall::moment(local, self.zone, Time(i64::MIN)).map(|at| Self { at, ..self })
    }

    /// The midnight with which its day begins in its zone; where a clock change skips it, the first time there is.
    pub(super) fn midnight(self) -> Self {
        self.on_the_wall(self.local().date().and_time(NaiveTime::MIN)).unwrap_or(self)
    }

    /// The same day at that time (`15:00`).
    pub(super) fn at_clock(self, clock: &str) -> Option<Self> {
        let time = NaiveTime::parse_from_str(clock, "%H:%M").ok()?;
        self.on_the_wall(self.local().date().and_time(time))
    }

    /// `15:00`.
    pub(super) fn clock(self) -> String {
        let local = self.local();
        format!("{:02}:{:02}", local.hour(), local.minute())
    }

    /// `2026-03-10T15:00:00+03:00`, for programs.
    pub(super) fn iso(self) -> String {
        self.at.to_utc().with_timezone(&self.zone).to_rfc3339()
    }

    /// The name of its weekday.
    pub(super) fn weekday_name(self) -> String {
        let day = self.local().weekday();
        let name = self.tongue.weekdays.get(day.num_days_from_monday() as usize);
        name.filter(|name| !name.is_empty()).map_or_else(|| day.to_string(), |name| (*name).to_owned())
    }

    /// By a pattern such as `%d %B %Y`, names in the language; nothing where the pattern is wrong.
    pub(super) fn format(self, pattern: &str) -> Option<String> {
        let mut shown = String::new();
        write!(shown, "{}", self.local().format(&self.with_names(pattern))).ok().map(|()| shown)
    }

    /// The pattern with the language's names of months and days put in, in full: short ones are English alone.
    fn with_names(self, pattern: &str) -> String {
        let (month, day) = (self.month(), self.local().weekday().num_days_from_monday() as usize);
        if self.tongue.is_figures() || self.tongue.code == "en" {
            return pattern.to_owned();
        }
        let weekday = self.tongue.weekdays.get(day).copied().unwrap_or_default();
        let mut out = String::new();
        let mut rest = pattern.chars();
        while let Some(c) = rest.next() {
            let spec = if c == '%' { rest.next() } else { None };
            match spec {
                Some('B' | 'b' | 'h') => out.push_str(month),
                Some('A' | 'a') => out.push_str(weekday),
                other => out.extend([c].into_iter().chain(other)),
            }
        }
        out
    }

    fn month(self) -> &'static str {
        self.tongue.months.get(self.local().month0() as usize).copied().unwrap_or_default()
    }

    /// `10 March`.
    fn date(self) -> String {
        self.tongue.date.replace("{day}", &self.local().day().to_string()).replace("{month}", self.month())
    }

    /// `10 March 2026`.
    pub(super) fn full_date(self) -> String {
        let day = self.local().date();
        if self.tongue.is_figures() {
            return format!("{:04}-{:02}-{:02}", day.year(), day.month(), day.day());
        }
        self.tongue.with_year.replace("{date}", &self.date()).replace("{year}", &day.year().to_string())
    }

    /// A midnight stands for its day.
    fn is_a_day(self) -> bool {
        self.local().num_seconds_from_midnight() < 60
    }

    /// `tomorrow at 9:00`, `Monday at 9:00`, `10 March at 9:00`.
    fn told(self, seen_from: Time) -> String {
        let today = wall::on_the_wall(seen_from, self.zone).date();
        let day = self.day_told(today);
        if self.is_a_day() { day } else { format!("{day} {}", self.at_time().trim_start()) }
    }

    fn day_told(self, today: NaiveDate) -> String {
        let (tongue, day) = (self.tongue, self.local().date());
        let ahead = day.signed_duration_since(today).num_days();
        let weekday = day.weekday().num_days_from_monday() as usize;
        let word = match ahead {
            -1..=1 => tongue.near.get((ahead + 1) as usize),
            2..=WEEKDAYS_AHEAD => tongue.on_weekdays.get(weekday),
            _ => None,
        };
        match word {
            Some(word) if !word.is_empty() => (*word).to_owned(),
            _ if tongue.is_figures() || day.year() != today.year() => {
                tongue.on_date.replace("{date}", &self.full_date())
            }
            _ => tongue.on_date.replace("{date}", &self.date()),
        }
    }

    /// `at 9:00`.
    fn at_time(self) -> String {
        let (hour, minute) = (self.local().hour(), self.local().minute());
        let special = self.tongue.at_hours.iter().find(|(special, _)| *special == hour);
        let pattern = special.map_or(self.tongue.at, |(_, pattern)| pattern);
        let (h, mm) = (hour.to_string(), format!("{minute:02}"));
        pattern.replace("{time}", &format!("{h}:{mm}")).replace("{h}", &h).replace("{mm}", &mm)
    }
}

impl fmt::Display for Moment {
    /// As told, or `10 March 2026, 15:00`; a midnight is shown as its day alone.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(seen_from) = self.seen_from {
            return f.write_str(&self.told(seen_from));
        }
        f.write_str(&self.full_date())?;
        if self.is_a_day() {
            return Ok(());
        }
        let between = if self.tongue.is_figures() { " " } else { ", " };
        write!(f, "{between}{}", self.clock())
    }
}

/// A length of time, and in which language it is shown.
#[derive(Clone, Copy, Debug)]
pub(super) struct Length {
    pub(super) span: Span,
    pub(super) tongue: &'static Tongue,
}

/// Days, hours, minutes and seconds in milliseconds.
const UNITS: [i64; 4] = [86_400_000, 3_600_000, 60_000, 1000];

impl fmt::Display for Length {
    /// Its two largest units in words (`3 hours 20 minutes`), or as it is written in YAML (`3h20m`).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.tongue.is_figures() {
            return self.span.fmt(f);
        }
        let mut left = self.span.0.saturating_abs() / 1000 * 1000;
        let first = UNITS.iter().position(|unit| left >= *unit).unwrap_or(UNITS.len() - 1);
        if self.span.0 < 0 && left > 0 {
            f.write_str("-")?;
        }
        for (unit, length) in UNITS.iter().enumerate().skip(first).take(2) {
            let n = left / length;
            left %= length;
            if n > 0 || unit == first {
                let space = if unit == first { "" } else { " " };
                write!(f, "{space}{n} {}", self.tongue.unit(unit, n))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_in_words() {
        let cases = [
            ("1d", "1 day", "1 день", "1 dzień"),
            ("2d5h10m", "2 days 5 hours", "2 дня 5 часов", "2 dni 5 godzin"),
            ("1h20m", "1 hour 20 minutes", "1 час 20 минут", "1 godzina 20 minut"),
            ("11m", "11 minutes", "11 минут", "11 minut"),
            ("21m1s", "21 minutes 1 second", "21 минута 1 секунда", "21 minut 1 sekunda"),
            ("0s", "0 seconds", "0 секунд", "0 sekund"),
        ];
        for (span, english, russian, polish) in cases {
            let span = span.parse().unwrap();
            for (code, want) in [("en", english), ("ru", russian), ("pl", polish)] {
                assert_eq!(Length { span, tongue: Tongue::of(code) }.to_string(), want);
            }
            assert_eq!(Length { span, tongue: Tongue::of("xx") }.to_string(), span.to_string());
        }
    }

    #[test]
    fn moments_of_any_year() {
        for at in [i64::MIN, -1, 0, i64::MAX, 253_402_300_800_000] {
            for seen_from in [None, Some(Time(0)), Some(Time(i64::MAX))] {
                let moment = Moment { at: Time(at), zone: Tz::Europe__Moscow, tongue: Tongue::of("en"), seen_from };
                assert!(!moment.to_string().is_empty());
                assert!(!moment.midnight().clock().is_empty());
                let _ = (moment.in_days(i64::MAX), moment.in_days(i64::MIN), moment.at_clock("23:59"));
            }
        }
    }

    /// Seen from Monday, 2 March 2026, 10:00 in Berlin.
    const TOLD: &[(&str, [&str; 6])] = &[
        (
            "en",
            [
                "today at 15:00",
                "tomorrow at 9:00",
                "Friday at 9:00",
                "9 March at 9:00",
                "1 January 2027",
                "yesterday at 11:30",
            ],
        ),
        (
            "ru",
            [
                "сегодня в 15:00",
                "завтра в 9:00",
                "в пятницу в 9:00",
                "9 марта в 9:00",
                "1 января 2027",
                "вчера в 11:30",
            ],
        ),
        (
            "uk",
            [
                "сьогодні о 15:00",
                "завтра о 9:00",
                "у пʼятницю о 9:00",
                "9 березня о 9:00",
                "1 січня 2027",
                "вчора об 11:30",
            ],
        ),
        (
            "de",
            [
                "heute um 15:00 Uhr",
                "morgen um 9:00 Uhr",
                "am Freitag um 9:00 Uhr",
                "am 9. März um 9:00 Uhr",
                "am 1. Januar 2027",
                "gestern um 11:30 Uhr",
            ],
        ),
        (
            "fr",
            [
                "aujourd'hui à 15h00",
                "demain à 9h00",
                "vendredi à 9h00",
                "le 9 mars à 9h00",
                "le 1 janvier 2027",
                "hier à 11h30",
            ],
        ),
        (
            "es",
            [
                "hoy a las 15:00",
                "mañana a las 9:00",
                "el viernes a las 9:00",
                "el 9 de marzo a las 9:00",
                "el 1 de enero de 2027",
                "ayer a las 11:30",
            ],
        ),
        (
            "pt",
            [
                "hoje às 15:00",
                "amanhã às 9:00",
                "na sexta-feira às 9:00",
                "em 9 de março às 9:00",
                "em 1 de janeiro de 2027",
                "ontem às 11:30",
            ],
        ),
        (
            "kk",
            [
                "2026-03-02 15:00",
                "2026-03-03 9:00",
                "2026-03-06 9:00",
                "2026-03-09 9:00",
                "2027-01-01",
                "2026-03-01 11:30",
            ],
        ),
    ];

    #[test]
    fn told_in_many_languages() {
        let now = Time(1_772_442_000_000);
        let times = ["02T15:00", "03T09:00", "06T09:00", "09T09:00"].map(|time| format!("2026-03-{time}:00"));
        let times = times.into_iter().chain(["2027-01-01T00:00:00".into(), "2026-03-01T11:30:00".into()]);
        let at: Vec<Time> =
            times.map(|time| wall::moment(time.parse().unwrap(), Tz::Europe__Berlin, Time(0)).unwrap()).collect();
        for (code, wants) in TOLD {
            for (at, want) in at.iter().zip(wants) {
                let (zone, tongue) = (Tz::Europe__Berlin, Tongue::of(code));
                assert_eq!(Moment { at: *at, zone, tongue, seen_from: Some(now) }.to_string(), *want, "{code}");
            }
        }
    }

    #[test]
    fn days_are_counted_on_the_wall() {
        let at = wall::moment("2026-03-28T02:30:00".parse().unwrap(), Tz::Europe__Berlin, Time(0)).unwrap();
        let moment = Moment { at, zone: Tz::Europe__Berlin, tongue: Tongue::of("en"), seen_from: None };
        // On the 29th there is no 2:30.
        let shown = [1, 2, -1].map(|days| moment.in_days(days).unwrap().to_string());
        assert_eq!(shown, ["29 March 2026, 03:00", "30 March 2026, 02:30", "27 March 2026, 02:30"]);
    }
}
