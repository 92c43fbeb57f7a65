//! What all parts of the loader share: the bot's languages and scripts, the problems found so far, and the readers of plain
//! parts (texts, conditions, values, durations, names). Each reports its problem itself, with place and hint.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::str::FromStr;
use std::sync::Arc;

use crate::domain::{AssetRef, Capabilities, Place, Span};
use crate::script::{Expr, FieldRead, Scripts, Text};
use crate::yaml::{Content, Key, Located, Node, Problem, Source, Style, nearest};

use super::faq::FaqDraft;
use super::hints;
use super::lines::Lines;
use super::names::check_name;
use super::recipes::Recipes;
use super::{Audience, CalendarRef, CallUse, KeyDoc, Rename, SecretUse, Shape, Team, TemplateUse, Texts};

/// More problems than that help nobody; the rest is not kept.
const MAX_PROBLEMS: usize = 1_000;
/// So many missing translations are told: they must not keep errors from being told.
const MAX_UNTRANSLATED: usize = 300;
/// Expressions of one bot: twenty for each flow of a bot with ten thousand. Each is compiled and kept, a kilobyte or two.
const MAX_EXPRESSIONS: usize = 200_000;
/// Steps of one bot, those of all its flows.
const MAX_STEPS: usize = 300_000;
/// What the compiled regexes of one bot may take together, in bytes.
const MAX_REGEX_BYTES: usize = 256 << 20;
/// The longest text, in characters: twice what the widest channel takes in one message.
const MAX_TEXT: usize = 10_000;

/// What a bot has used up of what a bot may have.
#[derive(Debug, Default)]
struct Spent {
    expressions: usize,
    steps: usize,
    regex_bytes: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Spending {
    Within,
    /// It was not too much before.
    TooMuchNow,
    TooMuch,
}

impl Spent {
    fn add(spent: &mut usize, more: usize, most: usize) -> Spending {
        let before = *spent;
        *spent = before.saturating_add(more);
        match () {
            () if *spent <= most => Spending::Within,
            () if before <= most => Spending::TooMuchNow,
            () => Spending::TooMuch,
        }
    }
}

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
    untranslated: usize,
    spent: Spent,
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

    /// A text as written, not empty.
    pub fn scalar(&mut self, node: &Node, what: &str) -> Option<String> {
        match node.scalar() {
            Some(text) if !text.trim().is_empty() => Some(text.into()),
            _ => {
                self.wrong_type(node, what);
                None
            }
        }
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
            _ => match hints::written(expected) {
                Some(written) => problem.help(written),
                None => problem,
            },
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

    /// Something that parses from its text.
    pub fn parsed<T: FromStr>(&mut self, node: &Node, what: &str) -> Option<T> {
        let text = self.scalar(node, what)?;
        let parsed = text.parse().ok();
        if parsed.is_none() {
            self.report(Problem::error("wrong-type", &node.at, format!("{what} is expected here, not `{text}`")));
        }
        parsed
    }

    pub fn flag(&mut self, node: &Node) -> Option<bool> {
        let text = self.scalar(node, "`true` or `false`")?;
        let meant = match text.to_lowercase().as_str() {
            "true" | "yes" | "on" | "y" => Some(true),
            "false" | "no" | "off" | "n" => Some(false),
            _ => None,
        };
        if let Ok(flag) = text.parse() {
            return Some(flag);
        }
        let problem =
            Problem::error("wrong-type", &node.at, format!("`true` or `false` is expected here, not `{text}`"));
        self.report(match meant {
            Some(meant) => problem.help(format!("write `{meant}`")),
            None => problem,
        });
        None
    }

    pub fn span(&mut self, node: &Node) -> Option<Span> {
        let text = self.scalar(node, "a duration")?;
        match text.parse::<Span>() {
            Ok(span) => Some(span),
            Err(error) => {
                let problem = Problem::error("bad-duration", &node.at, format!("`{text}` is no duration"));
                self.report(problem.help(hints::meant_span(&text).unwrap_or_else(|| error.to_string())));
                None
            }
        }
    }

    /// A whole number of at least `least`.
    pub fn count(&mut self, node: &Node, least: u32) -> Option<u32> {
        let count: u32 = self.parsed(node, "a whole number")?;
        if count < least {
            self.report(Problem::error("wrong-type", &node.at, format!("at least {least} is expected here")));
            return None;
        }
        Some(count)
    }

    /// One of these words.
    pub fn word<T: Copy>(&mut self, node: &Node, words: &[(&str, T)]) -> Option<T> {
        let text = self.scalar(node, "a word")?;
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == text) {
            return Some(*value);
        }
        let known = words.iter().map(|(word, _)| *word);
        let problem = Problem::error("unknown-word", &node.at, format!("`{text}` means nothing here"));
        self.report(problem.help(offer(&text, known)));
        None
    }

