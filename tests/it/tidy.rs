//! The rules that the compiler does not know: which room may import which, what pure rooms must not touch, how long things may be.
//! Each finding says what to do.

use std::fmt::Write;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use regex::{Regex, RegexBuilder, bytes};

/// What a room may import, besides itself. `ARCHITECTURE.md` says why.
const ROOMS: &[(&str, &[&str])] = &[
    ("yaml", &[]),
    ("domain", &[]),
    ("script", &["domain", "yaml"]),
    ("bot", &["domain", "script", "yaml"]),
    ("engine", &["domain", "script", "bot"]),
    ("testing", &["domain", "script", "bot", "engine", "yaml"]),
    ("providers", &["domain", "yaml"]),
    ("config", &["domain", "yaml", "providers"]),
    ("store", &["domain"]),
    ("runtime", &["yaml", "domain", "script", "bot", "engine", "testing", "providers", "config", "store"]),
    ("server", &["domain", "config", "yaml"]),
    ("sandbox", &["domain", "config", "yaml"]),
    (
        "cli",
        &[
            "yaml",
            "domain",
            "script",
            "bot",
            "engine",
            "testing",
            "providers",
            "config",
            "store",
            "runtime",
            "server",
            "sandbox",
        ],
    ),
];

/// Rooms without I/O, clock and chance: what they need is handed in.
const PURE: &[&str] = &["yaml", "domain", "script", "bot", "engine", "testing", "providers"];

/// What a pure room must not name.
static IMPURE: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"\b(?:tokio|axum|hyper|reqwest|rusqlite|tempfile|notify_debouncer_full)\b|\bstd::(?:fs|env|net|process|thread)\b|\bstd::io::(?:stdin|stdout|stderr)\b|\bSystemTime\b|\bInstant\b|\b(?:Utc|Local)::now\b|\brand::|\bthread_rng\b|\bUuid::(?:now_|new_v)|\be?print(?:ln)?!",
    )
});
static IMPORT: LazyLock<Regex> = LazyLock::new(|| regex(r"\bcrate::(?:(\w+)|\{)"));
static FUNCTION: LazyLock<Regex> = LazyLock::new(|| regex(r"\bfn (\w+)"));

/// Code is ASCII where it matters, and that is much faster.
fn regex(pattern: &str) -> Regex {
    RegexBuilder::new(pattern).unicode(false).build().unwrap()
}

const MAX_FILE_LINES: usize = 600;
const MAX_FUNCTION_LINES: usize = 80;

/// A source file: as it is, and with strings, comments and test code blanked out (same length, same lines).
struct File {
    path: String,
    code: String,
    /// Blanked, but with its tests.
    with_tests: String,
}

impl File {
    fn read(root: &Path, path: &Path) -> Self {
        let text = fs::read_to_string(path).unwrap();
        let with_tests = blank(&text);
        let path = path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
        let is_test = path.starts_with("tests/") || path.ends_with("/tests.rs") || path.contains("/tests/");
        let code = if is_test { String::new() } else { without_tests(&with_tests) };
        Self { path, code, with_tests }
    }

    /// `src/engine/steps/ask.rs` is of `engine`, `src/config.rs` of `config`.
    fn room(&self) -> Option<&str> {
        let rest = self.path.strip_prefix("src/")?;
        let room = rest.split('/').next()?.trim_end_matches(".rs");
        ROOMS.iter().map(|(name, _)| *name).find(|name| *name == room)
    }

    fn place(&self, at: usize) -> String {
        format!("{}:{}", self.path, line_of(&self.with_tests, at))
    }
}

fn line_of(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}

