//! `frontdesk accounts capabilities`: the one table of what can be done on each channel of each provider.

use std::fmt::Write as _;

use clap::ValueEnum;
use serde_json::{Value as Json, json};

use super::{Done, Verdict, provider};
use crate::cli::table::aligned;
use crate::domain::{Assignable, Capabilities, MediaLimit, Notes, Resolving, amount};
use crate::providers::{PROVIDERS, ProviderType, TableRow};

#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  frontdesk accounts capabilities
  frontdesk accounts capabilities --provider pact --format json

Steps are rendered by this table; no configuration is needed to see it.")]
pub(super) struct Args {
    /// Only this provider: the name that `provider:` has in the configuration
    #[arg(long, value_name = "PROVIDER")]
    provider: Option<String>,
    /// How the table is written
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A table for the terminal.
    Human,
    /// One array, every row with all that is known.
    Json,
    /// The table of the documentation.
    Markdown,
}

/// Run it.
pub(super) fn run(args: &Args) -> Done {
    let one = args.provider.as_deref().map(provider).transpose()?;
    let providers = || PROVIDERS.iter().filter(|each| one.is_none_or(|one| one.name == each.name));
    match args.format {
        Format::Human => providers().for_each(|provider| print!("{}", human(provider))),
        Format::Markdown => providers().for_each(|provider| print!("{}", markdown(provider))),
        Format::Json => {
            let rows: Vec<Json> = providers()
                .flat_map(|provider| (provider.table)().into_iter().map(|row| json_of(provider, &row)))
                .collect();
            println!("{:#}", Json::from(rows));
        }
    }
    Ok(Verdict::Fine)
}

/// The columns, in order.
const HEAD: [&str; 19] = [
    "channel",
    "with",
    "text",
    "buttons",
    "list",
    "caption",
    "places",
    "links",
    "replies",
    "read marks",
    "typing",
    "files in",
    "more",
    "assign",
    "notes",
    "tags",
    "resolve",
    "window",
    "templates",
];

/// Rows that say the same of several channels, as one.
fn gathered(provider: &ProviderType) -> Vec<(String, TableRow)> {
    let mut rows: Vec<(String, TableRow)> = Vec::new();
    for row in (provider.table)() {
        match rows.iter_mut().find(|(_, known)| known.with == row.with && known.can == row.can) {
            Some((channels, _)) => {
                channels.push_str(", ");
                channels.push_str(row.channel);
            }
            None => rows.push((row.channel.to_owned(), row)),
        }
    }
    rows
}

fn cells(channels: String, row: &TableRow) -> [String; HEAD.len()] {
    let can = &row.can;
    let or_no = |cell: Option<String>| cell.unwrap_or_else(|| "-".into());
    let yes = |has: bool| String::from(if has { "yes" } else { "-" });
    let with = if row.with.is_empty() { "-" } else { row.with };
    [
        channels,
        with.to_owned(),
        can.text_limit.to_string(),
        or_no(can.buttons.map(|b| format!("{} of {}", b.most, b.title))),
        or_no(can.list.map(|l| format!("{} of {}+{}", l.most, l.title, l.description))),
        or_no(can.caption_limit.map(|limit| limit.to_string())),
        yes(can.places),
        yes(can.interactive),
        yes(can.replies),
        yes(can.read_marks),
        yes(can.typing),
        if can.files_have_addresses { "address" } else { "id" }.to_owned(),
        or_no(Some(more(can).join(", ")).filter(|more| !more.is_empty())),
        assign(can.assign).to_owned(),
        notes(can.notes),
        yes(can.tags),
        resolve(can.resolve).to_owned(),
        or_no(can.window.map(|window| window.to_string())),
        yes(can.templates),
    ]
}

/// What few can.
fn more(can: &Capabilities) -> Vec<&'static str> {
    let all = [
        (can.shop, "shop"),
        (can.addresses, "address"),
        (can.forms, "form"),
        (can.contacts, "contacts"),
        (can.reactions, "reactions"),
    ];
    all.into_iter().filter(|(has, _)| *has).map(|(_, name)| name).collect()
}

fn assign(to: Assignable) -> &'static str {
    match to {
        Assignable::Nobody => "-",
        Assignable::Users => "user",
        Assignable::UsersAndGroups => "user, group",
    }
}

fn resolve(can: Resolving) -> &'static str {
    match can {
        Resolving::Nowhere => "-",
        Resolving::Closes => "close",
        Resolving::ClosesAndOpens => "close, open",
    }
}

