//! Teams: who there is to assign and hand off to, when they are there, and what they can do.

use std::collections::BTreeMap;

use chrono_tz::Tz;

use crate::domain::{TeamRef, Value};
use crate::yaml::{Content, Key, Node, Problem};

use super::context::{Context, offer};
use super::flows::on_nobody;
use super::holidays::Holidays;
use super::settings::is_language;
use super::shapes::{MEMBER, TEAM};
use super::{FlowRef, Member, Pick, Team};

/// Digits of a phone with its country's code (E.164).
const PHONE_DIGITS: std::ops::RangeInclusive<usize> = 7..=15;
const PICKS: &[(&str, Pick)] = &[
    ("first", Pick::First),
    ("random", Pick::Random),
    ("round_robin", Pick::RoundRobin),
    ("least_busy", Pick::LeastBusy),
    ("sticky", Pick::Sticky),
];

/// What somebody must be for a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fitness {
    /// Have the skill.
    Skill,
    /// Speak the language.
    Language,
}

/// By what clock members' hours are read.
#[derive(Clone, Copy)]
struct Clock<'a> {
    zone: Tz,
    holidays: Option<&'a Holidays>,
}

impl Context {
    /// Read the bot's teams.
    pub fn read_teams(&mut self, entries: &[(Key, Node)], zone: Tz, holidays: Option<&Holidays>) {
        let clock = Clock { zone, holidays };
        for (key, node) in entries {
            self.name(&key.text, "a team", &key.at);
            // A team that cannot be read is known all the same: what points to it is not wrong.
            let team = self.team(&key.text, node, clock);
            self.teams.insert(key.text.clone(), team);
        }
    }

    fn team(&mut self, name: &str, node: &Node, clock: Clock<'_>) -> Team {
        self.shaped(node, &TEAM);
        let pick = node.get("pick").and_then(|node| self.word(node, PICKS)).unwrap_or(Pick::First);
        let groups = node.get("group").map(|node| self.ids(node, "a group's id")).unwrap_or_default();
        if node.get("members").is_none() && node.get("group").is_none() {
            let problem = Problem::error("missing-key", &node.at, "a team needs the key `members`");
            self.report(problem.help("`members: {anna: {ids: {pact: 42}}}`: names, and their users' ids by provider"));
        }
        let members = node.get("members").map(|node| self.members(node, clock)).unwrap_or_default();
        let on_nobody = node.get("on_nobody").map(|_| FlowRef { flow: on_nobody(name), step: None });
        Team { members, pick, groups, on_nobody }
    }

    fn members(&mut self, node: &Node, clock: Clock<'_>) -> Vec<Member> {
        let Content::Map(entries) = &node.content else {
            self.wrong_type(node, "a mapping of members by name");
            return Vec::new();
        };
        entries.iter().filter_map(|(key, node)| self.member(key, node, clock)).collect()
    }

    fn member(&mut self, key: &Key, node: &Node, clock: Clock<'_>) -> Option<Member> {
        self.name(&key.text, "a person", &key.at)?;
        self.shaped(node, &MEMBER);
        let ids = node.get("ids").map(|node| self.ids(node, "a user's id")).unwrap_or_default();
        let phone = node.get("phone").and_then(|node| self.colleagues_phone(node));
        if ids.is_empty() && phone.is_none() {
            let message = format!("`{}` has no id, so nothing can be assigned to this person", key.text);
            self.report(Problem::warning("no-ids", &key.at, message).help("`ids: {pact: 42}`, by account or provider"));
        }
        let hours = node.get("hours").and_then(|node| self.calendar(node, clock.zone, clock.holidays));
        let languages = node.get("languages").map(|node| self.spoken(node)).unwrap_or_default();
        let skills = node.get("skills").map(|node| self.words(node, "a skill")).unwrap_or_default();
        Some(Member { name: key.text.clone(), ids, phone, hours, languages, skills })
    }

