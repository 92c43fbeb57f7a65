//! The mappings of bots and of tests, walked by the lists that the readers use: each key of each is used well in the cases of the language, and refuses
//! there what makes no sense.

use std::fmt::Write as _;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use frontdesk::bot::{self, Shape};
use frontdesk::config;
use frontdesk::engine::{Core, steps, triggers};
use frontdesk::runtime::folder;
use frontdesk::script::Scripts;
use frontdesk::testing;
use frontdesk::yaml::{self, Content, Node, Problem, Severity, Source, Style};

/// What is put in the place of a value, in this order, until one is refused.
const BAD: &[&str] = &["{nonsense: {}}", "[[]]", "'{{ 1 + }}'", "'no such thing!'", "-1", "''", "~"];

/// Keys that take whatever is there.
const TAKES_ALL: &[(&str, &str)] = &[
    ("reply", "json"),         // what another program answers
    ("posted event", "data"),  // what another program tells
    ("expected call", "json"), // what a bot sends
    ("message", "form"),       // what a form asked
    ("message", "order"),      // what a shop sells
    ("whatsapp_form", "data"), // what its screen is given
];

/// How many of the places where a key stands are spoiled: some values are fine with anything at one place, and not at the next.
const TRIED: usize = 5;

/// A file that the cases have, and the bot that it belongs to.
struct Written {
    file: Arc<Source>,
    root: Node,
    /// The name of its bot.
    bot: String,
    /// All files of the bot.
    beside: Vec<Arc<Source>>,
}

/// Of bots, and of tests.
fn cases() -> (Vec<Written>, Vec<Written>) {
    let (mut bots, mut tests) = (Vec::new(), Vec::new());
    for dir in folder::bot_folders(Path::new("tests/data/language")).unwrap() {
        let mut read = folder::read_bot(&dir);
        if read.name == "recipes" {
            read = read.and_recipes(Path::new("recipes"));
        }
        let written = |file: &Arc<Source>| {
            let root = yaml::read_documents(file).0.into_iter();
            let (file, bot, beside) = (file.clone(), read.name.clone(), read.files.clone());
            root.map(move |root| Written { file: file.clone(), root, bot: bot.clone(), beside: beside.clone() })
        };
        bots.extend(read.files.iter().filter(|file| file.path.ends_with(".yaml")).flat_map(written));
        tests.extend(read.tests.iter().flat_map(written));
        let edited = tests.iter().filter(|test| test.bot == read.name).flat_map(edits);
        bots.extend(edited);
    }
    (bots, tests)
}

/// The files of a bot as a test edits them.
fn edits(test: &Written) -> Vec<Written> {
    let lines = test.root.get("talk").map(Node::one_or_many).unwrap_or_default();
    let edits = lines.iter().filter_map(|line| line.get("edit")).flat_map(Node::entries);
    let edited = |(name, text): &(yaml::Key, Node)| {
        let folder = test.file.path.rsplit_once('/')?.0;
        let path: Arc<str> = format!("{folder}/{}", name.text).into();
        let file = Arc::new(Source { path: path.clone(), text: text.scalar()?.into() });
        let mut beside: Vec<_> = test.beside.iter().filter(|other| other.path != path).cloned().collect();
        beside.push(file.clone());
        Some(Written { root: yaml::read(&file).0?, file, bot: test.bot.clone(), beside })
    };
    edits.filter_map(edited).collect()
}

/// The mappings of a file, each with the keys that lead to it; lists do not count.
fn mappings<'n>(node: &'n Node, path: &mut Vec<&'n str>, found: &mut Vec<(Vec<&'n str>, &'n Node)>) {
    match &node.content {
        Content::List(items) => items.iter().for_each(|item| mappings(item, path, found)),
        Content::Map(entries) => {
            found.push((path.clone(), node));
            for (key, value) in entries {
                path.push(&key.text);
                mappings(value, path, found);
                path.pop();
            }
        }
        _ => {}
    }
}

fn stands_at(at: &str, path: &[&str]) -> bool {
    let wanted =
        |at: &str| -> Vec<String> { at.split('.').filter(|part| !part.is_empty()).map(str::to_owned).collect() };
    let fits = |wanted: &[String], path: &[&str]| {
        wanted.len() == path.len() && wanted.iter().zip(path).all(|(want, is)| want == "NAME" || want == is)
    };
    match at.strip_prefix("**.") {
        Some(end) => {
            let wanted = wanted(end);
            path.len() >= wanted.len() && fits(&wanted, &path[path.len() - wanted.len()..])
        }
        None => fits(&wanted(at), path),
    }
}

