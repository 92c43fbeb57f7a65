//! `frontdesk.yaml` and the environment: read, expanded, checked; all mistakes at once.

use std::path::PathBuf;
use std::sync::Arc;

use regex::Regex;
use secrecy::SecretString;

use crate::domain::{AccountName, BotName, Span};
use crate::providers;
use crate::yaml::{Problem, Source};

/// The configuration, checked. Paths are relative to the working directory already.
#[derive(Debug)]
pub struct Config {
    /// `host:port`; port 0 takes a free one.
    pub listen: String,
    /// Where providers reach us.
    pub public_url: Option<String>,
    /// Where everything is kept.
    pub store: StoreAddress,
    /// The folder of bots.
    pub bots: PathBuf,
    /// The folder of rhai modules; it may be missing.
    pub scripts: PathBuf,
    /// The token of console and admin API; both are off without it.
    pub admin_token: Option<SecretString>,
    /// By name, in the order written.
    pub accounts: Vec<AccountConfig>,
}

/// Where everything is kept.
#[derive(Debug)]
pub enum StoreAddress {
    /// A file.
    Sqlite(PathBuf),
}

/// One account.
#[derive(Clone, Debug)]
pub struct AccountConfig {
    /// Its name; its webhook is `/webhooks/NAME`.
    pub name: AccountName,
    /// Its provider's name.
    pub provider: &'static str,
    /// Which bot answers.
    pub bot: BotName,
    /// Messages not sent by then are given up.
    pub expire: Span,
    /// Group chats are answered too.
    pub groups: bool,
    /// An assignment by people quiets the bot.
    pub quiet_on_assignment: bool,
    /// Outgoing texts that are no human's.
    pub ignore: Vec<Regex>,
    /// The provider's part.
    pub account: Arc<dyn providers::Account>,
}

/// Read a configuration. `env` looks up a variable. The configuration is there exactly when no problem is an error.
pub fn read(_source: &Arc<Source>, _env: &dyn Fn(&str) -> Option<String>) -> (Option<Config>, Vec<Problem>) {
    (None, Vec::new())
}
