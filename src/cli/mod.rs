//! The command line: one file a command, one line in `Command` each. What people asked for goes to stdout, all else to stderr.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};

pub mod accounts;
pub mod bots;
pub mod chat;
pub mod check;
pub mod demo;
pub mod health;
pub mod inbox;
mod logging;
mod mending;
pub mod outbox;
mod sandboxes;
pub mod serve;
mod settings;
mod start;
mod table;
pub mod test;

/// Answers a business's messengers from one folder of YAML.
#[derive(Debug, Parser)]
#[command(name = "frontdesk", version, propagate_version = true, disable_help_subcommand = true)]
#[command(after_help = "Start here: `frontdesk demo`. Exit codes: 0 fine, 1 found errors, 2 wrong usage.")]
struct Frontdesk {
    #[command(flatten)]
    shared: Shared,
    #[command(subcommand)]
    command: Command,
}

/// What all commands take.
#[derive(Clone, Debug, clap::Args)]
pub struct Shared {
    /// The configuration file.
    #[arg(short, long, global = true, value_name = "FILE", default_value = "frontdesk.yaml")]
    pub config: PathBuf,
    /// How the log on stderr is written. `FRONTDESK_LOG=debug` shows more of it.
    #[arg(long, global = true, value_name = "FORMAT", default_value = "text")]
    pub log: LogFormat,
}

/// How the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// A line of text an entry.
    Text,
    /// A line of JSON an entry.
    Json,
}

#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::Args),
    Serve(serve::Args),
    Check(check::Args),
    Test(test::Args),
    Chat(chat::Args),
    Inbox(inbox::Args),
    Outbox(outbox::Args),
    Accounts(accounts::Args),
    Health(health::Args),
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Exit code 0.
    Fine,
    /// Errors were found, and the command has shown them already. Exit code 1.
    Errors,
}

/// Why a command could not do what it was asked: one clear line that says what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// It went wrong. Exit code 1.
    #[error("{0}")]
    Failed(String),
    /// It was asked for something that makes no sense. Exit code 2.
    #[error("{0}")]
    Usage(String),
}

impl Failure {
    /// It went wrong.
    pub fn new(line: impl Into<String>) -> Self {
        Self::Failed(line.into())
    }
}

/// What every command returns.
pub type Done = Result<Verdict, Failure>;

/// Read the arguments of the process and do what they say.
pub fn main() -> ExitCode {
    let Frontdesk { shared, command } = Frontdesk::parse();
    logging::start(shared.log, if matches!(command, Command::Demo(_)) { logging::DEMO } else { "info" });
    let done = match &command {
        Command::Demo(args) => demo::run(args, &shared),
        Command::Serve(args) => serve::run(args, &shared),
        Command::Check(args) => check::run(args, &shared),
        Command::Test(args) => test::run(args, &shared),
        Command::Chat(args) => chat::run(args, &shared),
        Command::Inbox(args) => inbox::run(args, &shared),
        Command::Outbox(args) => outbox::run(args, &shared),
        Command::Accounts(args) => accounts::run(args, &shared),
        Command::Health(args) => health::run(args, &shared),
    };
    ExitCode::from(exit_code(done))
}

fn exit_code(done: Done) -> u8 {
    logging::finish();
    match done {
        Ok(Verdict::Fine) => 0,
        Ok(Verdict::Errors) => 1,
        Err(failure) => {
            eprintln!("error: {failure}");
            if matches!(failure, Failure::Usage(_)) { 2 } else { 1 }
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_arguments_are_sound_and_every_one_is_explained() {
        let command = Frontdesk::command();
        command.clone().debug_assert();
        for sub in command.get_subcommands() {
            assert!(sub.get_about().is_some(), "`{}` has no line of help", sub.get_name());
            assert!(sub.get_after_help().is_some(), "`{}` shows no example", sub.get_name());
            for argument in sub.get_arguments() {
                assert!(argument.get_help().is_some(), "`{}` of `{}` has no help", argument.get_id(), sub.get_name());
            }
        }
    }
}
