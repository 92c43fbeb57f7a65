//! The FAQ as written: entries of the YAML files and of the tables beside them, synonyms, how well a message must fit.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use crate::domain::StepKey;
use crate::yaml::{Content, Key, Located, Node, Problem, Source};

use super::context::{Context, offer};
use super::merge::Merged;
use super::shapes::{FAQ_ENTRY, FAQ_MATCH};
use super::{FaqEntry, FaqMatch, Flow, Parts, Question, StepEntry, WhenPeople};

/// The most entries: twice what the speed is measured with.
const MAX_ENTRIES: usize = 20_000;
/// The most questions of all entries together.
const MAX_QUESTIONS: usize = 100_000;
/// The longest question, in characters: a longer one is a letter, and nobody writes it again.
const MAX_QUESTION: usize = 300;
/// The most groups of synonyms, and words in all of them.
const MAX_SYNONYMS: usize = 10_000;

/// How well a message must fit unless the bot says otherwise; tuned with `tests/data/faq`.
const DEFAULT_MATCH: FaqMatch = FaqMatch { answer: 0.55, ask: 0.35, margin: 0.1 };

/// The entries so far, and who speaks of them.
#[derive(Debug, Default)]
pub(super) struct FaqDraft {
    pub entries: Vec<FaqEntry>,
    /// Where each name stands, and the number of its entry.
    names: HashMap<String, (Located, usize)>,
    questions: usize,
    /// Entries that a flow takes.
    taken: HashSet<String>,
    /// Entries that a step answers with.
    answered: Vec<(String, Located)>,
}

/// Who speaks of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaqUse {
    /// A trigger: the flow takes the place of the answer.
    Trigger,
    /// A step that says the answer.
    Step,
}

/// Read all entries: those of YAML, then those of tables.
pub(super) fn read(cx: &mut Context, merged: &Merged, files: &[Arc<Source>]) {
    for (key, node) in merged.map("faq") {
        if cx.has_enough() {
            break;
        }
        if let Some(entry) = read_entry(cx, key, node) {
            cx.add_faq(entry, &key.at);
        }
    }
    if let Some(node) = merged.single("faq_files") {
        super::faq_files::read(cx, node, files);
    }
    warn_of_same_questions(cx);
}

fn read_entry(cx: &mut Context, key: &Key, node: &Node) -> Option<FaqEntry> {
    cx.name(&key.text, "a FAQ entry", &key.at)?;
    let is_closed = cx.shaped(node, &FAQ_ENTRY);
    let answer = node.get("answer").map(|answer| cx.texts(answer));
    let Some(list) = node.get("questions") else {
        if is_closed {
            let problem = Problem::error("missing-key", &key.at, "a FAQ entry needs the key `questions`");
            cx.report(problem.help("`questions: [How much is a visit?, price list]`"));
        }
        return None;
    };
    let questions = questions(cx, list);
    let place = cx.place(&key.at);
    let answer = match answer {
        Some(answer) => Some(answer?),
        None => None,
    };
    Some(FaqEntry { name: key.text.clone(), place, questions, answer })
}

/// A text, a list of texts, or either by language.
fn questions(cx: &mut Context, node: &Node) -> Vec<Question> {
    let default = cx.languages.first().cloned().unwrap_or_else(|| "en".into());
    let mut lists: Vec<(Arc<str>, &Node)> = Vec::new();
    match &node.content {
        Content::Map(entries) => {
            for (key, list) in entries {
                lists.extend(cx.language(&key.text, &key.at).map(|language| (language, list)));
            }
        }
        _ => lists.push((default, node)),
    }
    let mut questions = Vec::new();
    for (language, list) in lists {
        if list.one_or_many().is_empty() {
            cx.wrong_type(list, "a question or a list of questions");
        }
        for item in list.one_or_many() {
            let text = cx.scalar(item, "a question").and_then(|text| cx.question(text, &item.at));
            questions.extend(text.map(|text| Question { language: language.clone(), text }));
        }
    }
    questions
}

