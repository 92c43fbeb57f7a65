//! Tables of a bot's folder as text: a `.csv` file as it is, the first sheet of an `.xlsx` workbook written the same way, a row a line.

use std::io::{Cursor, Read};
use std::sync::Arc;

use calamine::{Data, DataRef, Reader, Xlsx};

use crate::yaml::{Located, MAX_FILE_BYTES, Problem, Source};

/// Stands for a line break inside a cell of a workbook, so that each row is one line and diagnostics name its number.
pub(super) const LINE_BREAK: char = '\u{2028}';

/// What a workbook may unpack to, in bytes: four times what is read of a plain table. Packed files can grow a thousandfold.
const MAX_UNPACKED: u64 = 4 * MAX_FILE_BYTES as u64;
/// The files that a workbook may be packed of.
const MAX_PARTS: usize = 1_000;
/// Rows and columns that are read; a table of questions has far fewer.
const MAX_ROW: u32 = 200_000;
const MAX_COLUMN: u32 = 50;

/// Whether a file's name is that of a table.
pub fn is_table(name: &str) -> bool {
    extension(name).is_some()
}

fn extension(name: &str) -> Option<&str> {
    name.rsplit_once('.').map(|(_, end)| end).filter(|end| matches!(*end, "csv" | "xlsx"))
}

/// A table's bytes as text.
pub fn table(path: impl Into<Arc<str>>, bytes: &[u8]) -> Result<Arc<Source>, Box<Problem>> {
    let path = path.into();
    if extension(&path) != Some("xlsx") || bytes.len() > MAX_FILE_BYTES {
        return Source::new(path, bytes);
    }
    match workbook(bytes) {
        Ok(text) => Source::new(path, text.as_bytes()),
        Err(why) => {
            let at = Located { source: Arc::new(Source { path, text: "".into() }), bytes: 0..0 };
            let problem = Problem::error("bad-workbook", &at, format!("cannot be read as a workbook: {why}"));
            Err(Box::new(problem.help("save it as `.xlsx` once more, or as `.csv` in UTF-8")))
        }
    }
}

fn workbook(bytes: &[u8]) -> Result<String, String> {
    check_size(bytes)?;
    let mut book = Xlsx::new(Cursor::new(bytes)).map_err(|error| error.to_string())?;
    let first = book.sheet_names().into_iter().next().ok_or("it has no sheet")?;
    let mut cells = book.worksheet_cells_reader(&first).map_err(|error| error.to_string())?;
    let mut text = String::new();
    let mut at = (0, 0);
    while let Some(cell) = cells.next_cell().map_err(|error| error.to_string())? {
        let (row, column) = cell.get_position();
        let value = shown(cell.get_value());
        if value.is_empty() || row > MAX_ROW || column > MAX_COLUMN || (row, column) < at {
            continue;
        }
        while at.0 < row {
            text.push('\n');
            at = (at.0 + 1, 0);
        }
        while at.1 < column {
            text.push(',');
            at.1 += 1;
        }
        text.push_str(&quoted(&value));
        if text.len() > MAX_FILE_BYTES {
            return Err("its first sheet is larger than 4 MiB".into());
        }
    }
    Ok(text)
}

/// Unpack it once, to see how large it is: what a packed file says of its own size need not be true.
fn check_size(bytes: &[u8]) -> Result<(), String> {
    let mut parts = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|error| error.to_string())?;
    if parts.len() > MAX_PARTS {
        return Err("it is packed of too many files".into());
    }
    let mut left = MAX_UNPACKED;
    for n in 0..parts.len() {
        let part = parts.by_index(n).map_err(|error| error.to_string())?;
        let read = std::io::copy(&mut part.take(left + 1), &mut std::io::sink()).map_err(|error| error.to_string())?;
        left = left.checked_sub(read).ok_or("unpacked, it is larger than 16 MiB")?;
    }
    Ok(())
}

/// A cell as people see it, line breaks replaced.
fn shown(value: &DataRef<'_>) -> String {
    let text = Data::from(value.clone()).to_string();
    text.trim().replace("\r\n", "\n").replace(['\n', '\r'], LINE_BREAK.encode_utf8(&mut [0; 4]))
}

fn quoted(cell: &str) -> String {
    if cell.contains(['"', ',', ';', '\t']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell.to_owned() }
}
