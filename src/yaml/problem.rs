//! Problems: what is wrong, where, and what to do. Rendered for people (snippet and caret) or as JSON.

use super::Located;

/// How bad it is. Errors keep a revision from going live; warnings do not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Must be mended.
    Error,
    /// Probably not what was meant.
    Warning,
}

impl Severity {
    /// `error` or `warning`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// One problem.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// How bad.
    pub severity: Severity,
    /// Stable, kebab-case: `unknown-key`. `check --explain CODE` tells more.
    pub code: &'static str,
    /// Where.
    pub at: Located,
    /// What is wrong: lower case, no full stop, names in backticks.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
    /// Another place that matters (the first of two names).
    pub also: Option<(Located, String)>,
}

impl Problem {
    /// An error.
    pub fn error(code: &'static str, at: &Located, message: impl Into<String>) -> Self {
        Self { severity: Severity::Error, code, at: at.clone(), message: message.into(), help: None, also: None }
    }

    /// A warning.
    pub fn warning(code: &'static str, at: &Located, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, at, message) }
    }

    /// With what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// With a second place.
    #[must_use]
    pub fn also(mut self, at: &Located, label: impl Into<String>) -> Self {
        self.also = Some((at.clone(), label.into()));
        self
    }
}

impl Problem {
    /// What tools read: `{severity, code, file, line, column, end_line, end_column, message, help}`. Lines and columns count from 1,
    /// columns in characters.
    pub fn to_json(&self) -> serde_json::Value {
        let (line, column) = self.at.line_column();
        let (end_line, end_column) = self.at.end_line_column();
        serde_json::json!({
            "severity": self.severity.name(),
            "code": self.code,
            "file": &*self.at.source.path,
            "line": line,
            "column": column,
            "end_line": end_line,
            "end_column": end_column,
            "message": self.message,
            "help": self.help,
        })
    }
}

/// Bring problems into the order in which they are shown: by file, by place, errors first.
pub fn sort(problems: &mut [Problem]) {
    problems.sort_by(|a, b| order(a).cmp(&order(b)));
}

fn order(problem: &Problem) -> (&str, usize, Severity, &str) {
    (&problem.at.source.path, problem.at.bytes.start, problem.severity, problem.code)
}

/// Whether one of them is an error.
pub fn has_errors(problems: &[Problem]) -> bool {
    problems.iter().any(|problem| problem.severity == Severity::Error)
}
