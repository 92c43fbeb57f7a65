//! `frontdesk accounts parse`, through the program: every public sample of WhatsApp webhooks, and what it says of what it cannot read.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn parse(provider: &str, files: &[&Path]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_frontdesk"));
    command.args(["accounts", "parse", "--provider", provider]).args(files).output().unwrap()
}

fn data(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(path)
}

#[test]
fn bodies_become_lines() {
    let sample =
        "whatsapp-cloud/samples/meta_cloud__netflie__build_from_payload_can_build_multiple_text_notification.json";
    let cases = [("pact", "pact/webhooks/message_new.json"), ("whatsapp-cloud", sample)];
    let mut shown = String::new();
    for (provider, file) in cases {
        let output = parse(provider, &[&data(file)]);
        assert_eq!(output.status.code(), Some(0), "{file}");
        shown.push_str(&String::from_utf8(output.stdout).unwrap());
    }
    insta::assert_snapshot!(shown);
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
