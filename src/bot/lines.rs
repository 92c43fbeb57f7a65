//! Lines and columns of places in a file, asked for by the thousand.

/// The lines of a file, and the place that was asked for last: columns are counted from there, so that a file of one long line takes no longer than
/// others.
#[derive(Debug)]
pub(super) struct Lines {
    starts: Vec<usize>,
    last_byte: usize,
    last_column: usize,
}

impl Lines {
    pub fn of(text: &str) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { starts, last_byte: 0, last_column: 0 }
    }

    /// Line and column of a byte, from 1.
    pub fn find(&mut self, text: &str, byte: usize) -> (u32, u32) {
        let line = self.starts.partition_point(|start| *start <= byte);
        let start = line.checked_sub(1).and_then(|before| self.starts.get(before)).copied().unwrap_or(0);
        let chars = |from: usize, to: usize| text.get(from..to).map_or(0, |part| part.chars().count());
        let column = match () {
            () if self.last_byte < start => chars(start, byte),
            () if self.last_byte <= byte => self.last_column + chars(self.last_byte, byte),
            () if self.starts.get(line).is_none_or(|next| self.last_byte < *next) => {
                self.last_column.saturating_sub(chars(byte, self.last_byte))
            }
            () => chars(start, byte),
        };
        (self.last_byte, self.last_column) = (byte, column);
        (line as u32, column as u32 + 1)
    }
}
