//! One process a database: a lock file beside it, held as long as the store is open. The system drops it with the process.

use std::ffi::OsString;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

use crate::store::{StoreError, Stored};

/// The lock, held until dropped.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Take the lock of this database, or say who has it.
    pub fn take(database: &Path) -> Stored<Self> {
        let path = beside(database, ".lock");
        let mut file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path).map_err(|why| {
                StoreError(format!("cannot open `{}`: {why}; is the folder there, and writable?", path.display()))
            })?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(held(database, &mut file)),
            Err(TryLockError::Error(why)) => {
                return Err(StoreError(format!("cannot lock `{}`: {why}", path.display())));
            }
        }
        // The number is only for people: failing to write it harms nothing.
        let _ = file.set_len(0).and_then(|()| file.rewind()).and_then(|()| writeln!(file, "{}", std::process::id()));
        Ok(Self { _file: file })
    }
}

/// A path with something added to its name.
fn beside(path: &Path, added: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(added);
    PathBuf::from(name)
}

fn held(database: &Path, file: &mut File) -> StoreError {
    // A process number has ten digits at most; anything longer is none.
    let mut text = String::new();
    let _ = file.take(16).read_to_string(&mut text);
    let holder = text.trim().parse::<u32>().map_or_else(|_| "another process".into(), |pid| format!("process {pid}"));
    StoreError(format!(
        "the store `{}` is in use by {holder}; stop it first, or name another store",
        database.display()
    ))
}
