//! Sends under pressure: a row waits for the right to its next call before it takes a permit, and texts that wait together go as one.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, oneshot};
use tracing::info;

use super::accounts::Account;
use super::hub::Hub;
use super::lane::{Inner, Lane};
use super::rates::{Spend, Token};
use super::turn::caught;
use super::{http, limits, unit};
use crate::domain::{Call, CallAnswer, Effect, Errand, Next, OutboxRow, RowKey, RowState, Span, Whose};
use crate::engine::{self, Gate};

/// What a row that is about to be tried found.
#[derive(Debug)]
pub enum Ration {
    /// Nothing holds its call up, as far as anybody knows.
    Free,
    /// The right to its call.
    Token(Token),
    /// Something happened while it waited: it is looked at anew.
    Gone,
}

impl Hub {
    /// Under pressure: wait for the right to the row's next call. Nobody else waits for it meanwhile but its own conversation.
    pub async fn ration(&self, lane: &Lane, key: &RowKey) -> Ration {
        let budget = &lane.account.budget;
        if !std::mem::take(&mut lane.lock().short) && !budget.is_pressed() {
            return Ration::Free;
        }
        let Some((spend, reply)) = self.next_spend(lane, key) else { return Ration::Free };
        if let Some(token) = budget.take(&spend, self.now()) {
            return Ration::Token(token);
        }
        self.keep_waiting(lane, key);
        let token = self.wait_for_token(lane, key, budget.wait(spend, reply)).await;
        if matches!(token, Ration::Token(_)) {
            self.join_texts(lane, key);
        }
        token
    }

    /// Others have calls to make meanwhile, and after a crash nobody need look up what was never called.
    fn keep_waiting(&self, lane: &Lane, key: &RowKey) {
        let mut inner = lane.lock();
        inner.permit = None;
        if inner.row_mut(key).is_some_and(|row| row.state == RowState::Dispatching) {
            self.back_to_waiting(&mut inner, key);
        }
    }

    async fn wait_for_token(&self, lane: &Lane, key: &RowKey, mut told: oneshot::Receiver<Token>) -> Ration {
        loop {
            // Made before the look, so that a turn's end in between is not missed.
            let freed = lane.freed.notified();
            if self.is_stopping() || self.next_spend(lane, key).is_none() {
                return Ration::Gone;
            }
            tokio::select! {
                token = &mut told => return token.map_or(Ration::Gone, Ration::Token),
                () = freed => {}
                () = self.stopped() => return Ration::Gone,
            }
        }
    }

    /// What the row's next call counts against, and whether it answers somebody; `None` where the gate would not let it go.
    fn next_spend(&self, lane: &Lane, key: &RowKey) -> Option<(Spend, bool)> {
        let (row, state) = {
            let mut inner = lane.lock();
            let state = Arc::clone(inner.state.as_ref()?);
            if inner.holds_sends() {
                return None;
            }
            (inner.row_mut(key)?.clone(), state)
        };
        let (now, capabilities) = (self.now(), lane.account.capabilities(&state.conversation.channel));
        let Gate::Send(instead) = engine::gate(&row, &state, &capabilities, now) else { return None };
        let reply = !row.decided.unprompted;
        let mut row = row;
        unit::begin_call(&mut row, instead, now);
        let kept = lane.account.kept(now);
        let errand = Errand { row: &row, state: &state, taken: &[], kept: kept.lend(), now };
        match caught(|| lane.account.config.account.next(errand, None)) {
            Ok(Next::Call { call, .. }) => Some((Spend::new(call.spends, &lane.id), reply)),
            _ => None,
        }
    }

    /// The texts of one turn that still wait become one message. One row has all of it; the others say where their text went.
    fn join_texts(&self, lane: &Lane, key: &RowKey) {
        let mut inner = lane.lock();
        let Some(state) = inner.state.clone() else { return };
        let most = lane.account.capabilities(&state.conversation.channel).text_limit;
        let Some((text, count)) = joined(&inner, key, most) else { return };
        let Some(first) = inner.rows.iter().position(|row| row.key == *key) else { return };
        let mut changed = Vec::with_capacity(count);
        for row in inner.rows.iter_mut().skip(first).take(count) {
            if row.key == *key {
                Arc::make_mut(&mut row.decided).effect = Effect::Say { text: text.clone() };
            } else {
                row.state = RowState::Withdrawn;
                row.why = Some(format!("its text went with {key}"));
                self.metrics.send(row.account.as_str(), "joined");
            }
            changed.push(row.clone());
        }
        info!(%key, texts = count, "texts that wait go as one message");
        self.marks.together(changed);
    }

