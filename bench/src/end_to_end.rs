//! Webhook to reply received by a stub provider: the server alone on one core, load and stub on the other, and the same for the ceiling.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use tokio::net::TcpListener;

use crate::child::{Server, free_address, move_to_other_core};
use crate::load::{self, ACCOUNTS, Talk, Throughput, USERS};
use crate::report::{Report, percentile};
use crate::stub::{self, Replies};
use crate::{Outcome, Settings, bots};

/// Entries of the bot of regexes.
const ENTRIES: usize = 200;

/// Messages a second at which the waiting is measured.
const RATE: usize = 1000;

/// How long a subject is measured before it is the next one's turn.
const ROUND: Duration = Duration::from_secs(1);

/// What is measured against what.
const SUBJECTS: [(&str, Subject, Talk); 3] = [
    ("bare handler", Subject::Bare, Talk::Entries(ENTRIES)),
    ("200 regexes", Subject::Bot("regexes"), Talk::Entries(ENTRIES)),
    ("form of 4", Subject::Bot("form"), Talk::Form),
];

#[derive(Clone, Copy)]
enum Subject {
    Bare,
    /// The server; the account has the bot's name.
    Bot(&'static str),
}

/// A subject's server, which stays for all rounds, and what it came to in each.
struct Measured {
    name: &'static str,
    subject: Subject,
    talk: Talk,
    running: Running,
    rounds: Vec<Throughput>,
}

/// All subjects, the ceiling first: a second each in turn, as many times as seconds are asked for. What a machine does beside takes from
/// neighbours in time alike, so each round has its own ratio, and their median is told.
pub fn run(settings: &Settings, report: &mut Report) -> Outcome<()> {
    move_to_other_core()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.spawn(stay_awake());
    let wanted = |name: &str| settings.only.as_ref().is_none_or(|only| name == only);
    let mut all = Vec::new();
    for (name, subject, talk) in SUBJECTS.into_iter().filter(|(name, ..)| wanted(name)) {
        let running = runtime.block_on(start(settings, subject))?;
        all.push(Measured { name, subject, talk, running, rounds: Vec::new() });
    }
    for round in 0..=settings.measure.as_secs() {
        for measured in &mut all {
            let run = runtime.block_on(closed(measured))?;
            // In the first one caches fill and connections open.
            measured.rounds.extend((round > 0).then_some(run));
        }
    }
    tell_rounds(&all, report)?;
    for Measured { name, subject, talk, running, .. } in all {
        drop(running);
        let waits = runtime.block_on(open(settings, subject, talk))?;
        report.add(format!("{name}: wait at {RATE} messages a second, p50"), percentile(&waits, 0.5), "ms");
        report.add(format!("{name}: wait at {RATE} messages a second, p99"), percentile(&waits, 0.99), "ms");
    }
    Ok(())
}

fn tell_rounds(all: &[Measured], report: &mut Report) -> Outcome<()> {
    let Some(ceiling) = all.first() else { return Ok(()) };
    for Measured { name, running, rounds, .. } in all {
        let median = |of: &dyn Fn(&Throughput, &Throughput) -> f64| {
            let mut values: Vec<f64> = rounds.iter().zip(&ceiling.rounds).map(|(own, top)| of(own, top)).collect();
            values.sort_by(f64::total_cmp);
            percentile(&values, 0.5)
        };
        report.add(format!("{name}: replies a second"), median(&|own, _| own.rate), "/s");
        report.add(format!("{name}: share of the ceiling"), median(&|own, top| own.rate / top.rate), "x");
        report.add(format!("{name}: processor time a message"), median(&|own, _| own.cpu), "us");
        report.add(format!("{name}: the ceiling's time to its own"), median(&|own, top| top.cpu / own.cpu), "x");
        report.add(format!("{name}: its core in use"), median(&|own, _| own.busy), "x");
        report.add(format!("{name}: memory under load, highest"), running.server.memory()?.1, "MB");
    }
    Ok(())
}

/// Keeps the load's core from falling asleep. Waking a sleeping core for each reply is charged to whoever writes: the slower a server, the more often
/// it finds the load asleep. Over a real network nobody pays that.
async fn stay_awake() {
    loop {
        tokio::task::yield_now().await;
    }
}

async fn closed(measured: &Measured) -> Outcome<Throughput> {
    let Measured { talk, running, .. } = measured;
    let run = load::closed(&running.server, *talk, Arc::clone(&running.replies), ROUND).await;
    run.map_err(|error| running.explain(&*error).into())
}

async fn open(settings: &Settings, subject: Subject, talk: Talk) -> Outcome<Vec<f64>> {
    let running = start(settings, subject).await?;
    let replies = Arc::clone(&running.replies);
    let waits = load::open(&running.server, talk, replies, RATE, settings.measure).await;
    waits.map_err(|error| running.explain(&*error).into())
}

/// A server with its provider, both fresh.
struct Running {
    server: Server,
    replies: Arc<Replies>,
    folder: TempDir,
}

impl Running {
    /// The error, with what the server's log complains about.
    fn explain(&self, error: &dyn std::error::Error) -> String {
        let log = std::fs::read_to_string(self.folder.path().join("server.log")).unwrap_or_default();
        let complaints = log.lines().filter(|line| line.contains("WARN") || line.contains("ERROR"));
        let lines: Vec<_> = std::iter::once(error.to_string()).chain(complaints.take(5).map(Into::into)).collect();
        lines.join("\n")
    }
}

async fn start(settings: &Settings, subject: Subject) -> Outcome<Running> {
    let provider = TcpListener::bind("127.0.0.1:0").await?;
    let upstream = format!("http://{}", provider.local_addr()?);
    let replies = Replies::new(USERS);
    tokio::spawn(stub::serve(provider, Arc::clone(&replies)));
    let folder = tempfile::tempdir()?;
    let address = free_address()?;
    let server = match subject {
        Subject::Bare => {
            let program = std::env::current_exe()?;
            Server::start(&program, &["bare", &address, &upstream], folder.path(), &address)?
        }
        Subject::Bot(bot) => {
            lay_out(folder.path(), bot, &address, &upstream)?;
            Server::start(&settings.server, &["serve"], folder.path(), &address)?
        }
    };
    Ok(Running { server, replies, folder })
}

/// The configuration and the bot.
fn lay_out(folder: &Path, bot: &str, address: &str, upstream: &str) -> Outcome<()> {
    let yaml = if bot == "form" { bots::form(bot) } else { bots::regexes(bot, ENTRIES) };
    std::fs::create_dir_all(folder.join("bots").join(bot))?;
    std::fs::write(folder.join("bots").join(bot).join("bot.yaml"), yaml)?;
    let account = |n| {
        format!(
            "  bench{n}:\n    provider: pact\n    bot: {bot}\n    base_url: {upstream}\n    token: token\n    company_id: 1\n    \
             webhook_secret: secret\n"
        )
    };
    let accounts: String = (0..ACCOUNTS).map(account).collect();
    let head = format!("listen: {address}\nstore: sqlite:frontdesk.db\nbots: bots\naccounts:\n");
    Ok(std::fs::write(folder.join("frontdesk.yaml"), [head, accounts].concat())?)
}
