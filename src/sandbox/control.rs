//! `/sandbox/…`: the customer's phone, the colleague's inbox, the faults and what came of it all, for the page and for scripts.

use std::convert::Infallible;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Json as JsonAnswer;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::StatusCode;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use chrono::{DateTime, Utc};
use futures_util::stream::{self, Stream};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value as Json, json};
use tokio::sync::broadcast::error::RecvError;

use super::dialects::{By, Channels, Happening, Kinds};
use super::faults::Wish;
use super::news::News;
use super::world::{CHANNELS, Conversation, From, Listed, World, Written};
use super::{Echo, Shared, files};

/// The longest that a request may wait for something to come.
const LONGEST_WAIT: Duration = Duration::from_mins(1);
/// Conversations listed at most, the newest first.
const MOST_LISTED: usize = 200;

type Emulated = State<Shared>;

/// What a script got wrong.
struct Wrong(StatusCode, String);

impl IntoResponse for Wrong {
    fn into_response(self) -> Response {
        (self.0, JsonAnswer(json!({"error": self.1}))).into_response()
    }
}

type Answer = Result<JsonAnswer<Json>, Wrong>;

fn unknown(id: u64) -> Wrong {
    Wrong(StatusCode::NOT_FOUND, format!("nobody has written in conversation {id} yet"))
}

/// Whatever its content type says: `curl -d` says the wrong one.
fn json_of<T: DeserializeOwned>(body: &[u8]) -> Result<T, Wrong> {
    serde_json::from_slice(body).map_err(|why| Wrong(StatusCode::BAD_REQUEST, why.to_string()))
}

/// The routes of scripts and of the page.
pub(super) fn router() -> Router<Shared> {
    Router::new()
        .route("/about", get(about))
        .route("/conversations", get(list))
        .route("/conversations/{id}", get(show))
        .route("/conversations/{id}/messages", get(show).post(write))
        .route("/conversations/{id}/read", post(read))
        .route("/conversations/{id}/human", post(human))
        .route("/conversations/{id}/people", post(people))
        .route("/files", post(files::put).layer(DefaultBodyLimit::max(files::LARGEST)))
        .route("/files/{id}", get(files::show))
        .route("/clock", get(time).post(pass))
        .route("/faults", get(show_faults).post(set_faults))
        .route("/settings", post(set))
        .route("/calls", get(calls))
        .route("/events", get(events))
}

/// One conversation for people: without what is still on its way, with what a provider can see of its owner.
fn shown(conversation: &Conversation) -> Json {
    let mut json = serde_json::to_value(conversation).unwrap_or_default();
    if let Some(object) = json.as_object_mut() {
        object.insert("owner".into(), json!(conversation.owner()));
    }
    json
}

async fn list(State(shared): Emulated) -> JsonAnswer<Json> {
    let world = shared.world();
    let line = |conversation: &Conversation| {
        let last = conversation.messages.last();
        json!({
            "id": conversation.id, "channel": conversation.channel, "name": conversation.name, "phone": conversation.phone,
            "messages": conversation.messages.len(), "last": last.map(|message| &message.text),
            "at": last.map(|message| message.at), "owner": conversation.owner(),
        })
    };
    let lines: Vec<_> = world.conversations().rev().take(MOST_LISTED).map(line).collect();
    JsonAnswer(json!({"conversations": lines}))
}

#[derive(Debug, Deserialize)]
struct Until {
    /// Wait until the bot has sent so many messages.
    bot: Option<usize>,
    /// But not longer than so many milliseconds.
    within: Option<u64>,
}

async fn show(State(shared): Emulated, Path(id): Path<u64>, Query(until): Query<Until>) -> Answer {
    if let Some(count) = until.bot {
        let within = Duration::from_millis(until.within.unwrap_or(5000)).min(LONGEST_WAIT);
        // When the time is over, what there is is shown.
        drop(tokio::time::timeout(within, bot_has_sent(&shared, id, count)).await);
    }
    shared.world().conversation(id).map(|conversation| JsonAnswer(shown(conversation))).ok_or_else(|| unknown(id))
}

