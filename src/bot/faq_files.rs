//! `faq_files`: FAQ entries in tables, as spreadsheets write them. Columns `id`, `question`, `answer`, `language`; the rows of an id are one
//! entry.

use std::collections::HashMap;
use std::sync::Arc;

use csv::{ReaderBuilder, StringRecord, Trim};

use crate::script::Text;
use crate::yaml::{Content, Located, Node, Problem, Source, Style, nearest};

use super::context::Context;
use super::sheet::{LINE_BREAK, is_table};
use super::{FaqEntry, Question, Texts};

/// The most rows of a table: as many as questions.
const MAX_ROWS: usize = 100_000;
/// The columns there may be.
const COLUMNS: &[&str] = &["id", "question", "answer", "language"];

/// Read the tables that the bot names.
pub(super) fn read(cx: &mut Context, node: &Node, files: &[Arc<Source>]) {
    let mut named: Vec<String> = Vec::new();
    for item in node.one_or_many() {
        let Some(name) = cx.scalar(item, "the name of a file") else { continue };
        if named.contains(&name) {
            cx.report(
                Problem::error("repeated-name", &item.at, format!("`{name}` stands twice")).help("name each file once"),
            );
            continue;
        }
        if let Some(source) = find(cx, &name, &item.at, files) {
            read_table(cx, &source);
        }
        named.push(name);
    }
}

fn find(cx: &mut Context, name: &str, at: &Located, files: &[Arc<Source>]) -> Option<Arc<Source>> {
    if !is_table(name) {
        let problem = Problem::error("faq-file", at, format!("`{name}` is no `.csv` and no `.xlsx` file"));
        cx.report(problem.help("a spreadsheet is saved as one of these with \"Save as\""));
        return None;
    }
    let file_name = |file: &Arc<Source>| file.path.rsplit('/').next().unwrap_or_default().to_owned();
    if let Some(found) = files.iter().find(|file| file_name(file) == name) {
        return Some(found.clone());
    }
    let tables: Vec<String> = files.iter().map(file_name).filter(|name| is_table(name)).collect();
    let problem = Problem::error("faq-file", at, format!("the bot's folder has no file `{name}` that can be read"));
    cx.report(match nearest(name, tables.iter().map(String::as_str)) {
        Some(near) => problem.help(format!("did you mean `{near}`?")),
        None => problem.help("it stands beside `bot.yaml`, without a folder before its name"),
    });
    None
}

/// A row under the table's columns.
struct Row<'a> {
    cells: &'a StringRecord,
    columns: &'a [Option<usize>],
    source: &'a Arc<Source>,
    /// Where it begins and ends, in bytes.
    bytes: std::ops::Range<usize>,
}

/// The entries of a table under construction, in order of their first rows.
#[derive(Default)]
struct Table {
    entries: Vec<Draft>,
    index: HashMap<String, usize>,
}

struct Draft {
    name: String,
    at: Located,
    questions: Vec<Question>,
    answers: Vec<(Arc<str>, String, Located, Text)>,
    /// No row says which language it is in.
    is_one: bool,
}

fn read_table(cx: &mut Context, source: &Arc<Source>) {
    let mut reader = ReaderBuilder::new()
        .delimiter(delimiter(&source.text))
        .has_headers(false)
        .flexible(true)
        .trim(Trim::All)
        .from_reader(source.text.as_bytes());
    let mut columns: Option<Vec<Option<usize>>> = None;
    let mut table = Table::default();
    let mut cells = StringRecord::new();
    let mut rows = 0;
    // The text is UTF-8 and rows may be of any length, so reading cannot fail.
    while reader.read_record(&mut cells).unwrap_or(false) && !cx.has_enough() {
        let start = cells.position().map_or(0, |position| position.byte() as usize);
        let bytes = start..reader.position().byte() as usize;
        if cells.iter().all(str::is_empty) {
            continue;
        }
        let Some(columns) = &columns else {
            let Some(found) = header(cx, &cells, &source.at(line(&source.text, &bytes))) else { return };
            columns = Some(found);
            continue;
        };
        rows += 1;
        let row = Row { cells: &cells, columns, source, bytes };
        if rows > MAX_ROWS {
            cx.report(
                Problem::error("too-many", &row.at(), format!("a table has {MAX_ROWS} rows at most"))
                    .help("put the rest into another file of `faq_files`"),
            );
            return;
        }
        table.add(cx, &row);
    }
    if columns.is_none() {
        missing_columns(cx, &source.at(0..0), "the table is empty");
    }
    table.finish(cx);
}

/// What stands between cells, by the first line: spreadsheets write `;` where the comma is a decimal point.
fn delimiter(text: &str) -> u8 {
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let count = |wanted: char| first.chars().filter(|c| *c == wanted).count();
    let most = [',', ';', '\t'].into_iter().rev().max_by_key(|c| count(*c)).unwrap_or(',');
    most as u8
}

/// The first line of a record.
fn line(text: &str, bytes: &std::ops::Range<usize>) -> std::ops::Range<usize> {
    let rest = text.get(bytes.clone()).unwrap_or_default();
    let start = bytes.start + (rest.len() - rest.trim_start().len());
    let length = rest.trim_start().lines().next().unwrap_or_default().len();
    start..start + length
}

