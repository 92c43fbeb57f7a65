//! Who of a team gets the conversation: who is there, who is passed over and why, whose turn it is.

use super::Turning;
use super::runs::Control;
use crate::bot::{Member, Pick, Team};
use crate::domain::{Assignable, Assignee, Effect, Owner, Picked, TeamFigures, TeamRef, TraceKind};

/// Whom a step wants.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The team, or one of it by name: who is named is taken whatever the hour.
    pub who: TeamRef,
    /// They must have this skill.
    pub skill: Option<String>,
    /// They must speak this language.
    pub language: Option<String>,
    /// Members who had their chance.
    pub beyond: Vec<String>,
}

impl Wanted {
    /// Anybody of them.
    pub fn of(who: TeamRef) -> Self {
        Self { who, skill: None, language: None, beyond: Vec::new() }
    }
}

/// Who was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// Somebody, or the team as a whole.
    Somebody(Box<Assignee>),
    /// People are there, but nobody can be assigned on this channel.
    Nameless,
    /// Nobody is there.
    Nobody {
        /// It is for want of an id: a mistake of the bot's files.
        no_ids: bool,
    },
}

impl Turning<'_> {
    /// Who gets it, as things are now. It is the next one's turn from then on.
    pub fn find(&mut self, wanted: &Wanted) -> Found {
        let Some(team) = self.revision.teams.get(&wanted.who.team) else { return Found::Nobody { no_ids: false } };
        let group = self.group_of(team).filter(|_| wanted.who.member.is_none());
        let nameless = self.around.capabilities.assign == Assignable::Nobody;
        let there = self.there(team, wanted, !nameless && group.is_none());
        if let Some(id) = group.filter(|_| team.members.is_empty() || !there.is_empty()) {
            let team = Some(wanted.who.team.clone());
            return Found::Somebody(Box::new(Assignee { team, member: None, id, group: true }));
        }
        let reachable = |member: &Member| self.member_id(member).is_some();
        let no_ids = !nameless && !team.members.iter().any(reachable);
        if there.is_empty() {
            return Found::Nobody { no_ids };
        }
        if nameless {
            return Found::Nameless;
        }
        self.pick_of(team, wanted, &there).map_or(Found::Nobody { no_ids }, |member| self.found(member, wanted))
    }

    fn found(&self, member: &Member, wanted: &Wanted) -> Found {
        let Some(id) = self.member_id(member) else { return Found::Nobody { no_ids: true } };
        let (team, member) = (Some(wanted.who.team.clone()), Some(member.name.clone()));
        Found::Somebody(Box::new(Assignee { team, member, id, group: false }))
    }

    /// What a team does when nobody of it is there, where it says so.
    pub fn on_nobody(&mut self, wanted: &Wanted, found: &Found) -> Option<Control> {
        let nobody = matches!(found, Found::Nobody { .. }) && self.owner() != Owner::People;
        let team = self.revision.teams.get(&wanted.who.team).filter(|_| nobody)?;
        let flow = team.on_nobody.clone()?;
        self.trace(TraceKind::Step, format!("nobody of `{}` is there: on_nobody", wanted.who.team));
        Some(Control::Call(flow))
    }

    /// Make whoever was found responsible.
    pub fn assign(&mut self, wanted: &Wanted, found: Found) {
        let TeamRef { team, member } = &wanted.who;
        let who = member.as_deref().unwrap_or(team);
        match found {
            Found::Somebody(assignee) => {
                self.trace(TraceKind::Effect, format!("assign {}", assignee.member.as_deref().unwrap_or(team)));
                self.remember_member(&assignee);
                self.state.conversation.assignee = Some((*assignee).clone());
                self.reopen();
                self.decide(Effect::Assign { to: Some(*assignee) });
            }
            Found::Nameless => self.trace(TraceKind::Effect, "nobody can be assigned on this channel"),
            Found::Nobody { no_ids: true } => {
                self.error(format!("nobody of `{who}` has an id for the account or its provider: nobody is assigned"));
            }
            Found::Nobody { no_ids: false } => {
                self.trace(TraceKind::Effect, format!("nobody of `{who}` is there: nobody is assigned"));
            }
        }
    }

    /// For `pick: sticky`: who has the contact now.
    pub(super) fn remember_member(&mut self, assignee: &Assignee) {
        let revision = self.revision;
        for (name, team) in revision.teams.iter().filter(|(_, team)| team.pick == Pick::Sticky && !assignee.group) {
            if let Some(member) =
                team.members.iter().find(|member| self.member_id(member).as_ref() == Some(&assignee.id))
            {
                self.state.contact.members.insert(name.clone(), member.name.clone());
            }
        }
    }

    /// Who bears that id at the provider.
    pub(super) fn assignee_of(&self, id: &str) -> Assignee {
        let members = self.revision.teams.iter().flat_map(|(name, team)| team.members.iter().map(move |m| (name, m)));
        let mut known = members.filter(|(_, member)| self.member_id(member) == Some(id.to_owned()));
        let (team, member) = known.next().map(|(team, member)| (team.clone(), member.name.clone())).unzip();
        Assignee { team, member, id: id.to_owned(), group: false }
    }

    /// The places of those who may get it.
    fn there(&mut self, team: &Team, wanted: &Wanted, by_id: bool) -> Vec<usize> {
        let named = |member: &Member| wanted.who.member.as_ref().is_none_or(|name| *name == member.name);
        let mut there = Vec::new();
        for (place, member) in team.members.iter().enumerate().filter(|(_, member)| named(member)) {
            match self.passed_over(member, wanted, by_id) {
                None => there.push(place),
                Some(why) => self.trace(TraceKind::Step, format!("{} is passed over: {why}", member.name)),
            }
        }
        there
    }

    fn passed_over(&self, member: &Member, wanted: &Wanted, by_id: bool) -> Option<String> {
        if by_id && self.member_id(member).is_none() {
            return Some("no id for the account or its provider".into());
        }
        if wanted.who.member.is_some() {
            return None;
        }
        if wanted.beyond.contains(&member.name) {
            return Some("had it already".into());
        }
        if member.hours.as_ref().is_some_and(|hours| !hours.open(self.now)) {
            return Some("not there at this hour".into());
        }
        let speaks = |language: &String| member.languages.is_empty() || member.languages.contains(language);
        if let Some(language) = wanted.language.as_ref().filter(|language| !speaks(language)) {
            return Some(format!("does not speak `{language}`"));
        }
        let skill = wanted.skill.as_ref().filter(|skill| !member.skills.contains(skill))?;
        Some(format!("does not have the skill `{skill}`"))
    }

    /// The one of them whose turn it is, as the team picks.
    fn pick_of<'t>(&mut self, team: &'t Team, wanted: &Wanted, there: &[usize]) -> Option<&'t Member> {
        let name = &wanted.who.team;
        let place = match team.pick {
            _ if wanted.who.member.is_some() => *there.first()?,
            Pick::First => *there.first()?,
            Pick::Random => *there.get(self.pick(there.len()))?,
            Pick::RoundRobin => self.next_in_round(name, team, there)?,
            Pick::LeastBusy => {
                let least = self.least_busy(name, team, there);
                self.next_in_round(name, team, &least)?
            }
            Pick::Sticky => match self.who_had_it(name, team, there) {
                Some(place) => place,
                None => self.next_in_round(name, team, there)?,
            },
        };
        team.members.get(place)
    }

    /// Of those, the next after the one picked last.
    fn next_in_round(&mut self, name: &str, team: &Team, there: &[usize]) -> Option<usize> {
        let from = self.figures(name).round;
        let many = team.members.len() as u64;
        let ahead = |place: usize| (place as u64 + many - from.checked_rem(many).unwrap_or(0)) % many.max(1);
        let place = there.iter().copied().min_by_key(|place| ahead(*place))?;
        self.picks.push(Picked { team: name.to_owned(), from, to: from + ahead(place) + 1 });
        Some(place)
    }

    fn least_busy(&mut self, name: &str, team: &Team, there: &[usize]) -> Vec<usize> {
        let handed = self.figures(name).handed;
        let busy = |place: &usize| {
            let member = team.members.get(*place).map(|member| member.name.as_str()).unwrap_or_default();
            (member, handed.get(member).copied().unwrap_or(0))
        };
        let told: Vec<String> = there.iter().map(busy).map(|(member, has)| format!("{member} has {has}")).collect();
        self.trace(TraceKind::Step, told.join(", "));
        let least = there.iter().map(|place| busy(place).1).min();
        there.iter().copied().filter(|place| Some(busy(place).1) == least).collect()
    }

    fn who_had_it(&mut self, name: &str, team: &Team, there: &[usize]) -> Option<usize> {
        let had = self.state.contact.members.get(name)?.clone();
        let place = team.members.iter().position(|member| member.name == had)?;
        let is_there = there.contains(&place);
        let what = if is_there { "had them last" } else { "had them last, but cannot now" };
        self.trace(TraceKind::Step, format!("{had} {what}"));
        is_there.then_some(place)
    }

    /// What is known of the team, after the picks of this turn.
    fn figures(&mut self, team: &str) -> TeamFigures {
        let known = self.around.figures.get(team).cloned();
        if known.is_none() && !self.lacks.iter().any(|lacked| lacked == team) {
            self.lacks.push(team.to_owned());
        }
        let round = self.picks.iter().rev().find(|picked| picked.team == team).map(|picked| picked.to);
        let known = known.unwrap_or_default();
        TeamFigures { round: round.unwrap_or(known.round), ..known }
    }

    /// The group that the team is at the provider.
    fn group_of(&self, team: &Team) -> Option<String> {
        self.id_here(&team.groups).filter(|_| self.around.capabilities.assign == Assignable::UsersAndGroups)
    }

    fn member_id(&self, member: &Member) -> Option<String> {
        self.id_here(&member.ids)
    }

    fn id_here(&self, ids: &std::collections::BTreeMap<String, String>) -> Option<String> {
        let by_account = ids.get(self.state.conversation.account.as_str());
        by_account.or_else(|| ids.get(self.around.provider)).cloned()
    }
}
