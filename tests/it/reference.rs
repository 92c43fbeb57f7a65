//! `docs/reference.md` is made of the lists of the language: every step, key, kind of question and trigger, in the words that the program has.

use std::fmt::Write as _;
use std::path::Path;

use frontdesk::bot::{self, Argument, KeyDoc, Shape};
use frontdesk::engine::steps::{self, STEPS, question_kinds};
use frontdesk::engine::triggers::{self, TRIGGERS};
use frontdesk::script;
use frontdesk::testing;

const HEAD: &str = "# Reference

All steps with their keys, all kinds of questions, all triggers, and all other mappings of a bot's files. The page is made of the lists that the
program itself reads; what the words mean together is told in [flows](flows.md), [messages](messages.md), [time](time.md), [teams](teams.md), [other programs](http.md),
[the FAQ](faq.md) and [scripts](scripts.md). The tests beside a bot have [a page of their own](testing.md).
";

fn table(page: &mut String, keys: &[KeyDoc]) {
    if keys.is_empty() {
        return;
    }
    *page += "\n| key | |\n| --- | --- |\n";
    for key in keys {
        let _ = writeln!(page, "| `{}` | {} |", key.name, key.doc.replace('|', "\\|"));
    }
}

fn page() -> String {
    let mut page = format!("{HEAD}\n## Steps\n");
    for step in STEPS {
        let _ = writeln!(page, "\n### `{}`\n\n{}", step.verb, step.doc);
        if matches!(step.argument, Argument::None) {
            page += "It stands alone, or with keys beside it.\n";
        }
        let _ = writeln!(page, "\n```yaml\n{}\n```", step.example.trim_end());
        table(&mut page, step.keys);
    }
    let kinds: Vec<String> = question_kinds().map(|kind| format!("`{kind}`")).collect();
    let _ = writeln!(page, "\n## Kinds of questions\n\n`kind` of `ask` is one of {}.", kinds.join(", "));
    page += "\n## Triggers\n\n`on` takes one or a list.\n";
    for trigger in TRIGGERS {
        let _ =
            writeln!(page, "\n### `{}`\n\n{}\n\n```yaml part\non: {}\n```", trigger.name, trigger.doc, trigger.example);
        table(&mut page, trigger.keys);
    }
    page += "\n## The other mappings of a bot\n\nKeys are closed: what is not listed is an error.\n";
    for shape in [bot::SHAPES, steps::SHAPES, triggers::SHAPES].concat() {
        tell(&mut page, shape);
    }
    page
}

fn tell(page: &mut String, shape: &Shape) {
    let _ = writeln!(page, "\n### {}\n\n{}", capital(shape.name), shape.doc);
    if !shape.example.is_empty() {
        let _ = writeln!(page, "\n```yaml\n{}\n```", shape.example.trim_end());
    }
    table(page, shape.keys);
}

fn capital(name: &str) -> String {
    let is_word = name.chars().all(|c| c.is_alphabetic() || c == ' ');
    if !is_word {
        return format!("`{}`", name.trim_matches('`'));
    }
    name.chars().take(1).flat_map(char::to_uppercase).chain(name.chars().skip(1)).collect()
}

/// What stands behind this line of a page is made of the program's lists.
const MADE: &str = "<!-- From here on the page is made of the lists that the program itself reads. -->\n";

/// A page, or what is behind that line of it, is what the lists say.
fn check(page: &str, made: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(page);
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    let by_hand = written.split_once(MADE).map_or("", |(by_hand, _)| by_hand);
    let whole = if by_hand.is_empty() { made.to_owned() } else { [by_hand, MADE, made].concat() };
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &whole).unwrap();
        return;
    }
    assert!(written == whole, "docs/{page} is stale: UPDATE=1 cargo test --test it reference");
}

#[test]
fn the_reference_page_says_what_the_lists_say() {
    check("reference.md", &page());
}

#[test]
fn the_page_of_tests_says_what_their_reader_takes() {
    let mut made = String::from("\n## All keys\n\nKeys are closed: what is not listed is an error.\n");
    for shape in testing::SHAPES {
        tell(&mut made, shape);
    }
    check("testing.md", &made);
}

#[test]
fn the_page_of_scripts_names_all_that_they_see() {
    let mut made = String::from("\n## All names\n");
    for name in script::NAMES {
        let _ = writeln!(made, "\n### `{}`\n\n{}", name.name, name.doc);
        if !name.fields.is_empty() {
            made += "\n| field | |\n| --- | --- |\n";
        }
        for field in name.fields {
            let _ = writeln!(made, "| `{}.{}` | {} |", name.name, field.name, field.doc);
        }
    }
    made += "\n## All functions of ours\n\n| function | |\n| --- | --- |\n";
    for function in script::FUNCTIONS {
        let _ = writeln!(made, "| `{}` | {} |", function.name, function.doc);
    }
    made += "\n## Those of rhai\n\n";
    let names: Vec<_> = script::rhai_functions().map(|name| format!("`{name}`")).collect();
    let _ = writeln!(made, "{}.", names.join(", "));
    check("scripts.md", &made);
}

#[test]
fn every_name_and_function_of_scripts_has_a_case() {
    let cases = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/script")).unwrap();
    let cases = cases.map(|case| case.unwrap().path()).filter(|path| path.extension().is_some_and(|end| end == "txt"));
    let cases: String = cases.map(|path| std::fs::read_to_string(path).unwrap()).collect();
    let fields =
        script::NAMES.iter().flat_map(|name| name.fields.iter().map(|field| format!("{}.{}", name.name, field.name)));
    let names = script::NAMES.iter().map(|name| name.name.to_owned());
    let functions =
        script::FUNCTIONS.iter().filter_map(|function| Some(format!("{}(", function.name.split_once('(')?.0)));
    let missing: Vec<_> = names.chain(fields).chain(functions).filter(|word| !cases.contains(word.as_str())).collect();
    assert!(missing.is_empty(), "no case in tests/data/script reads {missing:?}");
}
