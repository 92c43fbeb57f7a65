//! Writes a talk as a test, so that what was tried once by hand holds from then on.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Serialize;
use serde_json::Value as Json;

use crate::domain::{HttpCall, Imitated, Value};
use crate::testing::{self, Line, Setting, Who};

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
    #[serde(skip_serializing_if = "Option::is_none")]
    imitates: Option<Json>,
    channel: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    conversation: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    http: Vec<Scripted>,
    talk: Vec<BTreeMap<&'static str, Part>>,
}

/// Calls of the bot, answered as the talk answered them.
#[derive(PartialEq, Serialize)]
#[serde(untagged)]
enum Scripted {
    /// By the person at the terminal.
    Said(Json),
    /// By nobody.
    Unreached { r#match: String, fail: &'static str },
}

/// What stands behind the verb of one line of the talk.
#[derive(Serialize)]
#[serde(untagged)]
enum Part {
    Text(String),
    Template { template: String },
}

impl Record {
    pub(super) fn new(path: PathBuf, setting: &Setting, account: Option<&Imitated>) -> Self {
        let imitates = account.map(|account| account.written.clone());
        let (at, channel) = (setting.start.to_string(), setting.channel.0.clone());
        let conversation = Some(setting.conversation.clone()).filter(|id| id != testing::USUAL_CONVERSATION);
        let test =
            Recorded { test: "recorded", at, imitates, channel, conversation, http: Vec::new(), talk: Vec::new() };
        Self { path, test }
    }

    pub(super) fn line(&mut self, verb: &'static str, text: &str) {
        self.add(verb, Part::Text(text.to_owned()));
    }

    /// The bot called another program.
    pub(super) fn called(&mut self, call: &HttpCall) {
        let unreached = Scripted::Unreached { r#match: call.to_string(), fail: "unreachable" };
        if !self.test.http.contains(&unreached) {
            self.test.http.push(unreached);
        }
    }

    /// What another program answers from now on.
    pub(super) fn scripted(&mut self, answer: Value) {
        self.test.http.push(Scripted::Said(Json::from(answer)));
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
