//! All integration tests, one binary. One module a boundary; cases are data.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod cases;
mod cli;
mod config;
mod harness;
mod pact;
mod script;
mod store;
mod tidy;
mod yaml;