    /// `open`, or `NAME.open` of `calendars`.
    pub fn opening(&mut self, node: &Node) -> Option<CalendarRef> {
        let text = self.scalar(node, "`open`, or the name of a calendar and `.open`")?;
        let short = text.strip_prefix("calendars.").unwrap_or(&text);
        if matches!(short, "open" | "hours.open") {
            return Some(CalendarRef(None));
        }
        if let Some(name) = short.strip_suffix(".open").filter(|name| self.calendars.contains(*name)) {
            return Some(CalendarRef(Some(name.to_owned())));
        }
        let known: Vec<String> = self.calendars.iter().map(|name| format!("{name}.open")).collect();
        let problem = Problem::error("unknown-word", &node.at, format!("`{text}` means nothing here"));
        let words = std::iter::once("open").chain(known.iter().map(String::as_str));
        self.report(problem.help(format!("{}; a time is written `\"{{{{ visit }}}}\"`", offer(&text, words))));
        None
    }

    /// A name that is new here.
    pub fn name(&mut self, name: &str, what: &str, at: &Located) -> Option<()> {
        self.keep(check_name(name, what, at))
    }

    /// Keys are closed. Whether the node is a mapping with none but these keys.
    pub fn closed(&mut self, node: &Node, keys: &[&str]) -> bool {
        self.closed_but(node, keys, |_| None)
    }

