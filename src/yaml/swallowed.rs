//! What YAML swallows in silence: a comment that was meant as text.

use std::collections::BTreeMap;

use super::{Content, Located, Node, Problem, Style};

/// Comments that stand exactly one space after something, by the byte where that something ends.
pub(super) type OneSpaceComments = BTreeMap<usize, Located>;

/// Keep a comment if exactly one space stands before it on its line.
pub(super) fn keep_comment(comments: &mut OneSpaceComments, at: Located) {
    let before = &at.source.text[..at.bytes.start];
    let Some(rest) = before.strip_suffix(' ') else { return };
    if rest.ends_with(|c: char| !c.is_whitespace()) {
        comments.insert(rest.len(), at);
    }
}

/// Warn of every comment that cuts a text off.
pub(super) fn warn(comments: &OneSpaceComments, node: &Node, problems: &mut Vec<Problem>) {
    if comments.is_empty() {
        return;
    }
    match &node.content {
        Content::Scalar { text, style: Style::Plain } => warn_of_cut_text(comments, text, &node.at, problems),
        Content::List(items) => items.iter().for_each(|item| warn(comments, item, problems)),
        Content::Map(entries) => {
            for (key, value) in entries {
                match &value.content {
                    // `say: #1`: the comment comes one space after the colon.
                    Content::Empty => warn_of_no_text(comments, key.at.bytes.end + 1, problems),
                    _ => warn(comments, value, problems),
                }
            }
        }
        _ => {}
    }
}

fn warn_of_cut_text(comments: &OneSpaceComments, text: &str, at: &Located, problems: &mut Vec<Problem>) {
    // Nobody means a text here.
    if matches!(text, "true" | "false" | "null") {
        return;
    }
    let Some(comment) = comments.get(&at.bytes.end) else { return };
    let whole = format!("{text} {}", comment.text());
    let problem = Problem::warning("comment-in-text", comment, "this is a comment, not a part of the text");
    problems.push(problem.help(format!(
        "write {} if it belongs to the text, or put two spaces before `#`",
        super::syntax::quoted(&whole)
    )));
}

fn warn_of_no_text(comments: &OneSpaceComments, colon_end: usize, problems: &mut Vec<Problem>) {
    let Some(comment) = comments.get(&colon_end) else { return };
    let problem = Problem::warning("comment-in-text", comment, "this is a comment, so nothing is written here");
    problems.push(problem.help(format!("write {} if it is the text", super::syntax::quoted(comment.text()))));
}
