//! Threads that read, so that no query ever blocks the async runtime. Each has a connection of its own.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::problem::{Problem, shown};
use super::schema;
use crate::store::{StoreError, Stored};

/// Reads are short and mostly from the page cache: a second thread keeps one long list from holding up all others.
const READERS: usize = 2;

type Query = Box<dyn FnOnce(&Connection) + Send>;

/// The threads that read.
#[derive(Debug)]
pub struct Readers {
    queries: Sender<Query>,
    path: PathBuf,
}

impl Readers {
    /// Open the connections and start the threads; they end when this is dropped.
    pub fn start(path: &Path) -> Stored<Self> {
        let (queries, inbox) = channel::<Query>();
        let inbox = Arc::new(Mutex::new(inbox));
        for n in 0..READERS {
            let conn = schema::open_reader(path)?;
            let inbox = Arc::clone(&inbox);
            let thread = std::thread::Builder::new().name(format!("store-read-{n}"));
            let started = thread.spawn(move || work(&conn, &inbox));
            started.map_err(|why| StoreError(format!("no thread to read the store: {why}")))?;
        }
        Ok(Self { queries, path: path.into() })
    }

    /// Run a query on one of the threads, all of it on one snapshot.
    pub async fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&Connection) -> Result<T, Problem> + Send + 'static,
    ) -> Stored<T> {
        let (reply, answer) = oneshot::channel();
        let work: Query = Box::new(move |conn| drop(reply.send(snapshot(conn, query))));
        let gone = || StoreError("the store has been closed".into());
        self.queries.send(work).map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?.map_err(|problem| shown(&self.path, problem))
    }
}

fn snapshot<T>(conn: &Connection, query: impl FnOnce(&Connection) -> Result<T, Problem>) -> Result<T, Problem> {
    let transaction = conn.unchecked_transaction()?;
    let found = query(conn)?;
    transaction.commit()?;
    Ok(found)
}

fn work(conn: &Connection, inbox: &Mutex<Receiver<Query>>) {
    loop {
        // The guard is dropped before the query runs, so that the other thread can take the next one.
        let next = inbox.lock().unwrap_or_else(PoisonError::into_inner).recv();
        match next {
            Ok(query) => query(conn),
            Err(_) => return,
        }
    }
}
