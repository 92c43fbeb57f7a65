//! The bots that accounts name: the revision that answers, swapped whole; a broken edit leaves the old one in place.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use tracing::{error, info};

use super::reload::Folders;
use super::{StartError, folder, limits};
use crate::bot;
use crate::domain::{BotName, HealthPart, StoredRevision, Time};
use crate::engine::{Core, Revision};
use crate::script::Scripts;
use crate::store::Store;
use crate::yaml::{Colour, Problem, Severity, Source, render};

/// The bots by name.
pub type Bots = BTreeMap<String, Arc<Bot>>;

/// One bot at work.
#[derive(Debug)]
pub struct Bot {
    /// Its name.
    pub name: BotName,
    current: ArcSwap<Revision>,
    activated_at: AtomicI64,
    health: Mutex<HealthPart>,
    slow_until: AtomicI64,
    slowness: AtomicI64,
    /// Held from the look at whose turn it is in its teams until that is committed: without it, all who are handed off at once would look at
    /// the same turn, and all but one in vain.
    pub picking: Arc<tokio::sync::Mutex<()>>,
}

impl Bot {
    /// The revision that answers now. A turn keeps the one it began with.
    pub fn revision(&self) -> Arc<Revision> {
        self.current.load_full()
    }

    /// It, and since when it answers. A restart with the same files changes nothing.
    pub fn activated(&self) -> (Arc<Revision>, Time) {
        (self.revision(), Time(self.activated_at.load(Ordering::Acquire)))
    }

    /// For `/readyz`.
    pub fn health(&self) -> HealthPart {
        self.health.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A turn of it took so long. One slow turn may be the machine's doing; when more than a few in a hundred are, it is the bot's.
    pub fn took(&self, took: Duration, now: Time) {
        if took <= limits::SLOW_TURN {
            let _ = self
                .slowness
                .try_update(Ordering::Relaxed, Ordering::Relaxed, |so_far| (so_far > 0).then(|| so_far - 1));
            return;
        }
        let slowness = self.slowness.fetch_add(limits::SLOW_WEIGHT, Ordering::Relaxed) + limits::SLOW_WEIGHT;
        if slowness >= limits::SLOW_ENOUGH {
            self.slowness.store(0, Ordering::Relaxed);
            self.slow_until.store((now + limits::SLOW_BOT).0, Ordering::Relaxed);
        }
    }

    /// Was one, lately?
    pub fn is_slow(&self, now: Time) -> bool {
        self.slow_until.load(Ordering::Relaxed) > now.0
    }

    /// Answer with this revision from now on.
    pub fn activate(&self, revision: Arc<Revision>, now: Time) {
        self.activated_at.store(now.0, Ordering::Release);
        self.current.store(revision);
        self.set_health(HealthPart::well(now));
    }

    /// The files are broken; what answered goes on.
    pub fn note_broken(&self, why: String) {
        self.set_health(HealthPart { why: Some(why), ..self.health() });
    }

    fn set_health(&self, health: HealthPart) {
        *self.health.lock().unwrap_or_else(PoisonError::into_inner) = health;
    }
}

/// The files of a bot and its scripts, as read at one moment.
#[derive(Debug)]
pub struct Files {
    name: String,
    /// Where the files are that its steps send; those of an older revision are not kept.
    dir: Option<PathBuf>,
    bot: Vec<Arc<Source>>,
    scripts: Vec<Arc<Source>>,
    /// The secrets that steps may name; an older revision names what it did.
    secrets: Option<Arc<BTreeSet<String>>>,
    problems: Vec<Problem>,
}

/// A valid revision and the files it was made from.
#[derive(Debug)]
pub struct Valid {
    /// The revision.
    pub revision: Arc<Revision>,
    /// Its files.
    pub files: Files,
    /// Warnings.
    pub warnings: Vec<Problem>,
}

impl Files {
    /// Read them.
    pub fn read(folders: &Folders, name: &BotName) -> Self {
        let dir = folder_of(&folders.bots, name);
        let mut read = folder::read_bot(&dir).and_recipes(&folders.recipes);
        let (scripts, problems) = folder::read_scripts(&folders.scripts);
        read.problems.extend(problems);
        Self {
            name: name.to_string(),
            dir: Some(dir),
            bot: read.files,
            scripts,
            secrets: Some(Arc::clone(&folders.secrets)),
            problems: read.problems,
        }
    }

    /// Changes when any of them does.
    pub fn fingerprint(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        for source in self.bot.iter().chain(&self.scripts) {
            (&source.path, &source.text).hash(&mut hasher);
        }
        self.problems.iter().for_each(|problem| problem.message.hash(&mut hasher));
        hasher.finish()
    }

