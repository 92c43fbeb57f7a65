//! What `serve` and `demo` share: configuration, store, HTTP client, and a server that runs until it is told to end.
//! Every failure of a start is one line that says what to do.

use std::io::{ErrorKind, IsTerminal};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::config::{self, Config, StoreAddress};
use crate::domain::{AccountName, BotName};
use crate::runtime::{Clock, Outside, Runtime, folder};
use crate::sandbox::Emulator;
use crate::server::{self, socket::Socket};
use crate::store::AnyStore;
use crate::store::sqlite::{Idle, Options, SqliteStore};
use crate::yaml::{self, Colour, Problem, Source};

use super::{Failure, bots, logging, sandboxes};

/// From the signal to the end: 10 s are promised, and the last half second is for threads to end in.
const END_WITHIN: Duration = Duration::from_millis(9_500);

/// Read the configuration file; its problems are shown on stderr.
pub(super) fn configuration(path: &Path) -> Result<Config, Failure> {
    let bytes = std::fs::read(path).map_err(|why| unreadable(path, &why))?;
    let source = Source::new(&*path.to_string_lossy(), &bytes).map_err(|problem| in_one_line(&[*problem]))?;
    let (config, problems) = config::read(&source, &|name| std::env::var(name).ok());
    if !problems.is_empty() {
        eprint!("{}", yaml::render(&problems, colour()));
    }
    config.ok_or_else(|| in_one_line(&problems))
}

/// Colour where people look.
pub(super) fn colour() -> Colour {
    let wanted = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    if wanted { Colour::Always } else { Colour::Never }
}

fn unreadable(path: &Path, why: &std::io::Error) -> Failure {
    let path = path.display();
    Failure::new(match why.kind() {
        ErrorKind::NotFound => format!(
            "there is no configuration file `{path}`; name one with `-c FILE`, or try `frontdesk demo`, which needs none"
        ),
        _ => format!("the configuration file `{path}` cannot be read: {why}; check its owner and mode"),
    })
}

/// The first error with its place and what to do, and how many more there are.
pub(super) fn in_one_line(problems: &[Problem]) -> Failure {
    let mut errors = problems.iter().filter(|p| p.severity == yaml::Severity::Error);
    let Some(first) = errors.next() else { return Failure::new("the configuration cannot be used") };
    let (line, column) = first.at.line_column();
    let help = first.help.as_ref().map_or_else(String::new, |help| format!("; {help}"));
    let more = match errors.count() {
        0 => String::new(),
        n => format!(" (and {n} more, see above)"),
    };
    Failure::new(format!("{}:{line}:{column}: {}{help}{more}", first.at.source.path, first.message))
}

fn store(address: &StoreAddress, idle: Arc<Idle>) -> Result<AnyStore, Failure> {
    let StoreAddress::Sqlite(path) = address;
    let options = Options { idle, ..Options::default() };
    Ok(Arc::new(SqliteStore::open_with(path, options).map_err(|why| Failure::new(why.0))?))
}

/// The one HTTP client. Redirects are not followed: a token must not travel to where nobody sent it.
pub(super) fn client() -> Result<reqwest::Client, Failure> {
    crate::runtime::client().map_err(|why| {
        Failure::new(format!("the HTTP client cannot be made: {why}; are the system's certificates there?"))
    })
}

/// Take the address, or say why not and where it is set.
pub(super) async fn bind(listen: &str, by: &str) -> Result<TcpListener, Failure> {
    TcpListener::bind(listen).await.map_err(|why| {
        Failure::new(match why.kind() {
            ErrorKind::AddrInUse => format!(
                "the address {listen} is taken by another program; stop that one, or name another port with {by}"
            ),
            ErrorKind::PermissionDenied => {
                format!(
                    "the address {listen} may not be used; ports below 1024 belong to root: name a higher one with {by}"
                )
            }
            ErrorKind::AddrNotAvailable => {
                format!("the address {listen} is none of this machine's; `listen: 0.0.0.0:8080` takes all of them")
            }
            _ => format!("the address {listen} cannot be used: {why}; write `listen` as HOST:PORT"),
        })
    })
}

/// Run something on a new event loop to its end.
pub(super) fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    block_on_telling(&Arc::default(), work)
}

/// The same; the event loop tells when it has run out of work.
pub(super) fn block_on_telling<T>(
    idle: &Arc<Idle>,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let (rests, works) = (Arc::clone(idle), Arc::clone(idle));
    let events = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .on_thread_park(move || rests.rest())
        .on_thread_unpark(move || works.work())
        .build();
    let events = events.map_err(|why| Failure::new(format!("the event loop does not start: {why}")))?;
    let done = events.block_on(work);
    // A call that hangs does not hold up the end.
    events.shutdown_timeout(Duration::from_millis(400));
    done
}

/// The signals that end a server.
pub(super) struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// Listen from now on.
    pub(super) fn listen() -> Result<Self, Failure> {
        let on = |kind| signal(kind).map_err(|why| Failure::new(format!("signals cannot be heard: {why}")));
        Ok(Self { terminate: on(SignalKind::terminate())?, interrupt: on(SignalKind::interrupt())? })
    }

    /// Done when one comes.
    pub(super) async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// The bots that a configuration names, to say why they could not be loaded.
