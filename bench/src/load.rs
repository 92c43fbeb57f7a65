//! People who write. Closed: each writes again once answered, as fast as it goes. Open: so many messages a second, whatever comes back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::child::Server;
use crate::http::{self, Wire};
use crate::stub::Replies;
use crate::{Outcome, bots};

/// People who write at the same time, each over a connection of their own, as providers' webhook senders do.
pub const USERS: usize = 128;

/// The accounts that they write to. Of each, so many calls at most are in flight at a time as the server allows; together that is as many
/// as there are people.
pub const ACCOUNTS: usize = 4;

/// Before anything is measured: connections open, caches fill.
const WARM_UP: Duration = Duration::from_millis(500);

/// Nothing comes back for so long: something is broken.
const PATIENCE: Duration = Duration::from_secs(15);

/// What people write.
#[derive(Clone, Copy, PartialEq)]
pub enum Talk {
    /// Each message to another of so many entries.
    Entries(usize),
    /// Through the form, again and again.
    Form,
}

impl Talk {
    fn text(self, user: usize, n: usize) -> String {
        match self {
            Self::Entries(entries) => bots::regex_message((user * 7919 + n * 31) % entries),
            Self::Form => bots::FORM_MESSAGES.get(n % bots::FORM_MESSAGES.len()).copied().unwrap_or_default().into(),
        }
    }
}

/// What a closed run came to.
pub struct Throughput {
    /// Replies a second.
    pub rate: f64,
    /// The server's processor time a message, in microseconds.
    pub cpu: f64,
    /// The share of its core that the server used: less than nearly all means that the load was the limit.
    pub busy: f64,
}

/// One that writes.
struct Writer {
    user: usize,
    path: String,
    talk: Talk,
    wire: Wire,
    replies: Arc<Replies>,
    ids: Arc<AtomicU64>,
}

impl Writer {
    /// Write the n-th message and wait for the webhook's answer, then for the reply.
    async fn turn(&mut self, n: usize) -> Outcome<()> {
        let id = self.ids.fetch_add(1, Ordering::Relaxed);
        let body = webhook(id, self.user, &self.talk.text(self.user, n));
        self.wire.write(http::post(&self.path, &body).as_bytes()).await?;
        let answer = self.wire.read().await?.ok_or("the server closed the connection")?;
        if !answer.line.contains(" 200 ") {
            return Err(format!("the webhook was answered `{}`", answer.line).into());
        }
        let reply = self.replies.reached(self.user, n as u64 + 1);
        let late = |_| format!("no reply to message {n} of conversation {}", self.user);
        Ok(tokio::time::timeout(PATIENCE, reply).await.map_err(late)?)
    }
}

/// A message webhook of Pact V1.
fn webhook(id: u64, conversation: usize, text: &str) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    format!(
        "{{\"type\":\"message\",\"event\":\"new\",\"data\":{{\"external_id\":{id},\"external_public_id\":{id},\"channel_id\":1,\
         \"channel_type\":\"whatsapp\",\"channel\":{{\"id\":1,\"type\":\"whatsapp\"}},\"conversation_id\":{conversation},\
         \"message\":\"{text}\",\"location\":{{}},\"income\":true,\"created_at\":\"2017-11-11 12:45:53 UTC\",\
         \"created_at_timestamp\":{now},\"ack\":1,\"attachments\":[]}}}}"
    )
}

async fn writers(server: &Server, talk: Talk, replies: &Arc<Replies>) -> Outcome<Vec<Writer>> {
    // Each message so far had its reply; no id comes twice.
    let ids = Arc::new(AtomicU64::new(replies.total() + 1));
    let mut writers = Vec::with_capacity(USERS);
    for user in 1..=USERS {
        let wire = Wire::new(TcpStream::connect(&server.address).await?)?;
        let path = format!("/webhooks/bench{}?auth=secret", user % ACCOUNTS);
        let (replies, ids) = (Arc::clone(replies), Arc::clone(&ids));
        writers.push(Writer { user, path, talk, wire, replies, ids });
    }
    Ok(writers)
}

/// As fast as it goes, for so long.
pub async fn closed(server: &Server, talk: Talk, replies: Arc<Replies>, measure: Duration) -> Outcome<Throughput> {
    let end = Arc::new(AtomicBool::new(false));
    let mut tasks = JoinSet::new();
    for mut writer in writers(server, talk, &replies).await? {
        let end = Arc::clone(&end);
        tasks.spawn(async move {
            // Goes on where this person was.
            let mut n = writer.replies.of(writer.user);
            while !end.load(Ordering::Relaxed) {
                writer.turn(n).await?;
                n += 1;
            }
            Outcome::Ok(())
        });
    }
    tokio::time::sleep(WARM_UP).await;
    let (begun, before, cpu_before) = (Instant::now(), replies.total(), server.cpu()?);
    tokio::time::sleep(measure).await;
    let (wall, answered) = (begun.elapsed(), replies.total() - before);
    let cpu = server.cpu()?.saturating_sub(cpu_before);
    end.store(true, Ordering::Relaxed);
    while let Some(result) = tasks.join_next().await {
        result??;
    }
    Ok(Throughput {
        rate: answered as f64 / wall.as_secs_f64(),
        cpu: cpu.as_secs_f64() * 1e6 / (answered.max(1)) as f64,
        busy: cpu.as_secs_f64() / wall.as_secs_f64(),
    })
}

/// So many messages a second for so long: milliseconds from the moment each was due to its reply, sorted.
pub async fn open(
    server: &Server,
    talk: Talk,
    replies: Arc<Replies>,
    rate: usize,
    measure: Duration,
) -> Outcome<Vec<f64>> {
    let people = writers(server, talk, &replies).await?;
    let begun = Instant::now();
    let mut tasks = JoinSet::new();
    for mut writer in people {
        tasks.spawn(async move {
            let mut waits = Vec::new();
            // Each takes every USERS-th moment of the common beat.
            for n in 0.. {
                let due = Duration::from_secs_f64((n * USERS + writer.user) as f64 / rate as f64);
                if due > measure {
                    break;
                }
                // The timer's own lateness is not the server's; a message that is late because of the one before it is.
                let from = if begun.elapsed() < due {
                    tokio::time::sleep_until((begun + due).into()).await;
                    begun.elapsed()
                } else {
                    due
                };
                writer.turn(n).await?;
                waits.push(begun.elapsed().saturating_sub(from).as_secs_f64() * 1e3);
            }
            Outcome::Ok(waits)
        });
    }
    let mut waits = Vec::new();
    while let Some(result) = tasks.join_next().await {
        waits.extend(result??);
    }
    waits.sort_by(f64::total_cmp);
    Ok(waits)
}
