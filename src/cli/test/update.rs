//! `frontdesk test --update`: the texts that tests expect become what the bot says now.

use std::fs;
use std::sync::Arc;

use crate::config;
use crate::runtime::folder;
use crate::testing::{self, Rewrite, Subject};
use crate::yaml::{self, Source};

use super::super::Failure;
use super::super::bots::Bots;

/// Rewrite the tests of all bots that load.
pub(super) fn all(bots: &Bots) -> Result<(), Failure> {
    let (scripts, _) = super::scripts(bots);
    for path in &bots.folders {
        let read = folder::read_bot(path).and_recipes(&bots.recipes);
        // What is wrong with it is told when the tests are played.
        let (Some(subject), _) = Subject::load(&read.name, read.files, &scripts) else { continue };
        let stage = super::stage(&read.name, &bots.accounts);
        let tests = read.tests.iter().flat_map(|source| testing::read_tests(source, config::imitated).0);
        let rewrites: Vec<Rewrite> = tests.flat_map(|test| testing::relearn(&subject, &stage, &test)).collect();
        for file in testing::rewritten(&rewrites) {
            let many = rewrites.iter().filter(|rewrite| rewrite.at.source.path == file.path).count();
            write(file, many)?;
        }
    }
    Ok(())
}

/// A file that would not be read as before is not written.
fn write(file: Source, many: usize) -> Result<(), Failure> {
    let file = Arc::new(file);
    let (_, problems) = testing::read_tests(&file, config::imitated);
    if yaml::has_errors(&problems) {
        return Err(Failure::new(format!("{}: its texts cannot be rewritten; do it by hand", file.path)));
    }
    fs::write(&*file.path, &*file.text).map_err(|error| Failure::new(format!("{}: {error}", file.path)))?;
    println!("{}: {many} {} rewritten", file.path, if many == 1 { "text" } else { "texts" });
    Ok(())
}
