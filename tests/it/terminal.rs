//! `frontdesk chat` and `frontdesk test` as people run them: the real binary, its output and its exit code.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn home() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Run the binary in a folder that has no configuration.
fn frontdesk(args: &[&str], typed: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_frontdesk"));
    command.current_dir(home().join("tests/data")).args(args);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // A command that reads nothing may have gone already.
    let _ = stdin.write_all(typed.as_bytes());
    drop(stdin);
    child.wait_with_output().unwrap()
}

fn stdout(output: &Output) -> String {
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn a_talk_in_the_terminal() {
    let typed = std::fs::read_to_string(home().join("tests/data/chat/talk.txt")).unwrap();
    let output = frontdesk(&["chat", "chat/desk", "--at", "2026-03-02 12:00"], &typed);
    assert_eq!(output.status.code(), Some(0));
    insta::assert_snapshot!(stdout(&output));
}

#[test]
fn a_recorded_talk_is_a_test_that_holds() {
    let dir = tempfile::tempdir().unwrap();
    let bot = dir.path().join("desk");
    std::fs::create_dir(&bot).unwrap();
    std::fs::copy(home().join("tests/data/chat/desk/bot.yaml"), bot.join("bot.yaml")).unwrap();
    let record = bot.join("recorded.test.yaml");
    let [bot, record] = [bot, record].map(|path: PathBuf| path.to_str().unwrap().to_owned());
    let typed = "hi\ncall\n:press 1\n\"quoted\"\n2\n:clock +10m\n:human Hello\n";
    let output = frontdesk(&["chat", &bot, "--record", &record], typed);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let output = frontdesk(&["test", &bot], "");
    assert_eq!((stdout(&output).trim(), output.status.code()), ("1 passed, 0 failed", Some(0)));
}

#[test]
fn a_talk_is_played_on_the_bots_account() {
    const CONFIG: &str = "accounts:
  inbox: {provider: getchat, bot: desk, base_url: 'https://x.example.com', token: '${TOKEN}', user_id: 1, webhook_secret: '${SECRET}'}
  line: {provider: pact, bot: desk, token: '${TOKEN}', company_id: 1, webhook_secret: '${SECRET}'}
";
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(dir.path().join("bots/desk")).unwrap();
    let bot = std::fs::read_to_string(home().join("tests/data/language/imitated/bot.yaml")).unwrap();
    std::fs::write(dir.path().join("bots/desk/bot.yaml"), bot.replace("bot: imitated", "bot: desk")).unwrap();
    std::fs::write(dir.path().join("frontdesk.yaml"), CONFIG).unwrap();
    let config = dir.path().join("frontdesk.yaml");
    let talk = |more: &[&str]| {
        let all = [&["--config", config.to_str().unwrap(), "chat", "desk"], more].concat();
        frontdesk(&all, "work\n:why\n")
    };
    let lacking = "there are no labels on this channel";
    let record = dir.path().join("bots/desk/recorded.test.yaml");
    for (more, lacks) in [
        (&[][..], false),
        (&["--account", "line"], true),
        (&["--imitates", "pact-v2"], true),
        (&["--imitates", "{pabbly: {notes: tag, attributes: [city]}}", "--record", record.to_str().unwrap()], false),
    ] {
        let shown = stdout(&talk(more));
        assert_eq!(shown.contains(lacking), lacks, "{more:?}: {shown}");
    }
    let recorded = std::fs::read_to_string(&record).unwrap();
    assert!(recorded.contains("imitates:\n  pabbly:\n    notes: tag\n    attributes:\n    - city\n"), "{recorded}");
    let output = frontdesk(&["test", dir.path().join("bots/desk").to_str().unwrap()], "");
    assert_eq!(stdout(&output).trim(), "1 passed, 0 failed");
    for (more, said) in [
        (["--account", "lime"], "there is no account `lime`; did you mean `line`?"),
        (["--imitates", "getchad"], "did you mean `getchat`?"),
        (["--imitates", "{pact: {read_marks: true}}"], "unknown key `read_marks`"),
    ] {
        let output = talk(&more);
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(2) && told.contains(said), "{more:?}: {told}");
    }
}

#[test]
fn exit_codes_and_the_report() {
    let dir = tempfile::tempdir().unwrap();
    let report = dir.path().join("report.xml");
    let output = frontdesk(&["test", "failing", "--junit", report.to_str().unwrap()], "");
    let shown = stdout(&output);
    assert_eq!(output.status.code(), Some(1), "{shown}");
    assert!(shown.ends_with("0 passed, 12 failed\n"), "{shown}");
    assert_eq!(std::fs::read_to_string(&report).unwrap().matches("<failure ").count(), 12);
    assert_eq!(frontdesk(&["test", "no/such/folder"], "").status.code(), Some(2));
    assert_eq!(frontdesk(&["test", "language"], "").status.code(), Some(0));
}