fn notes(notes: Notes) -> String {
    match notes {
        Notes::Nowhere => "-".into(),
        Notes::Field(limit) => format!("one of {limit}"),
        Notes::Entries(limit) | Notes::Messages(limit) => format!("each of {limit}"),
    }
}

/// `image 5 MB (jpeg, png), document 100 MB`, and whether by address alone.
fn files(can: &Capabilities) -> String {
    let one = |limit: &MediaLimit| {
        let types: Vec<&str> = limit.types.iter().map(|kind| kind.rsplit('/').next().unwrap_or(kind)).collect();
        let types = if types.is_empty() { String::new() } else { format!(" ({})", types.join(", ")) };
        format!("{} {}{types}", limit.kind.name(), amount(limit.bytes))
    };
    let all: Vec<String> = can.media.iter().map(one).collect();
    match all.join(", ") {
        none if none.is_empty() => "-".into(),
        all if can.files_by_address_only => format!("by address alone: {all}"),
        all => all,
    }
}

/// Each list of files once, with the channels that take them.
fn files_by_channel(rows: &[(String, TableRow)]) -> Vec<(String, String)> {
    let mut found: Vec<(Vec<&str>, String)> = Vec::new();
    for (channels, row) in rows {
        let files = files(&row.can);
        let at = found.iter().position(|(_, known)| *known == files).unwrap_or_else(|| {
            found.push((Vec::new(), files));
            found.len() - 1
        });
        if let Some((known, _)) = found.get_mut(at) {
            known.extend(channels.split(", ").filter(|channel| !known.contains(channel)).collect::<Vec<_>>());
        }
    }
    found.into_iter().map(|(channels, files)| (channels.join(", "), files)).collect()
}

fn human(provider: &ProviderType) -> String {
    let rows = gathered(provider);
    let head = HEAD.map(str::to_uppercase);
    let lines: Vec<_> =
        std::iter::once(head).chain(rows.iter().map(|(channels, row)| cells(channels.clone(), row))).collect();
    let mut text = format!("{}: {}\n\n{}\n", provider.name, provider.doc, aligned(&lines));
    for (channels, files) in files_by_channel(&rows) {
        // Writing into a string cannot fail.
        let _ = writeln!(text, "files on {channels}: {files}");
    }
    text.push('\n');
    text
}

fn markdown(provider: &ProviderType) -> String {
    let rows = gathered(provider);
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let mut text = format!("## `{}`\n\n{}\n", provider.name, line(&HEAD.map(str::to_owned)).trim_end());
    text.push_str(&line(&HEAD.map(|_| "---".to_owned())));
    for (channels, row) in &rows {
        text.push_str(&line(&cells(channels.clone(), row)));
    }
    text.push_str("\n| channel | files |\n| --- | --- |\n");
    for (channels, files) in files_by_channel(&rows) {
        text.push_str(&line(&[channels, files]));
    }
    text.push('\n');
    text
}

fn json_of(provider: &ProviderType, row: &TableRow) -> Json {
    let can = &row.can;
    let media = |limit: &MediaLimit| json!({"kind": limit.kind.name(), "bytes": limit.bytes, "types": limit.types});
    json!({
        "provider": provider.name,
        "channel": row.channel,
        "with": row.with,
        "text": can.text_limit,
        "menu_text": can.menu_text_limit,
        "buttons": can.buttons.map(|b| json!({"most": b.most, "title": b.title})),
        "list": can.list.map(|l| json!({"most": l.most, "title": l.title, "description": l.description, "button": l.button})),
        "interactive": can.interactive,
        "media": can.media.iter().map(media).collect::<Vec<_>>(),
        "files_by_address_only": can.files_by_address_only,
        "files_have_addresses": can.files_have_addresses,
        "caption": can.caption_limit,
        "places": can.places,
        "replies": can.replies,
        "read_marks": can.read_marks,
        "typing": can.typing,
        "more": more(can),
        "assign": {"user": can.assign != Assignable::Nobody, "group": can.assign == Assignable::UsersAndGroups},
        "notes": match can.notes {
            Notes::Nowhere => Json::Null,
            Notes::Field(limit) => json!({"kind": "field", "limit": limit}),
            Notes::Entries(limit) => json!({"kind": "entries", "limit": limit}),
            Notes::Messages(limit) => json!({"kind": "messages", "limit": limit}),
        },
        "tags": can.tags,
        "resolve": {"close": can.resolve != Resolving::Nowhere, "open": can.resolve == Resolving::ClosesAndOpens},
        "window_seconds": can.window.map(|window| window.0 / 1000),
        "templates": can.templates,
    })
}
