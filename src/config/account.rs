//! One account: the keys that all providers share. Its own keys are the provider's to read.

use std::sync::Arc;

use regex::{Regex, RegexBuilder};

use super::{AccountConfig, Content, Keys, Node, Problem, SANDBOX, Sandbox, SandboxAccess, closed, mapping, sandbox};
use crate::domain::{AccountName, BotName, DEFAULT_EXPIRE, Span};
use crate::providers::{Account, PROVIDERS, ProviderType};
use crate::yaml::{self, Key};

/// The keys of every account: name and meaning.
pub const COMMON_KEYS: &[(&str, &str)] = &[
    ("provider", "the messaging API behind it"),
    ("bot", "which bot answers here: the name of its folder"),
    ("base_url", "where the provider's API is; its own address unless given"),
    ("insecure", "`true` lets an account without authentication start: anybody may then write to it"),
    ("quiet_on_assignment", "whether an assignment that people make quiets the bot; `true` unless given"),
    ("groups", "whether group chats are answered too; `false` unless given"),
    ("expire", "messages not sent by then are given up; `2h` unless given"),
    ("human", "`ignore`: regexes of outgoing texts that are no human's"),
];
/// Longest name of an account or a bot: it stands in addresses and logs.
const LONGEST_NAME: usize = 64;
/// Regexes of `human.ignore`: each is tried on every outgoing message.
const MOST_IGNORED: usize = 100;
/// Compiled size of one of them, in bytes.
const LARGEST_REGEX: usize = 1 << 20;

/// Read one account. Problems are added; `None` where it cannot be used.
pub(super) fn account(key: &Key, node: &Node, problems: &mut Vec<Problem>) -> Option<AccountConfig> {
    let mut keys = Keys::new(node, format!("account `{}`", key.text));
    check_name(&mut keys, key);
    let read = if matches!(node.content, Content::Map(_)) {
        known_account(key, node, &mut keys, problems)
    } else {
        keys.wrong(
            &key.at,
            format!("account `{}` must be a mapping", key.text),
            "write its keys below its name, indented",
        );
        None
    };
    problems.extend(keys.into_problems());
    read
}

fn known_account(key: &Key, node: &Node, keys: &mut Keys<'_>, problems: &mut Vec<Problem>) -> Option<AccountConfig> {
    let bot = bot(keys);
    let expire = keys.read("expire", "a duration like `1h`", |text| text.parse().ok().filter(|span| *span > Span(0)));
    let (groups, quiet_on_assignment) = (keys.flag("groups"), keys.flag("quiet_on_assignment"));
    let ignore = ignore(keys, problems);
    let name = key.text.as_str().into();
    let Part { provider, account, sandbox } = part(&name, node, keys, problems)?;
    Some(AccountConfig {
        name,
        provider,
        bot: bot?,
        expire: expire.unwrap_or(DEFAULT_EXPIRE),
        groups: groups.unwrap_or(false),
        quiet_on_assignment: quiet_on_assignment.unwrap_or(true),
        ignore,
        account: account?,
        sandbox,
    })
}

/// The provider's part of an account.
struct Part {
    provider: &'static str,
    account: Option<Arc<dyn Account>>,
    sandbox: Option<Arc<Sandbox>>,
}

fn part(name: &AccountName, node: &Node, keys: &mut Keys<'_>, problems: &mut Vec<Problem>) -> Option<Part> {
    let common = || COMMON_KEYS.iter().map(|(name, _)| *name);
    if keys.value("provider").and_then(Node::scalar) == Some(SANDBOX) {
        let read = sandbox::sandbox(node, keys, problems);
        // Where nothing says whom it imitates, keys of any provider may be meant.
        let known = read.as_ref().map_or_else(sandbox::any_keys, |(_, known)| known.clone());
        closed(node, &common().filter(|key| *key != "base_url").chain(known).collect::<Vec<_>>(), problems);
        let sandbox = read?.0.with_what_is_usual();
        let (account, more) = sandbox.open(name, &SandboxAccess::default());
        problems.extend(more);
        return Some(Part { provider: sandbox.imitates.provider, account, sandbox: Some(Arc::new(sandbox)) });
    }
    let provider = provider(keys)?;
    closed(node, &common().chain(provider.keys.iter().map(|(name, _)| *name)).collect::<Vec<_>>(), problems);
    let (account, more) = (provider.open)(name, node);
    problems.extend(more);
    Some(Part { provider: provider.name, account, sandbox: None })
}

/// Members' `ids` are looked up by account name, then by provider: the two must never be mixed up.
fn check_name(keys: &mut Keys<'_>, key: &Key) {
    if names().any(|name| name.eq_ignore_ascii_case(&key.text)) {
        keys.wrong(
            &key.at,
            format!("`{}` is the name of a provider", key.text),
            "name the account after what it is for: `clinic`",
        );
    } else if !is_name(&key.text) {
        let help = "use letters, digits, `_` and `-`: it becomes a part of the webhook's address";
        keys.wrong(&key.at, format!("`{}` is no name of an account", key.text), help);
    }
}

fn is_name(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
    (1..=LONGEST_NAME).contains(&text.len()) && text.bytes().all(plain)
}

fn bot(keys: &mut Keys<'_>) -> Option<BotName> {
    keys.needed("bot", "write which bot answers here: `bot: NAME`, the name of a folder of `bots`")?;
    keys.read("bot", "the name of a bot's folder", |text| is_name(text).then(|| BotName::from(text)))
}

/// What `provider` may be.
fn names() -> impl Iterator<Item = &'static str> {
    PROVIDERS.iter().map(|provider| provider.name).chain([SANDBOX])
}

fn provider(keys: &mut Keys<'_>) -> Option<&'static ProviderType> {
    let text = keys.needed("provider", &format!("one of: {}", names().collect::<Vec<_>>().join(", ")))?;
    let found = PROVIDERS.iter().find(|provider| provider.name == text);
    if let (None, Some(value)) = (found, keys.value("provider")) {
        let help = match yaml::nearest(&text, names()) {
            Some(nearest) => format!("did you mean `{nearest}`?"),
            None => format!("one of: {}", names().collect::<Vec<_>>().join(", ")),
        };
        keys.wrong(&value.at, "there is no such provider", help);
    }
    found
}

fn ignore(keys: &mut Keys<'_>, problems: &mut Vec<Problem>) -> Vec<Regex> {
    let Some(node) = mapping(keys, "human", "human: {ignore: ['^Thanks for']}") else { return Vec::new() };
    closed(node, &["ignore"], problems);
    let items = node.get("ignore").map(Node::one_or_many).unwrap_or_default();
    if items.len() > MOST_IGNORED {
        keys.wrong(&node.at, "too many regexes", format!("{MOST_IGNORED} at most: join some with `|`"));
    }
    items.iter().take(MOST_IGNORED).filter_map(|item| regex(keys, item)).collect()
}

fn regex(keys: &mut Keys<'_>, item: &Node) -> Option<Regex> {
    let compiled = RegexBuilder::new(item.scalar().unwrap_or("(")).size_limit(LARGEST_REGEX).build();
    compiled.map_err(|_| keys.wrong(&item.at, "this is no regular expression", "write it as in `'^Thanks for'`")).ok()
}
