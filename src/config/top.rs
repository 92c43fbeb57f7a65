//! The keys at the top of the configuration.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::Path;

use secrecy::SecretString;

use super::account::account;
use super::{AccountConfig, Config, Content, Keys, Network, Node, Problem, StoreAddress, closed, mapping};

/// What to write where there is no account.
pub(super) const ACCOUNTS_HELP: &str =
    "begin with `accounts:`, under it a name of your own, and under that `provider: pact` and its keys";
/// What may stand at the top.
const KEYS: &[&str] =
    &["listen", "public_url", "store", "bots", "scripts", "recipes", "admin", "secrets", "http", "accounts"];
/// Local alone: who opens the port to the world says so.
const LISTEN: &str = "127.0.0.1:8080";
/// Beside the configuration.
const STORE: &str = "frontdesk.db";
/// More accounts than anybody has; each costs a pool of calls in flight.
const MOST_ACCOUNTS: usize = 1000;

/// Read the whole of it. The configuration may be unfit even when it is there: the problems decide.
pub(super) fn config(node: &Node, home: &Path) -> (Option<Config>, Vec<Problem>) {
    if !matches!(node.content, Content::Map(_)) {
        let problem = Problem::error("wrong-value", &node.at, "the configuration must be a mapping of keys");
        return (None, vec![problem.help(ACCOUNTS_HELP)]);
    }
    let mut problems = Vec::new();
    closed(node, KEYS, &mut problems);
    let mut keys = Keys::new(node, "the configuration");
    let listen = keys.read("listen", "`HOST:PORT` with a port up to 65535, like `127.0.0.1:8080`", listen);
    let folder = |keys: &mut Keys<'_>, key: &str| home.join(keys.text(key).unwrap_or_else(|| key.to_owned()));
    let config = Config {
        listen: listen.unwrap_or_else(|| LISTEN.to_owned()),
        public_url: keys.base_url("public_url"),
        store: store(&mut keys, home),
        bots: folder(&mut keys, "bots"),
        scripts: folder(&mut keys, "scripts"),
        recipes: folder(&mut keys, "recipes"),
        admin_token: admin(&mut keys, &mut problems),
        secrets: secrets(&mut keys),
        http_allow: http_allow(&mut keys, &mut problems),
        accounts: accounts(&mut keys, &mut problems),
    };
    problems.extend(config.accounts.iter().filter_map(|account| open_sandbox(&config.listen, account)));
    problems.extend(keys.into_problems());
    (Some(config), problems)
}

fn listen(text: &str) -> Option<String> {
    let (host, port) = text.rsplit_once(':')?;
    port.parse::<u16>().ok()?;
    let bare_ipv6 = host.contains(':') && !(host.starts_with('[') && host.ends_with(']'));
    let odd = |c: char| c.is_whitespace() || c == '/';
    (!host.is_empty() && !bare_ipv6 && !host.contains(odd)).then(|| text.to_owned())
}

/// The value is never shown: an address of a database holds its password.
fn store(keys: &mut Keys<'_>, home: &Path) -> StoreAddress {
    let default = StoreAddress::Sqlite(home.join(STORE));
    let (Some(text), Some(value)) = (keys.text("store"), keys.value("store")) else { return default };
    let is_postgres = text.starts_with("postgres://") || text.starts_with("postgresql://");
    match text
        .strip_prefix("sqlite:")
        .filter(|path| !path.is_empty() && !path.starts_with("//") && !path.starts_with(':'))
    {
        Some(path) => return StoreAddress::Sqlite(home.join(path)),
        None if is_postgres => {
            keys.wrong(&value.at, "PostgreSQL is not yet in this release", "write `store: sqlite:frontdesk.db`");
        }
        None => keys.wrong(&value.at, "`store` must be `sqlite:` and a path", "write `store: sqlite:frontdesk.db`"),
    }
    default
}

fn admin(keys: &mut Keys<'_>, problems: &mut Vec<Problem>) -> Option<SecretString> {
    let node = mapping(keys, "admin", "admin: {token: \"${FRONTDESK_ADMIN_TOKEN}\"}")?;
    closed(node, &["token"], problems);
    let mut inner = Keys::new(node, "`admin`");
    if inner.needed("token", "write `admin: {token: \"${FRONTDESK_ADMIN_TOKEN}\"}`, or leave `admin` out").is_none() {
        problems.extend(inner.into_problems());
        return None;
    }
    inner.secret("token")
}

fn accounts(keys: &mut Keys<'_>, problems: &mut Vec<Problem>) -> Vec<AccountConfig> {
    let Some(node) = mapping(keys, "accounts", "accounts: {NAME: {provider: pact, …}}") else {
        if keys.value("accounts").is_none() {
            keys.missing("accounts", ACCOUNTS_HELP);
        }
        return Vec::new();
    };
    if node.entries().len() > MOST_ACCOUNTS {
        keys.wrong(&node.at, "too many accounts", format!("{MOST_ACCOUNTS} at most"));
        return Vec::new();
    }
    node.entries().iter().filter_map(|(key, node)| account(key, node, problems)).collect()
}

/// The sandbox's phone asks for no password, so strangers must not reach it.
fn open_sandbox(listen: &str, account: &AccountConfig) -> Option<Problem> {
    let host = listen.rsplit_once(':').map_or(listen, |(host, _)| host).trim_matches(['[', ']']);
    let is_local = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    let sandbox = account.sandbox.as_ref().filter(|sandbox| !is_local && !sandbox.insecure)?;
    let why =
        format!("the phone of the account `{}` has no password, and `listen` lets strangers reach it", account.name);
    let help = "write `listen: 127.0.0.1:8080`, or give the account `insecure: true`";
    Some(Problem::error("open-sandbox", &sandbox.at, why).help(help))
}

/// Values of `{{ secret.NAME }}`.
fn secrets(keys: &mut Keys<'_>) -> BTreeMap<String, SecretString> {
    let mut secrets = BTreeMap::new();
    let Some(node) = mapping(keys, "secrets", "secrets: {crm: \"${CRM_KEY}\"}") else { return secrets };
    for (key, value) in node.entries() {
        let is_name = key.text.starts_with(|c: char| c.is_ascii_lowercase())
            && key.text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        if !is_name {
            keys.wrong(&key.at, format!("`{}` is no name of a secret", key.text), "use small letters, digits and `_`");
        }
        match value.scalar().filter(|text| !text.is_empty()) {
            Some(text) => {
                secrets.insert(key.text.clone(), SecretString::from(text));
            }
            None => keys.wrong(
                &key.at,
                format!("the secret `{}` must be one value", key.text),
                "write `NAME: \"${VARIABLE}\"`",
            ),
        }
    }
    secrets
}

/// Private addresses that `http` steps may reach.
fn http_allow(keys: &mut Keys<'_>, problems: &mut Vec<Problem>) -> Vec<Network> {
    let Some(node) = mapping(keys, "http", "http: {allow: [10.0.0.5]}") else { return Vec::new() };
    closed(node, &["allow"], problems);
    let mut allowed = Vec::new();
    for item in node.get("allow").map(Node::one_or_many).unwrap_or_default() {
        match item.scalar().and_then(|text| text.parse().ok()) {
            Some(network) => allowed.push(network),
            None => keys.wrong(&item.at, "`allow` takes addresses", "write an address like `10.0.0.5` or `10.0.0.0/8`"),
        }
    }
    allowed
}
