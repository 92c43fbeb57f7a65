//! `frontdesk demo`: the server, a sample bot and an emulated provider in one process, and nothing left behind.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use chrono::{DateTime, FixedOffset};
use rust_embed::RustEmbed;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::config::{self, Config, IMITATIONS, Imitation, SandboxAccess};
use crate::domain::Time;
use crate::runtime::{Clock, folder};
use crate::sandbox::{self, DIALECTS, Emulator};
use crate::server;
use crate::store::sqlite::Idle;
use crate::yaml::Source;

use super::start::{self, Ready, Signals};
use super::{Done, Failure, Shared, Verdict, bots, sandboxes};

/// Start a server with a sample bot and an emulated provider: open the phone in the browser
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  frontdesk demo
  frontdesk demo --port 8000 --open

It needs no account and no configuration, works in a temporary folder, and leaves nothing behind. Started beside a folder `bots`,
it runs the bots of that folder: edit them and see the change within 2 s.")]
pub struct Args {
    /// The port of the page with the phone; a free one otherwise
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    port: u16,
    /// Which bot of the folder answers; not needed where there is only one
    #[arg(long, value_name = "NAME")]
    bot: Option<String>,
    /// What the emulated provider speaks: `pact-v1`, `pact-v2`, `getchat`, `pabbly` or `whatsapp-cloud`
    #[arg(long, value_name = "DIALECT", default_value = DIALECT)]
    dialect: String,
    /// When it is, at the start, like 2026-03-02T20:00:00+03:00; on the page, time can be moved on
    #[arg(long, value_name = "TIME", value_parser = chrono::DateTime::parse_from_rfc3339)]
    at: Option<DateTime<FixedOffset>>,
    /// Open the page in the browser
    #[arg(long)]
    open: bool,
}

/// The sample bots, for an installed program that has no working copy beside it.
#[derive(RustEmbed)]
#[folder = "bots/"]
struct SampleBots;

/// Their scripts.
#[derive(RustEmbed)]
#[folder = "scripts/"]
struct SampleScripts;

/// The sample that answers unless another is named.
const SAMPLE: &str = "clinic";
/// What it speaks unless something else is asked for.
const DIALECT: &str = "pact-v1";
/// The only account.
const ACCOUNT: &str = "demo";

/// Where a demo keeps and finds its files.
struct Home {
    /// Gone when this is dropped.
    folder: TempDir,
    bots: PathBuf,
    scripts: PathBuf,
    /// The bots are the user's own, to be edited.
    own: bool,
}

/// Run it.
pub fn run(args: &Args, _shared: &Shared) -> Done {
    let home = Home::make()?;
    let bot = home.choose(args.bot.as_deref())?;
    let idle = Arc::default();
    start::block_on_telling(&idle, demonstrate(args, &home, &bot, Arc::clone(&idle)))?;
    Ok(Verdict::Fine)
}

async fn demonstrate(args: &Args, home: &Home, bot: &str, idle: Arc<Idle>) -> Result<(), Failure> {
    let signals = Signals::listen()?;
    let listener = start::bind(&format!("127.0.0.1:{}", args.port), "`--port`").await?;
    let phone = listener.local_addr().map_err(|why| Failure::new(why.to_string()))?;
    let time = sandbox::Clock::own(args.at.map(|at| at.to_utc()));
    let mut config = configuration(home, bot, choose_dialect(&args.dialect)?)?;
    let admin = sandboxes::random();
    config.admin_token = Some(admin.clone().into());
    let origin = format!("http://{phone}");
    let access = sandboxes::access(origin.clone());
    let emulator = emulator(&mut config, &access, time.clone())?;
    emulator.set_origin(&origin);
    let ready = Ready::start(config, Clock::new(move || Time::from(time.now())), idle).await?;
    let address = format!("http://{}/webhooks/{ACCOUNT}", ready.address()?);
    emulator.set_webhook_url(&choose_dialect(&args.dialect)?.webhook(&address, &access));
    let emulating = emulate(listener, &emulator);
    println!("{}", invitation(bot, home, phone, (&ready.address()?, &admin)));
    if args.open {
        open(&page(phone));
    }
    ready.until_told(signals).await?;
    emulating.abort();
    Ok(())
}

fn emulate(listener: TcpListener, emulator: &Emulator) -> JoinHandle<()> {
    tokio::spawn(server::serve(listener, emulator.router(), std::future::pending()))
}

/// The emulator of the only account, which is opened at it.
fn emulator(config: &mut Config, access: &SandboxAccess, clock: sandbox::Clock) -> Result<Emulator, Failure> {
    let account = config.accounts.first_mut().ok_or_else(|| Failure::new("the demo has no account"))?;
    sandboxes::open(account, access)?;
    // It has a server of its own: the provider is somewhere else.
    let sandbox = account.sandbox.take().ok_or_else(|| Failure::new("the demo's account is at no sandbox"))?;
    Ok(Emulator::new(sandboxes::options(&sandbox, access, clock)?, start::client()?))
}

