//! Teams: who there is to assign and hand off to.

use std::collections::BTreeMap;

use crate::domain::Value;
use crate::yaml::{Content, Key, Node, Problem};

use super::context::{Context, offer};
use super::later::Spot;
use super::{Member, Pick, Team};

const TEAM_KEYS: &[&str] = &["members", "pick"];
const MEMBER_KEYS: &[&str] = &["ids"];

impl Context {
    /// Read the bot's teams.
    pub fn read_teams(&mut self, entries: &[(Key, Node)]) {
        for (key, node) in entries {
            self.name(&key.text, "a team", &key.at);
            // A team that cannot be read is known all the same: what points to it is not wrong.
            let team = self.team(node).unwrap_or(Team { members: Vec::new(), pick: Pick::First });
            self.teams.insert(key.text.clone(), team);
        }
    }

    fn team(&mut self, node: &Node) -> Option<Team> {
        self.closed(node, TEAM_KEYS, Spot::TeamKey);
        let pick = node.get("pick").and_then(|node| self.pick(node)).unwrap_or(Pick::First);
        let Some(members) = node.get("members") else {
            self.report(Problem::error("missing-key", &node.at, "a team needs the key `members`"));
            return None;
        };
        let Content::Map(entries) = &members.content else {
            self.wrong_type(members, "a mapping of members by name");
            return None;
        };
        let members = entries.iter().filter_map(|(key, node)| self.member(key, node)).collect();
        Some(Team { members, pick })
    }

    fn pick(&mut self, node: &Node) -> Option<Pick> {
        if let Some(later @ ("round_robin" | "random" | "least_busy" | "sticky")) = node.scalar() {
            self.not_available(later, &node.at);
            return None;
        }
        self.word(node, &[("first", Pick::First)])
    }

    fn member(&mut self, key: &Key, node: &Node) -> Option<Member> {
        self.name(&key.text, "a person", &key.at)?;
        self.closed(node, MEMBER_KEYS, Spot::TeamKey);
        let mut ids = BTreeMap::new();
        if let Some(node) = node.get("ids") {
            if !matches!(node.content, Content::Map(_)) {
                self.wrong_type(node, "a mapping of ids by account or provider");
            }
            for (account, id) in node.entries() {
                ids.insert(account.text.clone(), self.scalar(id, "a user's id")?);
            }
        }
        if ids.is_empty() {
            let message = format!("`{}` has no id, so nothing can be assigned to this person", key.text);
            self.report(Problem::warning("no-ids", &key.at, message).help("`ids: {pact: 42}`, by account or provider"));
        }
        Some(Member { name: key.text.clone(), ids })
    }

    /// A team, or a member by name.
    pub fn team_ref(&mut self, node: &Node) -> Option<(String, Option<String>)> {
        let name = self.scalar(node, "the name of a team or a person")?;
        if self.teams.contains_key(&name) {
            return Some((name, None));
        }
        let has_member = |team: &Team| team.members.iter().any(|member| member.name == name);
        if let Some((team, _)) = self.teams.iter().find(|(_, team)| has_member(team)) {
            return Some((team.clone(), Some(name)));
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

    /// What scripts see under `teams.NAME`.
    pub fn team_facts(&self) -> BTreeMap<String, Value> {
        let facts = |name: &String, team: &Team| {
            let members = team.members.iter().map(|member| Value::Text(member.name.clone())).collect();
            Value::Map([("name".into(), Value::Text(name.clone())), ("members".into(), Value::List(members))].into())
        };
        self.teams.iter().map(|(name, team)| (name.clone(), facts(name, team))).collect()
    }
}
