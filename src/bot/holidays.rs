//! A bot's holidays: a country's, dates of its own with or without names, and calendar files of its folder.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::Arc;

use chrono::{Datelike, NaiveDate};
use opening_hours::ContextHolidays;
use opening_hours::localization::Country;

use crate::yaml::{Content, Node, Problem, Source};

use super::context::{Context, offer};
use super::ics;
use super::shapes::HOLIDAY;

/// Years in which a day without a year is a holiday.
const YEARS: std::ops::RangeInclusive<i32> = 1970..=2100;
/// Entries of the list.
const MOST_ENTRIES: usize = 1_000;

/// The bot's holidays, and the names of those that have one.
#[derive(Clone, Debug, Default)]
pub(super) struct Holidays {
    pub context: ContextHolidays,
    pub names: Arc<BTreeMap<NaiveDate, String>>,
}

/// Holidays under construction.
#[derive(Debug, Default)]
struct Draft {
    days: BTreeMap<NaiveDate, String>,
    countries: Vec<Country>,
}

impl Draft {
    fn add(&mut self, days: impl IntoIterator<Item = NaiveDate>, name: &str) {
        for day in days {
            // A name that was there before stays.
            let known = self.days.entry(day).or_default();
            if known.is_empty() {
                name.clone_into(known);
            }
        }
    }

    fn finish(self) -> Holidays {
        let mut public = ContextHolidays::default().get_public().clone();
        let mut school = ContextHolidays::default().get_school().clone();
        for country in &self.countries {
            let known = country.holidays();
            known.get_public().iter().for_each(|date| _ = public.insert(date));
            known.get_school().iter().for_each(|date| _ = school.insert(date));
        }
        self.days.keys().for_each(|date| _ = public.insert(*date));
        Holidays { context: ContextHolidays::new(Arc::new(public), Arc::new(school)), names: Arc::new(self.days) }
    }
}

/// A day as written: of one year, or of every year (`12-31`).
#[derive(Clone, Copy, Debug)]
enum Date {
    Once(NaiveDate),
    Yearly { month: u32, day: u32 },
}

impl FromStr for Date {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        if let Ok(date) = text.parse::<NaiveDate>() {
            return Ok(Self::Once(date));
        }
        // A leap year knows every day.
        let date = NaiveDate::parse_from_str(&format!("2000-{text}"), "%Y-%m-%d").map_err(|_| ())?;
        if text.len() == 5 { Ok(Self::Yearly { month: date.month(), day: date.day() }) } else { Err(()) }
    }
}

impl Date {
    fn days(self) -> Vec<NaiveDate> {
        match self {
            Self::Once(day) => vec![day],
            Self::Yearly { month, day } => YEARS.filter_map(|year| NaiveDate::from_ymd_opt(year, month, day)).collect(),
        }
    }
}

impl Context {
    /// Read a country, a date, a calendar file, or a list of them. `files` are those of the bot's folder.
    pub fn holidays(&mut self, node: &Node, files: &[Arc<Source>]) -> Holidays {
        let mut draft = Draft::default();
        if node.one_or_many().len() > MOST_ENTRIES {
            let message = format!("more than {MOST_ENTRIES} holidays");
            self.report(Problem::error("bad-holiday", &node.at, message).help("put them into a calendar file"));
            return draft.finish();
        }
        for item in node.one_or_many() {
            match &item.content {
                Content::Map(_) => self.named_holiday(item, &mut draft),
                _ => self.holiday(item, files, &mut draft),
            }
        }
        draft.finish()
    }

    fn holiday(&mut self, item: &Node, files: &[Arc<Source>], draft: &mut Draft) {
        let Some(text) = self.scalar(item, "a country, a date or a calendar file") else { return };
        if let Ok(country) = text.parse::<Country>() {
            draft.countries.push(country);
        } else if let Ok(date) = text.parse::<Date>() {
            draft.add(date.days(), "");
        } else if is_calendar(&text) {
            self.calendar_file(item, &text, files, draft);
        } else {
            let message = format!("`{text}` is no country, no date and no calendar file");
            self.report(Problem::error("bad-holiday", &item.at, message).help(
                "a country is written like `RU`, a date like `2026-01-07` or, for every year, `01-07`, a file like `holidays.ics`",
            ));
        }
    }

