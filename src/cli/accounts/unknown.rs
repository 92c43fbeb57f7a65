//! `frontdesk accounts unknown`: bodies of webhooks that fitted nothing, kept for people to look at.

use serde_json::{Value as Json, json};

use super::super::mending::{self, ListFormat, MAX_LISTED};
use super::super::{Done, Failure, Shared, Verdict, start};
use crate::domain::{AccountName, UnfitBody};
use crate::store::Store;

/// Characters of a body that the list shows; `--format json` has all of it.
const SHOWN: usize = 2_000;
/// Parts of a key's name whose value is nobody's to see.
const SECRETS: [&str; 6] = ["token", "secret", "password", "authorization", "api_key", "apikey"];
/// How deep a body is looked through for them; deeper ones are shown as text that is cut.
const DEEPEST: usize = 64;

#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  frontdesk accounts unknown
  frontdesk accounts unknown clinic --limit 5 --format json

It works beside a running server. Bodies are kept for 30 days; they hold what people wrote. `accounts parse` tells what a body would become.")]
pub(super) struct Args {
    /// Only those of this account
    #[arg(value_name = "ACCOUNT")]
    account: Option<String>,
    /// How many at most, the newest first
    #[arg(long, value_name = "N", default_value_t = 20)]
    limit: usize,
    /// How the list is written
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: ListFormat,
}

/// Run it.
pub(super) fn run(args: &Args, shared: &Shared) -> Done {
    let store = mending::reading(shared)?;
    let account = args.account.as_deref().map(AccountName::from);
    let limit = args.limit.min(MAX_LISTED);
    let found =
        start::block_on(async { store.unfit(account.as_ref(), limit).await.map_err(|why| Failure::new(why.0)) })?;
    match args.format {
        ListFormat::Json => println!("{:#}", Json::from(found.iter().map(json_of).collect::<Vec<_>>())),
        ListFormat::Human if found.is_empty() => println!("no body that fitted nothing"),
        ListFormat::Human => found.iter().for_each(|one| println!("{}", text_of(one))),
    }
    Ok(Verdict::Fine)
}

fn json_of(one: &UnfitBody) -> Json {
    json!({"account": one.account, "at": one.at.to_string(), "why": one.why, "body": body_of(one)})
}

/// The body as JSON, else as text; secrets blotted out.
fn body_of(one: &UnfitBody) -> Json {
    match serde_json::from_slice::<Json>(&one.body) {
        Ok(mut json) => {
            blot(&mut json, 0);
            json
        }
        Err(_) => String::from_utf8_lossy(&one.body).into(),
    }
}

fn blot(json: &mut Json, depth: usize) {
    let secret = |key: &str| {
        let key = key.to_ascii_lowercase();
        SECRETS.iter().any(|word| key.contains(word))
    };
    match json {
        _ if depth > DEEPEST => *json = Json::from("…"),
        Json::Object(map) => map.iter_mut().for_each(|(key, value)| {
            if secret(key) {
                *value = Json::from("…");
            } else {
                blot(value, depth + 1);
            }
        }),
        Json::Array(items) => items.iter_mut().for_each(|item| blot(item, depth + 1)),
        _ => {}
    }
}

fn text_of(one: &UnfitBody) -> String {
    let body = match body_of(one) {
        Json::String(text) => text,
        json => json.to_string(),
    };
    // What strangers write must not steer the terminal.
    let plain: String = body.chars().map(|c| if c.is_control() { ' ' } else { c }).take(SHOWN).collect();
    let cut = if body.chars().count() > SHOWN { "…" } else { "" };
    format!("{}  {}  {}\n    {plain}{cut}", one.at, one.account, one.why)
}
