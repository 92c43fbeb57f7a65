//! Days off from a calendar file (iCalendar, `.ics`): whole days of its events, and those on which they come back. No more of the format
//! is read: hours are for `hours`, and what calendars of holidays do not use would only be untested.

use std::collections::BTreeSet;

use chrono::{Days, NaiveDate};

use super::ics_rule::Rule;

/// More events than any calendar of holidays has; the rest is refused.
const MOST_EVENTS: usize = 10_000;
/// More days off than three centuries of them have.
const MOST_DAYS_OFF: usize = 100_000;
/// The longest event, in days; a year off is no holiday.
const MOST_DAYS: usize = 366;
/// Days that are tried for all events of a file that come back: some hundred of these, from now to the end.
const MOST_TRIED: usize = 4_000_000;

/// A day off and its name, which may be empty.
pub(super) type DayOff = (NaiveDate, String);

/// What a file says.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Calendar {
    pub days: Vec<DayOff>,
    /// Lines (from 1) with events that were passed over, each with why.
    pub passed_over: Vec<(usize, &'static str)>,
}

/// Read a file; the error says why it is none.
pub(super) fn read(text: &str) -> Result<Calendar, &'static str> {
    if !text.trim_start().to_ascii_uppercase().starts_with("BEGIN:VCALENDAR") {
        return Err("is no calendar: it does not begin with `BEGIN:VCALENDAR`");
    }
    let mut calendar = Calendar::default();
    let mut event: Option<Event> = None;
    let mut inner = 0_usize;
    let (mut events, mut left) = (0, MOST_TRIED);
    for (line, text) in unfolded(text) {
        let (name, value) = parts(&text);
        match (name.as_str(), value, &mut event) {
            ("BEGIN", "VEVENT", None) => {
                events += 1;
                event = Some(Event { line, ..Event::default() });
            }
            ("BEGIN", _, Some(_)) => inner += 1,
            ("END", "VEVENT", Some(_)) if inner == 0 => {
                calendar.take(&event.take().unwrap_or_default(), &mut left);
            }
            ("END", _, Some(_)) => inner = inner.saturating_sub(1),
            // An alarm within an event has times of its own.
            (name, value, Some(event)) if inner == 0 => event.read(name, value),
            _ => {}
        }
        if events > MOST_EVENTS || calendar.days.len() > MOST_DAYS_OFF {
            return Err("holds more events than any calendar of holidays");
        }
    }
    Ok(calendar)
}

/// Lines with their numbers; a line that begins with a space goes on with the one before.
fn unfolded(text: &str) -> Vec<(usize, String)> {
    let mut lines: Vec<(usize, String)> = Vec::new();
    for (n, line) in text.lines().enumerate() {
        match (line.strip_prefix([' ', '\t']), lines.last_mut()) {
            (Some(rest), Some((_, last))) => last.push_str(rest),
            _ => lines.push((n + 1, line.trim_end().to_owned())),
        }
    }
    lines
}

/// `NAME;PARAMETERS:VALUE`; the value itself says whether it is a day or a time.
fn parts(line: &str) -> (String, &str) {
    let (before, value) = line.split_once(':').unwrap_or((line, ""));
    let name = before.split(';').next().unwrap_or(before);
    (name.to_ascii_uppercase(), value.trim())
}

/// An event as written.
#[derive(Debug, Default)]
struct Event {
    line: usize,
    name: String,
    start: Option<NaiveDate>,
    /// The day after its last.
    end: Option<NaiveDate>,
    days: Option<usize>,
    has_time: bool,
    is_cancelled: bool,
    rule: Option<String>,
    more: BTreeSet<NaiveDate>,
    except: BTreeSet<NaiveDate>,
}

