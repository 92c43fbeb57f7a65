//! `frontdesk.yaml` and the environment: read, expanded, checked; all mistakes at once.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use regex::Regex;
use secrecy::SecretString;

use crate::domain::{AccountName, BotName, Span};
use crate::providers::{self, Keys};
use crate::yaml::{self, Content, Explanation, Located, Node, Problem, Severity, Source};

mod account;
mod expand;
mod faults;
mod imitated;
mod network;
mod sandbox;
mod top;

pub use faults::{Fault, FaultPlan, MOST_FAULTS, Trouble};
pub use imitated::{imitated, imitated_account};
pub use network::Network;
pub use sandbox::{IMITATIONS, Imitation, SANDBOX, SANDBOX_COMPANY, SANDBOX_KEYS, Sandbox, SandboxAccess, imitation};

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
    /// The folder of recipes; it may be missing.
    pub recipes: PathBuf,
    /// The token of console and admin API; both are off without it.
    pub admin_token: Option<SecretString>,
    /// Values of `{{ secret.NAME }}`, in the address and headers of `http` steps alone.
    pub secrets: BTreeMap<String, SecretString>,
    /// Private addresses that `http` steps may reach.
    pub http_allow: Vec<Network>,
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
    /// The provider's part. An account of the sandbox is opened again when its emulator has an address.
    pub account: Arc<dyn providers::Account>,
    /// It is at an emulated provider.
    pub sandbox: Option<Arc<Sandbox>>,
}

/// What the problems made here alone mean, for `check --explain CODE`.
pub const EXPLANATIONS: &[Explanation] = &[
    Explanation {
        code: "missing-variable",
        text: "`${NAME}` takes its value from the environment, and there is none, or an empty one. Set it before the start \
               (`NAME=… frontdesk serve`), or write what holds without it: `${NAME:-default}`. A literal `${` is written `$${`.",
    },
    Explanation {
        code: "bad-variable",
        text: "`${` begins the name of a variable of the environment and ends with `}`: `${PACT_TOKEN}`. Names are letters, \
               digits and `_`, and do not begin with a digit. A literal `${` is written `$${`.",
    },
    Explanation {
        code: "open-sandbox",
        text: "An account of `provider: sandbox` has a page with a phone that asks for no password: whoever reaches the server can write to the \
               bot as anybody. So the server must `listen` on an address of this machine alone, like `127.0.0.1:8080`, and stand behind no \
               proxy; or the account says `insecure: true`.",
    },
    Explanation {
        code: "wrong-value",
        text: "The value of this key is not of the kind that the key takes. The message says what it takes; the value itself is \
               not repeated, because it may be a secret.",
    },
];

/// Read a configuration. `env` looks up a variable; an empty one counts as missing. The configuration is there exactly when no
/// problem is an error. Relative paths are meant from the folder of the file.
pub fn read(source: &Arc<Source>, env: &dyn Fn(&str) -> Option<String>) -> (Option<Config>, Vec<Problem>) {
    let (node, mut problems) = yaml::read(source);
    let Some(mut node) = node else {
        if problems.is_empty() {
            let at = Located { source: source.clone(), bytes: 0..0 };
            problems.push(Problem::error("missing-key", &at, "the configuration is empty").help(top::ACCOUNTS_HELP));
        }
        return (None, problems);
    };
    let failed = expand::expand(&mut node, env, &mut problems);
    let home = Path::new(&*source.path).parent().unwrap_or(Path::new(""));
    let (config, more) = top::config(&node, home);
    // What a value without its variable fails at besides would only hide what is wrong.
    problems.extend(more.into_iter().filter(|problem| !failed.contains(&problem.at)));
    problems.sort_by_key(|problem| problem.at.bytes.start);
    let sound = problems.iter().all(|problem| problem.severity != Severity::Error);
    (config.filter(|_| sound), problems)
}

/// Report the keys of a mapping that nobody reads, each with the nearest that somebody does.
fn closed(node: &Node, known: &[&str], problems: &mut Vec<Problem>) {
    for (key, _) in node.entries().iter().filter(|(key, _)| !known.contains(&key.text.as_str())) {
        let help = match yaml::nearest(&key.text, known.iter().copied()) {
            Some(nearest) => format!("did you mean `{nearest}`?"),
            None => format!("known here: {}", known.join(", ")),
        };
        problems.push(Problem::error("unknown-key", &key.at, format!("unknown key `{}`", key.text)).help(help));
    }
}

/// A mapping below a key, or a problem.
fn mapping<'a>(keys: &mut Keys<'a>, key: &str, shape: &str) -> Option<&'a Node> {
    let node = keys.value(key)?;
    if matches!(node.content, Content::Map(_)) {
        return Some(node);
    }
    keys.wrong(&node.at, format!("`{key}` must be a mapping"), format!("write `{shape}`"));
    None
}
