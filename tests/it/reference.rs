//! `docs/reference.md` is made of the lists of the language: every step, key, kind of question and trigger, in the words that the program has.

use std::fmt::Write as _;
use std::path::Path;

use frontdesk::bot::{Argument, KeyDoc};
use frontdesk::engine::steps::{STEPS, question_kinds};
use frontdesk::engine::triggers::TRIGGERS;

const HEAD: &str = "# Reference

All steps with their keys, all kinds of questions, all triggers. `if: condition` and `id: name` may stand beside every step. The page is made of the lists that the
program itself reads; what the words mean together is told in [flows](flows.md), [messages](messages.md), [time](time.md), [teams](teams.md), [other programs](http.md) and [the FAQ](faq.md).
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
    page
}

#[test]
fn the_reference_page_says_what_the_lists_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reference.md");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, page()).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == page(), "docs/reference.md is stale: UPDATE=1 cargo test --test it reference");
}
