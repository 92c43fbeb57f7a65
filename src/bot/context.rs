//! What all parts of the loader share: the bot's languages and scripts, and the problems found so far. What reads plain parts with it stands
//! beside it: `scalars`, `texts`, `values`. Each reports its problem itself, with place and hint.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::domain::{AssetRef, Capabilities, Place};
use crate::script::{FieldRead, Scripts};
use crate::yaml::{Content, Key, Located, Node, Problem, Source, nearest};

use super::faq::FaqDraft;
use super::hints;
use super::lines::Lines;
use super::recipes::Recipes;
use super::spent::Spent;
use super::{Audience, CallUse, KeyDoc, Rename, SecretUse, Shape, Team, TemplateUse};

/// More problems than that help nobody; the rest is not kept.
const MAX_PROBLEMS: usize = 1_000;

/// A use of a name in an expression.
#[derive(Clone, Debug)]
pub(super) struct Read {
    pub name: String,
    pub at: Located,
}

/// What the loader knows while it reads.
#[derive(Debug)]
pub(super) struct Context {
    /// The folder's name.
    pub folder: String,
    /// The first is the default; never empty.
    pub languages: Vec<Arc<str>>,
    pub scripts: Arc<Scripts>,
    pub problems: Vec<Problem>,
    /// Teams by name.
    pub teams: BTreeMap<String, Team>,
    /// Warnings of missing translations so far.
    pub untranslated: usize,
    pub spent: Spent,
    /// On which channels the bot speaks.
    pub audience: Audience,
    /// Names of `calendars`.
    pub calendars: BTreeSet<String>,
    /// Files of the folder that steps may send.
    pub assets: Vec<Arc<Source>>,
    /// Those that some step sends, by name.
    pub assets_sent: BTreeMap<String, AssetRef>,
    /// Templates that something names.
    pub templates: Vec<TemplateUse>,
    pub faq: FaqDraft,
    /// Names that something sets.
    pub sets: BTreeSet<String>,
    /// Variables that were renamed beside the step that names them.
    pub renamed: Vec<Rename>,
    /// Names that expressions read.
    pub reads: Vec<Read>,
    /// Fields of the bot's own that expressions read.
    pub fields: Vec<FieldRead>,
    /// Recipes, and their uses.
    pub recipes: Recipes,
    /// Secrets that steps name.
    pub secrets: Vec<SecretUse>,
    /// Where steps call.
    pub calls: Vec<CallUse>,
    /// Where lines begin, by file.
    lines: HashMap<Arc<str>, Lines>,
}

impl Context {
    pub fn new(folder: &str, scripts: &Arc<Scripts>) -> Self {
        Self {
            folder: folder.into(),
            languages: vec!["en".into()],
            scripts: scripts.clone(),
            problems: Vec::new(),
            teams: BTreeMap::new(),
            spent: Spent::default(),
            untranslated: 0,
            audience: Audience::default(),
            calendars: BTreeSet::new(),
            assets: Vec::new(),
            assets_sent: BTreeMap::new(),
            templates: Vec::new(),
            faq: FaqDraft::default(),
            sets: BTreeSet::new(),
            renamed: Vec::new(),
            reads: Vec::new(),
            fields: Vec::new(),
            recipes: Recipes::default(),
            secrets: Vec::new(),
            calls: Vec::new(),
            lines: HashMap::new(),
        }
    }

    pub fn report(&mut self, problem: Problem) {
        if !self.has_enough() {
            self.problems.push(problem);
        }
    }

    /// No more problems are kept; what costs time to say need not be found.
    pub fn has_enough(&self) -> bool {
        self.problems.len() >= MAX_PROBLEMS
    }

    /// Report what failed, keep what did not.
    pub fn keep<T>(&mut self, result: Result<T, Box<Problem>>) -> Option<T> {
        result.map_err(|problem| self.report(*problem)).ok()
    }

    /// Where something stands, for traces: the bot's folder, the file, the line, the column.
    pub fn place(&mut self, at: &Located) -> Place {
        let lines = self.lines.entry(at.source.path.clone()).or_insert_with(|| Lines::of(&at.source.text));
        let (line, column) = lines.find(&at.source.text, at.bytes.start);
        let file = at.source.path.rsplit('/').next().unwrap_or_default();
        let beside = at.source.path.rsplit('/').nth(1).filter(|_| self.recipes.holds(at));
        let folder = beside.unwrap_or(&self.folder);
        Place { file: format!("{folder}/{file}").into(), line, column }
    }

    /// Warn where an account on which the bot speaks cannot do what stands there; `instead` says what becomes of it.
    pub fn needs_channel(&mut self, at: &Located, what: &str, instead: &str, can: impl Fn(&Capabilities) -> bool) {
        let lacking: Vec<_> = self.audience.lacking(can).into_iter().map(|account| format!("`{account}`")).collect();
        if lacking.is_empty() {
            return;
        }
        let message = format!("{what} is not there on {}: {instead}", lacking.join(", "));
        let help = "`frontdesk accounts capabilities` shows what can be done where";
        self.report(Problem::warning("channel-lacks", at, message).help(help));
    }

