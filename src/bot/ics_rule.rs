//! On which days an event of a calendar file comes back: `RRULE` of RFC 5545, as far as days, weeks, months and years go. Its crates are made for times, with
//! clocks and zones; of holidays only the days count, and those can be tried one after the other.

use std::ops::RangeInclusive;

use chrono::{Datelike, Days, NaiveDate, Weekday};

/// How far events that come back are followed.
const LAST_YEAR: i32 = 2100;
/// Every how many periods it may come.
const INTERVALS: RangeInclusive<i64> = 1..=1_000;
/// Days of one list of a rule.
const MOST_PARTS: usize = 400;

pub(super) const OTHER: &str = "its `RRULE` is none of those that are read: days, weeks, months or years with `INTERVAL`, `COUNT`, `UNTIL`, `BYMONTH`, `BYMONTHDAY`, `BYDAY`, `BYSETPOS`";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Period {
    Day,
    Week,
    Month,
    Year,
}

/// A weekday, in a month or year the first, second, … or, below 0, the last, last but one, …; each of them for 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct On {
    nth: i64,
    day: Weekday,
}

/// A rule.
#[derive(Debug)]
pub(super) struct Rule {
    every: Period,
    interval: i64,
    count: usize,
    until: Option<NaiveDate>,
    months: Vec<i64>,
    month_days: Vec<i64>,
    week_days: Vec<On>,
    positions: Vec<i64>,
    week_begins: Weekday,
}

impl Rule {
    /// Read it.
    pub fn read(text: &str) -> Result<Self, &'static str> {
        let mut rule = Self {
            every: Period::Year,
            interval: 1,
            count: usize::MAX,
            until: None,
            months: Vec::new(),
            month_days: Vec::new(),
            week_days: Vec::new(),
            positions: Vec::new(),
            week_begins: Weekday::Mon,
        };
        let mut has_period = false;
        for part in text.split(';').filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').ok_or(OTHER)?;
            has_period |= name == "FREQ";
            rule.take(name, value).ok_or(OTHER)?;
        }
        let in_weeks = rule.every == Period::Week || rule.every == Period::Day;
        let is_odd = in_weeks && rule.week_days.iter().any(|on| on.nth != 0)
            || rule.every == Period::Week && !rule.month_days.is_empty();
        if has_period && !is_odd { Ok(rule) } else { Err(OTHER) }
    }

    fn take(&mut self, name: &str, value: &str) -> Option<()> {
        match name {
            "FREQ" => {
                self.every = match value {
                    "DAILY" => Period::Day,
                    "WEEKLY" => Period::Week,
                    "MONTHLY" => Period::Month,
                    "YEARLY" => Period::Year,
                    _ => return None,
                };
            }
            "INTERVAL" => self.interval = value.parse().ok().filter(|n| INTERVALS.contains(n))?,
            "COUNT" => self.count = value.parse().ok().filter(|n| *n > 0)?,
            "UNTIL" => self.until = Some(super::ics::date(value)?),
            "BYMONTH" => self.months = numbers(value, 1..=12)?,
            "BYMONTHDAY" => self.month_days = numbers(value, -31..=31)?,
            "BYSETPOS" => self.positions = numbers(value, -366..=366)?,
            "BYDAY" => self.week_days = listed(value, week_day)?,
            "WKST" => self.week_begins = week_day(value)?.day,
            _ => return None,
        }
        Some(())
    }

    /// The days on which it begins anew, the first of all included. Every day that is tried is taken from `left`; `None` when there is none any more.
    pub fn days(&self, start: NaiveDate, left: &mut usize) -> Option<Vec<NaiveDate>> {
        let mut found = vec![start];
        let mut period = Vec::new();
        let mut number = 0;
        for day in self.beginning(start).iter_days().take_while(|day| day.year() <= LAST_YEAR) {
            *left = left.checked_sub(1)?;
            let now = self.number_of(start, day);
            if now != number {
                self.add(start, &mut period, &mut found);
                number = now;
            }
            if found.len() >= self.count || self.until.is_some_and(|until| until < day) {
                break;
            }
            if now % self.interval == 0 && self.fits(start, day) {
                period.push(day);
            }
        }
        self.add(start, &mut period, &mut found);
        found.truncate(self.count);
        Some(found)
    }

    /// The days of a period that count.
    fn add(&self, start: NaiveDate, period: &mut Vec<NaiveDate>, found: &mut Vec<NaiveDate>) {
        let is_meant = |n: usize| {
            let (from_first, from_last) = (n as i64 + 1, n as i64 - period.len() as i64);
            self.positions.is_empty() || self.positions.iter().any(|at| *at == from_first || *at == from_last)
        };
        let is_due = |day: &NaiveDate| *day > start && self.until.is_none_or(|until| *day <= until);
        found.extend(period.iter().enumerate().filter(|(n, day)| is_meant(*n) && is_due(day)).map(|(_, day)| *day));
        period.clear();
    }

    /// The first day of the period that the start stands in.
    fn beginning(&self, start: NaiveDate) -> NaiveDate {
        let back = match self.every {
            Period::Day => 0,
            Period::Week => u64::from(start.weekday().days_since(self.week_begins)),
            Period::Month => u64::from(start.day0()),
            Period::Year => u64::from(start.ordinal0()),
        };
        start.checked_sub_days(Days::new(back)).unwrap_or(start)
    }

    /// The how manieth period a day stands in, from that of the start.
    fn number_of(&self, start: NaiveDate, day: NaiveDate) -> i64 {
        let days = day.signed_duration_since(self.beginning(start)).num_days();
        let years = i64::from(day.year() - start.year());
        match self.every {
            Period::Day => days,
            Period::Week => days.div_euclid(7),
            Period::Month => years * 12 + i64::from(day.month()) - i64::from(start.month()),
            Period::Year => years,
        }
    }

    fn fits(&self, start: NaiveDate, day: NaiveDate) -> bool {
        let in_month = i64::from(day.num_days_in_month());
        let of_month = i64::from(day.day());
        let has = |list: &[i64], value: i64| list.is_empty() || list.contains(&value);
        let from_end = self.month_days.contains(&(of_month - in_month - 1));
        has(&self.months, i64::from(day.month()))
            && (has(&self.month_days, of_month) || from_end)
            && (self.week_days.is_empty() || self.week_days.iter().any(|on| self.is_on(*on, day)))
            && self.is_as_the_start(start, day)
    }

    fn is_on(&self, on: On, day: NaiveDate) -> bool {
        let in_year = self.every == Period::Year && self.months.is_empty();
        let (at, of) = if in_year {
            let days = if day.leap_year() { 366 } else { 365 };
            (i64::from(day.ordinal0()), days)
        } else {
            (i64::from(day.day0()), i64::from(day.num_days_in_month()))
        };
        let (from_first, from_last) = (at / 7 + 1, -((of - 1 - at) / 7 + 1));
        on.day == day.weekday() && (on.nth == 0 || on.nth == from_first || on.nth == from_last)
    }

    /// What the rule does not say, the start says.
    fn is_as_the_start(&self, start: NaiveDate, day: NaiveDate) -> bool {
        if !self.week_days.is_empty() || !self.month_days.is_empty() {
            return true;
        }
        match self.every {
            Period::Day => true,
            Period::Week => day.weekday() == start.weekday(),
            Period::Month => day.day() == start.day(),
            Period::Year => day.day() == start.day() && (!self.months.is_empty() || day.month() == start.month()),
        }
    }
}

