//! One turn: the question put to the engine, and its answer. A turn that panics is an answer too. Turns of a bot that was slow lately
//! run on a thread of their own, so that a looping script holds up nobody else.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::OwnedMutexGuard;
use tokio::task::JoinHandle;

use super::accounts::Account;
use super::hub::Hub;
use super::lane::{Job, Lane};
use super::limits;
use crate::domain::{Contact, ConversationId, Figures, State, Time, Turn};
use crate::engine::{self, Revision, Surroundings};
use crate::store::Stored;

/// All that a turn is made from.
#[derive(Clone, Debug)]
pub struct Question {
    account: Arc<Account>,
    revision: Arc<Revision>,
    conversation: ConversationId,
    /// The state it reads; `None` for a new conversation.
    pub state: Option<Arc<State>>,
    /// That state's version.
    pub version: u64,
    /// The event.
    pub job: Job,
    /// Its `now`.
    pub now: Time,
    /// Whom the event's phone shows to be somebody known.
    known: Option<Contact>,
    /// The figures of teams that it asked for before.
    figures: Figures,
}

/// What came of it.
#[derive(Debug)]
pub enum Answer {
    /// A turn.
    Turn(Box<Turn>),
    /// The event fits no conversation that there is.
    Nothing,
    /// The engine broke on it.
    Panicked(String),
}

impl Question {
    /// The state of the conversation before the event; `None` when it cannot begin with this one.
    pub fn begun(&self) -> Option<Arc<State>> {
        let begin = || engine::begin(&self.job.event, self.conversation.clone(), &self.account.config.bot, self.now);
        let state = self.state.clone().or_else(|| begin().map(Arc::new))?;
        let Some(known) = self.known.as_ref().filter(|known| known.id != state.contact.id) else { return Some(state) };
        let mut state = Arc::unwrap_or_clone(state);
        engine::adopt(&mut state, known);
        Some(Arc::new(state))
    }

    /// The phone that the event tells and that the contact is not known by yet.
    fn told_phone(&self) -> Option<&str> {
        let known = self.state.as_ref().and_then(|state| state.contact.phone.as_deref());
        self.job.event.thread.phone.as_deref().filter(|told| !told.is_empty() && known != Some(told))
    }

    fn answer(&self) -> Answer {
        match caught(|| self.turn()) {
            Ok(Some(turn)) => Answer::Turn(Box::new(turn)),
            Ok(None) => Answer::Nothing,
            Err(why) => Answer::Panicked(why),
        }
    }

    fn turn(&self) -> Option<Turn> {
        let state = self.begun()?;
        let capabilities = self.account.capabilities(&state.conversation.channel);
        let around = Surroundings {
            capabilities: &capabilities,
            provider: self.account.config.provider,
            quiet_on_assignment: self.account.config.quiet_on_assignment,
            notes_team: self.account.config.account.notes_team(),
            contact_fields: self.account.config.account.contact_fields(),
            figures: &self.figures,
        };
        Some(engine::turn(&self.revision, around, &state, &self.job.event, self.job.seq, self.now))
    }
}

/// Run code that must not panic but might: what it says then, for people.
pub fn caught<T>(run: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|panic| {
        let text = panic.downcast_ref::<&str>().map(ToString::to_string);
        text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "panicked".into())
    })
}

/// Held by whoever picks somebody of a bot's teams, until that is committed.
pub type Guard = Option<OwnedMutexGuard<()>>;

/// The teams whose figures the turn lacked. Their turns, read as naught, are not moved on.
fn lacks(answer: &mut Answer) -> Vec<String> {
    let Answer::Turn(turn) = answer else { return Vec::new() };
    let lacks = std::mem::take(&mut turn.lacks);
    turn.picks.retain(|picked| !lacks.contains(&picked.team));
    lacks
}

/// A turn under way.
#[derive(Debug)]
pub enum Running {
    /// It has ended.
    Ended(Box<Question>, Answer),
    /// On a thread of its own.
    Apart(Arc<Question>, JoinHandle<Answer>),
}

impl Running {
    /// Its end, or itself when it takes longer.
    pub async fn within(self, time: Duration) -> Result<(Box<Question>, Answer), Self> {
        match self {
            Self::Ended(question, answer) => Ok((question, answer)),
            Self::Apart(question, mut handle) => match tokio::time::timeout(time, &mut handle).await {
                Ok(ended) => Ok((unshared(question), joined(ended))),
                Err(_) => Err(Self::Apart(question, handle)),
            },
        }
    }

    /// Its end.
    pub async fn end(self) -> (Box<Question>, Answer) {
        match self {
            Self::Ended(question, answer) => (question, answer),
            Self::Apart(question, handle) => {
                let ended = handle.await;
                (unshared(question), joined(ended))
            }
        }
    }
}

fn unshared(question: Arc<Question>) -> Box<Question> {
    Box::new(Arc::try_unwrap(question).unwrap_or_else(|shared| (*shared).clone()))
}

fn joined(ended: Result<Answer, tokio::task::JoinError>) -> Answer {
    ended.unwrap_or_else(|error| Answer::Panicked(error.to_string()))
}

impl Hub {
    /// The question that an event puts in its lane.
    pub fn question(&self, lane: &Lane, job: Job) -> Question {
        let inner = lane.lock();
        Question {
            account: Arc::clone(&lane.account),
            revision: lane.account.bot.revision(),
            conversation: lane.id.clone(),
            state: inner.state.clone(),
            version: inner.version,
            job,
            now: self.now(),
            known: None,
            figures: Figures::new(),
        }
    }

    /// The same, for a contact who may be known from another conversation: asked only where an event tells a new phone.
    pub async fn question_of_known(&self, lane: &Lane, job: Job) -> Question {
        let mut question = self.question(lane, job);
        if let Some(phone) = question.told_phone().map(str::to_owned) {
            // Should the store not know for now, the commit finds out: it is a conflict then.
            question.known = self.store.contact_of(&question.account.config.bot, &phone).await.ok().flatten();
        }
        question
    }

    /// The turn again, with the figures of teams that it lacked: nobody else of the bot's teams is picked while the guard is held.
    pub async fn with_figures(
        &self,
        mut question: Box<Question>,
        mut answer: Answer,
    ) -> Stored<(Box<Question>, Answer, Guard)> {
        let mut guard = None;
        for _ in 0..limits::LOOKS_AT_TEAMS {
            let lacks = lacks(&mut answer);
            if lacks.is_empty() {
                break;
            }
            let bot = Arc::clone(&question.account.bot);
            if guard.is_none() {
                guard = Some(Arc::clone(&bot.picking).lock_owned().await);
            }
            for team in lacks {
                let figures = self.store.team_figures(&bot.name, &team, &question.conversation, question.now).await?;
                question.figures.insert(team, figures);
            }
            (question, answer) = self.ask(*question).end().await;
        }
        Ok((question, answer, guard))
    }

    /// Begin a turn.
    pub fn ask(&self, question: Question) -> Running {
        let bot = Arc::clone(&question.account.bot);
        if bot.is_slow(question.now) {
            let question = Arc::new(question);
            let asked = Arc::clone(&question);
            return Running::Apart(question, tokio::task::spawn_blocking(move || asked.answer()));
        }
        let started = Instant::now();
        let answer = question.answer();
        let took = started.elapsed();
        self.metrics.took(took);
        bot.took(took, question.now);
        Running::Ended(Box::new(question), answer)
    }
}