async fn bot_has_sent(shared: &Shared, id: u64, count: usize) {
    let mut news = shared.news.listen();
    loop {
        let sent = shared
            .world()
            .conversation(id)
            .map_or(0, |conversation| conversation.messages.iter().filter(|message| message.from == From::Bot).count());
        if sent >= count || matches!(news.recv().await, Err(RecvError::Closed)) {
            return;
        }
    }
}

/// A customer writes. The answer comes after the first attempt of its webhook, whose status it tells.
async fn write(State(shared): Emulated, Path(id): Path<u64>, body: Bytes) -> Answer {
    let written: Written = json_of(&body)?;
    if written.own().is_some() && shared.dialect.kinds == Kinds::Common {
        let why = format!("`{}` passes on no reactions, cards, orders and forms", shared.dialect.name);
        return Err(Wrong(StatusCode::BAD_REQUEST, why));
    }
    let done = shared.world().customer(id, &written, shared.now());
    let (number, happenings) = done.map_err(|why| Wrong(StatusCode::BAD_REQUEST, why))?;
    Ok(told(&shared, id, number, &happenings, written.wait != Some(false)).await)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    text: String,
    wait: Option<bool>,
}

async fn human(State(shared): Emulated, Path(id): Path<u64>, body: Bytes) -> Answer {
    let said: Said = json_of(&body)?;
    let (number, happenings) = shared.world().human(id, &said.text, shared.now()).ok_or_else(|| unknown(id))?;
    Ok(told(&shared, id, number, &happenings, said.wait != Some(false)).await)
}

async fn told(shared: &Shared, id: u64, number: u64, happenings: &[Happening], wait: bool) -> JsonAnswer<Json> {
    shared.news.tell(News::Conversation { id });
    let last = shared.tell(happenings).pop();
    let status = match last.filter(|_| wait) {
        Some(tried) => tried.await.ok().flatten(),
        None => None,
    };
    JsonAnswer(json!({"id": number, "webhook": status}))
}

/// The customer looks at the conversation: what arrived is read.
async fn read(State(shared): Emulated, Path(id): Path<u64>) -> JsonAnswer<Json> {
    let happenings = shared.world().read(id);
    if !happenings.is_empty() {
        shared.news.tell(News::Conversation { id });
        drop(shared.tell(&happenings));
    }
    JsonAnswer(json!({"read": happenings.len()}))
}

/// What colleagues do in the inbox beside writing.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
enum Deed {
    /// To a user, or to nobody.
    Assign(Option<u64>),
    /// To a group.
    AssignGroup(u64),
    /// Set a label.
    Tag(String),
    /// Take a label away.
    Untag(String),
    /// They are done.
    Resolve(bool),
}

async fn people(State(shared): Emulated, Path(id): Path<u64>, body: Bytes) -> Answer {
    let deed: Deed = json_of(&body)?;
    shared.world().conversation(id).ok_or_else(|| unknown(id))?;
    let happenings = done(&mut shared.world(), id, deed, shared.now());
    shared.news.tell(News::Conversation { id });
    let last = shared.tell(&happenings).pop();
    let status = match last {
        Some(tried) => tried.await.ok().flatten(),
        None => None,
    };
    Ok(JsonAnswer(json!({"webhook": status})))
}

fn done(world: &mut World, id: u64, deed: Deed, now: DateTime<Utc>) -> Vec<Happening> {
    match deed {
        Deed::Assign(user) => world.assign_to(id, (user, None), By::People, now),
        Deed::AssignGroup(group) => world.assign_to(id, (None, Some(group)), By::People, now),
        Deed::Tag(name) => world.set_tag(id, &name, By::People).into_iter().map(|(_, happened)| happened).collect(),
        Deed::Untag(name) => world.take_tag(id, &name, By::People).into_iter().collect(),
        Deed::Resolve(resolved) => world.archive(id, resolved).into_iter().collect(),
    }
}