impl Home {
    fn make() -> Result<Self, Failure> {
        let cannot = |why: std::io::Error| Failure::new(format!("no temporary folder can be made: {why}"));
        let folder = tempfile::Builder::new().prefix("frontdesk-demo-").tempdir().map_err(cannot)?;
        if Path::new("bots").is_dir() {
            return Ok(Self { folder, bots: "bots".into(), scripts: "scripts".into(), own: true });
        }
        let (bots, scripts) = (folder.path().join("bots"), folder.path().join("scripts"));
        unpack::<SampleBots>(&bots).and_then(|()| unpack::<SampleScripts>(&scripts)).map_err(cannot)?;
        Ok(Self { folder, bots, scripts, own: false })
    }

    /// The bot wanted; without a name the sample, or the only one there is.
    fn choose(&self, wanted: Option<&str>) -> Result<String, Failure> {
        let all = bots::names(&folder::bot_folders(&self.bots).unwrap_or_default());
        let name = wanted.unwrap_or(SAMPLE);
        if all.iter().any(|known| known == name) {
            return Ok(name.to_owned());
        }
        let listed = all.join(", ");
        Err(Failure::Usage(match (&all[..], wanted) {
            ([only], None) => return Ok(only.clone()),
            ([], _) => {
                "there is no `bots/NAME/bot.yaml`; write one, or start this in another folder for the sample".into()
            }
            (_, None) => format!("say which bot with `--bot NAME`: {listed}"),
            (_, Some(wanted)) => return Err(bots::no_such(wanted, &all)),
        }))
    }
}

fn unpack<T: RustEmbed>(folder: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    for name in T::iter() {
        let path = folder.join(&*name);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        if let Some(file) = T::get(&name) {
            std::fs::write(path, file.data)?;
        }
    }
    Ok(())
}

fn choose_dialect(name: &str) -> Result<&'static Imitation, Failure> {
    let found = IMITATIONS.iter().find(|one| one.dialect == name || one.name == name);
    found.ok_or_else(|| {
        let all: Vec<_> = DIALECTS.iter().map(|dialect| format!("`{}` ({})", dialect.name, dialect.doc)).collect();
        Failure::Usage(format!("there is no dialect `{name}`; there is {}", all.join(", ")))
    })
}

/// A configuration as one writes it by hand, read as `serve` reads it.
fn configuration(home: &Home, bot: &str, imitates: &Imitation) -> Result<Config, Failure> {
    let text = format!(
        "listen: 127.0.0.1:0\n\
         store: 'sqlite:frontdesk.db'\n\
         accounts:\n\
         \x20 {ACCOUNT}:\n\
         \x20   provider: sandbox\n\
         \x20   imitates: {}\n\
         \x20   bot: {bot}\n",
        imitates.name
    );
    let path = home.folder.path().join("frontdesk.yaml");
    let source = Source::new(&*path.to_string_lossy(), text.as_bytes());
    let source = source.map_err(|problem| start::in_one_line(&[*problem]))?;
    let (config, problems) = config::read(&source, &|_| None);
    let config = config.ok_or_else(|| start::in_one_line(&problems))?;
    let recipes = home.scripts.with_file_name("recipes");
    Ok(Config { bots: home.bots.clone(), scripts: home.scripts.clone(), recipes, ..config })
}

fn page(phone: SocketAddr) -> String {
    format!("http://{phone}/")
}

fn invitation(bot: &str, home: &Home, phone: SocketAddr, (server, admin): (&str, &str)) -> String {
    let page = page(phone);
    let try_it = if bot == SAMPLE {
        "\"hi\", \"What is the PRICE?\", book a visit, or ask for an operator"
    } else {
        "as one of them would"
    };
    let edit = if home.own {
        let folder = home.bots.join(bot);
        format!(
            "\nThe bot is the folder {}: edit it and write again, the change is there within 2 s.\n",
            folder.display()
        )
    } else {
        String::new()
    };
    let event = format!("{{\"event\": \"NAME\", \"account\": \"{ACCOUNT}\", \"conversation\": \"1\"}}");
    format!(
        "\nOpen the phone in your browser:  {page}\n\n\
         You are a customer of `{bot}`. Write {try_it}; beside the phone you\n\
         see what a member of staff sees: the note, the assignee, who has the conversation.\n\
         {edit}\n\
         The same for scripts:\n\
         \x20 curl -X POST {page}sandbox/conversations/1/messages -H 'content-type: application/json' -d '{{\"text\": \"hi\"}}'\n\
         \x20 curl {page}sandbox/conversations/1/messages\n\
         As another program, where a flow waits for an event:\n\
         \x20 curl -X POST http://{server}/api/events -H 'authorization: Bearer {admin}' -d '{event}'\n\
         The server: http://{server}/readyz   Ctrl-C ends it all.\n",
    )
}

/// Where there is no browser, the address has been printed.
fn open(page: &str) {
    let opener = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let _ = Command::new(opener).arg(page).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
}