/// Where a key of a shape stands: the file, the key with its value, the value alone.
fn places<'w>(shape: &Shape, key: &str, written: &'w [Written]) -> Vec<(&'w Written, Range<usize>, &'w Node)> {
    let mut places = Vec::new();
    for file in written {
        let is_recipe = bot::is_recipe(&file.file.text);
        let (mut path, mut found) = (if is_recipe { vec!["RECIPE"] } else { Vec::new() }, Vec::new());
        mappings(&file.root, &mut path, &mut found);
        let here = found.into_iter().filter(|(path, _)| shape.at.iter().any(|at| stands_at(at, path)));
        let entries = here.flat_map(|(_, node)| node.entries()).filter(|(name, _)| name.text == key);
        places.extend(entries.map(|(name, value)| (file, name.at.bytes.clone(), value)));
    }
    places
}

/// The file with other words in that place.
fn spoiled(file: &Source, place: &Range<usize>, bad: &str) -> Arc<Source> {
    let (before, old, after) = (&file.text[..place.start], &file.text[place.clone()], &file.text[place.end..]);
    let end = if old.ends_with('\n') { "\n" } else { "" };
    Arc::new(Source { path: file.path.clone(), text: [before, bad, end, after].concat().into() })
}

fn of_bot(written: &Written, spoiled: &Arc<Source>) -> Vec<Problem> {
    let files: Vec<_> = written
        .beside
        .iter()
        .map(|file| if file.path == spoiled.path { spoiled.clone() } else { file.clone() })
        .collect();
    bot::load::<Core>(&written.bot, &files, &Arc::new(Scripts::default())).1
}

fn of_test(_: &Written, spoiled: &Arc<Source>) -> Vec<Problem> {
    testing::read_tests(spoiled, config::imitated).1
}

type Check = fn(&Written, &Arc<Source>) -> Vec<Problem>;

/// What is said of other words in that place.
fn refused(check: Check, written: &Written, from: usize, place: &Range<usize>, bad: &str) -> Option<Problem> {
    let file = spoiled(&written.file, place, bad);
    let here = from..place.start + bad.len() + 1;
    let is_here = |problem: &Problem| {
        problem.severity == Severity::Error
            && problem.code != "yaml-syntax"
            && problem.at.source.path == file.path
            && here.contains(&problem.at.bytes.start)
    };
    check(written, &file).into_iter().find(is_here)
}

fn is_block(node: &Node) -> bool {
    matches!(node.content, Content::Scalar { style: Style::Block, .. } | Content::Empty)
}

/// Every key of these shapes is used, and refuses something; what is said of that.
fn walk(shapes: &[&Shape], written: &[Written], check: Check) -> String {
    let (mut said, mut wrong) = (String::new(), Vec::new());
    for shape in shapes {
        assert!(!shape.doc.is_empty(), "`{}` is not documented", shape.name);
        for key in shape.keys {
            let name = format!("{}.{}", shape.name, key.name);
            assert!(!key.doc.is_empty(), "`{name}` is not documented");
            let places = places(shape, key.name, written);
            if places.is_empty() {
                wrong.push(format!("no case uses `{name}`"));
                continue;
            }
            let usable = || places.iter().filter(|(.., value)| !is_block(value)).take(TRIED);
            let renamed = usable().find_map(|(file, at, _)| refused(check, file, at.start, at, "nonsense"));
            if renamed.is_none() {
                wrong.push(format!("`nonsense` is taken in place of `{name}`"));
            }
            let found = BAD.iter().find_map(|bad| {
                let mut tried = usable();
                tried.find_map(|(file, at, value)| Some((bad, refused(check, file, at.start, &value.at.bytes, bad)?)))
            });
            match found {
                Some((bad, problem)) => {
                    let Problem { code, message, help, .. } = problem;
                    let Some(help) = help else {
                        wrong.push(format!("`{name}: {bad}`, {code}: \"{message}\" does not say what to do"));
                        continue;
                    };
                    let _ = write!(said, "{name}: {bad}\n    {code}: {message}\n    {help}\n");
                }
                None if TAKES_ALL.contains(&(shape.name, key.name)) => {}
                None => wrong.push(format!("nothing is too bad for `{name}`")),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    said
}

#[test]
fn every_key_of_a_bot_is_used_and_refuses_what_makes_no_sense() {
    let shapes: Vec<&Shape> = [bot::SHAPES, steps::SHAPES, triggers::SHAPES].concat();
    insta::assert_snapshot!(walk(&shapes, &cases().0, of_bot));
}

#[test]
fn every_key_of_a_test_is_used_and_refuses_what_makes_no_sense() {
    insta::assert_snapshot!(walk(testing::SHAPES, &cases().1, of_test));
}