impl Event {
    fn read(&mut self, name: &str, value: &str) {
        match name {
            "SUMMARY" => self.name = unescaped(value),
            "DTSTART" => {
                self.has_time = value.contains('T');
                self.start = date(value);
            }
            "DTEND" => self.end = date(value),
            "DURATION" => self.days = duration(value),
            "STATUS" => self.is_cancelled = value.eq_ignore_ascii_case("CANCELLED"),
            "RRULE" => self.rule = Some(value.to_ascii_uppercase()),
            "RDATE" => self.more.extend(value.split(',').filter_map(date)),
            "EXDATE" => self.except.extend(value.split(',').filter_map(date)),
            _ => {}
        }
    }
}

impl Calendar {
    fn take(&mut self, event: &Event, left: &mut usize) {
        let (line, name) = (event.line, event.name.clone());
        match days_of(event, left) {
            Ok(days) => self.days.extend(days.into_iter().map(|day| (day, name.clone()))),
            Err("") => {}
            Err(why) => self.passed_over.push((line, why)),
        }
    }
}

const TOO_OFTEN: &str = "the events before it come back too often";

/// The days of an event; the error says why it is passed over, and is empty for what nobody misses.
fn days_of(event: &Event, left: &mut usize) -> Result<Vec<NaiveDate>, &'static str> {
    if event.is_cancelled {
        return Err("");
    }
    let start = event.start.ok_or("its `DTSTART` is no date")?;
    if event.has_time {
        return Err("it is no whole day");
    }
    let length = match (event.end, event.days) {
        (Some(end), _) => usize::try_from(end.signed_duration_since(start).num_days()).unwrap_or(0).max(1),
        (None, days) => days.unwrap_or(1).max(1),
    };
    if length > MOST_DAYS {
        return Err("it is longer than a year");
    }
    let mut starts = match &event.rule {
        Some(rule) => Rule::read(rule)?.days(start, left).ok_or(TOO_OFTEN)?,
        None => vec![start],
    };
    starts.extend(&event.more);
    let starts = starts.into_iter().filter(|day| !event.except.contains(day));
    Ok(starts.flat_map(|first| first.iter_days().take(length)).collect())
}

/// `20260107`, and the day of `20260107T100000Z`.
pub(super) fn date(value: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(value.get(..8)?, "%Y%m%d").ok()
}

/// `P1D`, `P2W`.
fn duration(value: &str) -> Option<usize> {
    let body = value.strip_prefix('P')?;
    let (number, length) = body.strip_suffix('D').map(|n| (n, 1)).or(body.strip_suffix('W').map(|n| (n, 7)))?;
    number.parse::<usize>().ok()?.checked_mul(length)
}

fn unescaped(value: &str) -> String {
    value.replace("\\n", " ").replace("\\N", " ").replace("\\,", ",").replace("\\;", ";").replace("\\\\", "\\")
}

