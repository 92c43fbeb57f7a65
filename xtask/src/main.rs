//! `cargo xtask test`: everything that must hold, in one command: format, lints, tests, the sample bots, the documentation.
//! The first failure ends it.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

/// One part of the whole.
struct Part {
    name: &'static str,
    program: &'static str,
    args: &'static [&'static str],
    env: &'static [(&'static str, &'static str)],
    /// What to do when it fails.
    hint: &'static str,
}

const fn cargo(name: &'static str, args: &'static [&'static str], hint: &'static str) -> Part {
    Part { name, program: "cargo", args, env: &[], hint }
}

const PARTS: &[Part] = &[
    cargo("format", &["fmt", "--all", "--check"], "run `cargo fmt --all`"),
    cargo(
        "lints",
        &["clippy", "--workspace", "--all-targets", "--locked", "--quiet", "--", "-D", "warnings"],
        "mend what clippy says above",
    ),
    cargo(
        "sample bots: check",
        &["run", "--quiet", "--locked", "--", "check", "bots"],
        "mend the bot's files as said above",
    ),
    cargo(
        "sample bots: their tests",
        &["run", "--quiet", "--locked", "--", "test", "bots"],
        "the talk above shows where it went wrong",
    ),
    Part {
        name: "documentation",
        program: "cargo",
        args: &["doc", "--workspace", "--no-deps", "--locked", "--quiet"],
        env: &[("RUSTDOCFLAGS", "-D warnings")],
        hint: "mend what rustdoc says above",
    },
    cargo("tests", &["test", "--workspace", "--locked"], "the failing test stands above"),
];

const USAGE: &str = "usage: cargo xtask test";

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    if args == ["test"] {
        return test();
    }
    eprintln!("{USAGE}");
    ExitCode::from(2)
}

fn test() -> ExitCode {
    if let Err(why) = components() {
        eprintln!("xtask: {why}");
        return ExitCode::FAILURE;
    }
    let mut times = Vec::new();
    for part in PARTS {
        eprintln!("── {}", part.name);
        let begun = Instant::now();
        if let Err(why) = run(part) {
            eprintln!("xtask: {}: {why}; {}", part.name, part.hint);
            return ExitCode::FAILURE;
        }
        times.push((part.name, begun.elapsed()));
    }
    eprintln!("xtask: all is well ({})", shown(&times));
    ExitCode::SUCCESS
}

fn shown(times: &[(&str, Duration)]) -> String {
    let parts: Vec<String> = times.iter().map(|(name, time)| format!("{name} {:.1} s", time.as_secs_f64())).collect();
    parts.join(", ")
}

fn run(part: &Part) -> Result<(), String> {
    let status = Command::new(part.program)
        .args(part.args)
        .current_dir(root())
        .envs(part.env.iter().copied())
        .status()
        .map_err(|why| format!("`{}` does not start: {why}", part.program))?;
    if status.success() { Ok(()) } else { Err(format!("failed ({status})")) }
}

/// rustfmt and clippy belong to the default toolchain; a minimal one gets them here.
fn components() -> Result<(), String> {
    for (tool, component) in [("fmt", "rustfmt"), ("clippy", "clippy")] {
        if answers(tool) {
            continue;
        }
        eprintln!("── `cargo {tool}` is missing: installing `{component}`");
        let added = Command::new("rustup").args(["component", "add", component]).status();
        if !added.is_ok_and(|status| status.success()) {
            return Err(format!("`cargo {tool}` is missing; install `{component}` for this toolchain"));
        }
    }
    Ok(())
}

fn answers(tool: &str) -> bool {
    Command::new("cargo").args([tool, "--version"]).output().is_ok_and(|output| output.status.success())
}

/// The folder of the workspace, wherever the command was started.
fn root() -> PathBuf {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask).to_path_buf()
}