/// Blank the contents of comments, strings and characters, so that what remains is code.
fn blank(text: &str) -> String {
    static LITERAL: LazyLock<bytes::Regex> = LazyLock::new(|| {
        let literal = r###"(?s)//[^\n]*|/\*.*?\*/|\bb?r"[^"]*"|\bb?r#".*?"#|\bb?r##".*?"##|b?"(?:\\.|[^"\\])*"|b?'(?:\\(?:u\{[^}]*\}|x..|.)|[^'\\\n])'"###;
        bytes::RegexBuilder::new(literal).unicode(false).build().unwrap()
    });
    let blanked = LITERAL.replace_all(text.as_bytes(), |found: &bytes::Captures<'_>| spaces(&found[0]));
    String::from_utf8(blanked.into_owned()).unwrap()
}

/// As many bytes, as many lines.
fn spaces(text: &[u8]) -> Vec<u8> {
    text.iter().map(|byte| if *byte == b'\n' { b'\n' } else { b' ' }).collect()
}

/// Blank what stands behind `#[cfg(test)]`.
fn without_tests(code: &str) -> String {
    let mut code = code.to_owned();
    while let Some(at) = code.find("#[cfg(test)]") {
        let end = item_end(&code, at);
        let blanked = String::from_utf8(spaces(&code.as_bytes()[at..end])).unwrap();
        code.replace_range(at..end, &blanked);
    }
    code
}

/// The end of the item that begins here: its `;`, or the `}` that closes its block.
fn item_end(code: &str, from: usize) -> usize {
    let mut depth = 0;
    for (offset, byte) in code.bytes().enumerate().skip(from) {
        match byte {
            b';' if depth == 0 => return offset + 1,
            b'{' | b'(' | b'[' => depth += 1,
            b'}' | b')' | b']' => {
                depth -= 1;
                if depth == 0 && byte == b'}' {
                    return offset + 1;
                }
            }
            _ => {}
        }
    }
    code.len()
}

/// Rust files below a folder, in order.
fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn all_files() -> Vec<File> {
    let folders = ["src", "tests/it", "xtask/src", "bench/src"];
    let paths = folders.iter().flat_map(|folder| rust_files(&root().join(folder)));
    paths.map(|path| File::read(root(), &path)).collect()
}

/// The rooms that code names: `crate::room` and `crate::{room, …}`.
fn imports(code: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for captures in IMPORT.captures_iter(code) {
        let whole = captures.get(0).unwrap();
        match captures.get(1) {
            Some(name) => found.push((whole.start(), name.as_str().to_owned())),
            None => found.extend(heads(code, whole.end()).into_iter().map(|name| (whole.start(), name))),
        }
    }
    found
}

/// The first names of the paths in a `use` group.
fn heads(code: &str, from: usize) -> Vec<String> {
    let group = &code[from..item_end(code, from - 1).max(from)];
    let mut depth = 0;
    let mut parts = vec![String::new()];
    for c in group.chars() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => parts.push(String::new()),
            _ if depth == 0 => parts.last_mut().unwrap().push(c),
            _ => {}
        }
    }
    parts.iter().map(|part| part.trim().split("::").next().unwrap_or_default().to_owned()).collect()
}

fn check_rooms(file: &File, findings: &mut String) {
    let Some(room) = file.room() else { return };
    let allowed = ROOMS.iter().find(|(name, _)| *name == room).map_or(&[][..], |(_, allowed)| allowed);
    for (at, import) in imports(&file.code) {
        let is_room = ROOMS.iter().any(|(name, _)| *name == import);
        if is_room && import != room && !allowed.contains(&import.as_str()) {
            let place = file.place(at);
            let _ = writeln!(findings, "{place}: `{room}` may not import `{import}`; hand in what it needs");
        }
    }
    if PURE.contains(&room) {
        for found in IMPURE.find_iter(&file.code) {
            let (place, word) = (file.place(found.start()), found.as_str());
            let _ = writeln!(
                findings,
                "{place}: `{word}` in the pure room `{room}`; do it in `runtime` or `cli` and hand it in"
            );
        }
    }
}

/// Steps, providers and stores do not know each other.
fn check_neighbours(files: &[File], findings: &mut String) {
    for (folder, what) in [("src/engine/steps/", "step"), ("src/providers/", "provider"), ("src/store/", "store")] {
        let mut entries: Vec<String> = files.iter().filter_map(|file| entry(file, folder, what)).collect();
        // A format that several providers pass on, and no provider.
        entries.retain(|entry| entry != "meta");
        for file in files {
            let Some(own) = file.path.strip_prefix(folder).map(first_name) else { continue };
            for other in entries.iter().filter(|other| **other != own && entries.contains(&own)) {
                let named = ["super", "steps", "providers", "store"].map(|parent| format!("{parent}::{other}::"));
                for found in named.iter().filter_map(|named| file.code.find(named)) {
                    let place = file.place(found);
                    let _ = writeln!(
                        findings,
                        "{place}: the {what} `{own}` knows the {what} `{other}`; put what both need beside them"
                    );
                }
            }
        }
    }
}

fn first_name(path: &str) -> String {
    path.split('/').next().unwrap_or_default().trim_end_matches(".rs").to_owned()
}

