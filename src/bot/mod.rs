//! The language: from located nodes to a checked, compiled revision. `bot` knows the rules that all steps and triggers share;
//! the steps and triggers themselves are handed in as lists (`Parts`), so that each is one file and one line.

mod model;
mod reader;

pub use model::*;
pub use reader::*;