    /// Say that something else was expected.
    pub fn wrong_type(&mut self, node: &Node, expected: &str) {
        let problem =
            Problem::error("wrong-type", &node.at, format!("{expected} is expected here, not {}", kind(node)));
        let wants_text = matches!(expected, "a text" | "a condition" | "opening hours");
        let is_bracketed = node.at.text().starts_with(['{', '[']);
        self.report(match &node.content {
            Content::Map(_) | Content::List(_) if wants_text && is_bracketed => problem
                .help("without quotes, YAML reads brackets as a list or a mapping; put all of the text in quotes"),
            Content::List(_) if expected == "a text" => problem.help("one text, or a map by language, stands here"),
            _ => problem.help(hints::written(expected).unwrap_or_else(|| hints::instead_of(node))),
        });
    }

    /// `was`: a name of before, or several.
    pub fn old_names(&mut self, node: &Node) -> Vec<(String, Located)> {
        if node.one_or_many().is_empty() {
            self.wrong_type(node, "a name or a list of names");
        }
        let names = node.one_or_many().iter();
        names.filter_map(|name| Some((self.scalar(name, "a name of before")?, name.at.clone()))).collect()
    }

    /// A name of before is one of now, or that of two.
    pub fn was_in_use(&mut self, old: &str, what: &str, at: &Located) {
        let problem = Problem::error("was-in-use", at, format!("`{old}` is still the name of {what}"));
        self.report(problem.help("`was` is a name that nothing else has any more"));
    }

    /// Keys are closed. Whether the node is a mapping with none but these keys.
    pub fn closed(&mut self, node: &Node, keys: &[&str]) -> bool {
        self.closed_but(node, keys, |_| None)
    }

    /// The same where some unknown keys are a mistake that is known: what to do about them.
    pub fn closed_but(&mut self, node: &Node, keys: &[&str], help: impl Fn(&str) -> Option<String>) -> bool {
        let Content::Map(entries) = &node.content else {
            let message = format!("a mapping is expected here, not {}", kind(node));
            let known: Vec<_> = keys.iter().map(|key| format!("`{key}`")).collect();
            self.report(
                Problem::error("wrong-type", &node.at, message).help(format!("its keys are {}", known.join(", "))),
            );
            return false;
        };
        let mut all_known = true;
        for (key, _) in entries.iter().filter(|(key, _)| !keys.contains(&key.text.as_str())) {
            match help(&key.text) {
                Some(help) => self.report(unknown(key).help(help)),
                None => self.unknown_key(key, keys),
            }
            all_known = false;
        }
        all_known
    }

    /// The same for a mapping of the language.
    pub fn shaped(&mut self, node: &Node, shape: &Shape) -> bool {
        self.closed(node, &shape.names())
    }

    pub fn unknown_key(&mut self, key: &Key, keys: &[&str]) {
        self.report(unknown(key).help(offer(&key.text, keys.iter().copied())));
    }

    /// Something reads a name; whether anything sets it is checked when all is read.
    pub fn reads(&mut self, name: &str, at: &Located) {
        self.reads.push(Read { name: name.into(), at: at.clone() });
    }
}

fn unknown(key: &Key) -> Problem {
    Problem::error("unknown-key", &key.at, format!("unknown key `{}`", key.text))
}

/// Help that offers the nearest, or names them all when they are few.
pub(super) fn offer<'a>(word: &str, known: impl Iterator<Item = &'a str> + Clone) -> String {
    /// More words than that are no longer read.
    const FEW: usize = 16;
    if let Some(near) = nearest(word, known.clone()) {
        return format!("did you mean `{near}`?");
    }
    let all: Vec<String> = known.take(FEW + 1).map(|word| format!("`{word}`")).collect();
    match all.len() {
        0 => "there is none".into(),
        1..=FEW => format!("there is {}", all.join(", ")),
        _ => format!("there is {} and more", all[..FEW].join(", ")),
    }
}

/// The names of documented keys.
pub(super) fn key_names(keys: &[KeyDoc]) -> Vec<&'static str> {
    keys.iter().map(|key| key.name).collect()
}

/// What a node is, in words.
pub(super) fn kind(node: &Node) -> &'static str {
    match &node.content {
        Content::Empty => "nothing",
        Content::Scalar { text, .. } if text.trim().is_empty() => "an empty text",
        Content::Scalar { .. } => "a text",
        Content::List(items) if items.is_empty() => "an empty list",
        Content::List(_) => "a list",
        Content::Map(entries) if entries.is_empty() => "an empty mapping",
        Content::Map(_) => "a mapping",
    }
}
