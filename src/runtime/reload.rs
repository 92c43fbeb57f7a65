//! Watches the bots' and scripts' folders: notifications wake, comparing the content decides. An edit goes live whole or not at all.

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::Arc;

use notify_debouncer_full::notify::{RecommendedWatcher, RecursiveMode};
use notify_debouncer_full::{DebounceEventResult, Debouncer, RecommendedCache, new_debouncer};
use tokio::sync::Notify;
use tracing::{debug, error, info};

use super::bots::{self, Bot, Files};
use super::hub::Hub;
use super::limits;
use crate::domain::AccountName;
use crate::engine::{Places, Revision, count_places};

/// Where the bots are.
#[derive(Clone, Debug)]
pub struct Folders {
    /// The folder of bots.
    pub bots: PathBuf,
    /// The folder of modules.
    pub scripts: PathBuf,
    /// The folder of recipes.
    pub recipes: PathBuf,
    /// The secrets that steps may name.
    pub secrets: Arc<BTreeSet<String>>,
}

type Watcher = Debouncer<RecommendedWatcher, RecommendedCache>;

impl Hub {
    /// Take edits live for ever. `known` are the fingerprints of what was read at start.
    pub async fn keep_bots(self: Arc<Self>, folders: Folders, mut known: HashMap<String, u64>) {
        let changed = Arc::new(Notify::new());
        let _watcher = watch(&folders, &changed);
        loop {
            let _ = tokio::time::timeout(limits::RELOAD_POLL, changed.notified()).await;
            for bot in self.bots.values() {
                let Some(files) = read_settled(&folders, bot, known.get(bot.name.as_str()).copied()).await else {
                    continue;
                };
                known.insert(bot.name.to_string(), files.fingerprint());
                self.reload_bot(bot, files).await;
            }
        }
    }

    async fn reload_bot(&self, bot: &Arc<Bot>, files: Files) {
        // Compiling ten thousand flows takes a while: not on a thread that answers webhooks.
        let Ok(loaded) = tokio::task::spawn_blocking(|| files.load()).await else { return };
        match loaded {
            Ok(valid) => {
                bots::log_loaded(&bot.name, &valid);
                if let Err(error) = bots::keep(self.store.as_ref(), &bot.name, &valid, self.now()).await {
                    error!(bot = %bot.name, %error, "the revision could not be kept for the next start");
                }
                let news = names_new_templates(&bot.revision(), &valid.revision);
                bot.activate(Arc::clone(&valid.revision), self.now());
                if news {
                    // They may be newer than the lists that are known.
                    let theirs = self.accounts.values().filter(|account| account.bot.name == bot.name);
                    theirs.for_each(|account| account.stale.notify_one());
                }
                self.metrics.reload("loaded");
                self.log_places(bot, &valid.revision).await;
            }
            Err(problems) => {
                error!(bot = %bot.name, "the edit is broken: the bot goes on as before\n{}", bots::shown(&problems));
                bot.note_broken(format!("a broken edit waits: {}", bots::first_line(&problems)));
                self.metrics.reload("broken");
            }
        }
    }
}

fn names_new_templates(before: &Revision, now: &Revision) -> bool {
    now.templates.iter().any(|new| before.templates.iter().all(|old| old.name != new.name))
}

impl Hub {
    /// Tell what becomes of people in the middle of something. Who answers meanwhile is counted where they are then.
    async fn log_places(&self, bot: &Bot, revision: &Revision) {
        let accounts = self.accounts.values().filter(|account| account.bot.name == bot.name);
        let accounts: Vec<AccountName> = accounts.map(|account| account.config.name.clone()).collect();
        let (mut places, mut after) = (Places::default(), Some(0));
        while let Some(from) = after {
            match self.store.sessions(&accounts, from).await {
                Ok(page) => {
                    let now = self.now();
                    page.sessions.iter().for_each(|session| count_places(&mut places, revision, session, now));
                    after = page.next;
                }
                Err(error) => {
                    return error!(bot = %bot.name, %error, "nobody can tell who is in the middle of something");
                }
            }
        }
        let Places { kept, renamed, orphaned } = places;
        info!(bot = %bot.name, kept, renamed, orphaned, "places of people in the middle of something");
    }
}

/// The files, when they differ from what is known and have stopped changing: an editor saves in several steps.
async fn read_settled(folders: &Folders, bot: &Bot, known: Option<u64>) -> Option<Files> {
    let mut last = known;
    for _ in 0..limits::RELOAD_TRIES {
        let files = read(folders, bot).await?;
        let fingerprint = Some(files.fingerprint());
        if fingerprint == known {
            return None;
        }
        if fingerprint == last {
            return Some(files);
        }
        last = fingerprint;
        tokio::time::sleep(limits::RELOAD_SETTLE).await;
    }
    None
}

async fn read(folders: &Folders, bot: &Bot) -> Option<Files> {
    let (folders, name) = (folders.clone(), bot.name.clone());
    tokio::task::spawn_blocking(move || Files::read(&folders, &name)).await.ok()
}

/// Notifications; where there are none, polling is enough.
fn watch(folders: &Folders, changed: &Arc<Notify>) -> Option<Watcher> {
    let wake = Arc::clone(changed);
    let on_change = move |result: DebounceEventResult| {
        // Our own reading is an event too.
        if result.is_ok_and(|events| events.iter().any(|event| !event.kind.is_access())) {
            wake.notify_one();
        }
    };
    let mut watcher = new_debouncer(limits::RELOAD_SETTLE, None, on_change).ok()?;
    for folder in [&folders.bots, &folders.scripts, &folders.recipes] {
        if let Err(error) = watcher.watch(folder, RecursiveMode::Recursive) {
            debug!(folder = %folder.display(), %error, "no notifications: the folder is polled");
        }
    }
    Some(watcher)
}
