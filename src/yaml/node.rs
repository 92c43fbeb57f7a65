//! Located nodes: what a YAML file says, each part with its place.

use std::ops::Range;
use std::sync::Arc;

use super::Problem;

/// The largest file that is read, in bytes: a bot of ten thousand flows has a third of it, and reading it takes well under a second.
pub const MAX_FILE_BYTES: usize = 4 * 1024 * 1024;

/// A file as read.
#[derive(Debug, PartialEq, Eq)]
pub struct Source {
    /// As shown to people: relative to where they work.
    pub path: Arc<str>,
    /// Its text, without a byte order mark.
    pub text: Arc<str>,
}

impl Source {
    /// A file's bytes as text. `not-utf8` and `file-too-large` (over `MAX_FILE_BYTES`) are its problems.
    pub fn new(path: impl Into<Arc<str>>, bytes: &[u8]) -> Result<Arc<Self>, Box<Problem>> {
        let path = path.into();
        if bytes.len() > MAX_FILE_BYTES {
            let at = Located { source: Arc::new(Self { path, text: Arc::from("") }), bytes: 0..0 };
            let problem = Problem::error("file-too-large", &at, "the file is larger than 4 MiB");
            return Err(Box::new(problem.help("spread it over several files")));
        }
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Arc::new(Self { path, text: Arc::from(text) })),
            Err(error) => Err(Box::new(not_utf8(path, bytes, error.valid_up_to()))),
        }
    }

    /// A place in it, cut to its text and to whole characters.
    #[must_use]
    pub fn at(self: &Arc<Self>, bytes: Range<usize>) -> Located {
        let start = self.text.floor_char_boundary(bytes.start);
        let end = self.text.ceil_char_boundary(bytes.end).max(start);
        Located { source: self.clone(), bytes: start..end }
    }
}

fn not_utf8(path: Arc<str>, bytes: &[u8], valid: usize) -> Problem {
    // What is shown stands in for the bad bytes; up to them the offsets are the same.
    let text = String::from_utf8_lossy(bytes).into_owned();
    let source = Arc::new(Source { path, text: text.into() });
    Problem::error("not-utf8", &source.at(valid..valid + 1), "the file is not UTF-8 from here on")
        .help("save it as UTF-8 in your editor")
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
    /// A part of this place, in bytes from its start; cut to it and to whole characters.
    #[must_use]
    pub fn part(&self, from: usize, to: usize) -> Self {
        let start = (self.bytes.start + from).min(self.bytes.end);
        let end = (self.bytes.start + to).clamp(start, self.bytes.end);
        self.source.at(start..end)
    }

    /// What stands there.
    pub fn text(&self) -> &str {
        self.source.text.get(self.bytes.clone()).unwrap_or("")
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
    let before = &text[..text.floor_char_boundary(byte)];
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
