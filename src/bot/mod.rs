//! The language: from located nodes to a checked, compiled revision. `bot` knows the rules that all steps and triggers share;
//! the steps and triggers themselves are handed in as lists (`Parts`), so that each is one file and one line.

mod assets;
mod audience;
mod build;
mod circles;
mod context;
mod explain;
mod faq;
mod faq_files;
mod flows;
mod hints;
mod holidays;
mod hours;
mod hours_hint;
mod ics;
mod ics_rule;
mod lines;
mod links;
mod load;
mod merge;
mod model;
mod names;
mod reader;
mod recipes;
mod renames;
mod scalars;
mod sealed;
mod settings;
mod shapes;
mod sheet;
mod spent;
mod teams;
mod templates;
#[cfg(test)]
mod tests;
mod texts;
mod types;
mod values;
mod verb;
mod words;

pub use assets::{LARGEST_ASSET, MediaFrom, asset, content_hash, is_asset};
pub use audience::{Audience, LabelRoom};
pub use explain::EXPLANATIONS;
pub use faq::FaqUse;
pub use load::{beside_unread, load, load_for};
pub use model::*;
pub use names::KEYWORD;
pub use reader::*;
pub use recipes::{BUILT_IN_RECIPES, is_recipe};
pub use renames::LASTING;
pub use sealed::{SealedPiece, SealedText, SecretUse, unknown_secrets};
pub use shapes::{SHAPES, Shape};
pub use sheet::{is_table, table};
pub use teams::Fitness;
pub use types::*;

/// What a step or trigger type reads and reports, so that it needs nothing but the language.
pub use crate::yaml::{Content, Explanation, Key, Located, Node, Problem};