/// Which column each of `COLUMNS` is.
fn header(cx: &mut Context, cells: &StringRecord, at: &Located) -> Option<Vec<Option<usize>>> {
    let mut columns = vec![None; COLUMNS.len()];
    for (n, cell) in cells.iter().enumerate().filter(|(_, cell)| !cell.is_empty()) {
        let word = cell.to_lowercase();
        let Some(column) = COLUMNS.iter().position(|column| *column == word) else {
            let problem = Problem::error("faq-columns", at, format!("unknown column `{cell}`"));
            let near = nearest(&word, COLUMNS.iter().copied());
            let all = || "the columns are `id`, `question`, `answer` and `language`".to_owned();
            cx.report(problem.help(near.map_or_else(all, |near| format!("did you mean `{near}`?"))));
            return None;
        };
        if let Some(column) = columns.get_mut(column) {
            *column = Some(n);
        }
    }
    let missing = COLUMNS.iter().zip(&columns).find(|(name, at)| at.is_none() && **name != "language");
    match missing {
        Some((name, _)) => {
            missing_columns(cx, at, &format!("there is no column `{name}`"));
            None
        }
        None => Some(columns),
    }
}

fn missing_columns(cx: &mut Context, at: &Located, what: &str) {
    let problem = Problem::error("faq-columns", at, what);
    cx.report(
        problem
            .help("the first row names the columns: `id`, `question`, `answer` and, for several languages, `language`"),
    );
}

impl Row<'_> {
    fn cell(&self, column: &str) -> String {
        let n = COLUMNS.iter().position(|name| *name == column).and_then(|n| self.columns.get(n).copied().flatten());
        let text = n.and_then(|n| self.cells.get(n)).unwrap_or_default();
        text.replace("\r\n", "\n").replace(LINE_BREAK, "\n")
    }

    /// The row's first line.
    fn at(&self) -> Located {
        self.source.at(line(&self.source.text, &self.bytes))
    }

    /// Where a cell stands, where it stands as it reads.
    fn at_cell(&self, text: &str) -> Located {
        let row = self.source.text.get(self.bytes.clone()).unwrap_or_default();
        match row.find(text).filter(|_| !text.is_empty()) {
            Some(at) => self.source.at(self.bytes.start + at..self.bytes.start + at + text.len()),
            None => self.at(),
        }
    }
}

impl Table {
    fn add(&mut self, cx: &mut Context, row: &Row<'_>) {
        let (id, question, answer) = (row.cell("id"), row.cell("question"), row.cell("answer"));
        if id.is_empty() {
            let problem = Problem::error("faq-row", &row.at(), "this row has no `id`");
            cx.report(problem.help("the rows of an entry all have its id"));
            return;
        }
        if question.is_empty() && answer.is_empty() {
            cx.report(
                Problem::error("faq-row", &row.at(), "this row has neither a question nor an answer")
                    .help("write one of them, or delete the row"),
            );
            return;
        }
        let Some(language) = language(cx, row) else { return };
        let Some(entry) = self.entry(cx, &id, row) else { return };
        entry.is_one &= row.cell("language").is_empty();
        if !question.is_empty()
            && let Some(text) = cx.question(question.clone(), &row.at_cell(&question))
        {
            entry.questions.push(Question { language: language.clone(), text });
        }
        if !answer.is_empty() {
            entry.answer(cx, language, answer, row);
        }
    }

    fn entry(&mut self, cx: &mut Context, id: &str, row: &Row<'_>) -> Option<&mut Draft> {
        if !self.index.contains_key(id) {
            let at = row.at_cell(id);
            cx.name(id, "a FAQ entry", &at)?;
            self.index.insert(id.to_owned(), self.entries.len());
            self.entries.push(Draft {
                name: id.to_owned(),
                at,
                questions: Vec::new(),
                answers: Vec::new(),
                is_one: true,
            });
        }
        self.entries.get_mut(*self.index.get(id)?)
    }

    fn finish(self, cx: &mut Context) {
        for draft in self.entries {
            let place = cx.place(&draft.at);
            if draft.questions.is_empty() {
                let problem =
                    Problem::error("faq-row", &draft.at, format!("the rows of `{}` hold no question", draft.name))
                        .help("write in one of them what people ask");
                cx.report(problem);
            }
            let mut texts: Vec<(Arc<str>, Text)> =
                draft.answers.into_iter().map(|(language, _, _, text)| (language, text)).collect();
            texts.sort_by_key(|(language, _)| cx.languages.iter().position(|known| known == language));
            let is_one = draft.is_one && texts.len() == 1;
            let answer = (!texts.is_empty()).then_some(Texts { by_language: texts, is_one });
            cx.add_faq(FaqEntry { name: draft.name, place, questions: draft.questions, answer }, &draft.at);
        }
    }
}

impl Draft {
    /// An entry has one answer a language. Rows that repeat it are what spreadsheets make when cells are filled down.
    fn answer(&mut self, cx: &mut Context, language: Arc<str>, answer: String, row: &Row<'_>) {
        let at = row.at_cell(&answer);
        let known = self.answers.iter().find(|(known, ..)| *known == language);
        if let Some((_, first, first_at, _)) = known {
            if *first != answer {
                let message = format!("`{}` has another answer in `{language}` already", self.name);
                let problem = Problem::error("faq-row", &at, message).also(first_at, "the first is here");
                cx.report(problem.help("an entry has one answer a language; leave the cell empty in its other rows"));
            }
            return;
        }
        let node = Node { at: at.clone(), content: Content::Scalar { text: answer.clone(), style: Style::Block } };
        if let Some(text) = cx.text(&node) {
            self.answers.push((language, answer, at, text));
        }
    }
}

fn language(cx: &mut Context, row: &Row<'_>) -> Option<Arc<str>> {
    let code = row.cell("language");
    if code.is_empty() {
        return cx.languages.first().cloned();
    }
    cx.language(&code, &row.at_cell(&code))
}
