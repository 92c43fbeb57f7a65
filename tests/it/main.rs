//! All integration tests, one binary. One module a boundary; cases are data.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod accounts;
mod bots;
mod cases;
mod check;
mod cli;
mod config;
mod coverage;
mod desk;
mod dialects;
mod docs;
mod doors;
mod faq;
mod getchat;
mod harness;
mod hostile;
mod http;
mod language;
mod meta;
mod pabbly;
mod pact;
mod pact_v2;
mod provider;
mod rates;
mod recipes;
mod runtime;
mod sandbox;
mod script;
mod serve;
mod store;
mod terminal;
mod test_command;
mod tidy;
mod whatsapp_cloud;
mod yaml;
