//! `frontdesk test` as people and build servers meet it.

use crate::harness::Home;

const BOT: &str = "bot: clinic\nflows:\n  prices:\n    on: {keywords: [price]}\n    do:\n      - say: It is 30.\n";

const TESTS: &str = "# The prices.\ntest: tells the price\ntalk:\n  - user: price\n  - bot: It is 30.\n---\n\
    test: \"tells <the> \\\"other\\\" price\"\ntalk:\n  - user: price\n  - bot: It is <40>. # soon\n";

#[test]
fn a_report_names_each_test_with_its_file_and_line() {
    let home = Home::new(&[
        ("bots/clinic/bot.yaml", BOT),
        ("bots/clinic/prices.test.yaml", TESTS),
        ("bots/broken/bot.yaml", "bot: broken\nflow: {}\n"),
    ]);
    let ran = home.run(&["test", "--junit", "report.xml"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.stdout.ends_with("1 passed, 1 failed\n"), "{ran:?}");
    insta::assert_snapshot!(std::fs::read_to_string(home.path().join("report.xml")).unwrap());
}

/// What was not read of a test would make another of it, and a line that says nothing holds whatever the bot does.
#[test]
fn a_test_with_a_mistake_in_it_is_told_and_not_played() {
    let lines = [
        ("press: {}", "a text is expected here"),
        ("bot: {contains: []}", "an empty list says nothing"),
        ("bot: {one_of: []}", "an empty list says nothing"),
        ("bot: {buttons: []}", "an empty list says nothing"),
        ("expect: {}", "`expect` says nothing"),
        ("expect: {only: {}}", "`only` says nothing"),
        ("send: {}", "`send` says nothing"),
        ("people: {}", "`people` says nothing"),
        ("edit: {}", "`edit` says nothing"),
        ("deliver: maybe", "there is `failed`"),
    ];
    for (line, words) in lines {
        let tests = format!("{TESTS}---\ntest: broken\ntalk:\n  - user: price\n  - {line}\n");
        let home = Home::new(&[("bots/clinic/bot.yaml", BOT), ("bots/clinic/prices.test.yaml", &tests)]);
        let ran = home.run(&["test"]);
        assert_eq!(ran.code, Some(1), "{line}: {ran:?}");
        assert!(ran.stdout.ends_with("1 passed, 1 failed\n"), "{line}: {ran:?}");
        assert!(ran.stderr.contains(words) && ran.stderr.contains("= help: "), "{line}: {ran:?}");
        assert!(!ran.stdout.contains("broken"), "{line}: {ran:?}");
    }
}

#[test]
fn a_report_that_cannot_be_written_is_an_error() {
    let home = Home::new(&[("bots/clinic/bot.yaml", BOT)]);
    let ran = home.run(&["test", "--junit", "gone/report.xml"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.stderr.contains("gone/report.xml"), "{ran:?}");
}

#[test]
fn coverage_names_the_steps_that_no_test_runs() {
    let bot = "bot: clinic\nflows:\n  prices:\n    on: {keywords: [price]}\n    do:\n      - say: It is 30.\n      - if: false\n        then:\n          - say: For you it is 20.\n  times:\n    on: {keywords: [hours]}\n    do: [{say: From nine.}, {say: Until six.}]\n";
    // After the edit the greeting stands in the line of the second `say`: that is no run of what stood there before.
    let edited = "test: after an edit\ntalk:\n  - edit: {bot.yaml: \"bot: clinic\\n\\n\\n\\n\\nflows:\\n  greeting:\\n    on: message\\n    do: [{say: Hello}]\"}\n  - user: hi\n  - bot: Hello\n";
    let home = Home::new(&[
        ("bots/clinic/bot.yaml", bot),
        ("bots/clinic/prices.test.yaml", "test: tells the price\ntalk:\n  - user: price\n  - bot: It is 30.\n"),
        ("bots/clinic/edited.test.yaml", edited),
        ("bots/untested/bot.yaml", &BOT.replace("clinic", "untested")),
    ]);
    let ran = home.run(&["test", "--coverage"]);
    let expected = "clinic: 2 of 5 steps ran (40 %)\n  never ran: clinic/bot.yaml:9:13  say in `prices`\n  \
        never ran: clinic/bot.yaml:12:10  say in `times`\n  never ran: clinic/bot.yaml:12:29  say in `times`\n\
        untested: 0 of 1 steps ran (0 %)\n  never ran: untested/bot.yaml:6:9  say in `prices`\n2 passed, 0 failed\n";
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), expected), "{ran:?}");
    assert_eq!(home.run(&["test"]).stdout, "2 passed, 0 failed\n");
}

