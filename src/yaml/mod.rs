//! Text to located nodes, and problems with their place. Everything that people write in YAML is read here, so that
//! every mistake can be shown with file, line, column, snippet and hint. Nothing here knows what the keys mean.

mod node;
mod problem;

pub use node::*;
pub use problem::*;