    /// `{date: 2026-12-31, name: …}`, `{from: …, to: …, name: …}`.
    fn named_holiday(&mut self, item: &Node, draft: &mut Draft) {
        if !self.shaped(item, &HOLIDAY) {
            return;
        }
        let name = item.get("name").and_then(|node| self.scalar(node, "a name")).unwrap_or_default();
        let days = match (item.get("date"), item.get("from"), item.get("to")) {
            (Some(date), None, None) => self.day_off(date).map(Date::days),
            (None, Some(from), Some(to)) => self.days_between(from, to),
            _ => {
                let problem = Problem::error("bad-holiday", &item.at, "a holiday has a `date`, or `from` and `to`");
                self.report(problem.help("`{date: 2026-12-31, name: New Year's Eve}`"));
                None
            }
        };
        draft.add(days.unwrap_or_default(), &name);
    }

    fn day_off(&mut self, node: &Node) -> Option<Date> {
        let text = self.scalar(node, "a date")?;
        let date = text.parse().ok();
        if date.is_none() {
            let problem = Problem::error("bad-holiday", &node.at, format!("`{text}` is no date"));
            self.report(problem.help("a date is written like `2026-01-07` or, for every year, `01-07`"));
        }
        date
    }

    fn days_between(&mut self, from: &Node, to: &Node) -> Option<Vec<NaiveDate>> {
        let days = match (self.day_off(from)?, self.day_off(to)?) {
            (Date::Once(from), Date::Once(to)) => ics::between(from, to),
            _ => None,
        };
        if days.is_none() {
            let problem = Problem::error("bad-holiday", &to.at, "`to` is not behind `from`, within a year");
            self.report(problem.help("both are dates with their year: `from: 2026-12-28`, `to: 2027-01-08`"));
        }
        days
    }

    fn calendar_file(&mut self, item: &Node, name: &str, files: &[Arc<Source>], draft: &mut Draft) {
        let of = |file: &Arc<Source>| file.path.rsplit('/').next().unwrap_or_default().to_owned();
        let Some(file) = files.iter().find(|file| of(file) == name) else {
            let known: Vec<String> = files.iter().map(of).filter(|name| is_calendar(name)).collect();
            let problem =
                Problem::error("bad-holiday", &item.at, format!("there is no file `{name}` in the bot's folder"));
            self.report(problem.help(offer(name, known.iter().map(String::as_str))));
            return;
        };
        match ics::read(&file.text) {
            Err(why) => self.report(
                Problem::error("bad-holiday", &item.at, format!("`{name}` {why}"))
                    .help("export the calendar again as iCalendar (`.ics`), or list its days in `holidays`"),
            ),
            Ok(calendar) => {
                for (day, name) in calendar.days {
                    draft.add([day], &name);
                }
                self.passed_over(file, &calendar.passed_over);
            }
        }
    }
}

impl Context {
    /// One warning a file: a calendar of meetings has thousands of events that are no holidays.
    fn passed_over(&mut self, file: &Arc<Source>, events: &[(usize, &str)]) {
        let Some((line, why)) = events.first() else { return };
        let problem =
            Problem::warning("passed-over", &line_of(file, *line), format!("this event is no holiday: {why}"));
        self.report(match events.len() - 1 {
            0 => problem.help("list its days in `holidays` if it is one"),
            more => problem.help(format!(
                "list its days in `holidays` if it is one; {more} more of this file are passed over, too"
            )),
        });
    }
}

fn is_calendar(name: &str) -> bool {
    name.to_ascii_lowercase().ends_with(".ics")
}

/// A line of a file, from 1.
fn line_of(file: &Arc<Source>, line: usize) -> crate::yaml::Located {
    let start = file.text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum::<usize>();
    let length = file.text.get(start..).and_then(|rest| rest.lines().next()).map_or(0, str::len);
    file.at(start..start + length)
}