impl Context {
    /// A question, when it is one.
    pub(super) fn question(&mut self, text: String, at: &Located) -> Option<String> {
        if text.chars().count() > MAX_QUESTION {
            let message = format!("a question of more than {MAX_QUESTION} characters");
            self.report(Problem::error("faq-question", at, message).help("write it as people ask it, in a sentence"));
            return None;
        }
        if !text.chars().any(char::is_alphanumeric) {
            let problem = Problem::error("faq-question", at, "a question without a word in it");
            self.report(problem.help("write it as people ask it, in a sentence or a few words"));
            return None;
        }
        if text.contains("{{") {
            let problem = Problem::error("no-expression", at, "an expression cannot stand in a question");
            self.report(problem.help("questions are compared as they are written; `{{ }}` belongs into `answer`"));
            return None;
        }
        Some(text)
    }

    /// One more entry; a name that is there already is shown in both places.
    pub(super) fn add_faq(&mut self, entry: FaqEntry, at: &Located) {
        if let Some((first, _)) = self.faq.names.get(&entry.name) {
            let message = format!("`{}` stands twice in `faq`", entry.name);
            let problem = Problem::error("repeated-name", at, message).also(first, "the first is here");
            self.report(problem.help("all files of a bot are read as one"));
            return;
        }
        self.faq.questions += entry.questions.len();
        if self.faq.entries.len() >= MAX_ENTRIES || self.faq.questions > MAX_QUESTIONS {
            if !self.problems.iter().any(|problem| problem.code == "too-many") {
                let message =
                    format!("a bot has {MAX_ENTRIES} FAQ entries at most, with {MAX_QUESTIONS} questions together");
                self.report(
                    Problem::error("too-many", at, message)
                        .help("make several bots of it, or put questions of one answer into one entry"),
                );
            }
            return;
        }
        self.faq.names.insert(entry.name.clone(), (at.clone(), self.faq.entries.len()));
        self.faq.entries.push(entry);
    }

    /// The name of an entry; that it exists is checked.
    pub(super) fn faq_ref(&mut self, node: &Node, by: FaqUse) -> Option<String> {
        let name = self.scalar(node, "the name of a FAQ entry")?;
        if !self.faq.names.contains_key(&name) {
            let problem = Problem::error("unknown-faq", &node.at, format!("there is no FAQ entry `{name}`"));
            let known: BTreeSet<&str> = self.faq.names.keys().map(String::as_str).collect();
            let help = offer(&name, known.iter().copied());
            self.report(problem.help(help));
            return None;
        }
        match by {
            FaqUse::Trigger => {
                self.faq.taken.insert(name.clone());
            }
            FaqUse::Step => self.faq.answered.push((name.clone(), node.at.clone())),
        }
        Some(name)
    }

    /// When all flows are read: an entry says something, or a flow does in its place.
    pub(super) fn check_faq(&mut self) {
        let draft = std::mem::take(&mut self.faq);
        for entry in draft.entries.iter().filter(|entry| entry.answer.is_none()) {
            let Some((at, _)) = draft.names.get(&entry.name).filter(|_| !draft.taken.contains(&entry.name)) else {
                continue;
            };
            let problem =
                Problem::error("faq-no-answer", at, format!("the FAQ entry `{}` has no `answer`", entry.name));
            let flow = format!("give it one, or a flow with `on: {{faq: {}}}`", entry.name);
            self.report(problem.help(flow));
        }
        for (name, at) in &draft.answered {
            let entry = draft.names.get(name).and_then(|(_, n)| draft.entries.get(*n));
            if entry.is_some_and(|entry| entry.answer.is_none()) {
                let message = format!("the FAQ entry `{name}` has no `answer` to say");
                self.report(Problem::error("faq-no-answer", at, message).help("`go` to its flow instead"));
            }
        }
        self.faq = draft;
    }

