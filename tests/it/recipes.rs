//! Recipes beside the bots: edits of them go live, and what comes with the program is documented and used.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use frontdesk::bot::BUILT_IN_RECIPES;
use frontdesk::yaml::{self, Node, Source};

use crate::desk::Desk;
use crate::harness::wait_for;

const BOT: &str =
    "bot: desk\nloop_guard: false\nflows:\n  hello: {on: message, do: [{use: greet, with: {whom: you}}]}\n";

fn greet(text: &str) -> String {
    format!(
        "recipe: greet\ninputs: {{whom: {{about: who is greeted}}}}\nflows: {{main: {{do: {{say: \"{text}\"}}}}}}\n"
    )
}

/// Loaded so often, and broken so often.
fn reloads(desk: &Desk) -> (usize, usize) {
    let all = desk.server.running.log.all();
    let count = |words: &str| all.iter().filter(|line| line.contains(words)).count();
    (count("bot loaded"), count("the edit is broken"))
}

#[test]
fn an_edited_recipe_goes_live_and_a_broken_one_never() {
    let desk =
        Desk::with("v1", "", "bot: desk\nloop_guard: false\nflows: {hello: {on: message, do: {say: Before.}}}\n");
    desk.home.write("recipes/greet.yaml", &greet("Hello {{ input.whom }}"));
    desk.home.write("bots/desk/bot.yaml", BOT);
    let replies = |text: &str| {
        wait_for(text, || {
            desk.provider.say(1, "hi");
            desk.settle(1);
            (desk.provider.received(1).last().is_some_and(|last| last == text)).then_some(())
        });
    };
    replies("Hello you");
    desk.home.write("recipes/greet.yaml", &greet("Good day, {{ input.whom }}"));
    replies("Good day, you");
    let (_, broken) = reloads(&desk);
    desk.home.write("recipes/greet.yaml", &greet("Bye {{ input.who }}"));
    wait_for("the report", || (reloads(&desk).1 > broken).then_some(()));
    let report = desk.server.running.log.all().join("\n");
    assert!(report.contains("recipes/greet.yaml") && report.contains("unknown-input"), "{report}");
    replies("Good day, you");
}

fn read(name: &str, text: &str) -> Node {
    let (node, problems) = yaml::read(&Arc::new(Source { path: name.into(), text: text.into() }));
    assert!(problems.is_empty(), "{name}: {problems:?}");
    node.unwrap()
}

/// Each is a file of `recipes/`, each file is one of them, and the page names it with each of its inputs.
#[test]
fn what_comes_with_the_program_is_documented() {
    let home = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files: Vec<_> = fs::read_dir(home.join("recipes")).unwrap().map(|file| file.unwrap().file_name()).collect();
    files.sort();
    let names: Vec<String> = BUILT_IN_RECIPES.iter().map(|(name, _)| format!("{name}.yaml")).collect();
    assert_eq!(files, names.iter().map(std::ffi::OsString::from).collect::<Vec<_>>());
    let page = fs::read_to_string(home.join("docs/recipes.md")).unwrap();
    for (name, text) in BUILT_IN_RECIPES {
        let recipe = read(name, text);
        assert!(recipe.get("about").is_some(), "{name}");
        let line =
            page.lines().find(|line| line.starts_with(&format!("| `{name}` |"))).unwrap_or_else(|| panic!("{name}"));
        for (input, _) in recipe.get("inputs").unwrap().entries() {
            assert!(line.contains(&format!("`{}`", input.text)), "{name}: {} is not on the page", input.text);
        }
    }
}
