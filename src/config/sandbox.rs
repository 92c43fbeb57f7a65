//! `provider: sandbox`: an account at an emulated provider, which the server itself is. What it imitates decides whose code speaks to it.

use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};

use super::faults::{self, FaultPlan};
use super::{Content, Keys, Node, Problem, mapping};
use crate::domain::AccountName;
use crate::providers::{Account, PROVIDERS, ProviderType};
use crate::yaml::{self, Key, Located, Style};

/// As `provider:` names it.
pub const SANDBOX: &str = "sandbox";
/// The keys that an account of the sandbox has beside those of whom it imitates: name and meaning.
pub const SANDBOX_KEYS: &[(&str, &str)] = &[
    ("imitates", "which provider is emulated: `pact`, `pact-v2`, `getchat`, `pabbly` or `whatsapp-cloud`"),
    ("faults", "what it does wrong: `next`, `standing`, `every`, `webhooks`"),
];
/// The emulated company, and the number of a phone at Meta.
pub const SANDBOX_COMPANY: u64 = 154;

/// What stands in a key of an imitated account.
#[derive(Clone, Copy, Debug)]
enum Part {
    /// This word.
    Word(&'static str),
    /// What calls bring.
    Token,
    /// What webhooks bring or are signed with.
    Secret,
    /// Where one listens instead of being called: this path, by WebSocket.
    Socket(&'static str),
}

/// A provider as the sandbox plays it.
#[derive(Debug)]
pub struct Imitation {
    /// As `imitates` names it.
    pub name: &'static str,
    /// The provider's name.
    pub provider: &'static str,
    /// How the emulator calls the way of speaking.
    pub dialect: &'static str,
    /// Keys of the account that the sandbox knows by itself.
    keys: &'static [(&'static str, Part)],
    /// A key that stands unless the account has one of these: what shows most on the phone.
    usual: Option<(&'static str, &'static str, &'static [&'static str])>,
}

/// All of them.
pub const IMITATIONS: &[Imitation] = &[
    Imitation {
        name: "pact",
        provider: "pact",
        dialect: "pact-v1",
        keys: &[
            ("token", Part::Token),
            ("webhook_secret", Part::Secret),
            ("company_id", Part::Word("154")),
            ("api", Part::Word("v1")),
        ],
        usual: None,
    },
    Imitation {
        name: "pact-v2",
        provider: "pact",
        dialect: "pact-v2",
        keys: &[
            ("token", Part::Token),
            ("webhook_secret", Part::Secret),
            ("company_id", Part::Word("154")),
            ("api", Part::Word("v2")),
        ],
        usual: None,
    },
    Imitation {
        name: "getchat",
        provider: "getchat",
        dialect: "getchat",
        keys: &[
            ("token", Part::Token),
            ("webhook_secret", Part::Secret),
            ("user_id", Part::Word("23")),
            ("websocket_url", Part::Socket("/websocket/")),
        ],
        usual: None,
    },
    Imitation {
        name: "pabbly",
        provider: "pabbly",
        dialect: "pabbly",
        keys: &[("token", Part::Token), ("webhook_secret", Part::Secret)],
        usual: Some(("attribute", "note", &["notes", "attribute", "message_to"])),
    },
    Imitation {
        name: "whatsapp-cloud",
        provider: "whatsapp-cloud",
        dialect: "whatsapp-cloud",
        keys: &[
            ("token", Part::Token),
            ("app_secret", Part::Secret),
            ("verify_token", Part::Secret),
            ("phone_number_id", Part::Word("154")),
            ("business_account_id", Part::Word("1541")),
        ],
        usual: None,
    },
];

/// How server and emulator get in at each other.
#[derive(Debug)]
pub struct SandboxAccess {
    /// Where the emulator's calls are.
    pub base_url: String,
    /// What calls bring.
    pub token: SecretString,
    /// What webhooks bring or are signed with.
    pub secret: SecretString,
}

impl Default for SandboxAccess {
    /// For who only reads a configuration: nobody is there (RFC 2606).
    fn default() -> Self {
        Self {
            base_url: "http://sandbox.invalid".into(),
            token: "none".to_owned().into(),
            secret: "none".to_owned().into(),
        }
    }
}

/// An account of the sandbox, as configured.
#[derive(Debug)]
pub struct Sandbox {
    /// Whom it imitates.
    pub imitates: &'static Imitation,
    /// What it does wrong.
    pub faults: FaultPlan,
    /// Anybody may reach its page.
    pub insecure: bool,
    /// Where the account stands, for problems.
    pub at: Located,
    /// Keys of the imitated provider that the account gives itself.
    own: Vec<(Key, Node)>,
}

/// The imitation of that name.
pub fn imitation(name: &str) -> Option<&'static Imitation> {
    IMITATIONS.iter().find(|one| one.name == name)
}

impl Imitation {
    /// Where its webhooks go: the address of the account's, with the secret where nothing signs them.
    pub fn webhook(&self, address: &str, access: &SandboxAccess) -> String {
        let brings = self.keys.iter().any(|(name, _)| *name == "webhook_secret");
        let secret: String = form_urlencoded::byte_serialize(access.secret.expose_secret().as_bytes()).collect();
        if brings { format!("{address}?auth={secret}") } else { address.to_owned() }
    }

