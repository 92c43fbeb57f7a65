//! Escalation: who gets a conversation that was handed off and that no human has answered in time.

use super::Turning;
use super::teams::{Found, Wanted};
use crate::domain::{Escalation, EscalationStage, Owner, TeamRef, Timer, TimerChange, Token, TraceKind};

impl Turning<'_> {
    /// From now on the stages come due, until a human writes, people assign somebody, or the bot has it again.
    pub fn escalate(&mut self, wanted: &Wanted, stages: &[EscalationStage]) {
        self.end_escalation();
        let Some(first) = stages.first().filter(|_| self.owner() == Owner::Waiting) else { return };
        let now_with = self.state.conversation.assignee.as_ref().and_then(|assignee| assignee.member.clone());
        let token = self.next_stage_at(first);
        self.state.agenda.escalation = Some(Box::new(Escalation {
            token,
            team: wanted.who.team.clone(),
            tried: now_with.into_iter().collect(),
            skill: wanted.skill.clone(),
            language: wanted.language.clone(),
            stages: stages.to_vec(),
        }));
    }

    fn next_stage_at(&mut self, stage: &EscalationStage) -> Token {
        let token = self.next_token();
        self.timers.push(TimerChange::Set(Timer { token, due: self.now + stage.after }));
        token
    }

    /// Nothing is escalated any more.
    pub(super) fn end_escalation(&mut self) {
        if let Some(gone) = self.state.agenda.escalation.take() {
            self.timers.push(TimerChange::Drop(gone.token));
        }
    }

    /// Whether a timer is that of the escalation.
    pub(super) fn is_escalation(&self, token: Token) -> bool {
        self.state.agenda.escalation.as_ref().is_some_and(|escalation| escalation.token == token)
    }

    /// A stage came due: no human wrote.
    pub(super) fn stage_came(&mut self) {
        let Some(mut escalation) = self.state.agenda.escalation.take() else { return };
        if escalation.stages.is_empty() {
            return;
        }
        let stage = escalation.stages.remove(0);
        self.trace(TraceKind::Event, format!("no human has answered in {}", stage.after));
        let who = stage.to.unwrap_or_else(|| TeamRef { team: escalation.team.clone(), member: None });
        if !self.revision.teams.contains_key(&who.team) {
            self.error(format!("the team `{}` that was to get it is gone", who.team));
        }
        let wanted = Wanted {
            who: who.clone(),
            skill: escalation.skill.clone(),
            language: escalation.language.clone(),
            beyond: escalation.tried.clone(),
        };
        let found = self.find(&wanted);
        if let Found::Somebody(assignee) = &found {
            escalation.team = who.team;
            escalation.tried.extend(assignee.member.clone());
        }
        self.assign(&wanted, found);
        if let Some(next) = escalation.stages.first().cloned() {
            escalation.token = self.next_stage_at(&next);
            self.state.agenda.escalation = Some(escalation);
        }
    }
}
