//! From YAML's events to located nodes. What the language forbids (tags, anchors, repeated keys …) is reported here; after a
//! syntax error the place is mended in a copy of the text, byte for byte, and the file is read again for further mistakes.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use granit_parser::{Event, Options, Parser, Placement, ScalarStyle, Span, StructureStyle, Tag};

use super::swallowed::{self, OneSpaceComments};
use super::syntax::{self, Mend, quoted};
use super::{Content, Key, Located, Node, Problem, Source, Style};

/// Lists and mappings in each other. A bot needs about fifteen; walking the tree may recurse this deep.
pub const MAX_DEPTH: usize = 64;

/// Values in one file: ten thousand flows have about two hundred thousand.
pub const MAX_NODES: usize = 500_000;

/// Problems kept of one file; nobody reads more at once.
const MAX_PROBLEMS: usize = 200;

/// Syntax errors shown of one file. Each costs another reading of it, so larger files get fewer (see `readings`).
const MAX_READINGS: usize = 20;

/// Bytes read over all readings of a broken file.
const MAX_BYTES_READ: usize = 4 * super::MAX_FILE_BYTES;

/// Read a file of one document. All problems are reported at once; what could be read is returned beside them, with gaps where
/// the code is `yaml-syntax`. Nothing for an empty file.
pub fn read(source: &Arc<Source>) -> (Option<Node>, Vec<Problem>) {
    let (documents, problems) = read_all(source, Documents::One);
    (documents.into_iter().next(), problems)
}

/// Read a file of several documents (`---`). Empty documents are left out.
pub fn read_documents(source: &Arc<Source>) -> (Vec<Node>, Vec<Problem>) {
    read_all(source, Documents::Many)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Documents {
    One,
    Many,
}

fn read_all(source: &Arc<Source>, documents: Documents) -> (Vec<Node>, Vec<Problem>) {
    let mut text = Cow::Borrowed(&*source.text);
    let mut texts = Vec::new();
    let mut problems = Vec::new();
    for left in (0..readings(text.len())).rev() {
        let mut builder = Builder::new(source, documents, texts.clone());
        let Some(broken) = builder.read(&text) else {
            return builder.finish(problems);
        };
        let mended = broken.mend.apply(text.to_mut(), &mut texts);
        if !syntax::follows_from_tabs(&broken.problem, &problems) {
            problems.push(broken.problem);
        }
        if !mended || left == 0 {
            return builder.finish(problems);
        }
    }
    (Vec::new(), problems)
}

fn readings(bytes: usize) -> usize {
    (MAX_BYTES_READ / bytes.max(1)).clamp(2, MAX_READINGS)
}

/// A collection that is not closed yet.
struct Open {
    start: usize,
    flow: bool,
    items: Items,
    /// How many problems there were when it began.
    problems: usize,
}

enum Items {
    List(Vec<Node>),
    Map { entries: Vec<(Key, Node)>, places: HashMap<String, Located>, key: Option<Pending> },
}

/// A key that waits for its value.
enum Pending {
    Key(Key),
    /// It was reported; its value is read and left out.
    Dropped,
}

struct Builder<'a> {
    source: &'a Arc<Source>,
    documents: Documents,
    /// Where the text was replaced, because it was meant as one text and was not YAML.
    texts: Vec<Range<usize>>,
    stack: Vec<Open>,
    roots: Vec<Node>,
    problems: Vec<Problem>,
    comments: OneSpaceComments,
    nodes: usize,
    /// The end of the last event with a width.
    last_end: usize,
    /// The next anchor belongs to a node that was reported already.
    skip_anchor: bool,
}

/// Reading goes on, or a limit was reached.
#[derive(PartialEq, Eq)]
enum Flow {
    On,
    Stop,
}

impl<'a> Builder<'a> {
    fn new(source: &'a Arc<Source>, documents: Documents, texts: Vec<Range<usize>>) -> Self {
        Self {
            source,
            documents,
            texts,
            stack: Vec::new(),
            roots: Vec::new(),
            problems: Vec::new(),
            comments: OneSpaceComments::new(),
            nodes: 0,
            last_end: 0,
            skip_anchor: false,
        }
    }

    /// Read to the end, a limit or the first syntax error.
    fn read(&mut self, text: &str) -> Option<syntax::Broken> {
        for event in Parser::new_from_str_with_options(text, options(text.len())) {
            match event {
                Ok((event, span)) => {
                    if self.event(event, &span) == Flow::Stop {
                        return None;
                    }
                }
                Err(error) => return Some(syntax::explain(self.source, text, &error, self.open_flow(), self.last_end)),
            }
        }
        None
    }