    /// A call that sends nothing, when it has the right to: `None` when the server stops before. A permit is let go while it waits.
    pub async fn call_in_turn(
        &self,
        account: &Account,
        call: &Call,
        spend: Spend,
        permit: &mut Option<OwnedSemaphorePermit>,
    ) -> Option<CallAnswer> {
        let budget = &account.budget;
        let token = if let Some(token) = budget.take(&spend, self.now()) {
            token
        } else {
            let had = permit.take().is_some();
            let told = budget.wait(spend, false);
            let token = tokio::select! {
                token = told => token.ok()?,
                () = self.stopped() => return None,
            };
            *permit = if had { account.permit().await } else { None };
            token
        };
        let begun = self.now();
        let answer = http::call(&self.client, call, &http::Files::new()).await;
        let made = token.end(begun, self.now());
        if let CallAnswer::Http { status: 429, retry_after, .. } = &answer {
            budget.refuse(&made, Whose::Credential, *retry_after, self.now());
        }
        Some(answer)
    }

    /// Hand tokens out for ever.
    pub async fn keep_rates(self: Arc<Self>) {
        loop {
            let now = self.now();
            let mut next = None;
            for budget in &self.budgets {
                let (granted, again) = budget.grant(now);
                // Who does not wait any more gives it back.
                for (tell, token) in granted {
                    drop(tell.send(token));
                }
                next = [next, again].into_iter().flatten().min();
            }
            match next {
                Some(at) => {
                    let pause = self.clock.until(at).min(limits::CLOCK_STEP);
                    let _ = tokio::time::timeout(pause, self.rate_news.notified()).await;
                }
                None => self.rate_news.notified().await,
            }
        }
    }

    /// What earlier processes sent lately counts, as far as the outbox tells: each row against every rate, once an attempt. Too much rather
    /// than too little: the provider knows exactly.
    pub async fn recall_rates(&self) -> crate::store::Stored<()> {
        let now = self.now();
        for account in self.accounts.values() {
            let Some(longest) = account.budget.rates().iter().map(|rate| rate.within).max() else { continue };
            // A call counts from its end.
            let slack = Span(limits::CALL_TIMEOUT.as_millis() as i64);
            for row in self.store.called_since(&account.config.name, now - longest - slack).await? {
                let at = (row.called_at.unwrap_or(now) + slack).min(now);
                (0..row.attempt.clamp(1, limits::ATTEMPTS_RECALLED))
                    .for_each(|_| account.budget.recall(&row.key.conversation, at));
            }
        }
        Ok(())
    }
}

/// The texts that wait from this row on, as one, and how many they are; `None` where it is one alone.
fn joined(inner: &Inner, key: &RowKey, most: usize) -> Option<(String, usize)> {
    let first = inner.rows.iter().position(|row| row.key == *key)?;
    let mut rows = inner.rows.iter().skip(first);
    let head = rows.next()?;
    let mut text = waiting_text(head)?.to_owned();
    let mut count = 1;
    for row in rows.take_while(|row| goes_with(row, head)) {
        let Some(more) = waiting_text(row) else { break };
        if text.chars().count() + 2 + more.chars().count() > most {
            break;
        }
        text.push_str("\n\n");
        text.push_str(more);
        count += 1;
    }
    (count > 1).then_some((text, count))
}

fn waiting_text(row: &OutboxRow) -> Option<&str> {
    match &row.decided.effect {
        Effect::Say { text } if row.state == RowState::Waiting => Some(text),
        _ => None,
    }
}

/// Decided in the same turn, with the same prospects, and a quotation only at the head.
fn goes_with(row: &OutboxRow, head: &OutboxRow) -> bool {
    let (one, other) = (&row.decided, &head.decided);
    row.key.seq == head.key.seq
        && one.reply_to.is_none()
        && (one.hush, one.nested, one.speaks, &one.outside) == (other.hush, other.nested, other.speaks, &other.outside)
}