    /// All or nothing.
    pub fn load(self) -> Result<Valid, Vec<Problem>> {
        let mut problems = self.problems.clone();
        let (scripts, of_scripts) = Scripts::load(&self.scripts);
        problems.extend(of_scripts);
        let (revision, of_bot) = bot::load::<Core>(&self.name, &self.bot, &Arc::new(scripts));
        let mut problems = bot::beside_unread(problems, of_bot);
        let revision = revision.map(|mut revision| {
            if let Some(dir) = &self.dir {
                let (contents, missing) = folder::read_contents(dir, &revision.asset_refs);
                revision.assets = contents;
                problems.extend(missing);
            }
            revision
        });
        if let (Some(revision), Some(known)) = (&revision, &self.secrets) {
            problems.extend(bot::unknown_secrets(revision, known));
        }
        match revision {
            Some(revision) if problems.iter().all(|problem| problem.severity == Severity::Warning) => {
                Ok(Valid { revision: Arc::new(revision), files: self, warnings: problems })
            }
            _ => Err(problems),
        }
    }

    fn stored(&self) -> Vec<(String, Vec<u8>)> {
        let file = |source: &Arc<Source>| (source.path.to_string(), source.text.as_bytes().to_vec());
        self.bot.iter().chain(&self.scripts).map(file).collect()
    }

    /// Those of a stored revision.
    fn of_stored(name: &BotName, stored: &StoredRevision) -> Self {
        let is_script = |path: &str| Path::new(path).extension().is_some_and(|end| end == "rhai");
        let sources = stored.files.iter().filter_map(|(path, bytes)| Source::new(path.as_str(), bytes).ok());
        let (scripts, bot) = sources.partition(|source: &Arc<Source>| is_script(&source.path));
        Self { name: name.to_string(), dir: None, bot, scripts, secrets: None, problems: Vec::new() }
    }
}

/// The configured folder holds the bots, or is the one bot itself.
fn folder_of(bots: &Path, name: &BotName) -> PathBuf {
    let is_it = bots.file_name().is_some_and(|last| last == name.as_str()) && bots.join("bot.yaml").is_file();
    if is_it { bots.to_path_buf() } else { bots.join(name.as_str()) }
}

/// Diagnostics as they are printed in the log.
pub fn shown(problems: &[Problem]) -> String {
    render(problems, Colour::Never)
}

/// The first problem in one line, for `/readyz`.
pub fn first_line(problems: &[Problem]) -> String {
    let Some(first) = problems.iter().find(|problem| problem.severity == Severity::Error).or(problems.first()) else {
        return "its files are broken".into();
    };
    let (line, column) = first.at.line_column();
    format!("{}:{line}:{column}: {}", first.at.source.path, first.message)
}

/// Load a bot at start. A broken one answers with its last good revision, loudly; without one the start fails.
pub async fn start(store: &dyn Store, files: Files, name: &BotName, now: Time) -> Result<Bot, StartError> {
    let stored = store.last_revision(name).await.map_err(|error| StartError(error.to_string()))?;
    let (revision, activated_at, health) = match files.load() {
        Ok(valid) => {
            let same = stored.filter(|stored| stored.id == valid.revision.id);
            let at = same.map_or(now, |stored| stored.at);
            keep(store, name, &valid, at).await.map_err(|error| StartError(error.to_string()))?;
            log_loaded(name, &valid);
            (valid.revision, at, HealthPart::well(now))
        }
        Err(problems) => fall_back(stored, name, &problems, now)?,
    };
    Ok(Bot {
        name: name.clone(),
        current: ArcSwap::new(revision),
        activated_at: AtomicI64::new(activated_at.0),
        health: Mutex::new(health),
        slow_until: AtomicI64::new(0),
        slowness: AtomicI64::new(0),
        picking: Arc::default(),
    })
}

/// What was loaded, and what is odd about it.
pub fn log_loaded(name: &BotName, valid: &Valid) {
    info!(bot = %name, revision = %valid.revision.id, flows = valid.revision.flows.len(), "bot loaded");
    if !valid.warnings.is_empty() {
        tracing::warn!(bot = %name, "\n{}", shown(&valid.warnings));
    }
}

fn fall_back(
    stored: Option<StoredRevision>,
    name: &BotName,
    problems: &[Problem],
    now: Time,
) -> Result<(Arc<Revision>, Time, HealthPart), StartError> {
    let broken = || StartError(format!("the bot `{name}` cannot be loaded\n{}", shown(problems)));
    let stored = stored.ok_or_else(broken)?;
    let valid = Files::of_stored(name, &stored).load().map_err(|_| broken())?;
    error!(bot = %name, since = %stored.at, "the bot's files are broken: its last good revision answers\n{}", shown(problems));
    Ok((valid.revision, stored.at, HealthPart::ill(now, first_line(problems))))
}

/// Keep a valid revision, so that a bot broken at the next start can still answer.
pub async fn keep(store: &dyn Store, name: &BotName, valid: &Valid, at: Time) -> crate::store::Stored<()> {
    let stored = StoredRevision { files: valid.files.stored(), id: valid.revision.id.clone(), at };
    store.keep_revision(name, stored).await
}
