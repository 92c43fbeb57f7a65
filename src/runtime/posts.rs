//! Events that other programs post: the conversation found, the event accepted in its lane.

use std::sync::Arc;

use tracing::{error, info};

use super::events::Accepted;
use super::hub::Hub;
use super::lane::{Job, Lane};
use crate::domain::{AccountName, Addressee, Body, Event, EventKey, Post, PostRefused, PostTaken, Posted};
use crate::store::StoreError;

impl From<StoreError> for PostRefused {
    fn from(error: StoreError) -> Self {
        error!(%error, "a posted event could not be taken");
        Self::NotNow
    }
}

impl Hub {
    /// Take in a posted event. It is on disk when the answer is not an error.
    pub async fn take_post(self: &Arc<Self>, post: Post) -> Result<PostTaken, PostRefused> {
        let lane = self.addressed(&post.to).await?;
        let body = Body::Posted(Posted { name: post.event.clone(), data: post.data });
        // The same id for another conversation is another event.
        let key = post.id.map(|id| EventKey(format!("posted/{}/{id}", lane.id)));
        let event = Event { key, ..self.own_event(&lane, body) };
        let outcome = match self.accept(&lane, Job::new(event, self.now())).await {
            Accepted::Handled => "handled",
            Accepted::Kept => "kept",
            Accepted::Duplicate => "duplicate",
            Accepted::Ignored => "ignored",
            Accepted::Later | Accepted::Failed => return Err(PostRefused::NotNow),
        };
        info!(account = lane.account.name(), conversation = %lane.id, event = post.event, outcome, "posted");
        Ok(PostTaken { conversation: lane.id.clone(), outcome })
    }

    async fn addressed(&self, to: &Addressee) -> Result<Arc<Lane>, PostRefused> {
        let id = match to {
            Addressee::Conversation(id) => Some(id.clone()),
            Addressee::Thread { account, thread } => {
                self.known_accounts(Some(account))?;
                self.store.find(account, thread).await?
            }
            Addressee::Phone { account, phone } => {
                let accounts = self.known_accounts(account.as_ref())?;
                self.store.of_phone(&accounts, phone).await?
            }
        };
        let lane = match id {
            Some(id) => self.lane_of(&id).await?,
            None => None,
        };
        lane.ok_or(PostRefused::NoConversation)
    }

    /// That account, or all.
    fn known_accounts(&self, only: Option<&AccountName>) -> Result<Vec<AccountName>, PostRefused> {
        let wanted = |name: &AccountName| only.is_none_or(|only| only == name);
        let all = self.accounts.values().map(|account| account.config.name.clone());
        let found: Vec<_> = all.filter(wanted).collect();
        if found.is_empty() { Err(PostRefused::NoAccount) } else { Ok(found) }
    }
}
