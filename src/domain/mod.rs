//! The plain types that every room speaks: events, state, effects, rows, ids, and the ports between the rooms.
//! No behaviour beyond reading and writing themselves, no I/O, nothing of ours imported.

mod agenda;
mod calls;
mod capabilities;
mod catalogue;
mod effect;
mod event;
mod http;
mod ids;
mod imitated;
mod inquiry;
mod ports;
mod state;
mod stream;
mod team;
mod time;
mod trace;
mod turn;
mod unit;
mod value;
pub mod wall;

pub use agenda::*;
pub use calls::*;
pub use capabilities::*;
pub use catalogue::*;
pub use effect::*;
pub use event::*;
pub use http::*;
pub use ids::*;
pub use imitated::*;
pub use inquiry::*;
pub use ports::*;
pub use state::*;
pub use stream::*;
pub use team::*;
pub use time::*;
pub use trace::*;
pub use turn::*;
pub use unit::*;
pub use value::*;
