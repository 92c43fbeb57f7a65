//! Days and times: the one in the message, read in the bot's languages ("tomorrow at 3", «завтра в 15»). Words are tables; what they mean
//! together is worked out here once for all languages.

mod figures;
mod phrases;
mod resolve;
mod tokens;
mod words;

use chrono::{NaiveDate, NaiveDateTime};
use chrono_tz::Tz;

use crate::domain::{Time, Value, wall};
use figures::Figures;
use phrases::{Held, Hour, Language, language};
use resolve::{Clock, Day, Said};
use tokens::{Token, tokens};
use words::{Meaning, Part};

/// What a question wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Want {
    /// A day: its midnight.
    Date,
    /// A time of the day: `09:30`.
    Time,
    /// A day and a time.
    DateTime,
}

/// Where and when the message was written.
#[derive(Clone, Copy, Debug)]
pub struct Here {
    /// The bot's zone.
    pub zone: Tz,
    /// The turn's time.
    pub now: Time,
    /// `3/10` is in March.
    pub month_first: bool,
}

impl Here {
    fn wall(self) -> NaiveDateTime {
        wall::on_the_wall(self.now, self.zone)
    }
}

/// Compile all tables now, at load.
pub fn warm() {
    language("");
}

/// The only value in the text. None: there is none, there are two, or a number beside it says something else.
pub fn when(text: &str, want: Want, languages: &[&str], here: Here) -> Option<Value> {
    let tokens = tokens(text)?;
    let read = |code: &&str| Reading::of(&tokens, want, language(code), here);
    // The language that makes most of it; the first of those that make as much.
    let readings = languages.iter().map(read);
    let best = readings.reduce(|best, other| if other.understood > best.understood { other } else { best })?;
    best.value(want, here)
}

/// What was found in a message.
#[derive(Debug, Default)]
struct Reading {
    /// How many tokens meant something.
    understood: usize,
    days: Vec<Day>,
    clocks: Vec<Clock>,
    parts: Vec<Part>,
    /// Moments from now on.
    moments: Vec<Time>,
    /// Numbers that nothing explains.
    left_over: Vec<Token>,
    /// Days in two figures that may be a time (`15.10`): which of `days`, and the time.
    unsure: Vec<(usize, Hour)>,
    /// Something cannot be: the 31st of February, a year of the Romans.
    is_wrong: bool,
    next_is_next_week: bool,
}

impl Reading {
    fn of(tokens: &[Token], want: Want, language: &Language, here: Here) -> Self {
        let mut reading = Self { next_is_next_week: language.words.next_is_next_week, ..Self::default() };
        let mut at = 0;
        while at < tokens.len() {
            let end = reading.piece(tokens, at, want, language, here);
            match end {
                Some(end) => reading.understood += end - at,
                None if tokens[at].is_number => reading.left_over.push(tokens[at].clone()),
                None => {}
            }
            at = end.unwrap_or(at + 1);
        }
        reading.hour_like_a_date(want, language);
        reading.bare_hour(want);
        reading
    }

    /// Take what begins there; where it ends.
    fn piece(&mut self, tokens: &[Token], at: usize, want: Want, language: &Language, here: Here) -> Option<usize> {
        let hit = language.longest(tokens, at);
        let phrase_end = hit.as_ref().map_or(at, |hit| hit.end);
        let this_year = chrono::Datelike::year(&here.wall());
        let date = figures::date(tokens, at, here.month_first, this_year).filter(|_| want != Want::Time);
        if let Some((end, Figures { year, month, day })) = date.filter(|(end, _)| *end > phrase_end) {
            let time = figures::time(tokens, at).filter(|(as_time, _)| year.is_none() && *as_time == end);
            self.unsure.extend(time.map(|(_, hour)| (self.days.len(), hour)));
            self.days.push(Day::Date { year, month, day });
            return Some(end);
        }
        if let Some((end, hour)) = figures::time(tokens, at).filter(|(end, _)| *end > phrase_end) {
            self.clocks.push(Clock::written(hour, 0, language.words.twelve_hours));
            return Some(end);
        }
        let hit = hit?;
        for meaning in hit.meanings {
            self.mean(*meaning, hit.held, language, here);
        }
        Some(hit.end)
    }

