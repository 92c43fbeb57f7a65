//! The examples of the documents, as people copy them: each is read, each test is played on the bot before it.
//! What a block is shows by its keys: a whole bot or a part of one, a list of steps, a recipe, a configuration, a test. One that is none of
//! these says so: `yaml flow` has keys of a flow, `yaml part` is not checked.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use frontdesk::config;
use frontdesk::script::Scripts;
use frontdesk::testing::{self, Stage, Subject};
use frontdesk::yaml::{self, Colour, Content, Node, Problem, Severity, Source};

/// What the rest of a bot may have that a part of one speaks of.
const ELSEWHERE: &[&str] = &[
    "unknown-flow",
    "unknown-flow-step",
    "unset-name",
    "unknown-field",
    "unknown-team",
    "unknown-faq",
    "missing-file",
];
const CALENDAR: &str =
    "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:20260501\nSUMMARY:Closed\nEND:VEVENT\nEND:VCALENDAR\n";

/// A block of a page.
struct Block {
    /// `docs/flows.md:12`.
    place: String,
    /// The word after `yaml`, if any.
    word: String,
    text: String,
}

fn pages() -> Vec<PathBuf> {
    let home = Path::new(env!("CARGO_MANIFEST_DIR"));
    let docs = fs::read_dir(home.join("docs")).unwrap().map(|file| file.unwrap().path());
    let mut pages: Vec<_> = docs.filter(|path| path.extension().is_some_and(|end| end == "md")).collect();
    pages.sort();
    pages.insert(0, home.join("README.md"));
    pages
}

fn blocks(page: &Path) -> Vec<Block> {
    let text = fs::read_to_string(page).unwrap();
    let name = page.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap().display().to_string();
    let mut blocks = Vec::new();
    let mut open: Option<(Block, usize)> = None;
    for (line, n) in text.lines().zip(1..) {
        let indent = line.len() - line.trim_start().len();
        if let Some((block, by)) = &mut open {
            if line.trim() == "```" {
                blocks.extend(open.take().map(|(block, _)| block));
            } else {
                block.text += line.get(*by..).unwrap_or_default();
                block.text.push('\n');
            }
        } else if let Some(word) = line.trim().strip_prefix("```yaml") {
            let block = Block { place: format!("{name}:{n}"), word: word.trim().to_owned(), text: String::new() };
            open = Some((block, indent));
        }
    }
    assert!(open.is_none(), "{name}: a block is never closed");
    blocks
}

fn source(path: &str, text: impl Into<Arc<str>>) -> Arc<Source> {
    Arc::new(Source { path: path.into(), text: text.into() })
}

fn indented(text: &str, by: usize) -> String {
    text.lines().fold(String::new(), |all, line| format!("{all}{}{line}\n", " ".repeat(by)))
}

/// A bot around a part of one.
fn around(text: &str, node: &Node) -> String {
    let missing = |key: &str, line: &str| if node.get(key).is_none() { line.to_owned() } else { String::new() };
    match node.get("bot") {
        Some(_) => text.to_owned(),
        None => ["bot: docs\n", &missing("languages", "languages: [en, ru]\n"), text].concat(),
    }
}

fn load(name: &str, text: String, more: Vec<Arc<Source>>) -> (Option<Subject>, Vec<Problem>) {
    let files = [source(&format!("{name}/bot.yaml"), text), source(&format!("{name}/closed.ics"), CALENDAR)];
    Subject::load(name, files.into_iter().chain(more).collect(), &Arc::new(Scripts::default()))
}

/// What is wrong with a bot, or with a part of one.
fn wrong_with_bot(node: &Node, text: &str) -> (Option<Subject>, Vec<Problem>) {
    let whole = node.get("bot").and_then(Node::scalar);
    let (subject, problems) = load(whole.unwrap_or("docs"), around(text, node), Vec::new());
    let counts = |problem: &Problem| {
        whole.is_some() || (problem.severity == Severity::Error && !ELSEWHERE.contains(&problem.code))
    };
    (subject, problems.into_iter().filter(counts).collect())
}

