//! Located nodes: what a YAML file says, each part with its place.

use std::ops::Range;
use std::sync::Arc;

use super::Problem;

/// A file as read.
#[derive(Debug, PartialEq, Eq)]
pub struct Source {
    /// As shown to people: relative to where they work.
    pub path: Arc<str>,
    /// Its text.
    pub text: Arc<str>,
}

/// A range of bytes in a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located {
    /// The file.
    pub source: Arc<Source>,
    /// Bytes of its text.
    pub bytes: Range<usize>,
}

impl Located {
    /// A part of this place, in bytes from its start; cut to it.
    #[must_use]
    pub fn part(&self, from: usize, to: usize) -> Self {
        let start = (self.bytes.start + from).min(self.bytes.end);
        let end = (self.bytes.start + to).clamp(start, self.bytes.end);
        Self { source: self.source.clone(), bytes: start..end }
    }

    /// Line and column of its start, from 1; the column counts characters.
    pub fn line_column(&self) -> (u32, u32) {
        line_column(&self.source.text, self.bytes.start)
    }

    /// Line and column just past its end.
    pub fn end_line_column(&self) -> (u32, u32) {
        line_column(&self.source.text, self.bytes.end)
    }
}

fn line_column(text: &str, byte: usize) -> (u32, u32) {
    let before = text.get(..byte.min(text.len())).unwrap_or(text);
    let line = before.bytes().filter(|b| *b == b'\n').count() + 1;
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    (line as u32, before[start..].chars().count() as u32 + 1)
}

/// How a scalar was written. A plain one has a type by its looks; the others are text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Without quotes.
    Plain,
    /// `'…'` or `"…"`.
    Quoted,
    /// `|` or `>`.
    Block,
}

/// A part of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Where it stands, quotes included.
    pub at: Located,
    /// What it is.
    pub content: Content,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// Nothing was written (`key:`).
    Empty,
    /// A scalar: the text as YAML unescapes it.
    Scalar {
        /// Its text.
        text: String,
        /// How it was written.
        style: Style,
    },
    /// A list.
    List(Vec<Node>),
    /// A mapping, in the order written; keys are unique scalars (the reader reports others).
    Map(Vec<(Key, Node)>),
}

/// A key of a mapping.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    /// Where it stands.
    pub at: Located,
    /// Its text.
    pub text: String,
}

impl Node {
    /// The value of a key, in a mapping.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries().iter().find(|(k, _)| k.text == key).map(|(_, node)| node)
    }

    /// The entries of a mapping; nothing for what is none.
    pub fn entries(&self) -> &[(Key, Node)] {
        match &self.content {
            Content::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The scalar's text as written.
    pub fn scalar(&self) -> Option<&str> {
        match &self.content {
            Content::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }

    /// A list's items, or the node itself as the only one; nothing for an empty node.
    pub fn one_or_many(&self) -> &[Node] {
        match &self.content {
            Content::List(items) => items,
            Content::Empty => &[],
            _ => std::slice::from_ref(self),
        }
    }
}

/// Read a file of one document. All problems are reported at once; what could be read is returned beside them.
pub fn read(_source: &Arc<Source>) -> (Option<Node>, Vec<Problem>) {
    (None, Vec::new())
}

/// Read a file of several documents (`---`).
pub fn read_documents(_source: &Arc<Source>) -> (Vec<Node>, Vec<Problem>) {
    (Vec::new(), Vec::new())
}
