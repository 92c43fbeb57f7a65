//! `frontdesk accounts templates`: which templates the server knows of, and how to have them fetched anew.

use std::path::Path;

use serde_json::{Value as Json, json};

use super::super::mending::{self, ListFormat};
use super::super::table::aligned;
use super::super::{Done, Failure, Shared, Verdict, settings, start};
use super::online::Online;
use crate::config::AccountConfig;
use crate::domain::{Ask, Catalogue, Change, HeaderKind, TemplateEntry, TemplateStatus, Unit};
use crate::server::socket::{self, Request};
use crate::store::Store as _;
use crate::store::sqlite::SqliteStore;

#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  frontdesk accounts templates
  frontdesk accounts templates clinic --refresh

The server fetches the lists at its start, daily, and when a provider tells of a change. With `--refresh` it does so now; where no server runs,
this command does. Exit codes: 0 fine, 1 a list could not be had, 2 wrong usage.")]
pub(super) struct Args {
    /// Accounts of the configuration; all of them unless named
    #[arg(value_name = "ACCOUNT")]
    accounts: Vec<String>,
    /// Fetch the lists from the providers first
    #[arg(long)]
    refresh: bool,
    /// How the list is written
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: ListFormat,
}

/// Run it.
pub(super) fn run(args: &Args, shared: &Shared) -> Done {
    let online = Online::open(shared)?;
    let accounts = online.picked(&args.accounts)?;
    let database = settings::database(&shared.config);
    mending::exists(&database)?;
    let mut verdict = Verdict::Fine;
    for account in accounts.iter().filter(|_| args.refresh) {
        match refresh(&online, account, &database)? {
            Ok(told) => eprintln!("{told}"),
            Err(why) => {
                eprintln!("error: {why}");
                verdict = Verdict::Errors;
            }
        }
    }
    let lists = start::block_on(async { known(&mending::reading(shared)?).await })?;
    let of = |account: &&AccountConfig| lists.iter().find(|(name, _)| *name == account.name.as_str());
    let shown: Vec<&(String, Catalogue)> = accounts.iter().filter_map(of).collect();
    print(&shown, args.format);
    Ok(verdict)
}

/// By the running server, which uses the list at once; where none runs, straight into its store.
fn refresh(online: &Online, account: &AccountConfig, database: &Path) -> Result<Result<String, String>, Failure> {
    let name = account.name.as_str();
    let asked = socket::ask(database, &Request::Ask(Ask::Templates(name.to_owned())));
    let asked = asked.map_err(|why| Failure::new(format!("the running server cannot be asked: {why}")))?;
    match asked {
        Some(answer) => Ok(answer),
        None if account.sandbox.is_some() => {
            Ok(Err(format!("{name}: the sandbox is a part of the server, and no server runs: `frontdesk serve`")))
        }
        None => start::block_on(directly(online, account, database)),
    }
}

async fn directly(
    online: &Online,
    account: &AccountConfig,
    database: &Path,
) -> Result<Result<String, String>, Failure> {
    let name = &account.name;
    let catalogue = match online.catalogue(account).await {
        Ok(Some(catalogue)) => catalogue,
        Ok(None) => return Ok(Ok(format!("{name}: this provider has no list of templates"))),
        Err(why) => return Ok(Err(format!("{name}: the templates cannot be had: {why}"))),
    };
    let told = format!("{name}: {} templates", catalogue.templates.len());
    let store = SqliteStore::open(database).map_err(|why| Failure::new(why.0))?;
    let change = Change::Catalogue { account: name.clone(), catalogue: catalogue.into() };
    let committed = store.commit(vec![Unit { reads: Vec::new(), changes: vec![change] }]).await;
    Ok(committed.map(|_| told).map_err(|why| why.to_string()))
}

/// The lists that are kept, by account.
pub(super) async fn known(store: &SqliteStore) -> Result<Vec<(String, Catalogue)>, Failure> {
    let kept = store.kept_accounts().await.map_err(|why| Failure::new(why.to_string()))?;
    Ok(kept.catalogues.into_iter().map(|(name, catalogue)| (name.to_string(), catalogue)).collect())
}

fn print(lists: &[&(String, Catalogue)], format: ListFormat) {
    match format {
        ListFormat::Json => {
            let of = |(name, catalogue): &&(String, Catalogue)| {
                let fetched = catalogue.fetched_at.map(|at| at.to_string());
                json!({"account": name, "fetched_at": fetched, "templates": catalogue.templates})
            };
            println!("{:#}", Json::from(lists.iter().map(of).collect::<Vec<_>>()));
        }
        ListFormat::Human if lists.is_empty() => {
            println!("no lists of templates are known; `--refresh` fetches them");
        }
        ListFormat::Human => lists.iter().for_each(|(name, catalogue)| print!("{}", human(name, catalogue))),
    }
}

fn human(name: &str, catalogue: &Catalogue) -> String {
    let fetched = catalogue.fetched_at.map_or_else(|| "never fetched".to_owned(), |at| format!("fetched {at}"));
    let count = catalogue.templates.len();
    let mut rows = vec![["TEMPLATE", "LANGUAGE", "STATUS", "PARAMS", "HEADER", "BUTTONS"].map(String::from)];
    rows.extend(catalogue.templates.iter().map(cells));
    let table = if count == 0 { String::new() } else { aligned(&rows) };
    format!("{name}: {count} templates, {fetched}\n{table}\n")
}

fn cells(entry: &TemplateEntry) -> [String; 6] {
    let status = match &entry.status {
        TemplateStatus::Approved => "approved".to_owned(),
        TemplateStatus::Not(why) => why.to_lowercase(),
    };
    let header = match entry.header {
        HeaderKind::Nothing => "-",
        HeaderKind::Text => "text",
        HeaderKind::Image => "image",
        HeaderKind::Video => "video",
        HeaderKind::Document => "document",
        HeaderKind::Location => "location",
    };
    let language = if entry.language.is_empty() { "-" } else { &entry.language };
    let params = if entry.names.is_empty() { entry.params.to_string() } else { entry.names.join(", ") };
    let buttons = entry.buttons.iter().filter(|button| button.takes_param()).count();
    [entry.name.clone(), language.to_owned(), status, params, header.to_owned(), buttons.to_string()]
}