/// The name of the step, provider or store that a file is the main file of.
fn entry(file: &File, folder: &str, what: &str) -> Option<String> {
    let rest = file.path.strip_prefix(folder)?;
    let is_entry = match what {
        "step" => file.code.contains("StepType<"),
        _ => rest.ends_with("/mod.rs"),
    };
    (is_entry && rest != "mod.rs").then(|| first_name(rest))
}

/// A file that no `mod` names is not compiled, and nobody notices.
fn check_named(files: &[File], findings: &mut String) {
    for file in files {
        let path = Path::new(&file.path);
        let (name, folder) = match path.file_stem().and_then(|stem| stem.to_str()) {
            Some("main" | "lib") => continue,
            Some("mod") => (path.parent().unwrap().file_name().unwrap(), path.parent().unwrap().parent().unwrap()),
            _ => (path.file_stem().unwrap(), path.parent().unwrap()),
        };
        let parents =
            [folder.join("mod.rs"), folder.join("lib.rs"), folder.join("main.rs"), folder.with_extension("rs")];
        let named = format!("mod {};", name.to_string_lossy());
        let is_named = files.iter().any(|parent| {
            parents.iter().any(|path| *path == Path::new(&parent.path)) && parent.with_tests.contains(&named)
        });
        if !is_named {
            let _ = writeln!(findings, "{}: no `mod` names it; name it or delete it", file.path);
        }
    }
}

fn check_words(file: &File, findings: &mut String) {
    let words = [
        ("todo!", "finish it"),
        ("unimplemented!", "finish it"),
        ("dbg!", "take it out"),
        ("#[ignore", "a test that does not run tests nothing: mend or delete it"),
    ];
    for (word, hint) in words {
        for (at, _) in file.with_tests.match_indices(word) {
            let _ = writeln!(findings, "{}: `{word}`: {hint}", file.place(at));
        }
    }
    for (at, _) in file.with_tests.match_indices("[allow(") {
        let attribute = file.with_tests[at..].split(']').next().unwrap_or_default();
        if !attribute.contains("reason") {
            let place = file.place(at);
            let _ = writeln!(findings, "{place}: `{attribute}]`: say why with `reason = \"…\"`, or mend it");
        }
    }
}

/// The bodies of functions, tests aside.
fn functions(code: &str) -> Vec<(usize, String, Range<usize>)> {
    let mut found = Vec::new();
    for captures in FUNCTION.captures_iter(code) {
        let start = captures.get(0).unwrap().start();
        found.push((start, captures[1].to_owned(), start..item_end(code, start)));
    }
    found
}

fn check_lengths(file: &File, findings: &mut String) {
    let lines = file.code.trim_end().lines().count();
    if lines > MAX_FILE_LINES {
        let _ = writeln!(findings, "{}: {lines} lines, more than {MAX_FILE_LINES}; is it two things?", file.path);
    }
    for (at, name, body) in functions(&file.code) {
        let lines = file.code[body].lines().count();
        if lines > MAX_FUNCTION_LINES {
            let place = file.place(at);
            let _ = writeln!(
                findings,
                "{place}: `{name}` has {lines} lines, more than {MAX_FUNCTION_LINES}; name its parts"
            );
        }
    }
}

#[test]
fn the_sources_keep_the_rules() {
    let files = all_files();
    assert!(files.len() > 30, "the sources were not found");
    let mut findings = String::new();
    for file in &files {
        check_rooms(file, &mut findings);
        check_words(file, &mut findings);
        check_lengths(file, &mut findings);
    }
    check_neighbours(&files, &mut findings);
    check_named(&files, &mut findings);
    assert!(findings.is_empty(), "\n{findings}");
}

/// What the rules above rest on: code is told from text, and tests from code.
#[test]
fn the_rules_see_code_only() {
    let text = r##"
        use crate::{domain::{Time, Span}, yaml};
        // use crate::cli;
        fn f<'a>(x: &'a str) -> char { let s = "crate::cli"; let r = r#"crate::"cli"#; '"' }
        #[cfg(test)]
        mod tests { use crate::cli; fn g() {} }
        fn after() { crate::bot::load() }
    "##;
    let code = without_tests(&blank(text));
    let names: Vec<String> = imports(&code).into_iter().map(|(_, name)| name).collect();
    assert_eq!(names, ["domain", "yaml", "bot"]);
    let functions: Vec<String> = functions(&code).into_iter().map(|(_, name, _)| name).collect();
    assert_eq!(functions, ["f", "after"]);
    assert_eq!(code.len(), text.len());
}
