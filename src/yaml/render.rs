//! Problems as people read them: the place, the line itself, a caret under the word, what to do.

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet, normalize_untrusted_str};

use super::{Located, Problem, Severity};

/// Whether terminal colours are used. They never carry meaning alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// Plain text: files, pipes, logs.
    Never,
    /// For a terminal.
    Always,
}

/// Lines longer than this are shown around the place only, in bytes: it bounds the work on a file that is one line.
const LONGEST_LINE: usize = 2000;

/// All problems, one after another, in the order given (see `sort`), an empty line between them.
pub fn render(problems: &[Problem], colour: Colour) -> String {
    let renderer = match colour {
        Colour::Never => Renderer::plain(),
        Colour::Always => Renderer::styled(),
    };
    let mut shown = String::new();
    for problem in problems {
        if !shown.is_empty() {
            shown.push('\n');
        }
        shown.push_str(&renderer.render(&[group(problem)]));
        shown.push('\n');
    }
    shown
}

fn group(problem: &Problem) -> Group<'_> {
    let level = match problem.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level.primary_title(normalize_untrusted_str(&problem.message)).id(problem.code);
    let mut group = title.element(snippet(&problem.at, AnnotationKind::Primary, None));
    if let Some((at, label)) = &problem.also {
        group = group.element(snippet(at, AnnotationKind::Context, Some(label)));
    }
    if let Some(help) = &problem.help {
        group = group.element(Level::HELP.message(normalize_untrusted_str(help)));
    }
    group
}

/// The first line of a place, with the place marked in it.
fn snippet<'a>(at: &'a Located, kind: AnnotationKind, label: Option<&'a str>) -> Snippet<'a, Annotation<'a>> {
    let (line, from) = line_around(at);
    let start = at.bytes.start.saturating_sub(from).min(line.len());
    let end = at.bytes.end.saturating_sub(from).clamp(start, line.len());
    let mut mark = kind.span(start..end);
    if let Some(label) = label {
        mark = mark.label(normalize_untrusted_str(label));
    }
    let (number, _) = at.line_column();
    Snippet::source(line).path(&*at.source.path).line_start(number as usize).annotation(mark)
}

/// The line in which a place begins, and the byte where that line begins.
fn line_around(at: &Located) -> (&str, usize) {
    let text = &*at.source.text;
    let place = text.floor_char_boundary(at.bytes.start);
    let from = text[..place].rfind('\n').map_or(0, |newline| newline + 1);
    let from = from.max(text.floor_char_boundary(place.saturating_sub(LONGEST_LINE)));
    let to = text[place..].find('\n').map_or(text.len(), |length| place + length);
    let to = to.min(text.ceil_char_boundary(place + LONGEST_LINE));
    (text[from..to].trim_end_matches('\r'), from)
}
