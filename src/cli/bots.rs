//! Which bots a command is about, and the scripts and the account that go with them. `check`, `test` and `chat` ask here, so
//! that they agree; `frontdesk.yaml` is looked at without needing its variables.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::bot::Audience;
use crate::config::{self, Network, SANDBOX, imitation};
use crate::domain::{Capabilities, Imitated};
use crate::providers::PROVIDERS;
use crate::runtime::folder;
use crate::yaml::{self, Node, Source};

use super::Failure;

/// The bots that a command is about.
#[derive(Clone, Debug)]
pub struct Bots {
    /// Their folders, in order.
    pub folders: Vec<PathBuf>,
    /// The folder of rhai modules; it may be missing.
    pub scripts: PathBuf,
    /// The folder of recipes; it may be missing.
    pub recipes: PathBuf,
    /// The accounts of the configuration.
    pub accounts: Vec<AccountOf>,
    /// The names of its secrets; `None` where there is no configuration.
    pub secrets: Option<BTreeSet<String>>,
    /// Private addresses that `http` steps may reach.
    pub allow: Vec<Network>,
}

impl Bots {
    /// The channels of the accounts that a bot answers on.
    pub fn audience_of(&self, folder: &Path) -> Audience {
        let name = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let accounts = self.accounts.iter().filter(|account| account.bot == name);
        accounts.fold(Audience::default(), |audience, account| audience.with(&account.name, account.can.clone()))
    }
}

/// An account as far as a bot's tests need it.
#[derive(Clone, Debug)]
pub struct AccountOf {
    /// Its name.
    pub name: String,
    /// Its provider.
    pub provider: String,
    /// Which bot answers.
    pub bot: String,
    /// Its channels, and what can be done there.
    pub can: Vec<(&'static str, Capabilities)>,
    /// As a talk is played on it; `None` where its settings are wrong.
    pub imitated: Option<Imitated>,
    /// The team to which notes are sent, where it is one.
    pub notes_team: Option<Node>,
}

/// Find them: by the name or at the path given, else where the configuration says, else in `bots`.
pub fn find(path: Option<&Path>, config: &Path) -> Result<Bots, Failure> {
    let settings = Settings::read(config);
    let bots = path.map_or_else(|| Ok(settings.bots.clone()), |path| settings.meant(path))?;
    let folders = folder::bot_folders(&bots).map_err(|problem| {
        let known = problem.help.as_deref().map(|help| format!(": {help}"));
        let elsewhere = || String::from("; run it in the folder that has `bots`, or name a bot's folder");
        let help = known.unwrap_or_else(|| if bots.exists() { String::new() } else { elsewhere() });
        Failure::Usage(format!("{}: {}{help}", bots.display(), problem.message))
    })?;
    let (scripts, recipes) = (settings.beside(&bots, "scripts"), settings.beside(&bots, "recipes"));
    let secrets = if settings.found && is_within(&bots, &settings.bots) { Some(settings.secrets) } else { None };
    Ok(Bots { folders, scripts, recipes, accounts: settings.accounts, secrets, allow: settings.allow })
}

/// One bot, by its path or by its name in the bots' folder. Without either: the only one there is.
pub fn find_one(bot: Option<&str>, config: &Path) -> Result<Bots, Failure> {
    let Some(name) = bot else {
        let all = find(None, config)?;
        return if all.folders.len() == 1 { Ok(all) } else { Err(which(&all)) };
    };
    let found = find(Some(Path::new(name)), config)?;
    if found.folders.len() == 1 { Ok(found) } else { Err(which(&found)) }
}

/// The bots' names: those of their folders.
pub fn names(folders: &[PathBuf]) -> Vec<String> {
    folders.iter().filter_map(|folder| Some(folder.file_name()?.to_string_lossy().into_owned())).collect()
}

/// That there is no such bot, and which there are.
pub fn no_such(name: &str, known: &[String]) -> Failure {
    let near = yaml::nearest(name, known.iter().map(String::as_str)).map(|near| format!("did you mean `{near}`?"));
    let help = near.unwrap_or_else(|| format!("there is {}", known.join(", ")));
    Failure::Usage(format!("there is no bot `{name}`; {help}"))
}

fn which(bots: &Bots) -> Failure {
    let names: Vec<_> = bots.folders.iter().map(|folder| folder.display().to_string()).collect();
    Failure::Usage(format!("say which bot: {}", names.join(", ")))
}

struct Settings {
    found: bool,
    bots: PathBuf,
    scripts: PathBuf,
    recipes: PathBuf,
    accounts: Vec<AccountOf>,
    secrets: BTreeSet<String>,
    allow: Vec<Network>,
}

impl Settings {
    /// The folder of a bot's name, or the path itself.
    fn meant(&self, path: &Path) -> Result<PathBuf, Failure> {
        let named = self.bots.join(path);
        if named.join("bot.yaml").is_file() {
            return Ok(named);
        }
        let known = names(&folder::bot_folders(&self.bots).unwrap_or_default());
        if path.exists() || known.is_empty() {
            return Ok(path.to_path_buf());
        }
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
        Err(no_such(&name, &known))
    }