    fn colleagues_phone(&mut self, node: &Node) -> Option<String> {
        let text = self.scalar(node, "a phone with its country's code")?;
        let digits: String = text.chars().filter(|c| !matches!(c, ' ' | '-' | '(' | ')' | '+' | '.')).collect();
        let is_phone = PHONE_DIGITS.contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
        if !is_phone {
            self.wrong_type(node, "a phone with its country's code, like `\"+49 151 23456789\"`");
        }
        is_phone.then_some(digits)
    }

    fn ids(&mut self, node: &Node, what: &str) -> BTreeMap<String, String> {
        if !matches!(node.content, Content::Map(_)) {
            self.wrong_type(node, "a mapping of ids by account or provider");
        }
        let ids = node.entries().iter();
        ids.filter_map(|(account, id)| Some((account.text.clone(), self.scalar(id, what)?))).collect()
    }

    fn words(&mut self, node: &Node, what: &str) -> Vec<String> {
        if node.one_or_many().is_empty() {
            self.wrong_type(node, what);
        }
        node.one_or_many().iter().filter_map(|word| self.scalar(word, what)).collect()
    }

    /// People may speak more than the bot does.
    fn spoken(&mut self, node: &Node) -> Vec<String> {
        let words = self.words(node, "a language's code");
        for word in words.iter().filter(|word| !is_language(word)) {
            let problem = Problem::error("bad-language", &node.at, format!("`{word}` is no language's code"));
            self.report(problem.help("a code is written like `en`, `ru` or `pt-BR`"));
        }
        words
    }

    /// A team, or a member by name.
    pub fn team_ref(&mut self, node: &Node) -> Option<TeamRef> {
        let name = self.scalar(node, "the name of a team or a person")?;
        if self.teams.contains_key(&name) {
            return Some(TeamRef { team: name, member: None });
        }
        let has_member = |team: &Team| team.members.iter().any(|member| member.name == name);
        if let Some((team, _)) = self.teams.iter().find(|(_, team)| has_member(team)) {
            return Some(TeamRef { team: team.clone(), member: Some(name) });
        }
        let members = self.teams.values().flat_map(|team| team.members.iter().map(|member| member.name.as_str()));
        let help = if self.teams.is_empty() {
            format!("there are no teams yet: `teams: {{{name}: {{members: {{anna: {{ids: {{pact: 42}}}}}}}}}}`")
        } else {
            offer(&name, self.teams.keys().map(String::as_str).chain(members))
        };
        let problem = Problem::error("unknown-team", &node.at, format!("no team and no person is named `{name}`"));
        self.report(problem.help(help));
        None
    }

    /// A skill or language as written that nobody of the team has.
    pub fn somebody_fits(&mut self, who: &TeamRef, node: &Node, what: Fitness) {
        let Some(word) = node.scalar().filter(|word| !word.contains("{{")).map(str::to_owned) else { return };
        if who.member.is_some() {
            let problem = Problem::error("needless-key", &node.at, "a person who is named is taken as they are");
            self.report(problem.help("it stands beside the name of a team"));
            return;
        }
        let Some(team) = self.teams.get(&who.team).filter(|team| !team.members.is_empty()) else { return };
        let known = |member: &Member| match what {
            Fitness::Skill => member.skills.clone(),
            // Who names no language speaks them all.
            Fitness::Language if member.languages.is_empty() => vec![word.clone()],
            Fitness::Language => member.languages.clone(),
        };
        let known: Vec<String> = team.members.iter().flat_map(known).collect();
        if !known.contains(&word) {
            let does = if what == Fitness::Skill { "has the skill" } else { "speaks" };
            let message = format!("nobody of `{}` {does} `{word}`", who.team);
            let help = offer(&word, known.iter().map(String::as_str));
            self.report(Problem::error("nobody-fits", &node.at, message).help(help));
        }
    }

    /// What scripts see under `teams.NAME`.
    pub fn team_facts(&self) -> BTreeMap<String, Value> {
        let facts = |name: &String, team: &Team| {
            let members = team.members.iter().map(|member| Value::Text(member.name.clone())).collect();
            Value::Map([("name".into(), Value::Text(name.clone())), ("members".into(), Value::List(members))].into())
        };
        self.teams.iter().map(|(name, team)| (name.clone(), facts(name, team))).collect()
    }
}