/// Days between two, both included; none when the second is earlier or too far.
pub(super) fn between(from: NaiveDate, to: NaiveDate) -> Option<Vec<NaiveDate>> {
    let last = from.checked_add_days(Days::new(MOST_DAYS as u64))?;
    (from <= to && to < last).then(|| from.iter_days().take_while(|day| *day <= to).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(events: &str) -> String {
        let text = format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{events}END:VCALENDAR\r\n");
        let calendar = read(&text).unwrap();
        let days: Vec<_> = calendar.days.iter().take(4).map(|(day, name)| format!("{day} {name}")).collect();
        let passed: Vec<_> = calendar.passed_over.iter().map(|(line, why)| format!("line {line}: {why}")).collect();
        [days, passed].concat().join(", ")
    }

    fn event(lines: &[&str]) -> String {
        format!("BEGIN:VEVENT\r\n{}\r\nEND:VEVENT\r\n", lines.join("\r\n"))
    }

    #[test]
    fn days_off() {
        let other = format!("line 3: {}", crate::bot::ics_rule::OTHER);
        let other = other.as_str();
        let cases: &[(&[&str], &str)] = &[
            (&["DTSTART;VALUE=DATE:20260107", "SUMMARY:Christmas\\, old style"], "2026-01-07 Christmas, old style"),
            (&["dtstart;value=date:20260107", "SUMMARY:Long", "  name"], "2026-01-07 Long name"),
            (
                &["DTSTART;VALUE=DATE:20261230", "DTEND;VALUE=DATE:20270102", "SUMMARY:End"],
                "2026-12-30 End, 2026-12-31 End, 2027-01-01 End",
            ),
            (&["DTSTART:20260107", "DURATION:P2D"], "2026-01-07 , 2026-01-08 "),
            (&["DTSTART:20260107", "DTEND:20260107"], "2026-01-07 "),
            (&["DTSTART:20260107", "RRULE:FREQ=YEARLY;COUNT=2"], "2026-01-07 , 2027-01-07 "),
            (&["DTSTART:20260107", "RRULE:FREQ=YEARLY;INTERVAL=2;UNTIL=20300101"], "2026-01-07 , 2028-01-07 "),
            (&["DTSTART:20240229", "RRULE:FREQ=YEARLY;UNTIL=20290101"], "2024-02-29 , 2028-02-29 "),
            (
                &["DTSTART:20260107", "RRULE:FREQ=YEARLY;BYMONTH=1;BYMONTHDAY=7;UNTIL=20270201", "EXDATE:20260107"],
                "2027-01-07 ",
            ),
            (
                &["DTSTART:20261126", "DURATION:P2D", "RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH", "SUMMARY:Thanksgiving"],
                "2026-11-26 Thanksgiving, 2026-11-27 Thanksgiving, 2027-11-25 Thanksgiving, 2027-11-26 Thanksgiving",
            ),
            (
                &["DTSTART:20260307", "RRULE:FREQ=WEEKLY;BYDAY=SA", "EXDATE:20260314,20260321", "RDATE:20260310"],
                "2026-03-07 , 2026-03-28 , 2026-04-04 , 2026-04-11 ",
            ),
            (&["DTSTART:20260107", "RDATE:20260109,20260111"], "2026-01-07 , 2026-01-09 , 2026-01-11 "),
            (&["DTSTART:20260107", "RRULE:FREQ=SECONDLY"], other),
            (&["DTSTART:20260107", "RRULE:FREQ=YEARLY;INTERVAL=0"], other),
            (&["DTSTART:20260107T100000Z"], "line 3: it is no whole day"),
            (&["DTSTART:soon"], "line 3: its `DTSTART` is no date"),
            (&["SUMMARY:x"], "line 3: its `DTSTART` is no date"),
            (&["DTSTART:20260107", "DTEND:20300107"], "line 3: it is longer than a year"),
            (&["DTSTART:20260107", "STATUS:CANCELLED"], ""),
            (&["BEGIN:VALARM", "DTSTART:20200101", "END:VALARM", "DTSTART:20260107"], "2026-01-07 "),
        ];
        for (lines, want) in cases {
            assert_eq!(shown(&event(lines)), *want, "{lines:?}");
        }
    }

    #[test]
    fn what_is_no_calendar() {
        assert!(read("").is_err());
        assert!(read("hello").is_err());
        assert_eq!(read("begin:vcalendar\nBEGIN:VEVENT\nDTSTART:20260107"), Ok(Calendar::default()));
        let many = format!("BEGIN:VCALENDAR\n{}", "BEGIN:VEVENT\nEND:VEVENT\n".repeat(MOST_EVENTS + 1));
        assert!(read(&many).is_err());
        let never = event(&["DTSTART:20260107", "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"]).repeat(1_000);
        let calendar = read(&format!("BEGIN:VCALENDAR\n{never}")).unwrap();
        assert_eq!(calendar.passed_over.first().map(|(_, why)| *why), Some(TOO_OFTEN));
        assert!(read(&format!("BEGIN:VCALENDAR\n{}", event(&["DTSTART:99991231", "DURATION:P300D"]))).is_ok());
    }
}
