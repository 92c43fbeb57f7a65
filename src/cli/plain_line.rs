//! A line of the text log where nobody watches in colours: what the usual formatter writes, without asking of each part how to paint it. Under
//! load that asking costs as much as deciding.

use std::fmt::{self, Debug, Write as _};

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::fmt::format::{Format, Full, Writer};
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

/// `2026-03-02T10:00:00.000000Z  INFO frontdesk::runtime: bot loaded bot="clinic"`. What other crates tell is left to the usual formatter.
pub(super) struct PlainLine {
    usual: Format<Full>,
}

impl PlainLine {
    pub(super) fn new() -> Self {
        Self { usual: Format::default().with_ansi(false) }
    }
}

impl<S, N> FormatEvent<S, N> for PlainLine
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut line: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let about = event.metadata();
        if !about.target().starts_with("frontdesk") {
            return self.usual.format_event(context, line, event);
        }
        if SystemTime.format_time(&mut line).is_err() {
            line.write_str("<unknown time>")?;
        }
        line.write_str(level(*about.level()))?;
        line.write_str(about.target())?;
        line.write_char(':')?;
        let mut fields = Fields { line: line.by_ref(), outcome: Ok(()) };
        event.record(&mut fields);
        fields.outcome?;
        line.write_char('\n')
    }
}

/// Of one width.
fn level(level: Level) -> &'static str {
    match level {
        Level::ERROR => " ERROR ",
        Level::WARN => "  WARN ",
        Level::INFO => "  INFO ",
        Level::DEBUG => " DEBUG ",
        Level::TRACE => " TRACE ",
    }
}

/// Writes the fields of an event behind one another.
struct Fields<'w> {
    line: Writer<'w>,
    outcome: fmt::Result,
}

impl Fields<'_> {
    fn put(&mut self, field: &Field, write: impl FnOnce(&mut Writer<'_>) -> fmt::Result) {
        if self.outcome.is_ok() {
            self.outcome = self.named(field).and_then(|()| write(&mut self.line));
        }
    }

    /// The message stands alone; everything else has its name before it.
    fn named(&mut self, field: &Field) -> fmt::Result {
        self.line.write_char(' ')?;
        match field.name() {
            "message" => Ok(()),
            name => {
                self.line.write_str(name.strip_prefix("r#").unwrap_or(name))?;
                self.line.write_char('=')
            }
        }
    }
}

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.put(field, |line| write!(Harmless(line), "{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        // Most are words that need no escaping.
        let is_word = value.bytes().all(|b| matches!(b, b' '..=b'~') && b != b'"' && b != b'\\');
        match (field.name(), is_word) {
            ("message", _) => self.put(field, |line| Harmless(line).write_str(value)),
            (_, true) => self.put(field, |line| {
                line.write_char('"')?;
                line.write_str(value)?;
                line.write_char('"')
            }),
            (_, false) => self.record_debug(field, &value),
        }
    }
}

/// A control character could end the line or steer a terminal: it is shown by its number.
struct Harmless<'l, 'w>(&'l mut Writer<'w>);

impl fmt::Write for Harmless<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for part in text.split_inclusive(char::is_control) {
            match part.chars().next_back().filter(|last| last.is_control()) {
                Some(last) => {
                    self.0.write_str(part.strip_suffix(last).unwrap_or(part))?;
                    write!(self.0, "{}", last.escape_unicode())?;
                }
                None => self.0.write_str(part)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_control_character_gets_into_a_line() {
        let mut line = String::new();
        Harmless(&mut Writer::new(&mut line)).write_str("503\nINFO forged \u{1b}[31m é").unwrap();
        assert_eq!(line, "503\\u{a}INFO forged \\u{1b}[31m é");
    }
}
