//! The command line's way into a running server: a Unix socket beside the database, for its owner alone. A line of JSON in, a line out.

use std::fs;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream as StdStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};

use crate::domain::{Ask, Desk, Mend};

/// The longest line either side reads: an id, a sentence or a report, with room to spare.
const MAX_LINE: u64 = 64 << 10;
/// How long the server waits for a question it was promised.
const ASKED_WITHIN: Duration = Duration::from_secs(5);
/// How long the command line waits for an answer: a commit behind a full queue, with room to spare.
const ANSWERED_WITHIN: Duration = Duration::from_secs(15);
/// The same where a provider has to be asked: a long list of templates comes page by page, as fast as the provider's limits allow.
const FOUND_OUT_WITHIN: Duration = Duration::from_mins(5);

/// What the command line wants of the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// Mend something by hand.
    Mend(Mend),
    /// Find something out at a provider.
    Ask(Ask),
}

impl Request {
    fn answered_within(&self) -> Duration {
        match self {
            Self::Mend(_) => ANSWERED_WITHIN,
            Self::Ask(_) => FOUND_OUT_WITHIN,
        }
    }
}

/// What the server answers.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Answer {
    Done(String),
    Error(String),
}

/// The socket of a database.
pub fn path(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(".sock");
    PathBuf::from(name)
}

/// Listens on the socket; it is gone when this is dropped.
#[derive(Debug)]
pub struct Socket {
    listener: UnixListener,
    path: PathBuf,
}

impl Socket {
    /// Open the socket of a database whose lock the caller holds: one that is still there is left over from a crash.
    pub fn open(database: &Path) -> std::io::Result<Self> {
        let path = path(database);
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        // Made in a folder that only we may enter and moved out when its mode is right: at no moment can others connect.
        let private = tempfile::Builder::new().prefix(".fd").rand_bytes(4).tempdir_in(parent)?;
        let made = private.path().join("s");
        let listener = UnixListener::bind(&made)?;
        fs::set_permissions(&made, fs::Permissions::from_mode(0o600))?;
        fs::rename(&made, &path)?;
        Ok(Self { listener, path })
    }

    /// Answer all who ask, for ever.
    pub async fn answer(self, desk: Arc<dyn Desk>) {
        loop {
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    let desk = Arc::clone(&desk);
                    // Whoever asks a slow provider holds up nobody else. The socket is its owner's alone.
                    tokio::spawn(async move { one(stream, desk.as_ref()).await });
                }
                Err(why) => {
                    tracing::warn!(%why, "the command line could not be heard");
                    tokio::time::sleep(ASKED_WITHIN).await;
                }
            }
        }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // What is left over is cleared by the next start.
        let _ = fs::remove_file(&self.path);
    }
}

async fn one(mut stream: UnixStream, desk: &dyn Desk) {
    let (reading, mut writing) = stream.split();
    let mut line = String::new();
    let mut reading = tokio::io::BufReader::new(reading.take(MAX_LINE));
    let asked = tokio::time::timeout(ASKED_WITHIN, reading.read_line(&mut line)).await;
    if !matches!(asked, Ok(Ok(1..))) {
        return;
    }
    let answered = match serde_json::from_str(&line) {
        Ok(Request::Mend(mend)) => desk.mend(mend).await,
        Ok(Request::Ask(ask)) => desk.ask(ask).await,
        Err(why) => Err(format!("not understood: {why}")),
    };
    let answer = answered.map_or_else(Answer::Error, Answer::Done);
    let line = serde_json::to_string(&answer).unwrap_or_default() + "\n";
    // Who hung up does not want the answer.
    let _ = writing.write_all(line.as_bytes()).await;
}

/// Ask the running server of a database. `None`: no server runs there.
pub fn ask(database: &Path, request: &Request) -> std::io::Result<Option<Result<String, String>>> {
    let mut stream = match StdStream::connect(path(database)) {
        Ok(stream) => stream,
        Err(why) if matches!(why.kind(), ErrorKind::NotFound | ErrorKind::ConnectionRefused) => return Ok(None),
        Err(why) => return Err(why),
    };
    stream.set_read_timeout(Some(request.answered_within()))?;
    writeln!(stream, "{}", serde_json::to_string(request)?)?;
    let mut line = String::new();
    BufReader::new(stream.take(MAX_LINE)).read_line(&mut line)?;
    match serde_json::from_str(&line)? {
        Answer::Done(text) => Ok(Some(Ok(text))),
        Answer::Error(why) => Ok(Some(Err(why))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{BoxFuture, FileAsked, FileThere, Health, NoFile, Post, PostRefused, PostTaken};

    struct Stub;

    impl Desk for Stub {
        fn file(&self, asked: FileAsked) -> BoxFuture<'_, Result<FileThere, NoFile>> {
            unreachable!("{asked:?}")
        }
        fn health(&self) -> BoxFuture<'_, Health> {
            Box::pin(std::future::pending())
        }
        fn metrics(&self) -> String {
            String::new()
        }
        fn mend(&self, mend: Mend) -> BoxFuture<'_, Result<String, String>> {
            Box::pin(async move {
                match mend {
                    Mend::InboxRetry(id) => Ok(format!("{id} is handled again")),
                    _ => Err("no such row".into()),
                }
            })
        }
        fn ask(&self, ask: Ask) -> BoxFuture<'_, Result<String, String>> {
            Box::pin(async move { Ok(format!("{ask:?}")) })
        }
        fn post(&self, _: Post) -> BoxFuture<'_, Result<PostTaken, PostRefused>> {
            Box::pin(async { Err(PostRefused::NotNow) })
        }
    }

    fn retry() -> Request {
        Request::Mend(Mend::InboxRetry("a/1".into()))
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn questions_are_answered_and_nobody_else_may_ask() {
        let home = tempfile::tempdir().unwrap();
        let database = home.path().join("frontdesk.db");
        assert_eq!(ask(&database, &retry()).unwrap(), None);
        // Left over from a crash: nobody listens.
        drop(std::os::unix::net::UnixListener::bind(path(&database)).unwrap());
        assert_eq!(ask(&database, &retry()).unwrap(), None);

        let socket = Socket::open(&database).unwrap();
        assert_eq!(fs::metadata(path(&database)).unwrap().permissions().mode() & 0o777, 0o600);
        let answering = tokio::spawn(socket.answer(Arc::new(Stub)));
        let asked = tokio::task::spawn_blocking(move || {
            let retried = ask(&database, &retry()).unwrap();
            assert_eq!(retried, Some(Ok("a/1 is handled again".into())));
            // Garbage is answered, too.
            let mut stream = StdStream::connect(path(&database)).unwrap();
            stream.write_all(b"{\n").unwrap();
            let mut line = String::new();
            stream.read_to_string(&mut line).unwrap();
            assert!(line.contains("not understood"), "{line}");
            let found = ask(&database, &Request::Ask(Ask::Check("clinic".into()))).unwrap();
            assert_eq!(found, Some(Ok("Check(\"clinic\")".into())));
            let dropped = ask(&database, &Request::Mend(Mend::OutboxDrop("a/1/0".into()))).unwrap();
            assert_eq!(dropped, Some(Err("no such row".into())));
            path(&database)
        });
        let path = asked.await.unwrap();
        answering.abort();
        assert!(answering.await.is_err());
        assert!(!path.exists());
    }
}
