//! Writes a talk as a test, so that what was tried once by hand holds from then on.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Serialize;

use crate::domain::HttpCall;
use crate::testing::{Line, Setting, Who};

/// A talk as a test.
pub(super) struct Record {
    path: PathBuf,
    test: Recorded,
}

/// A test as it is written.
#[derive(Serialize)]
struct Recorded {
    test: &'static str,
    at: String,
    channel: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    http: Vec<Unreached>,
    talk: Vec<BTreeMap<&'static str, Part>>,
}

/// A call of the bot, answered as the talk answered it.
#[derive(PartialEq, Serialize)]
struct Unreached {
    r#match: String,
    fail: &'static str,
}

/// What stands behind the verb of one line of the talk.
#[derive(Serialize)]
#[serde(untagged)]
enum Part {
    Text(String),
    Template { template: String },
}

impl Record {
    pub(super) fn new(path: PathBuf, setting: &Setting) -> Self {
        let (at, channel) = (setting.start.to_string(), setting.channel.0.clone());
        Self { path, test: Recorded { test: "recorded", at, channel, http: Vec::new(), talk: Vec::new() } }
    }

    pub(super) fn line(&mut self, verb: &'static str, text: &str) {
        self.add(verb, Part::Text(text.to_owned()));
    }

    /// The bot called another program.
    pub(super) fn called(&mut self, call: &HttpCall) {
        let unreached = Unreached { r#match: call.to_string(), fail: "unreachable" };
        if !self.test.http.contains(&unreached) {
            self.test.http.push(unreached);
        }
    }

    /// What the bot said; what people do not see is for `expect`, which is written by hand.
    pub(super) fn said(&mut self, line: &Line) {
        if line.who == Who::Bot {
            self.line("bot", &line.text);
        } else if let Some(template) = line.text.strip_prefix("template ") {
            let name = template.split(' ').next().unwrap_or(template);
            self.add("bot", Part::Template { template: name.to_owned() });
        }
    }

    fn add(&mut self, verb: &'static str, part: Part) {
        self.test.talk.push(BTreeMap::from([(verb, part)]));
    }

    pub(super) fn write(&self) -> Result<(), String> {
        let failed = |error: &dyn std::fmt::Display| format!("{}: {error}", self.path.display());
        let text = serde_yaml::to_string(&self.test).map_err(|error| failed(&error))?;
        std::fs::write(&self.path, text).map_err(|error| failed(&error))
    }
}
