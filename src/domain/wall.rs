//! What the clock on a wall shows, and the moments at which it shows that: once a year it shows an hour twice, and one never.

use chrono::{DateTime, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone};
use chrono_tz::{GapInfo, Tz};

use super::{Time, Value};

/// What the clock shows at a moment.
pub fn on_the_wall(at: Time, zone: Tz) -> NaiveDateTime {
    at.to_utc().with_timezone(&zone).naive_local()
}

/// The moment at which the clock shows that: where it shows it twice, the first of the two that comes after `after`, else the second;
/// where it never does, the end of the gap.
pub fn moment(wall: NaiveDateTime, zone: Tz, after: Time) -> Option<Time> {
    let found = match zone.from_local_datetime(&wall) {
        LocalResult::Single(moment) => moment,
        LocalResult::Ambiguous(first, second) => {
            if Time::from(first.to_utc()) > after {
                first
            } else {
                second
            }
        }
        LocalResult::None => GapInfo::new(&wall, &zone)?.end?,
    };
    Some(Time::from(found.to_utc()))
}

/// A point of time, or a text that names one: with its offset, or in that zone.
pub fn named(value: &Value, zone: Tz) -> Option<Time> {
    let text = match value {
        Value::Time(at) => return Some(*at),
        Value::Text(text) => text.trim(),
        _ => return None,
    };
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Some(Time::from(at.to_utc()));
    }
    let formats = ["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"];
    let local = formats.iter().find_map(|format| NaiveDateTime::parse_from_str(text, format).ok());
    let day = || NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().map(|day| day.and_time(NaiveTime::MIN));
    let local = local.or_else(day)?;
    // An hour that a change of clocks leaves out is the hour after it.
    let found = zone.from_local_datetime(&local).earliest();
    let found = found.or_else(|| zone.from_local_datetime(&(local + TimeDelta::hours(1))).earliest())?;
    Some(Time::from(found.to_utc()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Time {
        Time::from(DateTime::parse_from_rfc3339(text).unwrap().to_utc())
    }

    #[test]
    fn moments_of_the_clock_on_the_wall() {
        let (berlin, new_york) = (Tz::Europe__Berlin, Tz::America__New_York);
        let long_ago = Time(i64::MIN);
        let cases = [
            (berlin, "2026-03-02T10:00:00", long_ago, "2026-03-02T09:00:00Z"),
            // From 2:00 the clock goes to 3:00.
            (berlin, "2026-03-29T01:59:00", long_ago, "2026-03-29T00:59:00Z"),
            (berlin, "2026-03-29T02:00:00", long_ago, "2026-03-29T01:00:00Z"),
            (berlin, "2026-03-29T02:10:00", long_ago, "2026-03-29T01:00:00Z"),
            (berlin, "2026-03-29T03:00:00", long_ago, "2026-03-29T01:00:00Z"),
            // From 3:00 back to 2:00.
            (berlin, "2026-10-25T02:30:00", long_ago, "2026-10-25T00:30:00Z"),
            (berlin, "2026-10-25T02:30:00", time("2026-10-25T00:45:00Z"), "2026-10-25T01:30:00Z"),
            (new_york, "2026-03-08T02:30:00", long_ago, "2026-03-08T07:00:00Z"),
            // Samoa left a whole day out.
            (Tz::Pacific__Apia, "2011-12-30T12:00:00", long_ago, "2011-12-30T10:00:00Z"),
            // Cairo's clock skips the midnight.
            (Tz::Africa__Cairo, "2026-04-24T00:00:00", long_ago, "2026-04-23T22:00:00Z"),
        ];
        for (zone, wall, after, want) in cases {
            assert_eq!(moment(wall.parse().unwrap(), zone, after), Some(time(want)), "{wall} in {zone}");
        }
    }

    #[test]
    fn any_wall_is_answered() {
        for wall in [NaiveDateTime::MIN, NaiveDateTime::MAX] {
            let _ = moment(wall, Tz::Europe__Berlin, Time(0));
        }
    }
}
