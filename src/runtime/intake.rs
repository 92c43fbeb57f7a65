//! From a webhook to the lanes: verified and read by the provider, then accepted, several of one body together. 200 only when all of them are on disk.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use tracing::{error, info, warn};

use super::accounts::Account;
use super::events::{Accepted, milliseconds};
use super::hub::Hub;
use super::lane::Job;
use super::lanes::Place;
use super::limits;
use super::turn::caught;
use crate::domain::{Body, Change, Event, News, Received, Time, Unit, WebhookAnswer, WebhookRequest};

impl Hub {
    /// Take in one webhook.
    pub async fn take_in(self: &Arc<Self>, account: &Arc<Account>, request: &WebhookRequest) -> WebhookAnswer {
        let now = self.now();
        let received = caught(|| account.config.account.receive(request, now)).unwrap_or_else(|why| {
            error!(account = account.name(), why, "a webhook could not be read");
            Received::Unfit { why: "it could not be read".into() }
        });
        self.take_received(account, received, &request.body, now).await
    }

    /// Take in what a provider's words mean, however they came. `body` is kept where it fits nothing.
    pub async fn take_received(
        self: &Arc<Self>,
        account: &Arc<Account>,
        received: Received,
        body: &[u8],
        now: Time,
    ) -> WebhookAnswer {
        let name = account.name();
        let (outcome, answer) = match received {
            Received::News(news) => self.take_events(account, self.sort_news(account, news), now).await,
            Received::Answer { status, body } => ("answered", WebhookAnswer { status, body }),
            Received::Unfit { why } => Box::pin(self.keep_unfit(account, body, why, now)).await,
            Received::Refused { status, why } => {
                warn!(account = name, status, why, "webhook refused");
                ("refused", reply(status, &why))
            }
        };
        self.metrics.webhook(name, outcome);
        answer
    }

    /// The events among the news; the rest is logged and counted.
    fn sort_news(&self, account: &Account, news: Vec<News>) -> Vec<Event> {
        let name = account.name();
        let event = |one| match one {
            News::Event(mut event) => {
                if let Some(links) = &account.links {
                    links.add(&mut event);
                }
                Some(*event)
            }
            News::Ignored { kind, why } => {
                info!(account = name, kind, why, outcome = "ignored", "event");
                self.metrics.ignored(name, kind);
                None
            }
            News::Account { what, templates } => {
                if templates {
                    account.stale.notify_one();
                }
                info!(account = name, what, outcome = "account", "event");
                None
            }
        };
        news.into_iter().filter_map(event).collect()
    }

    async fn take_events(
        self: &Arc<Self>,
        account: &Arc<Account>,
        events: Vec<Event>,
        now: Time,
    ) -> (&'static str, WebhookAnswer) {
        let full = self.pending.load(Ordering::Relaxed) >= limits::PENDING_PER_PROCESS;
        if full || events.len() > limits::EVENTS_PER_BODY {
            return ("refused", reply(503, "too much at once, come again later"));
        }
        let groups = account.config.groups;
        let heard = events.into_iter().filter(|event| groups || !event.thread.group);
        // Statuses change rows, and of messages from our side each may be an echo: they are taken one by one, and first: a human's message is heard before
        // anybody answers the contact's.
        let by_itself = |event: &Event| matches!(event.body, Body::Delivery(_) | Body::Outgoing(_));
        let (alone, mut together): (Vec<_>, Vec<_>) = heard.partition(by_itself);
        let mut all = Vec::new();
        for event in alone {
            all.push(self.take_event(account, event, now).await);
        }
        if together.len() == 1 {
            all.extend([self.take_event(account, together.remove(0), now).await]);
        } else if !together.is_empty() {
            let accepted = Box::pin(self.accept_body(account, together, now)).await;
            all.extend(accepted.unwrap_or_else(|| vec![Accepted::Failed]));
        }
        if all.iter().any(|one| matches!(one, Accepted::Later | Accepted::Failed)) {
            // What was accepted is known when the body comes again.
            return ("refused", reply(503, "not stored, come again later"));
        }
        let first = all.into_iter().find(|one| *one != Accepted::Ignored).unwrap_or(Accepted::Ignored);
        (outcome_name(first), reply(200, "ok"))
    }

    /// Take in one event; all that is not a turn is logged here.
    async fn take_event(self: &Arc<Self>, account: &Arc<Account>, event: Event, now: Time) -> Accepted {
        let (started, kind) = (Instant::now(), event.body.name());
        let accepted = self.route(account, event, now).await;
        if !matches!(accepted, Accepted::Handled | Accepted::Kept) {
            let ms = milliseconds(started);
            info!(account = account.name(), kind, outcome = outcome_name(accepted), ms, "event");
        }
        accepted
    }

    async fn route(self: &Arc<Self>, account: &Arc<Account>, event: Event, now: Time) -> Accepted {
        if matches!(event.body, Body::Delivery(_)) {
            return Box::pin(self.accept_delivery(account, event, now)).await;
        }
        let place = match self.lane(account, &event.thread).await {
            Ok(place) => place,
            Err(error) => {
                error!(account = account.name(), %error, "a conversation could not be loaded");
                return Accepted::Failed;
            }
        };
        let also = further_ids(&place, account);
        let Place { lane, order, news } = place;
        let accepted = match event.body {
            Body::Outgoing(_) => Box::pin(self.accept_outgoing(&lane, event, now, order)).await,
            _ => self.accept_in_order(&lane, Job { also, ..Job::new(event, now) }, order).await,
        };
        if matches!(accepted, Accepted::Handled | Accepted::Kept) {
            lane.note_names(news);
        }
        accepted
    }

    async fn keep_unfit(&self, account: &Account, body: &[u8], why: String, at: Time) -> (&'static str, WebhookAnswer) {
        info!(account = account.name(), why, outcome = "unfit", "event");
        let body = body.to_vec();
        let change = Change::Unfit { account: account.config.name.clone(), at, body, why };
        match self.commit_one(Unit { reads: Vec::new(), changes: vec![change] }).await {
            Ok(_) => ("unfit", reply(200, "kept")),
            Err(_) => ("refused", reply(503, "not stored, come again later")),
        }
    }
}

/// Ids that are not known to lead to the conversation yet.
pub fn further_ids(place: &Place<'_>, account: &Account) -> Vec<Change> {
    let (account, conversation) = (&account.config.name, &place.lane.id);
    let also =
        |key: &String| Change::Also { account: account.clone(), key: key.clone(), conversation: conversation.clone() };
    place.news.iter().map(also).collect()
}

fn reply(status: u16, words: &str) -> WebhookAnswer {
    WebhookAnswer { status, body: format!("{words}\n") }
}

fn outcome_name(accepted: Accepted) -> &'static str {
    match accepted {
        Accepted::Handled => "handled",
        Accepted::Kept => "kept",
        Accepted::Duplicate => "duplicate",
        Accepted::Ignored => "ignored",
        Accepted::Later | Accepted::Failed => "refused",
    }
}
