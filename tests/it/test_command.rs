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
