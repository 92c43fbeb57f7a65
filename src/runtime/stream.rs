//! Listens to accounts whose messages come over a lasting connection: connects, greets, fills the gap since the last message heard, and takes
//! what comes the way of webhooks. What a frame means is the provider's to say.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use secrecy::ExposeSecret as _;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};
use tracing::{info, warn};

use super::accounts::Account;
use super::hub::Hub;
use super::limits;
use super::turn::caught;
use crate::domain::{BotName, Change, Finding, Inquiry, Kept, News, Received, StreamFrame, Time, Unit};

/// The name under which it is kept until when an account was heard.
const HEARD: &str = "stream";

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// How one connection ended.
struct Ended {
    /// The provider had let us in.
    welcome: bool,
    why: String,
}

/// Until when an account was heard, and what of that is on disk.
struct Heard {
    until: Option<Time>,
    kept: Time,
}

/// Does the account listen instead of waiting for webhooks?
pub fn listens(account: &Account) -> bool {
    matches!(caught(|| account.config.account.stream(Kept::nothing())), Ok(Some(_)))
}

/// So that not all come again at once.
fn any_number() -> u64 {
    // A hasher's keys are random for each thread and others each time.
    RandomState::new().build_hasher().finish()
}

impl Hub {
    /// Listen for ever.
    pub async fn keep_listening(self: Arc<Self>, account: Arc<Account>) {
        let mut heard = self.recall_heard(&account).await;
        let mut failures: u32 = 0;
        loop {
            let Ended { welcome, why } = match self.listen(&account, &mut heard).await {
                Ok(never) => match never {},
                Err(ended) => ended,
            };
            failures = if welcome { 1 } else { failures.saturating_add(1) };
            let pause = pause_after(failures, any_number());
            warn!(account = account.name(), why, again_in_ms = pause.as_millis(), "the stream is down");
            account.note_deaf(&why, self.now());
            if self.stopped_within(pause).await {
                return;
            }
        }
    }

    /// One connection, to its end.
    async fn listen(
        self: &Arc<Self>,
        account: &Arc<Account>,
        heard: &mut Heard,
    ) -> Result<std::convert::Infallible, Ended> {
        let mut welcome = false;
        let mut socket = self.connect(account).await.map_err(|why| Ended { welcome, why })?;
        loop {
            let frame = next_frame(&mut socket).await.map_err(|why| Ended { welcome, why })?;
            let now = self.now();
            match caught(|| account.config.account.hear(&frame, now)) {
                Ok(StreamFrame::Welcome) => {
                    self.fill_gap(account, heard).await.map_err(|why| Ended { welcome, why })?;
                    welcome = true;
                    info!(account = account.name(), "the stream is up");
                    account.note_heard();
                }
                Ok(StreamFrame::Refused { why }) => {
                    self.denied(account, &why);
                    return Err(Ended { welcome, why: format!("the token is refused: {why}") });
                }
                Ok(StreamFrame::Received { received, body }) => self.take_surely(account, received, body, now).await,
                Ok(StreamFrame::Odd { why }) => info!(account = account.name(), why, outcome = "ignored", "frame"),
                Err(why) => warn!(account = account.name(), why, "a frame could not be read"),
            }
            if welcome {
                self.note_heard_until(account, heard, now).await;
            }
        }
    }

    async fn connect(&self, account: &Account) -> Result<Socket, String> {
        self.let_in(account).await?;
        let kept = account.kept(self.now());
        let stream = caught(|| account.config.account.stream(kept.lend()))?;
        let stream = stream.ok_or("the account has no stream any more")?;
        let config = WebSocketConfig::default()
            .max_message_size(Some(limits::STREAM_MESSAGE))
            .max_frame_size(Some(limits::STREAM_MESSAGE));
        let connecting = connect_async_with_config(&stream.url, Some(config), true);
        let connected = timeout(limits::STREAM_CONNECT, connecting).await;
        let (mut socket, _) = connected.map_err(|_| "no answer to the connection")?.map_err(|error| reason(&error))?;
        if let Some(greeting) = stream.greeting {
            let greeting = Message::text(greeting.expose_secret());
            let sent = timeout(limits::STREAM_CONNECT, socket.send(greeting)).await;
            sent.map_err(|_| "the greeting could not be sent in time")?.map_err(|error| reason(&error))?;
        }
        Ok(socket)
    }

