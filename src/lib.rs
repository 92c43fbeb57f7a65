//! Frontdesk: a self-hosted, rule-based chatbot and auto-responder server. The rooms and what may import what: `ARCHITECTURE.md`.

pub mod bot;
pub mod cli;
pub mod config;
pub mod domain;
pub mod engine;
pub mod providers;
pub mod runtime;
pub mod sandbox;
pub mod script;
pub mod server;
pub mod store;
pub mod testing;
pub mod yaml;
