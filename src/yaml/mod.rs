//! Text to located nodes, and problems with their place. Everything that people write in YAML is read here, so that
//! every mistake can be shown with file, line, column, snippet and hint. Nothing here knows what the keys mean.

mod explain;
mod nearest;
mod node;
mod problem;
mod reader;
mod render;
mod swallowed;
mod syntax;

pub use explain::*;
pub use nearest::nearest;
pub use node::*;
pub use problem::*;
pub use reader::*;
pub use render::*;