/// A step is what stands at one place: two in a line are two, and one that several share is one.
#[test]
fn coverage_counts_what_stands_in_the_files() {
    let greet = "recipe: greet\ninputs: {whom: {about: who}}\nflows:\n  main:\n    do:\n      - say: \"Hello {{ input.whom }}\"\n      - if: false\n        then: {say: Never}\n";
    let bot = "bot: clinic\nevery_question: {tries: 1, on_fail: {say: Sorry.}, timeout: 5m, on_timeout: {say: Gone.}}\nflows:\n  age:\n    on: {keywords: [age]}\n    do: [{ask: age, text: Age?, kind: integer}, {say: Thanks.}, {say: Да, if: age > 99}, {say: No.}]\n  size:\n    on: {keywords: [size]}\n    do: [{ask: size, text: Size?, kind: integer}, {use: greet, with: {whom: you}, id: one}, {use: greet, with: {whom: me}, id: two}]\n";
    let test = "test: asks\ntalk:\n  - user: age\n  - bot: Age?\n  - user: x\n  - bot: Sorry.\n  - bot: Thanks.\n  - bot: No.\n  - user: size\n  - bot: Size?\n  - user: 5\n  - bot: Hello you\n  - bot: Hello me\n";
    let home = Home::new(&[
        ("bots/clinic/bot.yaml", bot),
        ("bots/clinic/asks.test.yaml", test),
        ("recipes/greet.yaml", greet),
    ]);
    let ran = home.run(&["test", "--coverage"]);
    let expected = "clinic: 9 of 12 steps ran (75 %)\n  never ran: clinic/bot.yaml:2:77  say in `age`\n  \
        never ran: clinic/bot.yaml:6:65  say in `age`\n  never ran: recipes/greet.yaml:8:15  say in `one/main`\n1 passed, 0 failed\n";
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), expected), "{ran:?}");
}

#[test]
fn update_rewrites_texts_and_nothing_else() {
    let bot = "bot: clinic\nflows:\n  prices:\n    on: {keywords: [price]}\n    do:\n      - say: \"It is 30: fair, isn't it?\"\n      - say: \"One.\\nTwo.\"\n      - note: asked\n";
    let tests = "# The prices.\ntest: tells the price # of a visit\ntalk:\n  - user: price\n  - bot: It is 20.   # the old one\n\n  - bot: |\n      One.\n      Three.\n  # noted, too\n  - expect: {note: asked}\n---\ntest: in brackets\ntalk: [{user: price}, {bot: 'It was'}, {bot: {contains: Two}}]\n---\ntest: what is no text fails still\ntalk:\n  - user: price\n  - bot: {contains: It is 20}\n";
    let home = Home::new(&[("bots/clinic/bot.yaml", bot), ("bots/clinic/prices.test.yaml", tests)]);
    let ran = home.run(&["test", "--update"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.stdout.starts_with("bots/clinic/prices.test.yaml: 3 texts rewritten\n"), "{ran:?}");
    assert!(ran.stdout.ends_with("2 passed, 1 failed\n"), "{ran:?}");
    let rewritten = std::fs::read_to_string(home.path().join("bots/clinic/prices.test.yaml")).unwrap();
    let expected = tests
        .replace("bot: It is 20.   #", "bot: \"It is 30: fair, isn't it?\"   #")
        .replace("Three.", "Two.")
        .replace("'It was'", "'It is 30: fair, isn''t it?'");
    assert_eq!(rewritten, expected);
    let again = home.run(&["test", "--update"]);
    assert!(!again.stdout.contains("rewritten"), "{again:?}");
}

/// What a recipe says is the recipe's: only the talk of the test is rewritten.
#[test]
fn update_leaves_recipes_as_they_are() {
    let greet = "recipe: greet\ninputs: {whom: {about: who}}\nflows:\n  main:\n    do:\n      - say: \"Hello {{ input.whom }}\"\n      - ask: age\n        text: Age?\n";
    let bot = "bot: clinic\nflows:\n  hello:\n    on: message\n    do: [{use: greet, with: {whom: you}}, {use: greet, with: {whom: me}, id: other}]\n";
    let tests = "test: greets\ntalk:\n  - user: hi\n  - bot: Hi you   # of a recipe\n  - bot: How old?\n  - user: 5\n  - bot: Hi me\n  - bot: Age?\n";
    let home = Home::new(&[
        ("bots/clinic/bot.yaml", bot),
        ("bots/clinic/greets.test.yaml", tests),
        ("recipes/greet.yaml", greet),
    ]);
    let ran = home.run(&["test", "--update"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.stdout.starts_with("bots/clinic/greets.test.yaml: 3 texts rewritten\n"), "{ran:?}");
    let read = |path: &str| std::fs::read_to_string(home.path().join(path)).unwrap();
    assert_eq!((read("recipes/greet.yaml").as_str(), read("bots/clinic/bot.yaml").as_str()), (greet, bot));
    let expected = tests.replace("Hi you", "Hello you").replace("How old?", "Age?").replace("Hi me", "Hello me");
    assert_eq!(read("bots/clinic/greets.test.yaml"), expected);
}
