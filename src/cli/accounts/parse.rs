//! `frontdesk accounts parse`: what a webhook's body would become, for whoever wonders what a provider sent.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde_json::{Value as Json, json};

use super::online::Online;
use super::{Done, Failure, Shared, Verdict, provider};
use crate::domain::{
    AccountName, Assigned, Attachment, Body, Delivery, DeliveryStatus, Event, Location, Message, News, Received,
    SharedLocation, Time,
};

/// The largest body that is read: the same as that of a webhook.
const MOST_BYTES: u64 = 1 << 20;

#[derive(Clone, Debug, clap::Args)]
#[command(
    after_help = "A body that is refused says why on stderr. Exit codes: 0 fine, 1 a body was refused, 2 wrong usage."
)]
pub(super) struct Args {
    /// Whose webhook it is: the name that `provider:` has in the configuration
    #[arg(long, value_name = "PROVIDER", required_unless_present = "account", conflicts_with = "account")]
    provider: Option<String>,
    /// An account of the configuration instead: read with its own `webhook`, its own number and version
    #[arg(long, value_name = "ACCOUNT")]
    account: Option<String>,
    /// Files with one body each; `-` is the standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

/// Run it.
pub(super) fn run(args: &Args, shared: &Shared) -> Done {
    let reader = reader(args, shared)?;
    let mut verdict = Verdict::Fine;
    for file in &args.files {
        let body = read(file)?;
        let now = Time::from(chrono::Utc::now());
        match reader(&body, now) {
            Received::News(news) => news.iter().for_each(|one| println!("{}", line(one))),
            Received::Unfit { why } => println!("{}", json!({"event": "unknown", "error": why})),
            Received::Answer { status, .. } => eprintln!("{}: a test, answered {status}", file.display()),
            Received::Refused { status, why } => {
                eprintln!("error: {}: refused with {status}: {why}", file.display());
                verdict = Verdict::Errors;
            }
        }
    }
    Ok(verdict)
}

type Reader = Box<dyn Fn(&[u8], Time) -> Received>;

/// An account reads what comes to it; a provider alone reads whatever comes to any.
fn reader(args: &Args, shared: &Shared) -> Result<Reader, Failure> {
    if let Some(name) = &args.account {
        let online = Online::open(shared)?;
        let picked = online.picked(std::slice::from_ref(name))?;
        let account = picked.first().map(|account| account.account.clone());
        let account = account.ok_or_else(|| Failure::Usage(format!("there is no account `{name}`")))?;
        return Ok(Box::new(move |body, now| account.read(body, now)));
    }
    let parse = provider(args.provider.as_deref().unwrap_or_default())?.parse;
    Ok(Box::new(move |body, now| parse(&AccountName::from("account"), body, now)))
}

fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    let unreadable = |error: std::io::Error| Failure::new(format!("{}: {error}", file.display()));
    let mut body = Vec::new();
    let mut take = |from: &mut dyn std::io::Read| from.take(MOST_BYTES + 1).read_to_end(&mut body);
    if file == Path::new("-") {
        take(&mut std::io::stdin().lock()).map_err(unreadable)?;
    } else {
        take(&mut std::fs::File::open(file).map_err(unreadable)?).map_err(unreadable)?;
    }
    if body.len() as u64 > MOST_BYTES {
        return Err(Failure::new(format!("{}: larger than a webhook may be ({MOST_BYTES} bytes)", file.display())));
    }
    Ok(body)
}

/// One line. Keys that a thing does not have are left out.
fn line(news: &News) -> Json {
    let all = match news {
        News::Event(event) => of_event(event),
        News::Ignored { kind, why } => json!({"event": "unknown", "kind": kind, "error": why}),
        News::Account { what, .. } => json!({"event": "account", "text": what}),
    };
    told(all)
}

/// Without the keys that a thing does not have.
fn told(json: Json) -> Json {
    let Json::Object(all) = json else { return json };
    all.into_iter().filter(|(_, value)| !value.is_null()).collect::<serde_json::Map<_, _>>().into()
}

fn of_event(event: &Event) -> Json {
    let thread = &event.thread;
    let mut line = json!({
        "event": kind_of(&event.body),
        "conversation": thread.conversation,
        "from": thread.phone.as_ref().unwrap_or(&thread.conversation),
        "name": thread.name,
        "at": event.at.to_string(),
    });
    let more = match &event.body {
        Body::Message(message) => of_message(message),
        Body::Outgoing(outgoing) | Body::Human(outgoing) => {
            json!({"from": null, "id": outgoing.message, "kind": "text", "text": outgoing.text})
        }
        Body::Delivery(delivery) => of_delivery(delivery),
        Body::Edited(edit) => json!({"id": edit.message, "kind": "system", "text": edit.text}),
        Body::Assigned(to) => json!({"text": assigned_to(to)}),
        Body::Tagged(tagged) => json!({"text": tagged.added.join(", "), "error": null, "removed": tagged.removed}),
        Body::Called => json!({"kind": "system", "text": "call"}),
        Body::Resolved => json!({"text": "resolved"}),
        Body::Facts
        | Body::Timer(_)
        | Body::Http(_)
        | Body::Posted(_)
        | Body::Scheduled(_)
        | Body::DeliveryFailed(_) => json!({}),
    };
    if let (Some(line), Json::Object(more)) = (line.as_object_mut(), more) {
        line.extend(more);
    }
    line
}

fn kind_of(body: &Body) -> &'static str {
    match body {
        Body::Message(_) | Body::Edited(_) | Body::Called => "message",
        Body::Outgoing(_) | Body::Human(_) => "echo",
        Body::Delivery(_) | Body::DeliveryFailed(_) => "status",
        Body::Assigned(_) => "assignment",
        Body::Tagged(_) => "tag",
        Body::Resolved | Body::Facts | Body::Timer(_) | Body::Http(_) | Body::Posted(_) | Body::Scheduled(_) => {
            "conversation"
        }
    }
}

fn of_message(message: &Message) -> Json {
    let attachments: Vec<_> = message.attachments.iter().map(of_attachment).map(told).collect();
    json!({
        "id": message.id,
        "kind": message.kind.name(),
        "text": message.text,
        "reply_to": message.reply_to,
        "option": message.option,
        "location": message.location.as_ref().map(of_place),
        "attachments": if attachments.is_empty() { Json::Null } else { attachments.into() },
        "contacts": if message.contacts.is_empty() { Json::Null } else { json!(message.contacts) },
        "data": Json::from(message.data.clone()),
        "error": message.error,
    })
}

fn of_place(place: &SharedLocation) -> Json {
    let Location { latitude, longitude } = place.at;
    told(json!({"latitude": latitude, "longitude": longitude, "name": place.name, "address": place.address}))
}

fn of_attachment(attachment: &Attachment) -> Json {
    json!({
        "kind": attachment.kind, "id": attachment.id, "name": attachment.name, "mime": attachment.mime,
        "url": attachment.url, "size": attachment.size,
    })
}

fn of_delivery(delivery: &Delivery) -> Json {
    let (status, error) = match &delivery.status {
        DeliveryStatus::Sent => ("sent", None),
        DeliveryStatus::Delivered => ("delivered", None),
        DeliveryStatus::Read => ("read", None),
        DeliveryStatus::Failed { reason, .. } => ("failed", Some(reason)),
    };
    json!({"from": null, "id": delivery.message, "job": delivery.job, "status": status, "error": error})
}

fn assigned_to(to: &Assigned) -> &str {
    match to {
        Assigned::Us => "the bot",
        Assigned::Them(id) => id,
        Assigned::Nobody => "nobody",
    }
}
