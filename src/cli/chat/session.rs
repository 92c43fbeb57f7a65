//! A talk at the terminal: what is typed goes to the world, what comes of it is shown.

use std::fmt::Write as _;
use std::path::PathBuf;

use chrono_tz::Tz;
use serde_json::Value as Json;

use crate::domain::{Span, State, Time, TraceKind, Value};
use crate::testing::{self, Line, When, Who, World};
use crate::yaml::{self, Colour};

use super::record::Record;

/// Where the bot is read from.
pub(super) struct Files {
    pub(super) bot: PathBuf,
    pub(super) scripts: PathBuf,
    pub(super) recipes: PathBuf,
}

/// A talk under way.
pub(super) struct Chat {
    world: World,
    files: Files,
    record: Option<Record>,
    /// Lines of the world's talk that are on the screen already.
    shown: usize,
}

type Command = fn(&mut Chat, &str);

/// The commands: name, argument, what it does.
const COMMANDS: &[(&str, &str, &str, Command)] = &[
    ("why", "", "explain the last answer: flows tried, conditions, steps, each with its place", |chat, _| chat.why()),
    ("state", "", "show who has the conversation, variables, what is waited for", |chat, _| chat.state()),
    ("clock", "+25h", "let time pass, or go to a time; alone, show it", Chat::clock),
    ("human", "TEXT", "write as a colleague on our side", |chat, text| {
        chat.act("human", text);
    }),
    ("press", "N", "take an option of the last menu, by number or text", |chat, option| chat.act("press", option)),
    (
        "http",
        "ANSWER",
        "script what another program answers, `{match: POST https://…, reply: {json: {id: 7}}}`",
        Chat::http,
    ),
    ("reload", "", "read the bot's files again; on errors the old ones stay", |chat, _| chat.reload()),
    ("help", "", "show this list", |_, _| help()),
    ("quit", "", "end the talk", |_, _| {}),
];

impl Chat {
    pub(super) fn new(world: World, files: Files, record: Option<Record>) -> Self {
        Self { world, files, record, shown: 0 }
    }

    /// One line as typed, so long after the one before. False: the talk is over.
    pub(super) fn enter(&mut self, line: &str, passed: Span) -> bool {
        self.pass(passed);
        let line = line.trim();
        if line.is_empty() {
            return true;
        }
        let Some(command) = line.strip_prefix(':') else {
            self.act("user", line);
            return true;
        };
        let (name, rest) = command.split_once(' ').unwrap_or((command, ""));
        match COMMANDS.iter().find(|(known, ..)| *known == name) {
            Some((_, _, _, run)) => run(self, rest.trim()),
            None => unknown(name),
        }
        name != "quit"
    }

    /// Write the record.
    pub(super) fn close(&mut self) -> Result<(), String> {
        self.record.take().map_or(Ok(()), |record| record.write())
    }

    /// Somebody does something; what comes of it is shown.
    fn act(&mut self, verb: &'static str, text: &str) {
        let before = self.world.lines().len();
        let done = match verb {
            "human" => {
                self.world.human(text);
                Ok(())
            }
            "press" => self.world.press(text),
            _ => {
                self.world.user(text);
                Ok(())
            }
        };
        if let Err(error) = done {
            println!("  [{error}]");
            return;
        }
        if let Some(record) = &mut self.record {
            record.line(verb, text);
        }
        self.show();
        self.faults();
        let answered = self.world.lines().iter().skip(before).any(|line| line.who == Who::Bot);
        if verb != "human" && !answered {
            println!("  [no answer; :why tells]");
        }
    }

    /// Time that goes by between two lines is recorded only where the bot used it.
    fn pass(&mut self, span: Span) {
        let before = self.world.lines().len();
        self.world.advance_to(self.world.now() + span);
        if self.world.lines().len() > before {
            self.passed(span);
        }
    }

    fn passed(&mut self, span: Span) {
        if let Some(record) = &mut self.record {
            record.line("after", &span.to_string());
        }
        self.show();
        self.faults();
    }

    fn leap(&mut self, span: Span) {
        self.world.advance_to(self.world.now() + span);
        self.passed(span);
    }

    /// What is new on our side; what the person typed stands on the screen already.
    fn show(&mut self) {
        for line in self.world.lines().iter().skip(self.shown) {
            if matches!(line.who, Who::Contact | Who::Human) {
                continue;
            }
            println!("{}", shown(line));
            if let Some(record) = &mut self.record {
                record.said(line);
            }
        }
        self.shown = self.world.lines().len();
        let calls = self.world.strange_calls();
        if let Some(record) = &mut self.record {
            for call in &calls {
                record.called(call);
            }
        }
    }

    /// Mistakes of the bot's author at run time.
    fn faults(&self) {
        for entry in self.world.trace().entries.iter().filter(|entry| entry.kind == TraceKind::Error) {
            let place = entry.place.as_ref().map(|at| format!(" ({}:{})", at.file, at.line)).unwrap_or_default();
            println!("  [error: {}{place}]", entry.text);
        }
    }