    fn mean(&mut self, meaning: Meaning, held: Held, language: &Language, here: Here) {
        let twelve = language.words.twelve_hours;
        let minute = i32::try_from(held.minute.unwrap_or(0)).unwrap_or(0);
        match (meaning, held.hour) {
            (Meaning::Days(days), _) => self.days.push(Day::Ahead(days)),
            (Meaning::Weekday(which), _) => {
                self.days.extend(held.weekday.map(|weekday| Day::Weekday { weekday, which }));
            }
            (Meaning::Date, _) => {
                let date = held.month.zip(held.day);
                self.days.extend(date.map(|(month, day)| Day::Date { year: held.year, month, day }));
            }
            (Meaning::DayOfMonth, _) => self.days.extend(held.day.map(Day::OfMonth)),
            (Meaning::In, _) => self.ahead(held, here),
            (Meaning::InMinutes(minutes), _) => self.moments.push(here.now + crate::domain::Span::minutes(minutes)),
            (Meaning::Clock(more), Some(hour)) => self.clocks.push(Clock::written(hour, more + minute, twelve)),
            (Meaning::Before, Some(hour)) => self.clocks.push(Clock::written(hour, -minute, twelve)),
            (Meaning::Clock(_) | Meaning::Before, None) => self.is_wrong = true,
            (Meaning::Hour(hour), _) => self.clocks.push(Clock::vague(hour)),
            (Meaning::Fixed(hour, minute), _) => self.clocks.push(Clock::exact(hour, minute)),
            (Meaning::Part(part), _) => self.parts.push(part),
        }
    }

    /// `in two days`, `in an hour`.
    fn ahead(&mut self, held: Held, here: Here) {
        match resolve::from_now(held.count.unwrap_or(1), held.unit, here.now, here.wall().date()) {
            Some(resolve::Ahead::Moment(moment)) => self.moments.push(moment),
            Some(resolve::Ahead::Day(day)) => self.days.push(Day::Just(day)),
            None => self.is_wrong = true,
        }
    }

    /// `tomorrow 15.10`: beside another day, figures that could be one are the hour, where one is missing.
    fn hour_like_a_date(&mut self, want: Want, language: &Language) {
        let lacks_time = want != Want::Date && self.clocks.is_empty() && self.moments.is_empty();
        let ([(at, hour)], 2) = (self.unsure.as_slice(), self.days.len()) else { return };
        if lacks_time {
            self.clocks.push(Clock::written(*hour, 0, language.words.twelve_hours));
            self.days.remove(*at);
        }
    }

    /// The only number that nothing explains is the hour, where one is missing: `tomorrow 15`.
    fn bare_hour(&mut self, want: Want) {
        let [token] = self.left_over.as_slice() else { return };
        let lacks_time = want != Want::Date && self.clocks.is_empty() && self.moments.is_empty();
        let has_day = want == Want::Time || !self.days.is_empty();
        if let Some(hour) = token.number(2).filter(|hour| lacks_time && has_day && *hour <= 24 && token.is_apart()) {
            self.clocks.push(if token.text.starts_with('0') { Clock::exact(hour, 0) } else { Clock::vague(hour) });
            self.left_over.clear();
        }
    }

    fn value(&self, want: Want, here: Here) -> Option<Value> {
        if self.is_wrong || !self.left_over.is_empty() {
            return None;
        }
        let today = here.wall().date();
        let day = resolve::day(&self.days, today, self.next_is_next_week);
        let time = resolve::time(&self.clocks, &self.parts);
        match (resolve::one(self.moments.iter().copied()), want, day, time) {
            (Said::One(moment), _, Said::Nothing, Said::Nothing) => of_moment(moment, want, here),
            (Said::Nothing, Want::Date, Said::One(day), Said::One(_) | Said::Nothing) => midnight(day, here),
            (Said::Nothing, Want::Time, Said::One(_) | Said::Nothing, Said::One(minutes)) => Some(clock(minutes)),
            (Said::Nothing, Want::DateTime, Said::One(day), Said::One(minutes)) => {
                at(day, minutes, Time(i64::MIN), here)
            }
            (Said::Nothing, Want::DateTime, Said::Nothing, Said::One(minutes)) => next(minutes, today, here),
            _ => None,
        }
    }
}

fn of_moment(moment: Time, want: Want, here: Here) -> Option<Value> {
    let local = wall::on_the_wall(moment, here.zone);
    match want {
        Want::Date => midnight(local.date(), here),
        Want::Time => Some(Value::Text(local.format("%H:%M").to_string())),
        Want::DateTime => Some(Value::Time(moment)),
    }
}

fn midnight(day: NaiveDate, here: Here) -> Option<Value> {
    wall::moment(day.and_hms_opt(0, 0, 0)?, here.zone, Time(i64::MIN)).map(Value::Time)
}

fn clock(minutes: u32) -> Value {
    Value::Text(format!("{:02}:{:02}", minutes / 60, minutes % 60))
}

fn at(day: NaiveDate, minutes: u32, after: Time, here: Here) -> Option<Value> {
    let wall = day.and_hms_opt(minutes / 60, minutes % 60, 0)?;
    wall::moment(wall, here.zone, after).map(Value::Time)
}

/// The next such time.
fn next(minutes: u32, today: NaiveDate, here: Here) -> Option<Value> {
    let is_ahead = |value: &Value| matches!(value, Value::Time(at) if *at > here.now);
    at(today, minutes, here.now, here).filter(is_ahead).or_else(|| at(today.succ_opt()?, minutes, here.now, here))
}

#[cfg(test)]
mod tests;
