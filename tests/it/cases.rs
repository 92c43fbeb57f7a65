//! Cases as data files: each file of a folder under `tests/data`, with the settings for a snapshot beside it.

use std::path::{Path, PathBuf};

/// The cases of a folder: name, file, snapshot settings, in order. There must be at least so many.
pub fn files(folder: &str, extension: &str, least: usize) -> Vec<(String, PathBuf, insta::Settings)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(folder);
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|found| found == extension));
    files.sort();
    assert!(files.len() >= least, "the cases are in {}", folder.display());
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(&folder);
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let named = |file: PathBuf| (file.file_stem().unwrap().to_string_lossy().into_owned(), file, settings.clone());
    files.into_iter().map(named).collect()
}
