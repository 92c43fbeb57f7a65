//! The report of a run of tests for build servers, in the form that `JUnit` gave its name to.

use std::fmt::Write as _;

/// A test as it is reported.
#[derive(Clone, Debug)]
pub struct Case {
    /// The bot, by its folder.
    pub bot: String,
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// The test's name.
    pub name: String,
    /// How it ended.
    pub ending: Ending,
}

/// How a test ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It holds.
    Passed,
    /// The bot does something else than the test expects: all that is shown of it.
    Failed(String),
    /// It could not be played, for this reason.
    Unplayable(String),
}

impl Case {
    /// Does it count as failed?
    pub fn failed(&self) -> bool {
        matches!(self.ending, Ending::Failed(_))
    }
}

/// The report.
pub fn junit(cases: &[Case]) -> String {
    let failures = cases.iter().filter(|case| case.failed()).count();
    let errors = cases.iter().filter(|case| matches!(case.ending, Ending::Unplayable(_))).count();
    let counts = format!("tests=\"{}\" failures=\"{failures}\" errors=\"{errors}\"", cases.len());
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(out, "<testsuites>\n  <testsuite name=\"frontdesk\" {counts}>");
    for case in cases {
        out.push_str(&testcase(case));
    }
    out + "  </testsuite>\n</testsuites>\n"
}

fn testcase(case: &Case) -> String {
    let [bot, file, name] = [&case.bot, &case.file, &case.name].map(|text| attribute(text));
    let head = format!("    <testcase classname=\"{bot}\" name=\"{name}\" file=\"{file}\" line=\"{}\"", case.line);
    let (element, text) = match &case.ending {
        Ending::Passed => return head + "/>\n",
        Ending::Failed(text) => ("failure", text),
        Ending::Unplayable(text) => ("error", text),
    };
    let message = attribute(text.lines().next().unwrap_or_default());
    let text = escaped(text);
    format!("{head}>\n      <{element} message=\"{message}\">{text}</{element}>\n    </testcase>\n")
}

/// For an attribute, in which readers would take a line's end for a space.
fn attribute(text: &str) -> String {
    escaped(text).replace('\n', "&#10;").replace('\t', "&#9;")
}

/// For XML; control characters that XML 1.0 has no way to write become `?`.
fn escaped(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, c| {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(c),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push('?'),
            c => out.push(c),
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_xml_whatever_was_said() {
        let case = |ending| Case {
            bot: "clinic".into(),
            file: "a.test.yaml".into(),
            line: 7,
            name: "asks \"why\"\n& <how>".into(),
            ending,
        };
        let endings = [Ending::Passed, Ending::Failed("a\u{1b}b < c\nd".into()), Ending::Unplayable("]]>".into())];
        let report = junit(&endings.map(case));
        assert!(report.contains("tests=\"3\" failures=\"1\" errors=\"1\""), "{report}");
        assert!(
            report.contains("name=\"asks &quot;why&quot;&#10;&amp; &lt;how&gt;\" file=\"a.test.yaml\" line=\"7\"/>"),
            "{report}"
        );
        assert!(report.contains("<failure message=\"a?b &lt; c\">a?b &lt; c\nd</failure>"), "{report}");
        assert!(report.contains("]]&gt;</error>"), "{report}");
    }
}
