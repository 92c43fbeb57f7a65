//! YAML files and what is said of them.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use frontdesk::yaml::{self, Colour, Content, MAX_DEPTH, Node, Problem, Source, Style};

/// Each `tests/data/yaml/NAME.yaml` gives the nodes and problems of its snapshot.
#[test]
fn files_and_their_problems() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/yaml");
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "yaml"));
    files.sort();
    assert!(files.len() > 8, "the cases are in {}", folder.display());
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(&folder);
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    for file in files {
        let name = file.file_stem().unwrap().to_str().unwrap();
        let shown = show_file(&format!("{name}.yaml"), &std::fs::read(&file).unwrap());
        settings.bind(|| insta::assert_snapshot!(name, shown));
    }
}

fn show_file(name: &str, bytes: &[u8]) -> String {
    let (node, problems) = match Source::new(name, bytes) {
        Ok(source) => yaml::read(&source),
        Err(problem) => (None, vec![*problem]),
    };
    let mut shown = yaml::render(&problems, Colour::Never);
    shown.push_str("\n---- read\n");
    if let Some(node) = node {
        show_node(&mut shown, &node, 0);
    }
    shown
}

fn show_node(shown: &mut String, node: &Node, depth: usize) {
    let indent = "  ".repeat(depth);
    let (line, column) = node.at.line_column();
    let (end_line, end_column) = node.at.end_line_column();
    let place = format!("{line}:{column}-{end_line}:{end_column}");
    match &node.content {
        Content::Empty => writeln!(shown, "{indent}nothing  {place}").unwrap(),
        Content::Scalar { text, style } => writeln!(shown, "{indent}{style:?} {text:?}  {place}").unwrap(),
        Content::List(items) => {
            writeln!(shown, "{indent}list  {place}").unwrap();
            for item in items {
                show_node(shown, item, depth + 1);
            }
        }
        Content::Map(entries) => {
            writeln!(shown, "{indent}map  {place}").unwrap();
            for (key, value) in entries {
                writeln!(shown, "{indent} .{}", key.text).unwrap();
                show_node(shown, value, depth + 1);
            }
        }
    }
}

fn source(text: impl Into<String>) -> Arc<Source> {
    Source::new("bot.yaml", text.into().as_bytes()).unwrap()
}

fn codes(problems: &[Problem]) -> Vec<&str> {
    problems.iter().map(|problem| problem.code).collect()
}

/// What nobody would write, but a hostile file may hold: bounded time, no overflow of the stack, a problem that says so.
#[test]
fn hostile_files() {
    let mut laughs = String::from("a0: &a0 x\n");
    for n in 0..9 {
        let again = format!("*a{n},").repeat(9);
        writeln!(laughs, "a{}: &a{} [{again}]", n + 1, n + 1).unwrap();
    }
    let cases = [
        ("open brackets", "[".repeat(100_000), "too-deep"),
        ("open braces", "{".repeat(100_000), "too-deep"),
        ("open dashes", "- ".repeat(100_000), "too-deep"),
        ("keys in keys", "? ".repeat(100_000), "too-deep"),
        ("billion laughs", laughs, "yaml-alias"),
        ("many values", format!("[{}]", "a,".repeat(600_000)), "too-many-nodes"),
        ("only quotes", "\"".repeat(100_001), "yaml-syntax"),
        ("only colons", ": ".repeat(100_000), "too-deep"),
        ("broken lines", "a: b: c\n".repeat(100_000), "yaml-syntax"),
        ("tabs", "\t- a\n".repeat(100_000), "yaml-syntax"),
        ("nul", "a: \0\n".to_owned(), "yaml-syntax"),
        ("anchors", "&a ".repeat(10_000), "yaml-syntax"),
        ("same key", "a: 1\n".repeat(100_000), "repeated-key"),
    ];
    for (name, text, code) in cases {
        let begin = Instant::now();
        let (_, problems) = yaml::read(&source(text));
        let shown = yaml::render(&problems, Colour::Never);
        let took = begin.elapsed();
        assert!(codes(&problems).contains(&code), "{name}: {:?}", codes(&problems));
        assert!(!shown.is_empty() && problems.len() <= 200, "{name}");
        assert!(took < Duration::from_secs(20), "{name} took {took:?}");
    }
}

