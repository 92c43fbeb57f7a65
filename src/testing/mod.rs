//! `World`: one conversation with engine, outbox and timers on a virtual clock, for `test`, `chat` and our own tests. It runs
//! the very code that `serve` runs, and nothing in it is real: no clock, no network, no file.

mod calls;
mod coverage;
mod expect;
mod fields;
mod format;
mod http;
mod junit;
mod menu;
mod outbox;
mod play;
mod report;
mod rewrite;
mod sent;
mod setting;
mod shapes;
mod wanted;
mod world;

pub use coverage::*;
pub use expect::*;
pub use format::*;
pub use http::{HttpScript, Pattern, Reply, WantedCall, describe_call, read_http};
pub use junit::*;
pub use outbox::describe;
pub use play::*;
pub use report::*;
pub use rewrite::*;
pub use setting::*;
pub use shapes::SHAPES;
pub use world::*;