    fn event(&mut self, event: Event<'_>, span: &Span) -> Flow {
        let at = self.place(span);
        match event {
            Event::DocumentStart(..) if self.documents == Documents::One && !self.roots.is_empty() => {
                let problem = Problem::error("several-documents", &at, "a second document begins here");
                self.report(problem.help("put it in a file of its own"));
                return Flow::Stop;
            }
            Event::Comment(_, Placement::Right) => swallowed::keep_comment(&mut self.comments, at.clone()),
            Event::Scalar(text, style, anchor, tag) => {
                self.skip_anchor = tag.is_some() && anchor > 0;
                return self.scalar(&text, style, tag.as_deref(), span);
            }
            Event::SequenceStart(style, anchor, tag) => {
                self.skip_anchor = tag.is_some() && anchor > 0;
                return self.open(&at, style, tag.as_deref(), span, Items::List(Vec::new()));
            }
            Event::MappingStart(style, anchor, tag) => {
                self.skip_anchor = tag.is_some() && anchor > 0;
                let map = Items::Map { entries: Vec::new(), places: HashMap::new(), key: None };
                return self.open(&at, style, tag.as_deref(), span, map);
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(at.bytes.end),
            Event::Anchor(..) => self.anchor(&at),
            Event::Alias(_) | Event::UnresolvedAlias(_) => return self.alias(&at),
            _ => {}
        }
        self.last_end = self.last_end.max(at.bytes.end);
        Flow::On
    }

    fn place(&self, span: &Span) -> Located {
        self.source.at(span.byte_range().unwrap_or(0..0))
    }

    fn report(&mut self, problem: Problem) {
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(problem);
        }
    }

    /// Count a node; too many end the reading.
    fn count(&mut self, at: &Located) -> Flow {
        self.nodes += 1;
        if self.nodes <= MAX_NODES {
            return Flow::On;
        }
        // Closing what is open counts on: it is said once.
        if self.nodes == MAX_NODES + 1 {
            let problem = Problem::error("too-many-nodes", at, format!("the file holds more than {MAX_NODES} values"));
            self.report(problem.help("spread it over several files"));
        }
        Flow::Stop
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, tag: Option<&Tag>, span: &Span) -> Flow {
        let mut at = self.place(span);
        let style = match style {
            ScalarStyle::Plain => Style::Plain,
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => Style::Quoted,
            ScalarStyle::Literal | ScalarStyle::Folded => Style::Block,
        };
        self.last_end = self.last_end.max(at.bytes.end);
        let content = if let (Some(_), Some(tagged)) = (tag, span.tag_span()) {
            let tag_at = self.place(&tagged);
            let end = if at.bytes.is_empty() { tag_at.bytes.end } else { at.bytes.end };
            at = self.source.at(tag_at.bytes.start..end);
            self.tagged_text(&at);
            Content::Scalar { text: at.text().to_owned(), style: Style::Plain }
        } else if style == Style::Plain && at.bytes.is_empty() {
            Content::Empty
        } else if self.texts.contains(&at.bytes) {
            Content::Scalar { text: at.text().to_owned(), style: Style::Plain }
        } else {
            Content::Scalar { text: text.to_owned(), style }
        };
        if style == Style::Block {
            let length = at.text().trim_end().len();
            at.bytes.end = at.bytes.start + length;
        }
        self.add(Node { at, content })
    }

    fn tagged_text(&mut self, at: &Located) {
        let text = at.text();
        let condition =
            text.strip_prefix('!').filter(|rest| rest.chars().all(|c| c.is_alphanumeric() || "._".contains(c)));
        let help = match (self.pending_key(), condition) {
            (Some("if"), Some(plain)) => format!("write `unless: {plain}`, or {} in quotes", quoted(text)),
            (Some("unless"), Some(plain)) => format!("write `if: {plain}`, or {} in quotes", quoted(text)),
            _ => format!("put it in quotes: {}", quoted(text)),
        };
        self.report(Problem::error("yaml-tag", at, "to YAML, unquoted `!` begins a tag").help(help));
    }

    fn pending_key(&self) -> Option<&str> {
        match &self.stack.last()?.items {
            Items::Map { key: Some(Pending::Key(key)), .. } => Some(&key.text),
            _ => None,
        }
    }