    fn read(config: &Path) -> Self {
        let text = std::fs::read_to_string(config).ok();
        let home = config.parent().unwrap_or(Path::new(""));
        let node = text.as_ref().and_then(|text| {
            let path = config.display().to_string();
            yaml::read(&Arc::new(Source { path: path.into(), text: text.as_str().into() })).0
        });
        let folder = |key| node.as_ref().and_then(|node| scalar(node, key)).unwrap_or_else(|| String::from(key));
        // Where this server is reached, the files of contacts have an address here.
        let lends = node.as_ref().is_some_and(|node| node.get("public_url").is_some());
        Self {
            found: text.is_some(),
            bots: home.join(folder("bots")),
            scripts: home.join(folder("scripts")),
            recipes: home.join(folder("recipes")),
            secrets: node.as_ref().and_then(|node| node.get("secrets")).map(names_in).unwrap_or_default(),
            accounts: node
                .as_ref()
                .and_then(|node| node.get("accounts"))
                .map(|accounts| read(accounts, lends))
                .unwrap_or_default(),
            allow: node.as_ref().and_then(|node| node.get("http")?.get("allow")).map(networks).unwrap_or_default(),
        }
    }

    /// The configured folder for bots that are the configured ones; for others the one of that name nearest to them.
    fn beside(&self, bots: &Path, name: &str) -> PathBuf {
        let configured = if name == "scripts" { &self.scripts } else { &self.recipes };
        if self.found && is_within(bots, &self.bots) {
            return configured.clone();
        }
        let near = std::path::absolute(bots).unwrap_or_else(|_| bots.to_path_buf());
        let beside = near.ancestors().take(3).map(|folder| folder.join(name)).find(|folder| folder.is_dir());
        beside.map_or_else(|| configured.clone(), |found| from_here(&found))
    }
}

/// A path below the working folder as people would write it.
fn from_here(path: &Path) -> PathBuf {
    let here = std::env::current_dir().ok();
    here.and_then(|here| path.strip_prefix(here).ok()).unwrap_or(path).to_path_buf()
}

fn is_within(path: &Path, folder: &Path) -> bool {
    match (path.canonicalize(), folder.canonicalize()) {
        (Ok(path), Ok(folder)) => path.starts_with(folder),
        _ => false,
    }
}

/// A value without a variable in it.
fn scalar(node: &Node, key: &str) -> Option<String> {
    node.get(key)?.scalar().filter(|text| !text.contains("${")).map(str::to_owned)
}

fn networks(node: &Node) -> Vec<Network> {
    node.one_or_many().iter().filter_map(|item| item.scalar()?.parse().ok()).collect()
}

fn names_in(node: &Node) -> BTreeSet<String> {
    node.entries().iter().map(|(key, _)| key.text.clone()).collect()
}

fn read(accounts: &Node, lends: bool) -> Vec<AccountOf> {
    let account = |(key, node): &(yaml::Key, Node)| {
        let name = key.text.clone();
        let (provider, bot) = (scalar(node, "provider")?, scalar(node, "bot")?);
        Some(AccountOf {
            name,
            can: can(node, &provider, lends),
            provider,
            bot,
            imitated: imitated(node, lends),
            notes_team: notes_team(node).cloned(),
        })
    };
    accounts.entries().iter().filter_map(account).collect()
}

/// The account for a talk at the terminal, with the addresses that this server lends.
fn imitated(node: &Node, lends: bool) -> Option<Imitated> {
    let account = config::imitated_account(node)?;
    if !lends {
        return Some(account);
    }
    let can = Arc::clone(&account.can);
    Some(Imitated { can: Arc::new(move |channel| can(channel).with_addresses_here()), ..account })
}

/// What the channels of an account can do, by the rows of its provider's table that hold for its settings. What it imitates decides of a
/// sandbox.
fn can(node: &Node, provider: &str, lends: bool) -> Vec<(&'static str, Capabilities)> {
    let imitated = node.get("imitates").and_then(Node::scalar).and_then(imitation).filter(|_| provider == SANDBOX);
    let (name, api) = imitated
        .map_or((provider, node.get("api").and_then(Node::scalar)), |known| (known.provider, known.word("api")));
    let Some(known) = PROVIDERS.iter().find(|known| known.name == name) else { return Vec::new() };
    let rows = (known.table)();
    let versions: Vec<&str> = rows.iter().filter_map(|row| row.with.strip_prefix("api: ")).collect();
    let version = versions.iter().find(|version| Some(**version) == api).or(versions.first());
    let usual = |key: &str| imitated.is_some_and(|known| known.has_usually(key));
    let holds = |with: &str| match with.split_once(": ") {
        Some(("api", row)) => Some(&row) == version,
        // A row of a setting: of one that the account has.
        Some((key, _)) => node.get(key).is_some() || usual(key),
        None => true,
    };
    let holding = rows.iter().filter(|row| holds(row.with));
    holding.map(|row| (row.channel, if lends { row.can.with_addresses_here() } else { row.can })).collect()
}

/// The value that names the team that notes are sent to. A phone begins otherwise.
fn notes_team(node: &Node) -> Option<&Node> {
    let beside = node.get("message_to").or_else(|| node.get("notes")?.get("message_to"))?;
    beside.scalar().filter(|text| text.starts_with(|c: char| c.is_ascii_lowercase())).map(|_| beside)
}