    /// `synonyms`: groups of words that mean the same.
    pub(super) fn synonyms(&mut self, node: &Node) -> Vec<Vec<String>> {
        let mut groups = Vec::new();
        let mut words = 0;
        if !matches!(node.content, Content::List(_)) {
            self.wrong_type(node, "a list of lists of words");
        }
        for item in node.one_or_many() {
            let Content::List(members) = &item.content else {
                if matches!(node.content, Content::List(_)) {
                    let problem =
                        Problem::error("wrong-type", &item.at, "a list of words that mean the same is expected here");
                    self.report(problem.help("`synonyms: [[price, cost, fee]]`: a list of lists"));
                }
                continue;
            };
            let group: Vec<String> = members.iter().filter_map(|word| self.scalar(word, "a word")).collect();
            words += group.len();
            groups.push(group);
        }
        if words > MAX_SYNONYMS {
            let message = format!("a bot has {MAX_SYNONYMS} synonyms at most");
            self.report(Problem::error("too-many", &node.at, message).help("keep those that people write"));
            groups.clear();
        }
        groups
    }

    /// `faq_match`: numbers from 0 to 1.
    pub(super) fn faq_match(&mut self, node: Option<&Node>) -> FaqMatch {
        let mut matching = DEFAULT_MATCH;
        let Some(node) = node.filter(|node| self.shaped(node, &FAQ_MATCH)) else {
            return matching;
        };
        for (name, value) in
            [("answer", &mut matching.answer), ("ask", &mut matching.ask), ("margin", &mut matching.margin)]
        {
            let Some(given) = node.get(name) else { continue };
            let Some(number) = self.parsed::<f32>(given, "a number from 0 to 1") else { continue };
            if (0.0..=1.0).contains(&number) {
                *value = number;
            } else {
                self.report(
                    Problem::error("wrong-type", &given.at, "a number from 0 to 1 is expected here")
                        .help("`0.5`, for one"),
                );
            }
        }
        if matching.ask > matching.answer {
            let problem =
                Problem::error("wrong-type", &node.at, "`ask` is above `answer`: it would always be answered");
            self.report(problem.help("from `ask` on it is asked what is meant, from `answer` on it is answered"));
        }
        matching
    }
}

/// The flow that answers from the FAQ. It bears a name that no flow of a bot can bear, and no step goes there.
pub(super) fn faq_flow<P: Parts>(first: &FaqEntry) -> Flow<P> {
    let key = StepKey::from("which");
    let step = StepEntry {
        key: key.clone(),
        place: first.place.clone(),
        verb: "faq",
        condition: None,
        step: P::faq_step(),
        next: None,
        round_of: None,
    };
    Flow {
        name: "bot.faq".into(),
        place: first.place.clone(),
        triggers: Vec::new(),
        condition: None,
        unless: None,
        priority: 0,
        interrupt: false,
        continues: false,
        once_per: None,
        per: super::Per::default(),
        unless_human_within: None,
        when_people: WhenPeople::default(),
        outside: None,
        steps: vec![step],
        first: Some(0),
        on_error: None,
        on_orphan: None,
        keys: BTreeMap::from([(key, 0)]),
    }
}

/// A question in two entries can only be asked back.
fn warn_of_same_questions(cx: &mut Context) {
    let plain = |text: &str| -> String { text.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect() };
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut same: Vec<(usize, usize)> = Vec::new();
    for (n, entry) in cx.faq.entries.iter().enumerate() {
        for question in &entry.questions {
            let first = *seen.entry(plain(&question.text)).or_insert(n);
            if first != n && same.last() != Some(&(first, n)) {
                same.push((first, n));
            }
        }
    }
    for (first, second) in same {
        let at = |n: usize| {
            let name = &cx.faq.entries.get(n)?.name;
            cx.faq.names.get(name).map(|(at, _)| (name.clone(), at.clone()))
        };
        let (Some((one, first)), Some((_, at))) = (at(first), at(second)) else { continue };
        let problem = Problem::warning("faq-same-question", &at, format!("`{one}` has one of its questions, too"));
        cx.report(problem.also(&first, "here").help("who asks it is asked which of the two is meant"));
    }
}