    /// The word that one of its provider's keys has by it.
    pub fn word(&self, key: &str) -> Option<&'static str> {
        self.keys.iter().find_map(|(name, part)| match part {
            Part::Word(word) if *name == key => Some(*word),
            _ => None,
        })
    }

    /// Does its account have that key unless it has others?
    pub fn has_usually(&self, key: &str) -> bool {
        self.usual.is_some_and(|(usual, ..)| usual == key)
    }

    /// The key that an account has by it which has only these of its own.
    pub fn usually(&self, own: &[(Key, Node)], at: &Located) -> Option<(Key, Node)> {
        let given = |keys: &[&str]| own.iter().any(|(key, _)| keys.contains(&key.text.as_str()));
        self.usual.filter(|(.., instead)| !given(instead)).map(|(key, text, _)| entry(at, key, text))
    }

    /// Its provider's part of the configuration.
    pub fn provider(&self) -> Option<&'static ProviderType> {
        PROVIDERS.iter().find(|provider| provider.name == self.provider)
    }

    /// Keys of the provider that an account may give itself.
    fn open_keys(&self) -> Vec<&'static str> {
        let fixed = |name: &str| self.keys.iter().any(|(key, _)| *key == name);
        let all = self.provider().map(|provider| provider.keys).unwrap_or_default();
        all.iter().map(|(name, _)| *name).filter(|name| !fixed(name)).collect()
    }
}

fn entry(at: &Located, name: &str, text: &str) -> (Key, Node) {
    let key = Key { at: at.clone(), text: name.to_owned() };
    let content = Content::Scalar { text: text.to_owned(), style: Style::Quoted };
    (key, Node { at: at.clone(), content })
}

/// Read the sandbox's part of an account, and the keys that it may have.
pub(super) fn sandbox(
    node: &Node,
    keys: &mut Keys<'_>,
    problems: &mut Vec<Problem>,
) -> Option<(Sandbox, Vec<&'static str>)> {
    let names = || IMITATIONS.iter().map(|one| one.name);
    let text = keys.needed("imitates", &format!("one of: {}", names().collect::<Vec<_>>().join(", ")))?;
    let Some(imitates) = imitation(&text) else {
        let help = yaml::nearest(&text, names()).map_or_else(
            || format!("one of: {}", names().collect::<Vec<_>>().join(", ")),
            |near| format!("did you mean `{near}`?"),
        );
        let at = keys.value("imitates").map_or(&node.at, |value| &value.at).clone();
        keys.wrong(&at, "no such provider is imitated", help);
        return None;
    };
    let plan = mapping(keys, "faults", "faults: {every: {5: \"429:1\"}}");
    let faults = plan.map(|node| faults::plan(keys, node, problems)).unwrap_or_default();
    let open = imitates.open_keys();
    let own = node.entries().iter().filter(|(key, _)| open.contains(&key.text.as_str())).cloned().collect();
    let insecure = keys.flag("insecure").unwrap_or_default();
    let known = SANDBOX_KEYS.iter().map(|(name, _)| *name).chain(open).collect();
    Some((Sandbox { imitates, faults, insecure, at: keys.place().clone(), own }, known))
}

/// All keys that an account of the sandbox may have, whoever it imitates.
pub(super) fn any_keys() -> Vec<&'static str> {
    let of_all = IMITATIONS.iter().flat_map(Imitation::open_keys);
    SANDBOX_KEYS.iter().map(|(name, _)| *name).chain(of_all).collect()
}

impl Sandbox {
    /// With what is usual with whom it imitates, unless the account gives something instead.
    pub(super) fn with_what_is_usual(mut self) -> Self {
        self.own.extend(self.imitates.usually(&self.own, &self.at));
        self
    }

    /// The imitated provider's account. Problems are those of the keys that the account gives itself.
    pub fn open(&self, name: &AccountName, access: &SandboxAccess) -> (Option<Arc<dyn Account>>, Vec<Problem>) {
        let Some(provider) = self.imitates.provider() else { return (None, Vec::new()) };
        (provider.open)(name, &self.node(access))
    }

    /// The account as somebody would write it by hand.
    fn node(&self, access: &SandboxAccess) -> Node {
        let entry = |name: &str, text: &str| entry(&self.at, name, text);
        let mut entries = vec![entry("base_url", &access.base_url)];
        entries.extend(self.imitates.keys.iter().map(|(name, part)| match part {
            Part::Word(word) => entry(name, word),
            Part::Token => entry(name, access.token.expose_secret()),
            Part::Secret => entry(name, access.secret.expose_secret()),
            Part::Socket(path) => entry(name, &format!("{}{path}", access.base_url.replacen("http", "ws", 1))),
        }));
        entries.extend(self.own.iter().cloned());
        Node { at: self.at.clone(), content: Content::Map(entries) }
    }
}
