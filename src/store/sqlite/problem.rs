//! What can go wrong in SQLite, and one clear line about it.

use std::path::Path;

use rusqlite::ErrorCode;

use crate::store::StoreError;

/// A failure on the way, before it has words for people.
#[derive(Debug)]
pub enum Problem {
    /// SQLite's.
    Sqlite(rusqlite::Error),
    /// Already in words.
    Told(String),
}

impl From<rusqlite::Error> for Problem {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        Self::Told(error.0)
    }
}

/// The line for people.
pub fn shown(path: &Path, problem: Problem) -> StoreError {
    let path = path.display();
    let error = match problem {
        Problem::Told(text) => return StoreError(format!("the store `{path}`: {text}")),
        Problem::Sqlite(error) => error,
    };
    let hint = match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => "the disk is full; free some space",
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => "it may not be written; check its owner and mode",
        Some(ErrorCode::CannotOpen) => "it cannot be opened; check the folder, its owner and mode",
        Some(ErrorCode::NotADatabase) => "it is no SQLite database; name another file",
        Some(ErrorCode::DatabaseCorrupt) => "it is damaged; restore a backup",
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            "another program has locked it; close that program"
        }
        Some(ErrorCode::SystemIoFailure) => "the disk cannot be read or written",
        _ => return StoreError(format!("the store `{path}`: {error}")),
    };
    StoreError(format!("the store `{path}`: {hint} ({error})"))
}

/// Turns SQLite's results into the store's.
pub trait Shown<T> {
    /// With the line for people.
    fn shown(self, path: &Path) -> Result<T, StoreError>;
}

impl<T, E: Into<Problem>> Shown<T> for Result<T, E> {
    fn shown(self, path: &Path) -> Result<T, StoreError> {
        self.map_err(|error| shown(path, error.into()))
    }
}
