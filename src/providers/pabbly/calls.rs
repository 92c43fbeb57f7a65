//! What a row needs one after the other: a state machine over `row.progress`. A message is one call; tags and notes need the contact's
//! id first.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{NotesAs, PabblyAccount, contacts, messages, outcomes};
use crate::domain::{Call, CallAnswer, CallBody, Effect, Errand, Learned, Next, Outcome, Progress};

/// How far a row has come.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
enum Step {
    /// The contact was looked for.
    Find {
        /// It was created before: it is not created again.
        created: bool,
    },
    /// The contact was created: the answer does not name its id.
    Create,
    /// The call that does the row's work was made.
    Act,
}

impl Step {
    fn of(progress: &Progress) -> Option<Self> {
        Self::deserialize(progress).ok()
    }

    fn after(self, call: Call) -> Next {
        Next::Call { call: Box::new(call), progress: serde_json::to_value(self).unwrap_or_default() }
    }
}

fn done(outcome: Outcome) -> Next {
    Next::Done { outcome, learned: Learned::default() }
}

fn rejected(why: impl Into<String>) -> Next {
    done(Outcome::Rejected { why: why.into() })
}

impl PabblyAccount {
    /// The first call of a row, or what follows an answer.
    pub(super) fn step(&self, errand: &Errand<'_>, answer: Option<&CallAnswer>) -> Next {
        let Some(answer) = answer else { return self.begin(errand).unwrap_or_else(rejected) };
        match Step::of(&errand.row.progress) {
            Some(Step::Find { created }) => self.after_find(errand, answer, created).unwrap_or_else(done),
            Some(Step::Create) => self.after_create(errand, answer).unwrap_or_else(done),
            Some(Step::Act) | None => done(outcomes::outcome(answer, errand.row.went().reaches_contact())),
        }
    }

    fn begin(&self, errand: &Errand<'_>) -> Result<Next, String> {
        let effect = errand.row.went();
        if effect.reaches_contact() {
            let message = messages::of(&self.inferred, errand, effect)?;
            return Ok(Step::Act.after(self.call("POST", "messages", CallBody::Json(message), true)));
        }
        match (effect, &self.notes) {
            (Effect::Note { text, to }, NotesAs::MessageTo(_) | NotesAs::MessageToTeam(_)) => {
                let colleague = self.notes.phone(to.as_deref()).ok_or("this note names no colleague")?;
                let message = json!({ "to": messages::number(colleague), "type": "text", "message": text });
                Ok(Step::Act.after(self.call("POST", "messages", CallBody::Json(message), false)))
            }
            _ if contacts::change(&self.notes, effect).is_some() => {
                let phone = contacts::recipient(errand)?;
                Ok(Step::Find { created: false }.after(contacts::find(self, &phone)))
            }
            (Effect::Note { .. }, _) => Err("this account says nothing of where notes go".to_owned()),
            (other, _) => Err(format!("Pabbly knows no `{}`", other.name())),
        }
    }

    fn after_find(&self, errand: &Errand<'_>, answer: &CallAnswer, created: bool) -> Result<Next, Outcome> {
        let json = outcomes::success(answer, false)?;
        let phone = contacts::recipient(errand).map_err(|why| Outcome::Rejected { why })?;
        match contacts::found(&json, &phone) {
            Some(id) => {
                let change = contacts::change(&self.notes, errand.row.went()).unwrap_or_default();
                Ok(Step::Act.after(contacts::update(self, &id, change)))
            }
            None if created => {
                Err(Outcome::NotSent { after: None, why: "the contact was created and is not found yet".into() })
            }
            None => Ok(Step::Create.after(contacts::create(self, errand, &phone))),
        }
    }

    fn after_create(&self, errand: &Errand<'_>, answer: &CallAnswer) -> Result<Next, Outcome> {
        outcomes::success(answer, false)?;
        let phone = contacts::recipient(errand).map_err(|why| Outcome::Rejected { why })?;
        Ok(Step::Find { created: true }.after(contacts::find(self, &phone)))
    }
}
