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
    let expected = "clinic: 2 of 5 steps ran (40 %)\n  never ran: clinic/bot.yaml:9  say in `prices`\n  \
        never ran: clinic/bot.yaml:12  say in `times`\n  never ran: clinic/bot.yaml:12  say in `times`\n\
        untested: 0 of 1 steps ran (0 %)\n  never ran: untested/bot.yaml:6  say in `prices`\n2 passed, 0 failed\n";
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), expected), "{ran:?}");
    assert_eq!(home.run(&["test"]).stdout, "2 passed, 0 failed\n");
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
