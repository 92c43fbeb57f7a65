//! `frontdesk chat`: the same engine in the terminal. You type as the customer; lines that begin with `:` are commands.

use std::io::{BufRead, IsTerminal};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use rustyline::DefaultEditor;
use rustyline::error::ReadlineError;

use crate::bot;
use crate::config;
use crate::domain::{Imitated, Span, Time};
use crate::runtime::folder;
use crate::script::Scripts;
use crate::testing::{DEFAULT_CHANNEL, Setting, Stage, Subject, USUAL_CONVERSATION, When, World};
use crate::yaml::{self, Colour, Problem, Source};

use super::bots::AccountOf;
use super::test::stage;
use super::{Done, Failure, Shared, Verdict, bots};
use record::Record;
use session::{Chat, Files};

mod record;
mod session;

/// Talk to a bot in the terminal
#[derive(Clone, Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  frontdesk chat clinic\n  frontdesk chat clinic --record bots/clinic/booking.test.yaml\n  frontdesk chat clinic --imitates getchat\nInside, :help lists the commands (:why explains the last answer)."
)]
pub struct Args {
    /// A bot's name or folder; not needed where there is only one.
    bot: Option<String>,
    /// The account of the configuration that is played; the first on which the bot answers unless given
    #[arg(long, value_name = "NAME")]
    account: Option<String>,
    /// The provider that is played instead, as a test's `imitates` names it: `getchat`, `{pact-v2: {quiet_on_assignment: false}}`
    #[arg(long, value_name = "PROVIDER", conflicts_with = "account")]
    imitates: Option<String>,
    /// The messenger that is played.
    #[arg(long, value_name = "NAME", default_value = DEFAULT_CHANNEL)]
    channel: String,
    /// When the talk begins: now, unless said otherwise.
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// The provider's id of the conversation: what is left to chance follows from it, as on the server.
    #[arg(long, value_name = "ID", default_value = USUAL_CONVERSATION)]
    conversation: String,
    /// Write the talk as a test.
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
}

/// In a pipe nobody takes time to read and type: each line comes so long after the one before, as in tests.
const PIPED_PAUSE: Span = Span::seconds(5);

/// Run it.
pub fn run(args: &Args, shared: &Shared) -> Done {
    let (mut chat, place) = open(args, shared)?;
    if std::io::stdin().is_terminal() {
        println!("You are the customer; the bot answers {place}. :help lists the commands, :quit ends.");
        at_terminal(&mut chat)?;
    } else {
        piped(&mut chat)?;
    }
    chat.close().map_err(Failure::new)?;
    Ok(Verdict::Fine)
}

/// The talk, and where it is held, for people.
fn open(args: &Args, shared: &Shared) -> Result<(Chat, String), Failure> {
    let found = bots::find_one(args.bot.as_deref(), &shared.config)?;
    let Some(bot) = found.folders.into_iter().next() else { return Err(Failure::Usage("there is no bot".into())) };
    let files = Files { bot, scripts: found.scripts, recipes: found.recipes };
    let (subject, problems) = files.load();
    eprint!("{}", yaml::render(&problems, Colour::Never));
    let Some(subject) = subject else { return Err(Failure::new("the bot has errors")) };
    let Played { stage, account, place } = played(args, &subject.folder, &found.accounts)?;
    let mut setting = Setting::new(&stage.account, start(args, &subject)?).on_channel(&args.channel);
    setting.provider = stage.provider;
    if let Some(account) = &account {
        setting = setting.imitating(account);
    }
    setting.conversation.clone_from(&args.conversation);
    let record = args.record.as_ref().map(|path| Record::new(path.clone(), &setting, account.as_ref()));
    let world = World::new(subject.revision.clone(), setting);
    Ok((Chat::new(world, files, record), format!("{place}, on {}", args.channel)))
}

/// What a talk is played on.
struct Played {
    stage: Stage,
    account: Option<Imitated>,
    /// For people.
    place: String,
}

