//! What a bot says of itself outside of flows and teams: name, languages, zone, hours, constants, defaults.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono_tz::Tz;

use crate::domain::{Span, Vars};
use crate::script::Calendar;
use crate::yaml::{Key, Located, Node, Problem, Source, nearest};

use super::context::Context;
use super::holidays::Holidays;
use super::hours::AlwaysOpen;
use super::merge::{Merged, is_main};
use super::shapes::{LOOP_GUARD, SESSION};
use super::{ENDINGS, FaqMatch, LoopGuard, TemplateCall};

const DEFAULT_SESSION: Span = Span::hours(12);
const DEFAULT_QUIET: Span = Span::hours(8);
/// More than a person reads in a minute, less than two robots say to each other.
const DEFAULT_GUARD: LoopGuard = LoopGuard { replies: 20, within: Span::minutes(1) };
/// Whoever waits longer for an answer takes the bot for dead.
const LONGEST_SETTLE: Span = Span::minutes(5);

/// A bot's settings.
#[derive(Debug)]
pub(super) struct Settings {
    pub zone: Tz,
    pub holidays: Option<Holidays>,
    pub month_first: bool,
    pub hours: Arc<dyn Calendar>,
    pub calendars: BTreeMap<String, Arc<dyn Calendar>>,
    pub vars: Vars,
    pub session_expires: Span,
    pub quiet_after_human: Span,
    pub settle: Span,
    pub loop_guard: Option<LoopGuard>,
    pub outside: Option<TemplateCall>,
    pub synonyms: Vec<Vec<String>>,
    pub faq_match: FaqMatch,
}

/// Read them.
pub(super) fn read(cx: &mut Context, merged: &Merged, files: &[Arc<Source>]) -> Settings {
    check_bot(cx, merged, files);
    if let Some(node) = merged.single("languages") {
        read_languages(cx, node);
    }
    let zone = merged.single("timezone").and_then(|node| read_zone(cx, node)).unwrap_or(Tz::UTC);
    check_endings(cx, merged.single("every_question"));
    let holidays = merged.single("holidays").map(|node| cx.holidays(node, files));
    Settings {
        zone,
        month_first: read_dates(cx, merged.single("dates")),
        hours: read_hours(cx, merged.single("hours"), zone, holidays.as_ref()),
        calendars: read_calendars(cx, merged.map("calendars"), zone, holidays.as_ref()),
        vars: read_vars(cx, merged.map("vars")),
        session_expires: read_session(cx, merged.single("session")),
        quiet_after_human: merged.single("quiet_after_human").and_then(|n| cx.span(n)).unwrap_or(DEFAULT_QUIET),
        settle: merged.single("settle").and_then(|node| read_settle(cx, node)).unwrap_or_default(),
        loop_guard: merged.single("loop_guard").map_or(Some(DEFAULT_GUARD), |node| read_guard(cx, node)),
        outside: merged.single("outside_window").and_then(|node| cx.outside_window(node)),
        synonyms: merged.single("synonyms").map(|node| cx.synonyms(node)).unwrap_or_default(),
        faq_match: cx.faq_match(merged.single("faq_match")),
        holidays,
    }
}

fn check_bot(cx: &mut Context, merged: &Merged, files: &[Arc<Source>]) {
    if !files.iter().any(|file| is_main(file)) {
        let source = Source { path: cx.folder.as_str().into(), text: "".into() };
        let at = Located { source: Arc::new(source), bytes: 0..0 };
        cx.report(
            Problem::error("no-bot", &at, "the folder has no `bot.yaml`")
                .help("a bot has one, which says `bot: NAME`, as the folder is called"),
        );
        return;
    }
    let Some(node) = merged.single("bot") else {
        let at = files.first().map(|file| Located { source: file.clone(), bytes: 0..0 });
        if let Some(at) = at {
            let problem = Problem::error("missing-key", &at, "a bot needs the key `bot`, its name");
            cx.report(problem.help(format!("`bot: {}`", cx.folder)));
        }
        return;
    };
    let Some(name) = cx.scalar(node, "the bot's name") else { return };
    if name != cx.folder {
        let message = format!("the bot is named `{name}`, its folder `{}`", cx.folder);
        cx.report(Problem::error("bot-name", &node.at, message).help("both must be the same"));
    }
}

