//! Accounts without their provider: what a test or a talk at the terminal is played on. Credentials are left aside; what the settings make of the
//! account is read by the provider's own code.

use std::sync::Arc;

use serde_json::{Map, Value as Json};

use super::sandbox;
use super::{Content, Keys, Node, Problem, SANDBOX, SandboxAccess, closed, imitation};
use crate::domain::{Capabilities, Channel, Imitated};
use crate::providers::Account;
use crate::yaml::{Key, Located, Style};

/// Settings of an account by which it can do more or less.
const SHOWN_BY: &[&str] = &["notes", "attribute", "message_to", "attributes", "read_marks", "typing", QUIET];
const QUIET: &str = "quiet_on_assignment";

/// From what stands behind `imitates`: the name of an imitation, or `{NAME: {SETTING: …}}`.
///
/// # Errors
///
/// What is wrong with it, each with its place.
pub fn imitated(written: &Node) -> Result<Imitated, Vec<Problem>> {
    let (imitates, settings) = match (&written.content, written.entries()) {
        (Content::Scalar { .. }, _) => (written.clone(), Vec::new()),
        (_, [(key, settings)]) if matches!(settings.content, Content::Map(_)) => {
            (scalar(&key.at, &key.text), settings.entries().to_vec())
        }
        _ => {
            let problem = Problem::error("wrong-type", &written.at, "`imitates` names a provider");
            return Err(vec![
                problem.help("write `imitates: getchat`, with settings `imitates: {getchat: {notes: tag}}`"),
            ]);
        }
    };
    open(&written.at, imitates, settings)
}

/// From an account of the configuration; `None` where it is none. Variables of the environment are not asked for.
pub fn imitated_account(account: &Node) -> Option<Imitated> {
    let text = |key: &str| account.get(key).and_then(Node::scalar);
    let provider = text("provider")?;
    let known = if provider == SANDBOX {
        imitation(text("imitates")?)?
    } else {
        let fits = |one: &&sandbox::Imitation| one.provider == provider;
        let speaks =
            |one: &&sandbox::Imitation| one.word("api").is_none_or(|api| text("api").is_none_or(|own| own == api));
        sandbox::IMITATIONS.iter().filter(fits).find(speaks)?
    };
    let given = |key: &str| account.entries().iter().find(|(own, _)| own.text == key).cloned();
    let mut settings: Vec<_> = SHOWN_BY.iter().filter_map(|key| given(key)).collect();
    if provider == SANDBOX {
        settings.extend(known.usually(&settings, &account.at));
    }
    open(&account.at, scalar(&account.at, known.name), settings).ok()
}

fn scalar(at: &Located, text: &str) -> Node {
    Node { at: at.clone(), content: Content::Scalar { text: text.to_owned(), style: Style::Plain } }
}

fn open(at: &Located, imitates: Node, settings: Vec<(Key, Node)>) -> Result<Imitated, Vec<Problem>> {
    let written = written(&imitates, &settings);
    let given = Node { at: at.clone(), content: Content::Map(settings.clone()) };
    let key = Key { at: imitates.at.clone(), text: "imitates".into() };
    let content = Content::Map([(key, imitates)].into_iter().chain(settings).collect());
    let node = Node { at: at.clone(), content };
    let (mut keys, mut problems) = (Keys::new(&node, "the account"), Vec::new());
    let sandbox = sandbox::sandbox(&node, &mut keys, &mut problems);
    let quiet_on_assignment = keys.flag(QUIET).unwrap_or(true);
    problems.extend(keys.into_problems());
    let Some((sandbox, known)) = sandbox else { return Err(problems) };
    let known: Vec<_> = SHOWN_BY.iter().copied().filter(|key| *key == QUIET || known.contains(key)).collect();
    closed(&given, &known, &mut problems);
    let (account, more) = sandbox.open(&sandbox.imitates.name.into(), &SandboxAccess::default());
    problems.extend(more);
    let Some(account) = account.filter(|_| problems.is_empty()) else { return Err(problems) };
    Ok(Imitated {
        written,
        provider: sandbox.imitates.provider,
        quiet_on_assignment,
        notes_team: account.notes_team().map(str::to_owned),
        contact_fields: account.contact_fields().to_vec(),
        can: can(account),
    })
}

fn can(account: Arc<dyn Account>) -> Arc<dyn Fn(&Channel) -> Capabilities + Send + Sync> {
    Arc::new(move |channel| account.capabilities(channel))
}

/// As one would write it: the name alone where there are no settings.
fn written(imitates: &Node, settings: &[(Key, Node)]) -> Json {
    let name = imitates.scalar().unwrap_or_default().to_owned();
    if settings.is_empty() {
        return Json::String(name);
    }
    let settings: Map<_, _> = settings.iter().map(|(key, value)| (key.text.clone(), json(value))).collect();
    Json::Object(Map::from_iter([(name, Json::Object(settings))]))
}

fn json(node: &Node) -> Json {
    match &node.content {
        Content::Scalar { text, .. } => text.parse().map_or_else(|_| Json::String(text.clone()), Json::Bool),
        Content::List(items) => items.iter().map(json).collect(),
        _ => node.entries().iter().map(|(key, value)| (key.text.clone(), json(value))).collect(),
    }
}