    /// The same where some unknown keys are a mistake that is known: what to do about them.
    pub fn closed_but(&mut self, node: &Node, keys: &[&str], help: impl Fn(&str) -> Option<String>) -> bool {
        let Content::Map(entries) = &node.content else {
            self.wrong_type(node, "a mapping");
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

    /// A text, or a map by language.
    pub fn texts(&mut self, node: &Node) -> Option<Texts> {
        match &node.content {
            Content::Map(entries) if !entries.is_empty() => self.texts_by_language(node, entries),
            Content::Scalar { .. } => {
                let text = self.text(node)?;
                self.one_for_all(node, &text);
                Some(Texts { by_language: vec![(self.languages.first()?.clone(), text)], is_one: true })
            }
            _ => {
                self.wrong_type(node, "a text");
                None
            }
        }
    }

    /// A text for people of the business or for programs: nobody translates it.
    pub fn texts_for_people(&mut self, node: &Node) -> Option<Texts> {
        let languages = std::mem::take(&mut self.untranslated);
        self.untranslated = MAX_UNTRANSLATED;
        let texts = self.texts(node);
        self.untranslated = languages;
        texts
    }

    /// One text for all languages: what has words is in one of them.
    fn one_for_all(&mut self, node: &Node, text: &Text) {
        if let Some(first) = self.languages.first().filter(|_| !text.is_wordless()).cloned() {
            self.translated(node, &[first]);
        }
    }

    /// Warn of the languages that a text is not in.
    fn translated(&mut self, node: &Node, has: &[Arc<str>]) {
        let missing: Vec<String> =
            self.languages.iter().filter(|language| !has.contains(language)).map(|l| format!("`{l}`")).collect();
        let Some(instead) = has.first().filter(|_| !missing.is_empty() && self.untranslated < MAX_UNTRANSLATED) else {
            return;
        };
        self.untranslated += 1;
        let problem =
            Problem::warning("missing-translation", &node.at, format!("there is no text in {}", missing.join(", ")));
        self.report(problem.help(format!("contacts of {} get the one in `{instead}`", these(missing.len()))));
    }

    fn texts_by_language(&mut self, node: &Node, entries: &[(Key, Node)]) -> Option<Texts> {
        let mut texts = Vec::new();
        for (key, node) in entries {
            let language = self.language(&key.text, &key.at);
            texts.push((language, self.text(node)));
        }
        let texts: Option<Vec<_>> = texts.into_iter().map(|(language, text)| Some((language?, text?))).collect();
        let mut texts = texts?;
        let has: Vec<_> = texts.iter().map(|(language, _)| language.clone()).collect();
        self.translated(node, &has);
        // The default language first: it is what a missing translation falls back to.
        texts.sort_by_key(|(language, _)| self.languages.iter().position(|l| l == language));
        Some(Texts { by_language: texts, is_one: false })
    }

    /// One of the bot's languages, as the key of a text.
    pub fn language(&mut self, name: &str, at: &Located) -> Option<Arc<str>> {
        self.language_or(name, at, "a text is written as it is or as a map by language")
    }

    /// One of the bot's languages, as a value.
    pub fn known_language(&mut self, name: &str, at: &Located) -> Option<Arc<str>> {
        self.language_or(name, at, "`languages` of the bot lists them")
    }

    fn language_or(&mut self, name: &str, at: &Located, more: &str) -> Option<Arc<str>> {
        if let Some(language) = self.languages.iter().find(|language| &***language == name) {
            return Some(language.clone());
        }
        let known = self.languages.clone();
        let problem = Problem::error("unknown-language", at, format!("`{name}` is none of the bot's languages"));
        // `en-US` is most often meant as `en`.
        let base = name.split(['-', '_']).next().unwrap_or(name);
        let same = known.iter().find(|language| language.split('-').next() == Some(base));
        let offer = match same {
            Some(same) => format!("did you mean `{same}`?"),
            None => offer(name, known.iter().map(|language| &**language)),
        };
        let joint = if offer.ends_with('?') { " " } else { "; " };
        self.report(problem.help(format!("{offer}{joint}{more}")));
        None
    }

    /// A scalar with `{{ }}`.
    pub fn text(&mut self, node: &Node) -> Option<Text> {
        let written = self.scalar(node, "a text")?;
        if written.chars().count() > MAX_TEXT {
            let message = format!("a text of more than {MAX_TEXT} characters");
            self.report(Problem::error("text-too-long", &node.at, message).help("send it as several messages"));
            return None;
        }
        if !self.spend_expressions(written.matches("{{").count(), &node.at) {
            return None;
        }
        let text = self.scripts.text(&written, &inner(node));
        for problem in text.problems() {
            self.report(problem.clone());
        }
        self.fields.extend(text.fields().cloned());
        for (name, at) in text.names() {
            self.reads(&name, &at);
        }
        Some(text)
    }

    /// A bare rhai condition.
    pub fn condition(&mut self, node: &Node) -> Option<Expr> {
        let written = self.scalar(node, "a condition")?;
        if !self.spend_expressions(1, &node.at) {
            return None;
        }
        let compiled = self.scripts.expr(&written, &inner(node));
        let expr = self.keep(compiled)?;
        for problem in expr.problems() {
            self.report(problem.clone());
        }
        self.fields.extend(expr.fields().iter().cloned());
        for (name, at) in expr.names() {
            self.reads(name, at);
        }
        Some(expr)
    }

    fn spend_expressions(&mut self, more: usize, at: &Located) -> bool {
        let spent = Spent::add(&mut self.spent.expressions, more, MAX_EXPRESSIONS);
        self.within(spent, &format!("more than {MAX_EXPRESSIONS} expressions"), at)
    }

    /// One more step. False: the bot has too many.
    pub fn spend_step(&mut self, at: &Located) -> bool {
        let spent = Spent::add(&mut self.spent.steps, 1, MAX_STEPS);
        self.within(spent, &format!("more than {MAX_STEPS} steps"), at)
    }

    /// One more regex, of so many bytes at most. False: the bot's take too much.
    pub fn spend_regex(&mut self, bytes: usize, at: &Located) -> bool {
        let spent = Spent::add(&mut self.spent.regex_bytes, bytes, MAX_REGEX_BYTES);
        self.within(spent, &format!("regexes of more than {} MiB", MAX_REGEX_BYTES >> 20), at)
    }

    /// Going over a limit is said once.
    fn within(&mut self, spent: Spending, what: &str, at: &Located) -> bool {
        if spent == Spending::TooMuchNow {
            let problem = Problem::error("too-many", at, format!("the bot has {what}"));
            self.report(problem.help("make several bots of it, or say the same with less"));
        }
        spent == Spending::Within
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

/// The place of a scalar's text: without its quotes where it stands between them just as it reads.
pub(super) fn inner(node: &Node) -> Located {
    let raw = node.at.text();
    match &node.content {
        Content::Scalar { text, style: Style::Quoted } if raw.get(1..raw.len().max(2) - 1) == Some(text) => {
            node.at.part(1, raw.len() - 1)
        }
        _ => node.at.clone(),
    }
}

fn these(languages: usize) -> &'static str {
    if languages == 1 { "that language" } else { "those languages" }
}

/// What a node is, in words.
fn kind(node: &Node) -> &'static str {
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
