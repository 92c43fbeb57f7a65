//! Opening hours: OpenStreetMap's notation in the bot's zone. Daylight saving is chrono-tz's: hours are those on the wall.

use std::str::FromStr;
use std::sync::Arc;

use chrono::{NaiveDateTime, TimeDelta};
use chrono_tz::Tz;
use opening_hours::{Context as HoursContext, OpeningHours, RuleKind};
use pest::error::InputLocation;

use crate::domain::{Time, wall};
use crate::script::Calendar;
use crate::yaml::{Node, Problem};

use super::context::Context;
use super::holidays::Holidays;
use super::hours_hint::mended;
use super::texts::inner;

/// The longest expression, in bytes: the most detailed ones in use have some 500.
const MAX_EXPRESSION: usize = 2_000;
/// Openings and closings are looked for so far ahead.
const AHEAD: TimeDelta = TimeDelta::days(366);
/// 1900 to 9999, what the notation knows; outside of it nothing is open.
const KNOWN: std::ops::Range<i64> = -2_208_988_800_000..253_370_764_800_000;

type HoursError = <OpeningHours as FromStr>::Err;

/// Where a bot names no hours.
#[derive(Debug)]
pub(super) struct AlwaysOpen;

impl Calendar for AlwaysOpen {
    fn open(&self, _at: Time) -> bool {
        true
    }
    fn next_open(&self, _at: Time) -> Option<Time> {
        None
    }
    fn next_close(&self, _at: Time) -> Option<Time> {
        None
    }
}

/// An expression in a zone.
#[derive(Debug)]
struct Hours {
    rules: OpeningHours,
    zone: Tz,
    holidays: Holidays,
}

impl Calendar for Hours {
    fn open(&self, at: Time) -> bool {
        KNOWN.contains(&at.0) && self.rules.is_open(self.wall(at))
    }

    fn next_open(&self, at: Time) -> Option<Time> {
        self.next(at, true)
    }

    fn next_close(&self, at: Time) -> Option<Time> {
        self.next(at, false)
    }

    fn holiday(&self, at: Time) -> Option<&str> {
        let day = self.wall(at).date();
        let name = self.holidays.names.get(&day).map(String::as_str);
        name.or_else(|| self.holidays.context.get_public().contains(day).then_some(""))
    }
}

impl Hours {
    fn wall(&self, at: Time) -> NaiveDateTime {
        wall::on_the_wall(at, self.zone)
    }

    /// When it next becomes open, or closed.
    fn next(&self, at: Time, open: bool) -> Option<Time> {
        if !KNOWN.contains(&at.0) {
            return None;
        }
        let from = self.wall(at);
        let mut was_open = None;
        for range in self.rules.iter_range(from, from + AHEAD) {
            let is_open = range.kind == RuleKind::Open;
            if was_open.is_some_and(|was| was != is_open) && is_open == open {
                return wall::moment(range.range.start, self.zone, at);
            }
            was_open = Some(is_open);
        }
        None
    }
}

impl Context {
    /// Read an expression.
    pub fn calendar(&mut self, node: &Node, zone: Tz, holidays: Option<&Holidays>) -> Option<Arc<dyn Calendar>> {
        let text = self.scalar(node, "opening hours")?;
        if text.len() > MAX_EXPRESSION {
            self.report(Problem::error("bad-hours", &node.at, format!("longer than {MAX_EXPRESSION} bytes")));
            return None;
        }
        let hours = match OpeningHours::from_str(&text) {
            Ok(hours) => hours,
            Err(error) => {
                self.report(bad_hours(node, &text, &error));
                return None;
            }
        };
        if holidays.is_none() && text.split(|c: char| !c.is_ascii_alphabetic()).any(|word| word == "PH") {
            let problem = Problem::warning("no-holidays", &node.at, "`PH` is never: the bot names no holidays");
            self.report(problem.help("`holidays: FR`, a list of dates, a calendar file, or a list of them"));
        }
        let holidays = holidays.cloned().unwrap_or_default();
        let context = HoursContext::default().with_holidays(holidays.context.clone());
        Some(Arc::new(Hours { rules: hours.with_context(context), zone, holidays }))
    }
}

