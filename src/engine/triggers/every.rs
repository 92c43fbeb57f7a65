//! `{every: cron, for: tagged NAME}`: again and again, for all conversations with a label.

use std::fmt;

use chrono::TimeZone;
use chrono_tz::Tz;
use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};

use super::{Core, Trigger};
use crate::bot::{Argument, KeyDoc, StepReader, TriggerType};
use crate::bot::{Node, Problem};
use crate::domain::{FlowName, Time};

/// The longest pattern: five lists of all their numbers are shorter.
const LONGEST_PATTERN: usize = 400;
/// What patterns are tried from at load: any time will do, for they all come round within 28 years.
const TRIED_FROM: Time = Time(1_767_225_600_000);

pub(super) const TYPE: TriggerType<Core> = TriggerType {
    name: "every",
    doc: "At the times of a cron pattern (minute, hour, day of the month, month, day of the week) in the bot's zone, for each conversation with \
          that label. Counted from when the bot's revision became active. While people have the conversation the flow waits, or does as its \
          `when_people` says.",
    example: "{every: '0 9 * * MON-FRI', for: tagged vip}",
    argument: Argument::Needed,
    keys: &[KeyDoc { name: "for", doc: "`tagged NAME`: the conversations with that label." }],
    compile: |r| {
        let node = r.argument()?;
        let cron = cron(r, &node);
        let tag = r.needed("for").and_then(|node| tag(r, &node));
        Some(Trigger::Every(Box::new(Every { cron: cron?, written: node.scalar()?.to_owned(), tag: tag? })))
    },
};

/// A pattern of times, and whom it is for.
pub struct Every {
    cron: Cron,
    written: String,
    /// The label of the conversations.
    pub tag: String,
}

impl fmt::Debug for Every {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "every {} for {}", self.written, self.tag)
    }
}

impl Every {
    /// What tells it from others of a bot, over restarts and edits.
    pub fn name(&self, flow: &FlowName) -> String {
        format!("{flow} {} {}", self.written, self.tag)
    }

    /// The first time after that one, in that zone.
    pub fn next(&self, after: Time, zone: Tz) -> Option<Time> {
        let from = after.to_utc().with_timezone(&zone);
        self.cron.find_next_occurrence(&from, false).ok().map(|at| Time::from(at.to_utc()))
    }

    /// The last time after the one, and not after the other.
    pub fn last(&self, after: Time, until: Time, zone: Tz) -> Option<Time> {
        let from = until.to_utc().with_timezone(&zone);
        let found = self.cron.find_previous_occurrence(&from, true).ok().map(|at| Time::from(at.to_utc()));
        found.filter(|at| after < *at && *at <= until)
    }
}

fn cron(r: &mut StepReader<'_, Core>, node: &Node) -> Option<Cron> {
    let written = r.scalar(node)?;
    let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
    let help = "five fields: minute, hour, day of the month, month, day of the week; `0 9 * * MON-FRI` is 9:00 on working days";
    if written.len() > LONGEST_PATTERN {
        r.report(Problem::error("bad-cron", &node.at, "this pattern is too long").help(help));
        return None;
    }
    let cron = match parser.parse(&written) {
        Ok(cron) => cron,
        Err(why) => {
            let why = why.to_string();
            let why = why.trim().trim_end_matches('.');
            r.report(Problem::error("bad-cron", &node.at, format!("this is no pattern of times: {why}")).help(help));
            return None;
        }
    };
    if cron.find_next_occurrence(&chrono::Utc.from_utc_datetime(&TRIED_FROM.to_utc().naive_utc()), false).is_err() {
        r.report(Problem::error("bad-cron", &node.at, "these times never come").help("no year has such a day"));
        return None;
    }
    Some(cron)
}

fn tag(r: &mut StepReader<'_, Core>, node: &Node) -> Option<String> {
    let written = r.scalar(node)?;
    let tag = written.trim().strip_prefix("tagged ").map(str::trim).filter(|tag| !tag.is_empty());
    if tag.is_none() {
        r.report(
            Problem::error("unknown-word", &node.at, format!("`{written}` says of no conversations"))
                .help("`for: tagged NAME`"),
        );
    }
    tag.map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn every(pattern: &str) -> Every {
        let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
        Every { cron: parser.parse(pattern).unwrap(), written: pattern.into(), tag: "vip".into() }
    }

    fn time(text: &str) -> Time {
        chrono::DateTime::parse_from_rfc3339(text).unwrap().to_utc().into()
    }

    /// All times after the first and until the second, in Berlin.
    fn between(pattern: &str, after: &str, until: &str) -> Vec<String> {
        let (zone, until) = (Tz::Europe__Berlin, time(until));
        let mut found = Vec::new();
        let mut at = time(after);
        while let Some(next) = every(pattern).next(at, zone).filter(|next| *next <= until) {
            assert_eq!(every(pattern).last(at, next, zone), Some(next));
            found.push(next.to_utc().with_timezone(&zone).format("%d %H:%M %z").to_string());
            at = next;
        }
        found
    }

    #[test]
    fn clocks_that_change() {
        let cases: &[(&str, &str, &str, &[&str])] = &[
            // On 29 March the hour from 2:00 on is left out: what is to come in it comes when it would have begun.
            ("0 9 * * *", "2026-03-28T00:00:00Z", "2026-03-29T22:00:00Z", &["28 09:00 +0100", "29 09:00 +0200"]),
            (
                "30 2 * * *",
                "2026-03-28T00:00:00Z",
                "2026-03-30T22:00:00Z",
                &["28 02:30 +0100", "29 03:00 +0200", "30 02:30 +0200"],
            ),
            ("0 * * * *", "2026-03-29T00:00:00Z", "2026-03-29T02:00:00Z", &["29 03:00 +0200", "29 04:00 +0200"]),
            // On 25 October the hour from 2:00 on comes twice: a fixed time once, a repeated one each time.
            (
                "30 2 * * *",
                "2026-10-24T00:00:00Z",
                "2026-10-26T22:00:00Z",
                &["24 02:30 +0200", "25 02:30 +0200", "26 02:30 +0100"],
            ),
            (
                "*/30 * * * *",
                "2026-10-25T00:00:00Z",
                "2026-10-25T01:30:00Z",
                &["25 02:30 +0200", "25 02:00 +0100", "25 02:30 +0100"],
            ),
        ];
        for (pattern, after, until, want) in cases {
            assert_eq!(between(pattern, after, until), *want, "{pattern}");
        }
    }
}
