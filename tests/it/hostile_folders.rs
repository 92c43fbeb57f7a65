//! Folders that are written to do harm: each is refused with a diagnostic, in bounded time and memory.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Far more than any of them takes here (the slowest some seconds, without optimisation); reached only by what does not end.
const PATIENCE: Duration = Duration::from_mins(1);
/// Address space of the program in KiB: its threads' stacks are most of it.
const MEMORY: &str = "4194304";
const MIB: usize = 1 << 20;

/// A case: the code that it is refused by, and how the folder is made.
type Case = (&'static str, &'static str, fn(&Path));

fn write(dir: &Path, name: &str, text: &str) {
    fs::write(dir.join(name), text).unwrap();
}

fn bot(dir: &Path, rest: &str) {
    write(dir, "bot.yaml", &format!("bot: clinic\n{rest}"));
}

const CASES: &[Case] = &[
    ("a YAML bomb", "yaml-anchor", |dir| {
        let mut text = String::from("vars:\n  a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for n in 1..30 {
            let _ = writeln!(text, "  a{n}: &a{n} [{}]", vec![format!("*a{}", n - 1); 10].join(", "));
        }
        bot(dir, &text);
    }),
    ("ten megabytes", "file-too-large", |dir| bot(dir, &"# x\n".repeat(10 * MIB / 4))),
    ("ten megabytes of nothing but one line", "file-too-large", |dir| bot(dir, &"x".repeat(10 * MIB))),
    ("many files that are just not too large", "file-too-large", |dir| {
        bot(dir, "");
        let comment = format!("# {}\n", "x".repeat(4 * MIB - 10));
        for n in 0..12 {
            write(dir, &format!("f{n:02}.yaml"), &comment);
        }
    }),
    ("a hundred thousand flows", "too-many", |dir| {
        bot(dir, "flows: {main: {on: message, do: {say: x}}}\n");
        for file in 0..5 {
            let mut text = String::from("flows:\n");
            for n in 0..20_000 {
                let _ = writeln!(text, "  f{file}_{n}: {{do: stop}}");
            }
            write(dir, &format!("f{file}.yaml"), &text);
        }
    }),
    ("a hundred thousand brackets", "too-deep", |dir| bot(dir, &format!("vars: {{a: {}", "[".repeat(100_000)))),
    ("levels below levels", "too-deep", |dir| {
        let levels: Vec<String> = (0..1_800).map(|n| format!("{}a:", " ".repeat(n))).collect();
        bot(dir, &levels.join("\n"));
    }),
    ("more than half a million entries", "too-many-nodes", |dir| {
        bot(dir, &format!("vars:\n  a:\n{}", "  - 1\n".repeat(600_000)));
    }),
    ("steps in steps", "steps-too-deep", |dir| {
        let deep = (0..30).fold("say: x".to_owned(), |inner, _| format!("if: true, then: {{{inner}}}"));
        bot(dir, &format!("flows: {{main: {{on: message, do: {{{deep}}}}}}}\n"));
    }),
    ("a link out of the folder", "link-outside", |dir| {
        bot(dir, "flows: {main: {on: message, do: {say: x}}}\n");
        std::os::unix::fs::symlink("/etc/passwd", dir.join("users.yaml")).unwrap();
    }),
    ("a link to a device that never ends", "link-outside", |dir| {
        bot(dir, "flows: {main: {on: message, do: {say: x}}}\n");
        std::os::unix::fs::symlink("/dev/zero", dir.join("zero.yaml")).unwrap();
    }),
    ("a link to itself", "unreadable", |dir| {
        bot(dir, "flows: {main: {on: message, do: {say: x}}}\n");
        std::os::unix::fs::symlink("round.yaml", dir.join("round.yaml")).unwrap();
    }),
    ("a folder as a file", "unreadable", |dir| {
        bot(dir, "flows: {main: {on: message, do: {say: x}}}\n");
        fs::create_dir(dir.join("more.yaml")).unwrap();
    }),
    ("bytes that are no text", "not-utf8", |dir| {
        fs::write(dir.join("bot.yaml"), b"bot: clinic\nvars: {a: \"\xff\xfe\x00\"}").unwrap();
    }),
    ("a regex of a megabyte", "regex-too-big", |dir| {
        bot(dir, &format!("flows: {{main: {{on: {{matches: '{}'}}, do: {{say: x}}}}}}\n", "(a|b)?".repeat(MIB / 6)));
    }),
    ("a small regex that is large inside", "regex-too-big", |dir| {
        bot(dir, "flows: {main: {on: {matches: '((((a{99}){99}){99}){99}){99}'}, do: {say: x}}}\n");
    }),
    ("a text of a megabyte", "text-too-long", |dir| {
        bot(dir, &format!("flows: {{main: {{on: message, do: {{say: {}}}}}}}\n", "x".repeat(MIB)));
    }),
    ("an expression in itself", "script-syntax", |dir| {
        let deep = format!("{}1{}", "(".repeat(1_500), ")".repeat(1_500));
        bot(dir, &format!("flows: {{main: {{on: message, if: '{deep} == 1', do: {{say: x}}}}}}\n"));
    }),
    ("twenty thousand regexes, each large inside", "too-many", |dir| {
        let flow = |n| format!("  f{n}: {{on: {{matches: '(a{{1,50}}b?){{1,50}}x{n}'}}, do: {{say: x}}}}\n");
        bot(dir, &format!("flows:\n{}", (0..19_900).map(flow).collect::<String>()));
    }),
    ("two and a half million steps", "too-many", |dir| {
        bot(dir, "");
        let steps = ["{say: x}"; 490].join(", ");
        for file in 0..12 {
            let flow = |n| format!("  f{file}_{n}: {{do: [{steps}]}}\n");
            write(dir, &format!("f{file}.yaml"), &format!("flows:\n{}", (0..450).map(flow).collect::<String>()));
        }
    }),
    ("two and a half million expressions", "too-many", |dir| {
        bot(dir, "");
        let text = "{{text}}".repeat(1_000);
        for file in 0..6 {
            let flow = |n| format!("  f{file}_{n}: {{on: message, do: {{say: '{text}'}}}}\n");
            write(dir, &format!("f{file}.yaml"), &format!("flows:\n{}", (0..400).map(flow).collect::<String>()));
        }
    }),
    ("two thousand files", "too-many", |dir| {
        bot(dir, "flows: {main: {on: message, do: {say: x}}}\n");
        for n in 0..2_000 {
            write(dir, &format!("f{n}.yaml"), "vars: {}\n");
        }
    }),
];