fn bad_hours(node: &Node, text: &str, error: &HoursError) -> Problem {
    let (at, message) = match error {
        HoursError::Syntax(syntax) => {
            let stopped = match syntax.location {
                InputLocation::Pos(at) | InputLocation::Span((at, _)) => text.floor_char_boundary(at),
            };
            // The parser stops in the middle of a word that begins well: `Mo` of `Mon`.
            let parts = [' ', ';', ','];
            let from = text[..stopped].rfind(parts).map_or(0, |before| before + 1);
            let word = text[from..].split(parts).next().unwrap_or_default();
            let message = match word {
                "" => "opening hours end too early".into(),
                word => format!("not understood as opening hours from `{word}` on"),
            };
            (inner(node).part(from, from + word.len().max(1)), message)
        }
        other => (node.at.clone(), format!("not understood as opening hours: {other}")),
    };
    let problem = Problem::error("bad-hours", &at, message);
    match mended(text).filter(|mended| OpeningHours::from_str(mended).is_ok()) {
        Some(mended) => problem.help(format!("write `{mended}`")),
        None => problem.help("hours are written like `Mo-Fr 09:00-18:00; Sa 10:00-14:00; PH off`"),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use chrono::DateTime;

    use super::*;
    use crate::script::Scripts;
    use crate::yaml::{self, Source};

    fn node(text: &str) -> Node {
        yaml::read(&Arc::new(Source { path: "bot.yaml".into(), text: text.into() })).0.unwrap()
    }

    fn calendar(text: &str, zone: Tz) -> Arc<dyn Calendar> {
        let mut cx = Context::new("a", &Arc::new(Scripts::default()));
        let holidays = cx.holidays(&node("[RU, 2026-03-03]"), &[]);
        let calendar = cx.calendar(&node(&format!("\"{text}\"")), zone, Some(&holidays));
        calendar.unwrap_or_else(|| panic!("{:?}", cx.problems))
    }

    fn time(text: &str) -> Time {
        Time::from(DateTime::parse_from_rfc3339(text).unwrap().to_utc())
    }

    #[test]
    fn opens_and_closes_by_the_clock_on_the_wall() {
        const WEEK: &str = "Mo-Fr 09:00-18:00; Sa 10:00-14:00; PH off";
        const NIGHT: &str = "Mo-Su 22:00-02:30";
        const SPLIT: &str = "Mo-Fr 09:00-13:00,14:00-18:00";
        const SMALL_HOURS: &str = "Mo-Su 02:15-04:00";
        let cases = [
            // Monday noon in Moscow.
            (WEEK, Tz::Europe__Moscow, "2026-03-02T09:00:00Z", true, "2026-03-04T06:00:00Z", "2026-03-02T15:00:00Z"),
            // Saturday evening; a holiday of our own list lies ahead on Tuesday.
            (WEEK, Tz::Europe__Moscow, "2026-02-28T15:00:00Z", false, "2026-03-02T06:00:00Z", "2026-03-02T15:00:00Z"),
            // The country's: Christmas, a Wednesday.
            (WEEK, Tz::Europe__Moscow, "2026-01-07T09:00:00Z", false, "2026-01-08T06:00:00Z", "2026-01-08T15:00:00Z"),
            // The opening itself is open, the closing is not.
            (WEEK, Tz::UTC, "2026-03-02T09:00:00Z", true, "2026-03-04T09:00:00Z", "2026-03-02T18:00:00Z"),
            (WEEK, Tz::UTC, "2026-03-02T18:00:00Z", false, "2026-03-04T09:00:00Z", "2026-03-04T18:00:00Z"),
            // Over midnight.
            (NIGHT, Tz::UTC, "2026-03-02T23:59:59Z", true, "2026-03-03T22:00:00Z", "2026-03-03T02:30:00Z"),
            ("Fr 18:00-02:00", Tz::UTC, "2026-03-07T01:00:00Z", true, "2026-03-13T18:00:00Z", "2026-03-07T02:00:00Z"),
            // With a break at noon.
            (SPLIT, Tz::UTC, "2026-03-02T12:00:00Z", true, "2026-03-02T14:00:00Z", "2026-03-02T13:00:00Z"),
            (SPLIT, Tz::UTC, "2026-03-02T13:30:00Z", false, "2026-03-02T14:00:00Z", "2026-03-02T18:00:00Z"),
            // New York's clock goes from 2:00 to 3:00: 2:15 is never shown, so it opens when the gap ends.
            (
                SMALL_HOURS,
                Tz::America__New_York,
                "2026-03-08T05:00:00Z",
                false,
                "2026-03-08T07:00:00Z",
                "2026-03-08T08:00:00Z",
            ),
            // Berlin's clock goes from 2:00 to 3:00: 2:30 is never shown, so it closes when the gap ends.
            (NIGHT, Tz::Europe__Berlin, "2026-03-28T22:00:00Z", true, "2026-03-29T20:00:00Z", "2026-03-29T01:00:00Z"),
            // And from 3:00 back to 2:00: it closes at the first 2:30.
            (NIGHT, Tz::Europe__Berlin, "2026-10-24T22:00:00Z", true, "2026-10-25T21:00:00Z", "2026-10-25T00:30:00Z"),
            // In the hour that comes twice, the second time.
            (NIGHT, Tz::Europe__Berlin, "2026-10-25T01:10:00Z", true, "2026-10-25T21:00:00Z", "2026-10-25T01:30:00Z"),
        ];
        for (hours, zone, at, open, next_open, next_close) in cases {
            let (calendar, at) = (calendar(hours, zone), time(at));
            assert_eq!(calendar.open(at), open, "{hours} at {at}");
            assert_eq!(calendar.next_open(at), Some(time(next_open)), "{hours} opens after {at}");
            assert_eq!(calendar.next_close(at), Some(time(next_close)), "{hours} closes after {at}");
        }
    }

    #[test]
    fn what_never_changes_never_opens_or_closes() {
        for (hours, open) in [("24/7", true), ("off", false)] {
            let calendar = calendar(hours, Tz::UTC);
            let now = time("2026-03-02T09:00:00Z");
            assert_eq!((calendar.open(now), calendar.next_open(now), calendar.next_close(now)), (open, None, None));
        }
    }

    #[test]
    fn any_time_is_answered() {
        let calendar = calendar("Mo-Fr 09:00-18:00", Tz::Pacific__Apia);
        for at in [i64::MIN, i64::MAX, 0, KNOWN.start, KNOWN.end - 1] {
            let at = Time(at);
            let _ = (calendar.open(at), calendar.next_open(at), calendar.next_close(at));
        }
    }
}
