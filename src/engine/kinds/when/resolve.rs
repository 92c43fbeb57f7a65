//! From what was said to the day and the time that are meant.

use chrono::{Datelike, Days, Months, NaiveDate};

use super::phrases::Hour;
use super::words::{Part, Which};
use crate::domain::{Span, Time};

/// Years that a date may be in.
const YEARS: std::ops::RangeInclusive<i32> = 1900..=2200;
/// The longest way ahead: `in 900 days`.
const MOST_AHEAD: u32 = 3_660;
const NOON: u32 = 12 * 60;
const DAY: u32 = 24 * 60;
/// Nobody means the hours before when saying `at 3`.
const FIRST_HOUR: u32 = 7 * 60;

/// A day as said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Day {
    /// So many days from today.
    Ahead(i64),
    /// That day.
    Just(NaiveDate),
    /// A weekday, Monday 0.
    Weekday { weekday: u32, which: Which },
    /// A date; without a year the next.
    Date { year: Option<i32>, month: u32, day: u32 },
    /// The next such day of a month.
    OfMonth(u32),
}

impl Day {
    fn resolve(self, today: NaiveDate, next_is_next_week: bool) -> Option<NaiveDate> {
        match self {
            Self::Ahead(days) => ahead(today, days),
            Self::Just(day) => Some(day),
            Self::Weekday { weekday, which } => on_weekday(weekday, which, today, next_is_next_week),
            Self::Date { year: Some(year), month, day } => {
                NaiveDate::from_ymd_opt(year, month, day).filter(|day| YEARS.contains(&day.year()))
            }
            // The 29th of February may be eight years away.
            Self::Date { year: None, month, day } => {
                let years = (0..=8).filter_map(|n| NaiveDate::from_ymd_opt(today.year() + n, month, day));
                years.into_iter().find(|day| *day >= today)
            }
            Self::OfMonth(day) => {
                let first = today.with_day(1)?;
                let months = (0..=2).filter_map(|n| first.checked_add_months(Months::new(n))?.with_day(day));
                months.into_iter().find(|day| *day >= today)
            }
        }
    }

    /// Whether another day said beside it may be meant: `Tuesday, 10 March`.
    fn fits(self, day: NaiveDate, today: NaiveDate, next_is_next_week: bool) -> bool {
        match self {
            Self::Weekday { weekday, .. } => day.weekday().num_days_from_monday() == weekday,
            other => other.resolve(today, next_is_next_week) == Some(day),
        }
    }
}

fn ahead(today: NaiveDate, days: i64) -> Option<NaiveDate> {
    let count = Days::new(days.unsigned_abs());
    if days < 0 { today.checked_sub_days(count) } else { today.checked_add_days(count) }
}

fn on_weekday(weekday: u32, which: Which, today: NaiveDate, next_is_next_week: bool) -> Option<NaiveDate> {
    let now = i64::from(today.weekday().num_days_from_monday());
    let days = (i64::from(weekday) - now).rem_euclid(7);
    let coming = if days == 0 { 7 } else { days };
    let next_week = 7 - now + i64::from(weekday);
    ahead(
        today,
        match which {
            Which::This => days,
            Which::Coming => coming,
            Which::Next if !next_is_next_week => coming,
            Which::Next | Which::NextWeek => next_week,
        },
    )
}

/// The only day that all of them can mean.
pub(super) fn day(days: &[Day], today: NaiveDate, next_is_next_week: bool) -> Said<NaiveDate> {
    // A date tells more than a weekday.
    let first = days.iter().find(|day| !matches!(day, Day::Weekday { .. })).or(days.first());
    let Some(first) = first else { return Said::Nothing };
    match first.resolve(today, next_is_next_week) {
        Some(meant) if days.iter().all(|day| day.fits(meant, today, next_is_next_week)) => Said::One(meant),
        _ => Said::Unclear,
    }
}

/// A time from now on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ahead {
    Moment(Time),
    Day(NaiveDate),
}

/// So many units from now, in the order of `Words::units`.
pub(super) fn from_now(count: u32, unit: Option<usize>, now: Time, today: NaiveDate) -> Option<Ahead> {
    if count > MOST_AHEAD {
        return None;
    }
    let n = i64::from(count);
    match unit? {
        0 => Some(Ahead::Moment(now + Span::minutes(n))),
        1 => Some(Ahead::Moment(now + Span::hours(n))),
        2 => ahead(today, n).map(Ahead::Day),
        3 => ahead(today, 7 * n).map(Ahead::Day),
        _ => today.checked_add_months(Months::new(count)).map(Ahead::Day),
    }
}

/// A time of the day as said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Clock {
    /// Minutes since midnight.
    minutes: u32,
    /// It may be twelve hours later.
    is_vague: bool,
}

impl Clock {
    pub fn exact(hour: u32, minute: u32) -> Self {
        Self { minutes: (hour * 60 + minute) % DAY, is_vague: false }
    }

    pub fn vague(hour: u32) -> Self {
        Self { minutes: (hour * 60) % DAY, is_vague: (1..=12).contains(&hour) }
    }

    /// An hour as written, with so many minutes more. One with its minutes beside it is as it stands, but where people count to twelve.
    pub fn written(hour: Hour, more: i32, twelve_hours: bool) -> Self {
        let is_vague =
            (1..=12).contains(&hour.number) && !hour.is_padded && (hour.minute.is_none() || twelve_hours || more != 0);
        let written = hour.number * 60 + hour.minute.unwrap_or(0);
        let minutes = (i64::from(written) + i64::from(more)).rem_euclid(i64::from(DAY));
        Self { minutes: u32::try_from(minutes).unwrap_or(0), is_vague }
    }

    /// Minutes since midnight.
    fn meant(self, part: Option<Part>) -> u32 {
        let half = self.minutes % NOON;
        match part {
            // `15:00 in the afternoon` says it twice.
            _ if self.minutes >= NOON + 60 => self.minutes,
            Some(part) if part.is_late(half) => half + NOON,
            Some(_) => half,
            None if self.is_vague && half < FIRST_HOUR => half + NOON,
            None => self.minutes,
        }
    }
}

impl Part {
    /// Whether half a day's time (in minutes) is of the second half in it.
    fn is_late(self, half: u32) -> bool {
        match self {
            Self::Morning => false,
            Self::Afternoon => half < 8 * 60,
            Self::Evening => true,
            Self::Night => half >= 6 * 60,
        }
    }
}

/// The only time, in minutes since midnight.
pub(super) fn time(clocks: &[Clock], parts: &[Part]) -> Said<u32> {
    let part = parts.first().copied();
    if parts.iter().any(|other| Some(*other) != part) {
        return Said::Unclear;
    }
    one(clocks.iter().map(|clock| clock.meant(part)))
}

/// What all that was said agrees on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Said<T> {
    /// Nothing was said.
    Nothing,
    /// This alone.
    One(T),
    /// Two things, or what cannot be.
    Unclear,
}

/// What all items are.
pub(super) fn one<T: PartialEq>(mut items: impl Iterator<Item = T>) -> Said<T> {
    match items.next() {
        None => Said::Nothing,
        Some(first) if items.all(|other| other == first) => Said::One(first),
        Some(_) => Said::Unclear,
    }
}