/// The account that the talk is played on: the one asked for, else the first on which the bot answers. What is usual on the channel holds where there is
/// none, or where its settings cannot be read.
fn played(args: &Args, bot: &str, known: &[AccountOf]) -> Result<Played, Failure> {
    if let Some(text) = &args.imitates {
        let account = imitated(text)?;
        let place = format!("as at `{text}`");
        return Ok(Played { stage: stage(bot, &[]), account: Some(account), place });
    }
    let account = match &args.account {
        Some(name) => Some(known.iter().find(|one| one.name == *name).ok_or_else(|| no_such_account(name, known))?),
        None => known.iter().find(|one| one.bot == bot),
    };
    let place =
        account.map_or_else(|| "without an account".to_owned(), |one| format!("from the account `{}`", one.name));
    let stage = stage(account.map_or(bot, |one| &one.bot), account.map_or(&[], std::slice::from_ref));
    Ok(Played { stage, account: account.and_then(|one| one.imitated.clone()), place })
}

fn imitated(text: &str) -> Result<Imitated, Failure> {
    let (node, problems) = yaml::read(&Arc::new(Source { path: "--imitates".into(), text: text.into() }));
    let read = node.ok_or(problems).and_then(|node| config::imitated(&node));
    read.map_err(|problems| Failure::Usage(yaml::render(&problems, Colour::Never)))
}

fn no_such_account(name: &str, known: &[AccountOf]) -> Failure {
    let names = || known.iter().map(|one| one.name.as_str());
    let help = match yaml::nearest(name, names()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => "the configuration has none".to_owned(),
        None => format!("there is {}", names().collect::<Vec<_>>().join(", ")),
    };
    Failure::Usage(format!("there is no account `{name}`; {help}"))
}

fn start(args: &Args, subject: &Subject) -> Result<Time, Failure> {
    let Some(text) = &args.at else { return Ok(real_now()) };
    let when = When::read(text).ok_or_else(|| {
        Failure::Usage(format!("`--at {text}` is no time: write it like `2026-03-02 10:00` or with an offset"))
    })?;
    Ok(when.in_zone(subject.revision.view.zone))
}

fn real_now() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Time(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

fn at_terminal(chat: &mut Chat) -> Result<(), Failure> {
    let broken = |error: ReadlineError| Failure::new(format!("the terminal cannot be read: {error}"));
    let mut editor = DefaultEditor::new().map_err(broken)?;
    loop {
        let began = Instant::now();
        let line = match editor.readline("> ") {
            Ok(line) => line,
            Err(ReadlineError::Eof | ReadlineError::Interrupted) => return Ok(()),
            Err(error) => return Err(broken(error)),
        };
        // A line that cannot be kept in the history is still a line.
        let _ = editor.add_history_entry(line.as_str());
        let passed = i64::try_from(began.elapsed().as_millis()).unwrap_or(i64::MAX);
        if !chat.enter(&line, Span(passed)) {
            return Ok(());
        }
    }
}

fn piped(chat: &mut Chat) -> Result<(), Failure> {
    for line in std::io::stdin().lock().lines() {
        let line = line.map_err(|error| Failure::new(format!("the input cannot be read: {error}")))?;
        println!("> {line}");
        if !chat.enter(&line, PIPED_PAUSE) {
            break;
        }
    }
    Ok(())
}

impl Files {
    /// Read the bot and its scripts again.
    fn load(&self) -> (Option<Subject>, Vec<Problem>) {
        let (modules, mut problems) = folder::read_scripts(&self.scripts);
        let (scripts, found) = Scripts::load(&modules);
        problems.extend(found);
        let read = folder::read_bot(&self.bot).and_recipes(&self.recipes);
        let (subject, found) = Subject::load(&read.name, read.files, &Arc::new(scripts));
        let broken = yaml::has_errors(&problems) || yaml::has_errors(&read.problems);
        problems.extend(bot::beside_unread(read.problems, found));
        (subject.filter(|_| !broken), problems)
    }
}