    fn anchor(&mut self, at: &Located) {
        if std::mem::take(&mut self.skip_anchor) {
            return;
        }
        let problem =
            Problem::error("yaml-anchor", at, "to YAML, unquoted `&` begins an anchor, and anchors are not used");
        self.report(problem.help("write it out where it is needed, or put the text in quotes"));
    }

    fn alias(&mut self, at: &Located) -> Flow {
        let problem =
            Problem::error("yaml-alias", at, "to YAML, unquoted `*` begins an alias, and aliases are not used");
        self.report(problem.help(format!("write it out, or put the text in quotes: {}", quoted(at.text()))));
        self.last_end = self.last_end.max(at.bytes.end);
        self.add(Node { at: at.clone(), content: Content::Scalar { text: at.text().to_owned(), style: Style::Plain } })
    }

    fn open(&mut self, at: &Located, style: StructureStyle, tag: Option<&Tag>, span: &Span, items: Items) -> Flow {
        if self.stack.len() >= MAX_DEPTH {
            let message = format!("lists and mappings are nested deeper than {MAX_DEPTH}");
            self.report(Problem::error("too-deep", at, message));
            return Flow::Stop;
        }
        if let (Some(_), Some(tagged)) = (tag, span.tag_span()) {
            let at = self.place(&tagged);
            self.report(Problem::error("yaml-tag", &at, "to YAML, unquoted `!` begins a tag").help("remove it"));
        }
        let flow = style == StructureStyle::Flow;
        self.last_end = self.last_end.max(at.bytes.end);
        self.stack.push(Open { start: at.bytes.start, flow, items, problems: self.problems.len() });
        Flow::On
    }

    /// Where the outermost `[` or `{` stands that is not closed yet.
    fn open_flow(&self) -> Option<usize> {
        self.stack.iter().find(|open| open.flow).map(|open| open.start)
    }

    fn close(&mut self, end: usize) {
        let Some(open) = self.stack.pop() else { return };
        // A block collection ends where its last part does; its end event comes only with the next line's text.
        let end = if open.flow { end } else { open.items.end().unwrap_or(open.start) };
        let at = self.source.at(open.start..end);
        let content = match open.items {
            Items::Map { .. } if open.flow && is_interpolation(at.text()) => {
                // What was said of its parts is beside the point.
                self.problems.truncate(open.problems);
                self.unquoted_braces(&at)
            }
            Items::List(items) => Content::List(items),
            Items::Map { entries, .. } => Content::Map(entries),
        };
        self.add(Node { at, content });
    }

    fn unquoted_braces(&mut self, at: &Located) -> Content {
        let text = at.text().to_owned();
        let problem = Problem::error("unquoted-braces", at, "to YAML, unquoted `{{ }}` is a mapping, not text");
        let example = match self.pending_key() {
            Some(key) => format!("{key}: {}", syntax::in_quotes(&text)),
            None => syntax::in_quotes(&text),
        };
        self.report(problem.help(format!("put the text in quotes: `{example}`")));
        Content::Scalar { text, style: Style::Plain }
    }

    /// A finished node goes where it belongs.
    fn add(&mut self, node: Node) -> Flow {
        let counted = self.count(&node.at);
        match self.stack.last_mut().map(|open| &mut open.items) {
            None => self.roots.extend(Some(node).filter(|node| node.content != Content::Empty)),
            Some(Items::List(items)) => items.push(node),
            Some(Items::Map { key, .. }) => match key.take() {
                None => self.key(node),
                Some(Pending::Key(key)) => self.value(key, node),
                Some(Pending::Dropped) => {}
            },
        }
        counted
    }

    fn key(&mut self, node: Node) {
        let pending = match node.content {
            Content::Scalar { text, .. } if text == "<<" => {
                let problem = Problem::error("yaml-merge-key", &node.at, "`<<` merges nothing here");
                self.report(problem.help("write the keys out"));
                Pending::Dropped
            }
            Content::Scalar { text, .. } => self.new_key(Key { at: node.at, text }),
            _ => {
                self.report(
                    Problem::error("key-not-text", &node.at, "this is no key: a key is a plain word")
                        .help("put it in quotes if it is meant as one, or write a word before a colon"),
                );
                Pending::Dropped
            }
        };
        if let Some(Open { items: Items::Map { key, .. }, .. }) = self.stack.last_mut() {
            *key = Some(pending);
        }
    }