fn read_languages(cx: &mut Context, node: &Node) {
    let mut languages: Vec<Arc<str>> = Vec::new();
    for item in node.one_or_many() {
        let Some(code) = cx.scalar(item, "a language's code") else { continue };
        if !is_language(&code) {
            let problem = Problem::error("bad-language", &item.at, format!("`{code}` is no language's code"));
            cx.report(problem.help("a code is written like `en`, `ru` or `pt-BR`"));
        } else if languages.iter().any(|language| **language == *code) {
            cx.report(
                Problem::error("repeated-name", &item.at, format!("`{code}` stands twice"))
                    .help("name each language once"),
            );
        } else {
            languages.push(code.into());
        }
    }
    if node.one_or_many().is_empty() {
        cx.wrong_type(node, "a list of languages");
    }
    if !languages.is_empty() {
        cx.languages = languages;
    }
}

/// Two or three small letters, then parts like `BR` or `Latn`.
pub(super) fn is_language(code: &str) -> bool {
    let mut parts = code.split('-');
    let first = parts.next().unwrap_or_default();
    (2..=3).contains(&first.len())
        && first.bytes().all(|b| b.is_ascii_lowercase())
        && parts.all(|part| (2..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric()))
}

fn read_zone(cx: &mut Context, node: &Node) -> Option<Tz> {
    let text = cx.scalar(node, "a time zone")?;
    if let Ok(zone) = text.parse::<Tz>() {
        return Some(zone);
    }
    let names = || chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name());
    // Most people know their city, not its continent.
    let city = |name: &&str| name.rsplit('/').next().is_some_and(|city| city.eq_ignore_ascii_case(&text));
    let near = names().find(city).or_else(|| nearest(&text, names()));
    let problem = Problem::error("unknown-timezone", &node.at, format!("unknown time zone `{text}`"));
    cx.report(match near {
        Some(near) => problem.help(format!("did you mean `{near}`?")),
        None => problem.help("zones are named by continent and city: `Europe/Moscow`, `Asia/Kolkata`"),
    });
    None
}

/// Whether dates in figures begin with the month.
fn read_dates(cx: &mut Context, node: Option<&Node>) -> bool {
    node.and_then(|node| cx.word(node, &[("dmy", false), ("mdy", true)])).unwrap_or(false)
}

fn read_hours(cx: &mut Context, node: Option<&Node>, zone: Tz, holidays: Option<&Holidays>) -> Arc<dyn Calendar> {
    let hours = node.and_then(|node| cx.calendar(node, zone, holidays));
    hours.unwrap_or_else(|| Arc::new(AlwaysOpen))
}

fn read_calendars(
    cx: &mut Context,
    entries: &[(Key, Node)],
    zone: Tz,
    holidays: Option<&Holidays>,
) -> BTreeMap<String, Arc<dyn Calendar>> {
    let mut calendars = BTreeMap::new();
    for (key, node) in entries {
        cx.name(&key.text, "a calendar", &key.at);
        cx.calendars.insert(key.text.clone());
        calendars.insert(key.text.clone(), read_hours(cx, Some(node), zone, holidays));
    }
    calendars
}

fn read_vars(cx: &mut Context, entries: &[(Key, Node)]) -> Vars {
    let mut vars = Vars::new();
    for (key, node) in entries {
        let named = cx.name(&key.text, "a constant", &key.at);
        if let (Some(()), Some(value)) = (named, cx.literal(node)) {
            vars.insert(key.text.clone(), value);
        }
    }
    vars
}

fn read_session(cx: &mut Context, node: Option<&Node>) -> Span {
    let expires = node.filter(|node| cx.shaped(node, &SESSION));
    expires.and_then(|node| node.get("expires_after")).and_then(|node| cx.span(node)).unwrap_or(DEFAULT_SESSION)
}

fn read_settle(cx: &mut Context, node: &Node) -> Option<Span> {
    let settle = cx.span(node)?;
    if settle > LONGEST_SETTLE {
        let problem = Problem::error("bad-duration", &node.at, "nobody waits so long for an answer");
        cx.report(problem.help(format!("messages settle for {LONGEST_SETTLE} at most")));
        return None;
    }
    Some(settle)
}

fn read_guard(cx: &mut Context, node: &Node) -> Option<LoopGuard> {
    if node.scalar() == Some("false") {
        return None;
    }
    if node.scalar().is_some() {
        cx.wrong_type(node, "`false` or a mapping of `replies` and `within`");
        return None;
    }
    cx.shaped(node, &LOOP_GUARD);
    let replies = node.get("replies").map_or(Some(DEFAULT_GUARD.replies), |node| cx.count(node, 1));
    let within = node.get("within").map_or(Some(DEFAULT_GUARD.within), |node| cx.span(node));
    Some(LoopGuard { replies: replies?, within: within? })
}

fn check_endings(cx: &mut Context, node: Option<&Node>) {
    if let Some(node) = node {
        cx.closed(node, ENDINGS);
    }
}