/// A bot that uses the recipe, each input that must be given given.
fn wrong_with_recipe(node: &Node, text: &str) -> Vec<Problem> {
    let name = node.get("recipe").and_then(Node::scalar).unwrap_or_default();
    let given = node
        .get("inputs")
        .map(Node::entries)
        .unwrap_or_default()
        .iter()
        .filter(|(_, input)| input.get("default").is_none());
    let given = given.map(|(key, input)| {
        let value = match input.get("kind").and_then(Node::scalar) {
            Some("team") => "sales",
            Some("number") => "2",
            Some("duration") => "5m",
            Some("flag") => "true",
            Some("list") => "[a, b]",
            Some("flow") => "main",
            _ => "https://example.com",
        };
        format!("{}: \"{value}\"", key.text).replace(": \"[a, b]\"", ": [a, b]")
    });
    let given = given.collect::<Vec<_>>().join(", ");
    let bot = format!(
        "bot: docs\nlanguages: [en, ru]\nteams: {{sales: {{members: {{anna: {{ids: {{pact: 42}}}}}}}}}}\nflows:\n  main:\n    on: message\n    do: [{{use: {name}, with: {{{given}}}}}]\n"
    );
    load("docs", bot, vec![source(&format!("recipes/{name}.yaml"), text)]).1
}

fn wrong_with_config(text: &str) -> Vec<Problem> {
    let whole = |part: &str| part.contains("accounts:");
    let accounts = "accounts: {x: {provider: pact, bot: x, token: x, company_id: 1, webhook_secret: x}}\n";
    let text = if whole(text) { text.to_owned() } else { format!("{text}{accounts}") };
    config::read(&source("frontdesk.yaml", text), &|_| Some("12345".to_owned())).1
}

/// The tests, played on the bot before them.
fn wrong_with_tests(text: &str, subject: Option<&Subject>) -> (Vec<Problem>, Vec<String>) {
    let (tests, problems) = testing::read_tests(&source("docs.test.yaml", text), config::imitated);
    let Some(subject) = subject else {
        return (problems, vec!["there is no bot before it that could be played".to_owned()]);
    };
    let stage = Stage { account: "docs".to_owned(), provider: "pact".to_owned() };
    let play =
        |test: &testing::Test| testing::play(subject, &stage, test).err().map(|failure| failure.render(&test.name));
    (problems, tests.iter().filter_map(play).collect())
}

const CONFIG: &[&str] = &["accounts", "listen", "secrets", "http", "store", "admin"];

fn wrong_with(block: &Block, subject: &mut Option<Subject>) -> String {
    // The first of several documents shows what it is; those are tests, which their own reader reads.
    let (nodes, mut problems) = yaml::read_documents(&source("docs.yaml", block.text.as_str()));
    let Some(node) = nodes.into_iter().next() else { return yaml::render(&problems, Colour::Never) };
    let has = |key: &str| node.get(key).is_some();
    let mut failures = Vec::new();
    let found = match () {
        () if block.word == "part" => Vec::new(),
        () if block.word == "flow" => {
            let text = format!("flows:\n  main:\n    on: message\n    do: {{say: Hi}}\n{}", indented(&block.text, 4));
            wrong_with_bot(&yaml::read(&source("x", text.as_str())).0.unwrap(), &text).1
        }
        () if matches!(node.content, Content::List(_)) => {
            let text = format!("flows:\n  main:\n    on: message\n    do:\n{}", indented(&block.text, 6));
            wrong_with_bot(&yaml::read(&source("x", text.as_str())).0.unwrap(), &text).1
        }
        () if has("test") => {
            let (problems, failed) = wrong_with_tests(&block.text, subject.as_ref());
            failures = failed;
            problems
        }
        () if has("recipe") => wrong_with_recipe(&node, &block.text),
        () if CONFIG.iter().any(|key| has(key)) => wrong_with_config(&block.text),
        () => {
            let (loaded, problems) = wrong_with_bot(&node, &block.text);
            *subject = loaded;
            problems
        }
    };
    problems.extend(found);
    [vec![yaml::render(&problems, Colour::Never)], failures].concat().concat()
}

#[test]
fn what_the_documents_show_works() {
    let mut wrong = Vec::new();
    let mut seen = 0;
    for page in pages() {
        let mut subject = None;
        for block in blocks(&page) {
            seen += 1;
            assert!(
                matches!(block.word.as_str(), "" | "flow" | "part"),
                "{}: `yaml {}` means nothing",
                block.place,
                block.word
            );
            let said = wrong_with(&block, &mut subject);
            if !said.is_empty() {
                wrong.push(format!("==== {}\n{said}", block.place));
            }
        }
    }
    assert!(seen > 10, "the blocks are not found any more");
    assert!(wrong.is_empty(), "an example does not work (or is no whole part: ```yaml part):\n{}", wrong.join("\n"));
}