fn listed<T>(value: &str, read: impl Fn(&str) -> Option<T>) -> Option<Vec<T>> {
    let parts: Vec<&str> = value.split(',').take(MOST_PARTS + 1).collect();
    if parts.len() > MOST_PARTS { None } else { parts.into_iter().map(read).collect() }
}

fn numbers(value: &str, range: RangeInclusive<i64>) -> Option<Vec<i64>> {
    listed(value, |part| part.parse().ok().filter(|n| *n != 0 && range.contains(n)))
}

/// `MO`, `4TH`, `-1FR`.
fn week_day(text: &str) -> Option<On> {
    let (nth, day) = text.split_at_checked(text.len().checked_sub(2)?)?;
    let day = match day {
        "MO" => Weekday::Mon,
        "TU" => Weekday::Tue,
        "WE" => Weekday::Wed,
        "TH" => Weekday::Thu,
        "FR" => Weekday::Fri,
        "SA" => Weekday::Sat,
        "SU" => Weekday::Sun,
        _ => return None,
    };
    let nth = if nth.is_empty() { 0 } else { nth.parse().ok().filter(|n| *n != 0 && (-53..=53).contains(n))? };
    Some(On { nth, day })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(start: &str, rule: &str) -> String {
        let mut left = 100_000;
        let days = Rule::read(rule).map(|rule| rule.days(start.parse().unwrap(), &mut left).unwrap());
        days.map_or_else(str::to_owned, |days| {
            days.iter().take(4).map(ToString::to_string).collect::<Vec<_>>().join(" ")
        })
    }

    /// The first days of each; holidays and the examples that everybody knows.
    #[test]
    fn days_that_come_back() {
        let cases = [
            ("2026-11-26", "FREQ=YEARLY;BYMONTH=11;BYDAY=4TH", "2026-11-26 2027-11-25 2028-11-23 2029-11-22"),
            ("2026-05-25", "FREQ=YEARLY;BYMONTH=5;BYDAY=-1MO", "2026-05-25 2027-05-31 2028-05-29 2029-05-28"),
            ("2026-01-07", "FREQ=YEARLY", "2026-01-07 2027-01-07 2028-01-07 2029-01-07"),
            ("2026-01-07", "FREQ=YEARLY;INTERVAL=2;UNTIL=20300107T000000Z", "2026-01-07 2028-01-07 2030-01-07"),
            ("2026-01-07", "FREQ=YEARLY;COUNT=2", "2026-01-07 2027-01-07"),
            ("2024-02-29", "FREQ=YEARLY;COUNT=2", "2024-02-29 2028-02-29"),
            ("2026-01-01", "FREQ=YEARLY;BYMONTH=1,7", "2026-01-01 2026-07-01 2027-01-01 2027-07-01"),
            ("2026-05-18", "FREQ=YEARLY;BYDAY=20MO", "2026-05-18 2027-05-17 2028-05-15 2029-05-14"),
            ("2026-12-28", "FREQ=YEARLY;BYDAY=-1MO", "2026-12-28 2027-12-27 2028-12-25 2029-12-31"),
            ("2026-03-07", "FREQ=WEEKLY;BYDAY=SA", "2026-03-07 2026-03-14 2026-03-21 2026-03-28"),
            ("2026-03-07", "FREQ=WEEKLY", "2026-03-07 2026-03-14 2026-03-21 2026-03-28"),
            ("2026-03-03", "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU", "2026-03-03 2026-03-08 2026-03-17 2026-03-22"),
            ("2026-03-03", "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;WKST=SU", "2026-03-03 2026-03-15 2026-03-17 2026-03-29"),
            ("2026-06-06", "FREQ=WEEKLY;BYDAY=SA;BYMONTH=6,7;COUNT=3", "2026-06-06 2026-06-13 2026-06-20"),
            ("2026-01-31", "FREQ=MONTHLY", "2026-01-31 2026-03-31 2026-05-31 2026-07-31"),
            ("2026-01-31", "FREQ=MONTHLY;BYMONTHDAY=-1", "2026-01-31 2026-02-28 2026-03-31 2026-04-30"),
            ("2026-01-02", "FREQ=MONTHLY;BYDAY=1FR;INTERVAL=3", "2026-01-02 2026-04-03 2026-07-03 2026-10-02"),
            (
                "2026-01-30",
                "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
                "2026-01-30 2026-02-27 2026-03-31 2026-04-30",
            ),
            ("2026-02-13", "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", "2026-02-13 2026-03-13 2026-11-13 2027-08-13"),
            ("2026-03-01", "FREQ=DAILY;INTERVAL=10;COUNT=3", "2026-03-01 2026-03-11 2026-03-21"),
            ("2026-03-02", "FREQ=DAILY;BYDAY=MO;COUNT=2", "2026-03-02 2026-03-09"),
            (
                "2026-11-03",
                "FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8",
                "2026-11-03 2030-11-05 2034-11-07 2038-11-02",
            ),
            // The start is the first, whatever the rule says of it.
            ("2026-03-02", "FREQ=WEEKLY;BYDAY=SA;COUNT=2", "2026-03-02 2026-03-07"),
            ("2026-03-02", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "2026-03-02"),
        ];
        for (start, rule, days) in cases {
            assert_eq!(shown(start, rule), days, "{start} {rule}");
        }
    }

    #[test]
    fn what_is_not_read() {
        let cases = [
            "",
            "FREQ",
            "FREQ=HOURLY",
            "INTERVAL=1",
            "FREQ=YEARLY;INTERVAL=0",
            "FREQ=YEARLY;COUNT=0",
            "FREQ=YEARLY;BYWEEKNO=20",
            "FREQ=YEARLY;BYDAY=MO,",
            "FREQ=YEARLY;BYDAY=60MO",
            "FREQ=YEARLY;BYDAY=0MO",
            "FREQ=YEARLY;BYDAY=é",
            "FREQ=WEEKLY;BYDAY=1MO",
            "FREQ=WEEKLY;BYMONTHDAY=1",
            "FREQ=YEARLY;BYMONTH=13",
            "FREQ=YEARLY;BYMONTHDAY=32",
            "FREQ=YEARLY;UNTIL=soon",
        ];
        for rule in cases {
            assert_eq!(Rule::read(rule).err(), Some(OTHER), "{rule}");
        }
        assert!(Rule::read(&format!("FREQ=YEARLY;BYMONTHDAY={}", "1,".repeat(500) + "1")).is_err());
    }

    #[test]
    fn trying_ends() {
        let rule = Rule::read("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30").unwrap();
        let mut left = 60_000;
        assert!(rule.days("2026-01-01".parse().unwrap(), &mut left).is_some());
        assert!(rule.days("1700-01-01".parse().unwrap(), &mut left).is_none(), "{left} left");
    }
}
