//! Writes a talk as a test, so that what was tried once by hand holds from then on.

use std::path::PathBuf;

use crate::testing::{Line, Setting, Who};

/// A talk as a test.
pub(super) struct Record {
    path: PathBuf,
    text: String,
}

impl Record {
    pub(super) fn new(path: PathBuf, setting: &Setting) -> Self {
        let text = format!("test: recorded\nat: {}\nchannel: {}\ntalk:\n", setting.start, setting.channel.0);
        Self { path, text }
    }

    pub(super) fn line(&mut self, verb: &str, text: &str) {
        self.text.extend(["  - ", verb, ": ", &quoted(text), "\n"]);
    }

    /// What the bot said; what people do not see is for `expect`, which is written by hand.
    pub(super) fn said(&mut self, line: &Line) {
        if line.who == Who::Bot {
            self.line("bot", &line.text);
        } else if let Some(template) = line.text.strip_prefix("template ") {
            let name = template.split(' ').next().unwrap_or(template);
            self.text.extend(["  - bot: {template: ", &quoted(name), "}\n"]);
        }
    }

    pub(super) fn write(self) -> Result<(), String> {
        std::fs::write(&self.path, self.text).map_err(|error| format!("{}: {error}", self.path.display()))
    }
}

/// JSON's quoting is YAML's double quoting.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