/// Who is emulated, for the page.
async fn about(State(shared): Emulated) -> JsonAnswer<Json> {
    let dialect = shared.dialect;
    let kinds = CHANNELS.iter().map(|(_, kind)| *kind);
    let channels: Vec<_> = match dialect.channels {
        Channels::All => kinds.collect(),
        Channels::WhatsApp => kinds.take(1).collect(),
    };
    JsonAnswer(json!({
        "dialect": dialect.name, "provider": dialect.provider, "doc": dialect.doc, "channels": channels,
        "own_clock": shared.clock.is_own(),
    }))
}

async fn time(State(shared): Emulated) -> JsonAnswer<Json> {
    JsonAnswer(json!({"now": shared.now()}))
}

/// How much time is to pass at once.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Passing {
    pass_ms: u64,
}

async fn pass(State(shared): Emulated, body: Bytes) -> Answer {
    let passing: Passing = json_of(&body)?;
    shared.clock.pass(passing.pass_ms).map_err(|why| Wrong(StatusCode::CONFLICT, why.into()))?;
    shared.news.tell(News::Clock { now: shared.now() });
    Ok(JsonAnswer(json!({"now": shared.now()})))
}

async fn show_faults(State(shared): Emulated) -> JsonAnswer<Json> {
    JsonAnswer(json!({"left": shared.faults().left()}))
}

async fn set_faults(State(shared): Emulated, body: Bytes) -> Answer {
    let wish: Wish = json_of(&body)?;
    let done = shared.faults().set(&wish);
    done.map_err(|fault| Wrong(StatusCode::BAD_REQUEST, format!("`{fault}` is no fault")))?;
    if let Some(trouble) = wish.webhooks {
        shared.courier.set_trouble(trouble);
    }
    if let Some(token) = wish.token {
        shared.set_token(token);
    }
    Ok(JsonAnswer(json!({"left": shared.faults().left()})))
}

/// How the emulator behaves from now on; what is not given stays.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    echo: Option<Echo>,
    delivery_after_ms: Option<u64>,
    repeat_after_ms: Option<u64>,
    webhook_url: Option<String>,
    /// The company's templates.
    templates: Option<Vec<Listed>>,
    /// The labels that there are, where a provider takes no others.
    tags: Option<Vec<String>>,
}

async fn set(State(shared): Emulated, body: Bytes) -> Answer {
    let wanted: Wanted = json_of(&body)?;
    shared.change(|settings| {
        settings.echo = wanted.echo.unwrap_or(settings.echo);
        settings.delivery_after = wanted.delivery_after_ms.map_or(settings.delivery_after, Duration::from_millis);
    });
    if let Some(after) = wanted.repeat_after_ms {
        shared.courier.set_repeat_after(Duration::from_millis(after));
    }
    if let Some(url) = wanted.webhook_url {
        shared.courier.subscribe(shared.dialect.name, &url);
    }
    if let Some(templates) = wanted.templates {
        shared.world().set_templates(templates);
    }
    if let Some(tags) = wanted.tags {
        shared.world().allow_tags(tags);
    }
    Ok(JsonAnswer(json!({})))
}

async fn calls(State(shared): Emulated) -> JsonAnswer<Json> {
    let (total, sends) = shared.counts();
    let deliveries = shared.deliveries.load(Ordering::Relaxed);
    JsonAnswer(json!({"total": total, "sends": sends, "deliveries": deliveries, "log": shared.news.log()}))
}

/// News as they happen. Who lags too far behind is told to look again.
async fn events(State(shared): Emulated) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let news = stream::unfold(shared.news.listen(), |mut news| async move {
        let json = match news.recv().await {
            Ok(news) => serde_json::to_string(&news).unwrap_or_default(),
            Err(RecvError::Lagged(_)) => r#"{"kind":"again"}"#.to_owned(),
            Err(RecvError::Closed) => return None,
        };
        Some((Ok(Event::default().data(json)), news))
    });
    Sse::new(news).keep_alive(KeepAlive::default())
}