struct Named {
    folder: PathBuf,
    /// Account and bot.
    accounts: Vec<(AccountName, BotName)>,
}

impl Named {
    fn of(config: &Config) -> Self {
        let accounts = config.accounts.iter().map(|account| (account.name.clone(), account.bot.clone())).collect();
        Self { folder: config.bots.clone(), accounts }
    }

    /// What is wrong with the folders goes before what is wrong in them. Diagnostics are shown, and the line points at them.
    fn explain(&self, why: &str) -> Failure {
        let folder = self.folder.display();
        if let Err(why) = std::fs::read_dir(&self.folder) {
            return Failure::new(format!(
                "the folder of bots `{folder}` cannot be read: {why}; set `bots` to one that can"
            ));
        }
        let missing = |(_, bot): &&(AccountName, BotName)| {
            [self.folder.join(bot.as_str()), self.folder.clone()]
                .iter()
                .all(|folder| folder.join("bot.yaml").metadata().is_err_and(|why| why.kind() == ErrorKind::NotFound))
        };
        if let Some((account, bot)) = self.accounts.iter().find(missing) {
            let known = bots::names(&folder::bot_folders(&self.folder).unwrap_or_default());
            let near = yaml::nearest(bot.as_str(), known.iter().map(String::as_str));
            let help = near.map_or("write one, or name another bot".into(), |near| format!("did you mean `{near}`?"));
            return Failure::new(format!(
                "the account `{account}` names the bot `{bot}`, and there is no `{folder}/{bot}/bot.yaml`; {help}"
            ));
        }
        match why.split_once('\n') {
            Some((line, diagnostics)) => {
                logging::finish();
                eprintln!("{}", diagnostics.trim_end());
                Failure::new(format!("{line}; mend what is shown above (`frontdesk check` shows the same)"))
            }
            None => Failure::new(why),
        }
    }
}

/// A server that is ready to take its first webhook.
pub(super) struct Ready {
    runtime: Arc<Runtime>,
    listener: TcpListener,
    socket: Option<Socket>,
    /// What opens the API for other programs; without it there is none.
    admin: Option<SecretString>,
    /// The emulated providers of accounts at the sandbox.
    emulators: Vec<Emulator>,
}

impl Ready {
    /// Open everything that a configuration names. The address is taken first: two servers never send the same outbox.
    pub(super) async fn start(mut config: Config, clock: Clock, idle: Arc<Idle>) -> Result<Self, Failure> {
        let listener = bind(&config.listen, "`listen`").await?;
        let address = listener.local_addr().map_err(|why| Failure::new(why.to_string()))?;
        let emulators = sandboxes::start(&mut config, address)?;
        let store = store(&config.store, idle)?;
        let StoreAddress::Sqlite(database) = &config.store;
        let socket = Socket::open(database)
            .inspect_err(
                |why| tracing::warn!(%why, "`inbox` and `outbox` cannot mend while the server runs: no socket"),
            )
            .ok();
        let bots = Named::of(&config);
        let admin = config.admin_token.clone();
        let runtime = Runtime::start(Outside { config, store, client: client()?, clock }).await;
        let runtime = runtime.map_err(|why| bots.explain(&why.0))?;
        Ok(Self { runtime, listener, socket, admin, emulators })
    }

    /// The address that was taken.
    pub(super) fn address(&self) -> Result<String, Failure> {
        self.listener.local_addr().map(|address| address.to_string()).map_err(|why| Failure::new(why.to_string()))
    }

    /// Serve until a signal comes, then finish what is under way within 10 s. A second signal ends at once.
    pub(super) async fn until_told(self, mut signals: Signals) -> Result<(), Failure> {
        let Self { runtime, listener, socket, admin, emulators } = self;
        let answering = socket.map(|socket| tokio::spawn(socket.answer(runtime.clone())));
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let mut router = server::router(runtime.clone(), runtime.clone());
        if let Some(token) = &admin {
            router = router.merge(server::api(runtime.clone(), token));
        }
        let router = emulators.iter().fold(router, |all, emulator| all.merge(emulator.router()));
        let serving = tokio::spawn(server::serve(listener, router, async { drop(stopped.await) }));
        signals.next().await;
        tracing::info!("ending: no new webhooks, what is under way is finished");
        drop(stop);
        let finish = async {
            let _ = serving.await;
            runtime.stop().await;
        };
        tokio::select! {
            ended = tokio::time::timeout(END_WITHIN, finish) => {
                if ended.is_err() {
                    tracing::warn!("not all was finished in time; the rest is taken up at the next start");
                }
            }
            () = signals.next() => tracing::warn!("ended at once; the rest is taken up at the next start"),
        }
        if let Some(answering) = answering {
            answering.abort();
            let _ = answering.await;
        }
        tracing::info!("ended");
        Ok(())
    }
}
