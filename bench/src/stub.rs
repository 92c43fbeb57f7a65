//! A provider that accepts every send at once, tells the user in question that a reply came, and sends no webhooks back.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

use crate::Outcome;
use crate::http::{self, Wire};

/// Where replies are counted, by the number of the conversation at the provider.
pub struct Replies {
    users: Vec<User>,
    total: AtomicU64,
}

#[derive(Default)]
struct User {
    replies: AtomicU64,
    came: Notify,
}

impl Replies {
    /// For conversations 1 to `users`.
    pub fn new(users: usize) -> Arc<Self> {
        Arc::new(Self { users: (0..=users).map(|_| User::default()).collect(), total: AtomicU64::new(0) })
    }

    /// All that came so far.
    pub fn total(&self) -> u64 {
        self.total.load(Ordering::Relaxed)
    }

    /// How many that conversation has had so far.
    pub fn of(&self, user: usize) -> usize {
        self.users.get(user).map_or(0, |user| user.replies.load(Ordering::Relaxed) as usize)
    }

    /// Wait until that conversation has had so many.
    pub async fn reached(&self, user: usize, wanted: u64) {
        let Some(user) = self.users.get(user) else { return };
        while user.replies.load(Ordering::Relaxed) < wanted {
            user.came.notified().await;
        }
    }

    fn add(&self, user: usize) {
        self.total.fetch_add(1, Ordering::Relaxed);
        if let Some(user) = self.users.get(user) {
            user.replies.fetch_add(1, Ordering::Relaxed);
            user.came.notify_one();
        }
    }
}

/// Answer everybody who connects, for ever.
pub async fn serve(listener: TcpListener, replies: Arc<Replies>) -> Outcome<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        let replies = Arc::clone(&replies);
        tokio::spawn(async move {
            // A peer that goes away is the end of its connection and of nothing else.
            let _ = answer(stream, &replies).await;
        });
    }
}

async fn answer(stream: TcpStream, replies: &Replies) -> Outcome<()> {
    let mut wire = Wire::new(stream)?;
    while let Some(request) = wire.read().await? {
        let id = replies.total();
        let body = format!(
            "{{\"status\":\"ok\",\"data\":{{\"id\":{id},\"company_id\":1,\"channel\":{{\"id\":1,\"type\":\"whatsapp\"}},\
             \"conversation_id\":1,\"state\":\"trying_deliver\",\"message_id\":null,\"details\":null,\"created_at\":1510396057}}}}"
        );
        wire.write(http::ok(&body).as_bytes()).await?;
        if let Some(user) = conversation(&request) {
            replies.add(user);
        }
    }
    Ok(())
}

/// Of a send, its path names the conversation; of a webhook passed on as it came, its body does.
fn conversation(request: &http::Received) -> Option<usize> {
    let path = request.line.split(' ').nth(1)?;
    let body = std::str::from_utf8(&request.body).ok()?;
    let after = match path.split_once("/conversations/") {
        Some((_, rest)) if rest.ends_with("/messages") => rest,
        Some(_) => return None,
        None => body.split_once("\"conversation_id\":")?.1,
    };
    let digits = after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len());
    after.get(..digits)?.parse().ok()
}
