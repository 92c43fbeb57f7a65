//! `frontdesk accounts`, through the program: what bodies become, what can be done where.

pub mod online;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use frontdesk::domain::Channel;
use frontdesk::providers::PROVIDERS;

fn frontdesk(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_frontdesk")).args(args).output().unwrap()
}

fn parse(provider: &str, files: &[&Path]) -> Output {
    let mut args = vec!["accounts", "parse", "--provider", provider];
    args.extend(files.iter().map(|file| file.to_str().unwrap()));
    frontdesk(&args)
}

fn data(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(path)
}

#[test]
fn bodies_become_lines() {
    let sample =
        "whatsapp-cloud/samples/meta_cloud__netflie__build_from_payload_can_build_multiple_text_notification.json";
    let place = "pact/webhooks/message_new_location.json";
    let of_cloud = |name: &str| {
        format!("whatsapp-cloud/samples/meta_cloud__netflie__build_from_payload_can_build_{name}_notification.json")
    };
    let [cards, form, order] = ["a_contact", "a_flow", "an_order"].map(of_cloud);
    let cases = [
        ("pact", "pact/webhooks/message_new.json"),
        ("pact", place),
        ("whatsapp-cloud", sample),
        ("whatsapp-cloud", &cards),
        ("whatsapp-cloud", &form),
        ("whatsapp-cloud", &order),
    ];
    let mut shown = String::new();
    for (provider, file) in cases {
        let output = parse(provider, &[&data(file)]);
        assert_eq!(output.status.code(), Some(0), "{file}");
        shown.push_str(&String::from_utf8(output.stdout).unwrap());
    }
    insta::assert_snapshot!(shown);
}

/// An account of the configuration reads with its own mapping, and needs no server.
#[test]
fn an_account_reads_with_its_own_keys() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let config = file(
        "frontdesk.yaml",
        "accounts:\n  shop: {provider: pabbly, bot: shop, token: t, webhook_secret: s, webhook: {from: /who/is, text: /said}}\n",
    );
    let body = file("body.json", r#"{"who": {"is": "79260000001"}, "said": "hello"}"#);
    let run = |account: &str| frontdesk(&["-c", &config, "accounts", "parse", "--account", account, &body]);
    let output = run("shop");
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains(r#""text":"hello""#) && said.contains("79260000001"), "{said}");
    let output = run("shopp");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("did you mean `shop`?"));
    let both = ["accounts", "parse", "--account", "shop", "--provider", "pabbly", &body];
    assert_eq!(frontdesk(&both).status.code(), Some(2));
}

#[test]
fn what_cannot_be_read_says_why() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let (broken, odd) = (file("broken.json", "{"), file("odd.json", r#"{"type": "weather"}"#));
    for provider in ["pact", "getchat", "pabbly", "whatsapp-cloud"] {
        let output = parse(provider, &[&broken]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(1) && said.contains("not JSON"), "{provider}: {said}");
        let output = parse(provider, &[&odd]);
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.code() == Some(0) && said.contains(r#""event":"unknown""#), "{provider}: {said}");
    }
    let output = parse("packt", &[&odd]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("there is pact, "));
}

/// The table of the documentation is the program's. `UPDATE=1` writes it anew.
#[test]
fn the_table_of_what_can_be_done_is_documented() {
    const MARK: &str = "<!-- generated -->\n\n";
    let output = frontdesk(&["accounts", "capabilities", "--format", "markdown"]);
    assert_eq!(output.status.code(), Some(0));
    let printed = String::from_utf8(output.stdout).unwrap();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/capabilities.md");
    let written = std::fs::read_to_string(&path).unwrap();
    let (head, table) = written.split_once(MARK).unwrap();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, format!("{head}{MARK}{}\n", printed.trim_end())).unwrap();
    } else {
        assert_eq!(table.trim_end(), printed.trim_end(), "docs/capabilities.md is stale: run the tests with UPDATE=1");
    }
}

/// Every provider and channel is in it, and what accounts say of themselves is the same.
#[test]
fn the_table_says_what_accounts_say() {
    let accounts = [
        ("pact", "api: v1", "token: t, company_id: 1, insecure: true"),
        ("pact", "api: v2", "token: t, company_id: 1, insecure: true, api: v2"),
        ("getchat", "", "base_url: http://x, token: t, user_id: 1, insecure: true"),
        ("getchat", "notes: tag", "base_url: http://x, token: t, user_id: 1, insecure: true, notes: tag"),
        (
            "getchat",
            "notes: {message_to: PHONE}",
            "base_url: http://x, token: t, user_id: 1, insecure: true, notes: {message_to: '+79260000001'}",
        ),
        ("pabbly", "", "token: t, insecure: true"),
        ("pabbly", "notes: tag", "token: t, insecure: true, notes: tag"),
        ("pabbly", "attribute: NAME", "token: t, insecure: true, notes: {attribute: note}"),
        ("pabbly", "message_to: NUMBER", "token: t, insecure: true, message_to: '+79260000001'"),
        ("whatsapp-cloud", "", "token: t, phone_number_id: 1, insecure: true"),
        ("whatsapp-cloud", "typing: true", "token: t, phone_number_id: 1, insecure: true, typing: true"),
        ("whatsapp-cloud", "read_marks: true", "token: t, phone_number_id: 1, insecure: true, read_marks: true"),
        (
            "whatsapp-cloud",
            "notes: {message_to: PHONE}",
            "token: t, phone_number_id: 1, insecure: true, notes: {message_to: '+79260000001'}",
        ),
    ];
    let mut seen = 0;
    for (provider, with, keys) in accounts {
        let text = format!("accounts: {{it: {{provider: {provider}, bot: b, {keys}}}}}");
        let source = frontdesk::yaml::Source::new("frontdesk.yaml", text.as_bytes()).unwrap();
        let (config, problems) = frontdesk::config::read(&source, &|_| None);
        let account = config.unwrap_or_else(|| panic!("{keys}: {problems:?}")).accounts.remove(0).account;
        let provider = PROVIDERS.iter().find(|known| known.name == provider).unwrap();
        for row in (provider.table)().iter().filter(|row| row.with == with) {
            assert_eq!(account.capabilities(&Channel(row.channel.into())), row.can, "{} {with}", row.channel);
            seen += 1;
        }
    }
    assert_eq!(seen, PROVIDERS.iter().map(|provider| (provider.table)().len()).sum::<usize>());
}

#[test]
fn capabilities_of_one_provider() {
    let output = frontdesk(&["accounts", "capabilities", "--provider", "getchat", "--format", "json"]);
    let rows: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(rows[0]["provider"], "getchat");
    assert_eq!(rows[0]["buttons"], serde_json::json!({"most": 3, "title": 20}));
    assert_eq!(rows[0]["assign"]["group"], true);
    let output = frontdesk(&["accounts", "capabilities", "--provider", "getchta"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("did you mean `getchat`?"));
}