    /// From now on calls that look so get this answer.
    fn http(&mut self, text: &str) {
        match testing::read_http(text) {
            Ok((scripts, written)) => {
                self.world.script_http(scripts);
                if let Some(record) = &mut self.record {
                    record.scripted(written);
                }
            }
            Err(problems) => print!("{}", yaml::render(&problems, Colour::Never)),
        }
    }

    fn why(&self) {
        let why = testing::why(self.world.trace());
        print!("{}", if why.is_empty() { "  [nothing has happened yet]\n" } else { &why });
    }

    fn clock(&mut self, to: &str) {
        let zone = self.world.revision().view.zone;
        if let Some(span) = to.strip_prefix('+').and_then(|text| text.trim().parse::<Span>().ok()) {
            self.leap(span);
        } else if let Some(when) = When::read(to) {
            self.leap(when.in_zone(zone).since(self.world.now()));
        } else if !to.is_empty() {
            println!("  [`:clock +25h` lets time pass, `:clock 2026-03-02 10:00` goes there]");
            return;
        }
        println!("  [it is {}]", local(self.world.now(), zone));
    }

    fn reload(&mut self) {
        let (subject, problems) = self.files.load();
        print!("{}", yaml::render(&problems, Colour::Never));
        match subject {
            Some(subject) => {
                self.world.reload(subject.revision);
                println!("  [reloaded]");
            }
            None => println!("  [the old bot keeps answering]"),
        }
    }

    fn state(&self) {
        match self.world.state() {
            Some(state) => print!("{}", describe(state, self.world.revision().view.zone)),
            None => println!("  [nobody has written yet]"),
        }
    }
}

fn help() {
    for (name, argument, doc, _) in COMMANDS {
        println!("  {:<14} {doc}", format!(":{name} {argument}"));
    }
}

fn unknown(name: &str) {
    let names = COMMANDS.iter().map(|(known, ..)| *known);
    match yaml::nearest(name, names) {
        Some(near) => println!("  [there is no `:{name}`; did you mean `:{near}`?]"),
        None => println!("  [there is no `:{name}`; :help lists the commands]"),
    }
}

fn shown(line: &Line) -> String {
    match line.who {
        Who::Aside => format!("  [{}]", line.text.replace('\n', "\n   ")),
        _ => format!("  {}", line.text.replace('\n', "\n  ")),
    }
}

/// A state in a few lines.
fn describe(state: &State, zone: Tz) -> String {
    let conversation = &state.conversation;
    let mut out = String::new();
    let mut row = |name: &str, text: String| {
        let _ = writeln!(out, "  {name:<10} {text}");
    };
    row("owner", format!("{:?}", conversation.owner).to_lowercase());
    let person = [&state.contact.name, &state.contact.phone, &state.contact.language];
    let known: Vec<_> = person.into_iter().flatten().map(String::as_str).collect();
    if !known.is_empty() {
        row("contact", known.join(", "));
    }
    if let Some(assignee) = &conversation.assignee {
        let names: Vec<_> = [&assignee.team, &assignee.member].into_iter().flatten().map(String::as_str).collect();
        row("assigned", format!("{} (id {})", names.join(", "), assignee.id));
    }
    if !conversation.tags.is_empty() {
        row("tags", conversation.tags.join(", "));
    }
    for note in &conversation.notes {
        row("note", note.clone());
    }
    for (name, value) in &state.contact.vars {
        row("contact", format!("vars.{name} = {}", shown_value(value, zone)));
    }
    let Some(session) = &state.session else { return out };
    for (name, value) in &session.vars {
        row("variable", format!("{name} = {}", shown_value(value, zone)));
    }
    for (kind, runs) in [("asking", &session.asking), ("waiting", &session.waiting)] {
        for run in runs {
            let places: Vec<_> = run.frames.iter().map(|frame| format!("{}.{}", frame.flow, frame.step)).collect();
            let due = run.wait.due.map(|due| format!(", until {}", local(due, zone))).unwrap_or_default();
            row(kind, format!("{}{due}", places.join(" > ")));
        }
    }
    out
}

fn local(time: Time, zone: Tz) -> String {
    time.to_utc().with_timezone(&zone).format("%A %Y-%m-%d %H:%M:%S").to_string()
}

/// A value as JSON has it, a time as people read it.
fn shown_value(value: &Value, zone: Tz) -> String {
    match value {
        Value::Time(time) => local(*time, zone),
        _ => readable(value, zone).to_string(),
    }
}

fn readable(value: &Value, zone: Tz) -> Json {
    match value {
        Value::Time(time) => local(*time, zone).into(),
        Value::List(items) => items.iter().map(|item| readable(item, zone)).collect(),
        Value::Map(map) => map.iter().map(|(name, value)| (name.clone(), readable(value, zone))).collect(),
        plain => plain.clone().into(),
    }
}