#[test]
fn sizes() {
    let bytes = vec![b' '; yaml::MAX_FILE_BYTES + 1];
    assert_eq!(Source::new("a.yaml", &bytes).unwrap_err().code, "file-too-large");
    let (node, problems) = yaml::read(&source(format!("{}{}", "[".repeat(MAX_DEPTH), "]".repeat(MAX_DEPTH))));
    assert!(node.is_some() && problems.is_empty(), "{problems:?}");
    let comments = "# a line\n".repeat(10_000) + "a: b\n";
    let (node, problems) = yaml::read(&source(comments));
    assert!(node.is_some() && problems.is_empty(), "{problems:?}");
}

/// The bytes of a node are what was written.
#[test]
fn places_are_exact() {
    let text = "a: ' é '\nb: \"x\\ty\"\nc: [1, {d: e}]\nf: plain words\ng:\n  - h: i\n    j: k\nl:\n";
    let (node, problems) = yaml::read(&source(text));
    assert!(problems.is_empty());
    let node = node.unwrap();
    let cases = [("a", "' é '"), ("b", "\"x\\ty\""), ("c", "[1, {d: e}]"), ("f", "plain words")];
    for (key, written) in cases {
        assert_eq!(node.get(key).unwrap().at.text(), written);
    }
    assert_eq!(node.get("g").unwrap().at.text(), "- h: i\n    j: k");
    assert_eq!(node.get("l").unwrap().at.text(), "l");
    assert_eq!(node.get("l").unwrap().content, Content::Empty);
    assert_eq!(node.get("b").unwrap().content, Content::Scalar { text: "x\ty".into(), style: Style::Quoted });
}

#[test]
fn several_documents() {
    let (nodes, problems) = yaml::read_documents(&source("test: a\n---\n---\ntest: b\nx: y: z\n---\ntest: c\n"));
    let names: Vec<_> = nodes.iter().filter_map(|node| node.get("test")?.scalar()).collect();
    assert_eq!(names, ["a", "b", "c"]);
    assert_eq!(codes(&problems), ["yaml-syntax"]);
}

#[test]
fn problems_as_json() {
    let (_, mut problems) = yaml::read(&source("ключ: 1\nключ: 2\nb: !x\n"));
    yaml::sort(&mut problems);
    assert!(yaml::has_errors(&problems));
    let json = serde_json::Value::Array(problems.iter().map(Problem::to_json).collect());
    let want = serde_json::json!([
        {
            "severity": "error", "code": "repeated-key", "file": "bot.yaml", "line": 2, "column": 1, "end_line": 2,
            "end_column": 5, "message": "`ключ` stands here twice", "help": "remove or rename one of them",
        },
        {
            "severity": "error", "code": "yaml-tag", "file": "bot.yaml", "line": 3, "column": 4, "end_line": 3,
            "end_column": 6, "message": "to YAML, unquoted `!` begins a tag", "help": "put it in quotes: `\"!x\"`",
        },
    ]);
    assert_eq!(json, want);
}

/// Whatever the bytes, reading and rendering end without a panic, and every place lies in its file.
#[test]
fn any_text_is_read() {
    let pieces = [
        "a", ":", " ", "\n", "- ", "{", "}", "[", "]", "\"", "'", "#", "|", ">", "&x", "*x", "!t", "\t", "é", "\r\n",
        "? ", "---\n", "\\", ",",
    ];
    let mut seed = 7_u64;
    for _ in 0..3000 {
        let mut text = String::new();
        for _ in 0..20 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            text.push_str(pieces[(seed >> 33) as usize % pieces.len()]);
        }
        let source = source(text.clone());
        for problems in [yaml::read_documents(&source).1, yaml::read(&source).1] {
            for problem in &problems {
                assert!(text.get(problem.at.bytes.clone()).is_some(), "{text:?} {problem:?}");
            }
            yaml::render(&problems, Colour::Always);
        }
    }
}