    fn new_key(&mut self, key: Key) -> Pending {
        let Some(Open { items: Items::Map { places, .. }, .. }) = self.stack.last_mut() else {
            return Pending::Dropped;
        };
        let Some(first) = places.get(&key.text) else {
            places.insert(key.text.clone(), key.at.clone());
            return Pending::Key(key);
        };
        let first = first.clone();
        let problem = Problem::error("repeated-key", &key.at, format!("`{}` stands here twice", key.text));
        self.report(problem.also(&first, "the first one").help("remove or rename one of them"));
        Pending::Dropped
    }

    fn value(&mut self, key: Key, mut node: Node) {
        let flow = self.stack.last().is_some_and(|open| open.flow);
        let empty = node.content == Content::Empty;
        if empty && flow && !self.colon_follows(&key) {
            return self.entry_without_value(&key);
        }
        if empty {
            node.at = key.at.clone();
        }
        if let Some(Open { items: Items::Map { entries, .. }, .. }) = self.stack.last_mut() {
            entries.push((key, node));
        }
    }

    fn colon_follows(&self, key: &Key) -> bool {
        self.source.text[key.at.bytes.end..].trim_start().starts_with(':')
    }

    fn entry_without_value(&mut self, key: &Key) {
        let message = format!("`{}` has no value: the comma ended the text before it", syntax::short(&key.text));
        let mut problem = Problem::error("entry-without-value", &key.at, message);
        if let Some(Open { items: Items::Map { entries, .. }, .. }) = self.stack.last()
            && let Some((before, value)) = entries.last()
        {
            let whole = self.source.at(value.at.bytes.start..key.at.bytes.end);
            let example = format!("{}: {}", before.text, syntax::in_quotes(whole.text()));
            problem = problem.help(format!("put the text in quotes: `{example}`"));
        }
        self.report(problem);
    }

    /// Close what a syntax error left open, and hand over all that was read.
    fn finish(mut self, mut problems: Vec<Problem>) -> (Vec<Node>, Vec<Problem>) {
        while !self.stack.is_empty() {
            self.close(self.last_end);
        }
        for root in &self.roots {
            swallowed::warn(&self.comments, root, &mut self.problems);
        }
        problems.append(&mut self.problems);
        problems.truncate(MAX_PROBLEMS);
        super::sort(&mut problems);
        (self.roots, problems)
    }
}

impl Items {
    fn end(&self) -> Option<usize> {
        match self {
            Self::List(items) => items.last().map(|node| node.at.bytes.end),
            Self::Map { entries, .. } => entries.last().map(|(key, node)| node.at.bytes.end.max(key.at.bytes.end)),
        }
    }
}

impl Mend {
    /// Write the mend into the text, each byte for a byte. False when it changes nothing, so that reading again would be in vain.
    fn apply(&self, text: &mut String, texts: &mut Vec<Range<usize>>) -> bool {
        let (range, filled) = match self {
            Self::Text(range) => (range, "x".repeat(range.len())),
            Self::Blank(range) => (range, blank(text.get(range.clone()).unwrap_or(""))),
            Self::Tabs => {
                let spaced = tabs_to_spaces(text);
                let changed = spaced != *text;
                *text = spaced;
                return changed;
            }
        };
        if text.get(range.clone()).is_none_or(|old| old == filled) {
            return false;
        }
        text.replace_range(range.clone(), &filled);
        if let Self::Text(range) = self {
            texts.push(range.clone());
        }
        true
    }
}

fn blank(text: &str) -> String {
    text.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }).collect()
}

/// A space for each tab that indents a line.
fn tabs_to_spaces(text: &str) -> String {
    let mut indenting = true;
    let spaced = text.chars().map(|c| {
        let shown = if indenting && c == '\t' { ' ' } else { c };
        indenting = c == '\n' || indenting && c.is_whitespace();
        shown
    });
    spaced.collect()
}

fn is_interpolation(text: &str) -> bool {
    text.len() >= 4 && text.starts_with("{{") && text.ends_with("}}")
}

/// Limits beyond ours are loosened to what the file's size bounds anyway.
fn options(bytes: usize) -> Options {
    granit_parser::options! {
        disallow_directives: true,
        emit_unresolved_aliases: true,
        emit_anchor_events: true,
        max_buffered_comment_events: bytes,
        flow_nesting_limit: MAX_DEPTH + 1,
        block_nesting_limit: MAX_DEPTH + 1,
    }
}
