//! The command line as people meet it: what is refused, with which words and which exit code.

use std::net::TcpListener;

use frontdesk::store::sqlite::SqliteStore;

use crate::harness::Home;

/// A configuration that works, with `{}` for more lines at its top.
fn configuration(more: &str) -> String {
    format!(
        "{more}\naccounts:\n  clinic:\n    provider: pact\n    bot: clinic\n    token: t\n    company_id: 154\n    webhook_secret: s\n"
    )
}

const BOT: &str = "bot: clinic\nflows:\n  prices:\n    on: {keywords: [price]}\n    do:\n      - say: It is 30.\n";

/// Why a start fails: a name, the configuration, the bot, and words of the last line.
#[test]
fn a_start_that_fails_ends_in_one_line_that_says_what_to_do() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = format!("listen: {}", taken.local_addr().unwrap());
    let cases: &[(&str, Option<String>, &str, &[&str])] = &[
        ("no file", None, BOT, &["frontdesk.yaml", "-c FILE", "frontdesk demo"]),
        ("unknown key", Some(configuration("lisen: 127.0.0.1:0")), BOT, &["frontdesk.yaml:1:1", "`lisen`", "`listen`"]),
        ("syntax", Some("listen: [".into()), BOT, &["frontdesk.yaml:1:"]),
        (
            "variable",
            Some(configuration("listen: ${NOT_SET_ANYWHERE}")),
            BOT,
            &["frontdesk.yaml:1:", "NOT_SET_ANYWHERE"],
        ),
        ("port taken", Some(configuration(&taken)), BOT, &["taken", "another port", "`listen`"]),
        ("no port", Some(configuration("listen: nowhere")), BOT, &["listen"]),
        (
            "database's folder",
            Some(configuration("listen: 127.0.0.1:0\nstore: 'sqlite:gone/fd.db'")),
            BOT,
            &["gone/fd.db"],
        ),
        (
            "no database",
            Some(configuration("listen: 127.0.0.1:0\nstore: 'sqlite:bots/clinic/bot.yaml'")),
            BOT,
            &["bot.yaml"],
        ),
        ("no folder", Some(configuration("listen: 127.0.0.1:0\nbots: elsewhere")), BOT, &["elsewhere"]),
        ("no bot", Some(configuration("listen: 127.0.0.1:0\nbots: scripts")), BOT, &["scripts", "bot"]),
        (
            "other bot",
            Some(configuration("listen: 127.0.0.1:0").replace("bot: clinic", "bot: clinik")),
            BOT,
            &["clinik"],
        ),
        ("broken bot", Some(configuration("listen: 127.0.0.1:0")), "bot: clinic\nflow: {}\n", &["clinic"]),
    ];
    for (name, config, bot, words) in cases {
        let home = Home::new(&[("bots/clinic/bot.yaml", bot), ("scripts/empty.rhai", "")]);
        if let Some(config) = config {
            home.write("frontdesk.yaml", config);
        }
        let ran = home.run(&["serve"]);
        let last = ran.stderr.lines().last().unwrap_or_default();
        assert_eq!(ran.code, Some(1), "{name}: {ran:?}");
        assert!(last.starts_with("error: ") && words.iter().all(|word| last.contains(word)), "{name}: {}", ran.stderr);
        assert!(!ran.stderr.contains("panicked"), "{name}: {}", ran.stderr);
    }
}

#[test]
fn a_database_has_one_server() {
    let home = Home::new(&[("frontdesk.yaml", &configuration("listen: 127.0.0.1:0")), ("bots/clinic/bot.yaml", BOT)]);
    let _held = SqliteStore::open(&home.path().join("frontdesk.db")).unwrap();
    let ran = home.run(&["serve"]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.stderr.contains("in use by process"), "{}", ran.stderr);
    // Lists are read beside whoever holds it; repairs are not made behind its back.
    let listed = home.run(&["outbox", "list"]);
    assert_eq!((listed.code, listed.stdout.as_str()), (Some(0), "nothing is left over\n"), "{listed:?}");
    assert_eq!(home.run(&["outbox", "drop", "c/1/0"]).code, Some(1));
}

/// Arguments, exit code, words of what was said (stdout and stderr).
#[test]
fn commands_answer_and_refuse_in_plain_words() {
    let cases: &[(&[&str], i32, &[&str])] = &[
        (&["--help"], 0, &["demo", "serve", "check", "test", "chat", "inbox", "outbox", "Exit codes"]),
        (&["--version"], 0, &[env!("CARGO_PKG_VERSION")]),
        (&[], 2, &["Usage"]),
        (&["serf"], 2, &["serve"]),
        (&["serve", "--prot", "1"], 2, &["--prot"]),
        (&["inbox", "list"], 1, &["no database", "-c FILE"]),
        (&["outbox", "retry"], 2, &["ID"]),
        (&["health", "127.0.0.1:1"], 1, &["127.0.0.1:1", "is the server running?"]),
        (&["demo", "--bot", "nobody"], 2, &["nobody", "there is clinic"]),
        (&["chat", "nobody"], 2, &["nobody", "the folder that has `bots`"]),
    ];
    let home = Home::new(&[]);
    for (args, code, words) in cases {
        let ran = home.run(args);
        let said = format!("{}{}", ran.stdout, ran.stderr);
        assert_eq!(ran.code, Some(*code), "{args:?}: {said}");
        assert!(words.iter().all(|word| said.contains(word)), "{args:?}: {said}");
    }
}

#[test]
fn leftovers_are_listed_and_mended_without_a_server() {
    let home = Home::new(&[]);
    drop(SqliteStore::open(&home.path().join("frontdesk.db")).unwrap());
    let cases: &[(&[&str], i32, &str)] = &[
        (&["inbox", "list"], 0, "no dead letters\n"),
        (&["inbox", "list", "--format", "json"], 0, "[]\n"),
        (&["outbox", "list"], 0, "nothing is left over\n"),
        (&["outbox", "drop", "nonsense"], 2, "CONVERSATION/SEQ/N"),
        (&["inbox", "retry", "c/1"], 1, "there is no such event"),
    ];
    for (args, code, words) in cases {
        let ran = home.run(args);
        let said = format!("{}{}", ran.stdout, ran.stderr);
        assert_eq!(ran.code, Some(*code), "{args:?}: {said}");
        assert!(said.contains(words), "{args:?}: {said}");
    }
}
