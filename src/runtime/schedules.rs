//! Patterns of times that came round: an event for each conversation with the label. The event's key makes it one, however often a
//! failure or a restart has it begun again.

use std::collections::HashMap;
use std::sync::Arc;

use tracing::{error, info};

use super::bots::Bot;
use super::events::Accepted;
use super::hub::Hub;
use super::lane::Job;
use super::limits;
use crate::domain::{AccountName, Body, Change, ConversationId, Event, EventKey, Time, Unit};
use crate::engine;
use crate::store::{StoreError, Stored};

/// Until when each schedule of a bot has been seen to, by the schedule's name.
type Seen = HashMap<String, Time>;

/// A schedule that came round.
struct Due {
    name: String,
    tag: String,
    event: Body,
    at: Time,
}

impl Hub {
    /// See to the bots' schedules for ever.
    pub async fn keep_schedules(self: Arc<Self>) {
        let mut seen: HashMap<String, Seen> = HashMap::new();
        loop {
            for (name, bot) in &self.bots {
                if let Err(error) = self.see_to(bot, &mut seen).await {
                    error!(bot = name, %error, "what came round could not be begun; it is tried again");
                }
            }
            tokio::time::sleep(limits::TIMER_STEP).await;
        }
    }

    async fn see_to(self: &Arc<Self>, bot: &Bot, all: &mut HashMap<String, Seen>) -> Stored<()> {
        let name = bot.name.as_str();
        if !all.contains_key(name) {
            let stored = self.store.ticks(&bot.name).await?;
            all.insert(name.to_owned(), stored.into_iter().collect());
        }
        let Some(seen) = all.get_mut(name) else { return Ok(()) };
        for due in self.due_schedules(bot, seen) {
            self.begin_for_all(bot, &due).await?;
            let tick = Change::Tick { bot: bot.name.clone(), schedule: due.name.clone(), at: due.at };
            self.commit_one(Unit { reads: Vec::new(), changes: vec![tick] }).await?;
            seen.insert(due.name, due.at);
        }
        Ok(())
    }

    /// What came round since the last look. A schedule that is new counts from the activation of its revision, one that is gone is forgotten.
    fn due_schedules(&self, bot: &Bot, seen: &mut Seen) -> Vec<Due> {
        let (revision, activated) = bot.activated();
        let (mut kept, mut due) = (Seen::new(), Vec::new());
        let now = self.now();
        for schedule in engine::schedules(&revision) {
            let name = schedule.name();
            let from = seen.get(&name).copied().unwrap_or(activated);
            if let Some(at) = schedule.last(from.max(now - limits::SCHEDULE_LATE), now) {
                let (name, tag) = (name.clone(), schedule.tag().to_owned());
                due.push(Due { name, tag, event: schedule.event(), at });
            }
            kept.insert(name, from);
        }
        *seen = kept;
        due
    }

    async fn begin_for_all(self: &Arc<Self>, bot: &Bot, due: &Due) -> Stored<()> {
        let accounts: Vec<AccountName> = self
            .accounts
            .values()
            .filter(|account| account.bot.name == bot.name)
            .map(|a| a.config.name.clone())
            .collect();
        let (mut after, mut begun) = (Some(0), 0);
        while let Some(from) = after {
            let page = self.store.tagged(&accounts, &due.tag, from).await?;
            begun += page.conversations.len();
            self.begin(&page.conversations, due).await?;
            after = page.next;
        }
        info!(bot = %bot.name, schedule = due.name, conversations = begun, "a time came round");
        Ok(())
    }

    async fn begin(self: &Arc<Self>, conversations: &[ConversationId], due: &Due) -> Stored<()> {
        for some in conversations.chunks(limits::TIMERS_AT_ONCE) {
            let begun = futures_util::future::join_all(some.iter().map(|id| self.begin_one(id, due))).await;
            if begun.contains(&false) {
                return Err(StoreError("some conversations are too busy".into()));
            }
        }
        Ok(())
    }

    /// False when it has to be tried again.
    async fn begin_one(self: &Arc<Self>, id: &ConversationId, due: &Due) -> bool {
        let Ok(lane) = self.lane_of(id).await else { return false };
        let Some(lane) = lane else { return true };
        let key = Some(EventKey(format!("every/{id}/{}/{}", due.name, due.at.0)));
        let event = Event { key, at: due.at, ..self.own_event(&lane, due.event.clone()) };
        !matches!(self.accept(&lane, Job::new(event, self.now())).await, Accepted::Later | Accepted::Failed)
    }
}