    /// What came since the account was heard last. The first time ever nothing is: it would be a history, not a gap.
    async fn fill_gap(self: &Arc<Self>, account: &Arc<Account>, heard: &Heard) -> Result<(), String> {
        let Some(until) = heard.until else { return Ok(()) };
        let (since, now) = (until - limits::STREAM_OVERLAP, self.now());
        match self.inquire_of(account, &Inquiry::Since(since)).await {
            Finding::News(news) => {
                info!(account = account.name(), news = news.len(), %since, "the gap was asked for");
                for part in parts(news) {
                    self.take_surely(account, Received::News(part), Vec::new(), now).await;
                }
                Ok(())
            }
            Finding::Failed { why } => Err(format!("what was missed cannot be had: {why}")),
            _ => Ok(()),
        }
    }

    /// Take it in, however long the store needs: a stream brings nothing twice. Not even a stop breaks off what is begun.
    async fn take_surely(self: &Arc<Self>, account: &Arc<Account>, received: Received, body: Vec<u8>, now: Time) {
        loop {
            let (hub, account) = (Arc::clone(self), Arc::clone(account));
            let (received, body) = (received.clone(), body.clone());
            let taking = async move { hub.take_received(&account, received, &body, now).await.status };
            let status = self.spawn(taking).await.unwrap_or(503);
            if status != 503 || self.stopped_within(limits::STORE_RETRY).await {
                return;
            }
        }
    }

    async fn recall_heard(&self, account: &Account) -> Heard {
        let ticks = self.store.ticks(&ledger(account)).await.unwrap_or_default();
        let until = ticks.into_iter().find(|(name, _)| name == HEARD).map(|(_, at)| at);
        Heard { until, kept: until.unwrap_or(Time(0)) }
    }

    /// It is kept now and then: what is heard twice after a crash changes nothing.
    async fn note_heard_until(&self, account: &Account, heard: &mut Heard, now: Time) {
        heard.until = Some(now);
        if now.since(heard.kept) < limits::STREAM_KEEP {
            return;
        }
        let tick = Change::Tick { bot: ledger(account), schedule: HEARD.to_owned(), at: now };
        if self.commit_one(Unit { reads: Vec::new(), changes: vec![tick] }).await.is_ok() {
            heard.kept = now;
        }
    }
}

/// Where it is kept until when the account was heard: beside what bots have seen to, under a name that no bot can have.
fn ledger(account: &Account) -> BotName {
    BotName::from(format!("account/{}", account.name()).as_str())
}

/// So many news at once as a body of a webhook may hold.
fn parts(news: Vec<News>) -> Vec<Vec<News>> {
    let mut parts = Vec::new();
    let mut rest = news.into_iter().peekable();
    while rest.peek().is_some() {
        parts.push(rest.by_ref().take(limits::EVENTS_PER_BODY).collect());
    }
    parts
}

/// The next frame with something in it. While nothing comes, we knock; who does not answer that is gone.
async fn next_frame(socket: &mut Socket) -> Result<Vec<u8>, String> {
    let mut knocked = false;
    loop {
        match timeout(limits::STREAM_IDLE, socket.next()).await {
            Ok(Some(Ok(Message::Text(text)))) => return Ok(text.as_bytes().to_vec()),
            Ok(Some(Ok(Message::Binary(bytes)))) => return Ok(bytes.to_vec()),
            Ok(Some(Ok(Message::Close(_))) | None) => return Err("the provider closed it".into()),
            Ok(Some(Ok(_))) => knocked = false,
            Ok(Some(Err(error))) => return Err(reason(&error)),
            Err(_) if knocked => return Err("nothing was heard for long".into()),
            Err(_) => {
                let knock = socket.send(Message::Ping(tungstenite::Bytes::new()));
                let sent = timeout(limits::STREAM_IDLE, knock).await;
                sent.map_err(|_| "nothing can be said any more")?.map_err(|error| reason(&error))?;
                knocked = true;
            }
        }
    }
}

/// The address may hold no secret, but the words of what answers may be anything.
fn reason(error: &tungstenite::Error) -> String {
    crate::providers::quoted(&error.to_string())
}

/// A second, doubling to two minutes, and up to half of it more by chance: all who lost the same provider do not come back at once.
fn pause_after(failures: u32, chance: u64) -> Duration {
    let doubled = limits::STREAM_PAUSE.saturating_mul(1 << failures.saturating_sub(1).min(10));
    let pause = doubled.min(limits::STREAM_LONGEST_PAUSE);
    pause + pause.mul_f64((chance % 1000) as f64 / 2000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_to_a_bound() {
        let secs = |failures, chance| pause_after(failures, chance).as_secs_f64();
        assert!((secs(1, 0) - 1.0).abs() < 0.01 && (secs(2, 0) - 2.0).abs() < 0.01 && (secs(4, 0) - 8.0).abs() < 0.01);
        assert!((secs(100, 0) - 120.0).abs() < 0.01 && secs(100, 999) < 180.0 && secs(1, 999) > 1.4);
    }
}
