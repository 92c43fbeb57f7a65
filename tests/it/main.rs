//! x

mod store;