/// What the program says of a folder, with bounded memory, and whether it ended by itself.
fn run(command: &str, folder: &Path) -> (Option<i32>, String) {
    let line = format!("ulimit -v {MEMORY}; exec \"$0\" {command} clinic");
    let started = Instant::now();
    let mut program = Command::new("sh");
    program.args(["-c", &line, env!("CARGO_BIN_EXE_frontdesk")]).current_dir(folder).env("NO_COLOR", "1");
    let output = program.stdin(Stdio::null()).output().unwrap();
    assert!(started.elapsed() < PATIENCE, "it took {:?} in {}", started.elapsed(), folder.display());
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8_lossy(&said).into_owned())
}

#[test]
fn hostile_folders_are_refused() {
    let mut wrong = Vec::new();
    for (name, code, make) in CASES {
        let home = tempfile::tempdir().unwrap();
        let dir = home.path().join("clinic");
        fs::create_dir(&dir).unwrap();
        make(&dir);
        let (status, said) = run("check", home.path());
        let shown: String = said.chars().take(300).collect();
        if status != Some(1) || !said.contains(&format!("[{code}]")) || said.contains("panicked") {
            wrong.push(format!("{name}: {code} is expected, exit code {status:?}:\n{shown}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn a_script_that_never_ends_is_ended() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("clinic");
    fs::create_dir(&dir).unwrap();
    fs::create_dir(home.path().join("scripts")).unwrap();
    write(
        &home.path().join("scripts"),
        "evil.rhai",
        "fn ever() { loop { } }\nfn deep(n) { deep(n + 1) }\nfn wide() { let a = \"x\"; loop { a += a; } }\n",
    );
    bot(
        &dir,
        "flows:\n  main:\n    on: message\n    do:\n      - {say: \"{{ evil::ever() }}\"}\n      - {say: \"{{ evil::deep(0) }}\"}\n      - {say: \"{{ evil::wide() }}\"}\n      - {say: Still here.}\n",
    );
    write(&dir, "a.test.yaml", "test: goes on\ntalk: [{user: hi}, {bot: Still here.}]\n");
    let (status, said) = run("test", home.path());
    assert_eq!(status, Some(0), "{said}");
}
