//! Tables of text: columns lined up for terminals.

use std::fmt::Write as _;

/// Rows of cells, each column as wide as its widest cell, two spaces apart; the first row is the head.
pub(super) fn aligned<const N: usize>(rows: &[[String; N]]) -> String {
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (column, cell) in row.iter().enumerate() {
            let cell = cell.replace(char::is_control, "\u{fffd}");
            let width = width(column).unwrap_or_default();
            // Writing into a string cannot fail.
            let _ = write!(line, "{cell:width$}  ");
        }
        text += line.trim_end();
        text.push('\n');
    }
    text
}
