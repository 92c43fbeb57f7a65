//! The sample bots' own tests once more, through each emulated provider: the real program, HTTP both ways, time moved on by the sandbox's
//! clock. What the bot says, what state it is in and what the provider shows of it must be as the tests expect.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use frontdesk::config;
use frontdesk::domain::{
    AccountName, Effect, Imitated, Loaded, Location, Media, MediaKind, MediaSource, Menu, Pin, RowState, ShownOption,
    Template, Time, Trace,
};
use frontdesk::runtime::folder;
use frontdesk::sandbox::DIALECTS;
use frontdesk::script::Scripts;
use frontdesk::store::Store;
use frontdesk::store::sqlite::SqliteStore;
use frontdesk::testing::{self, Expect, Said, Sent, Subject, Talk, Test, Verb, When};
use frontdesk::yaml::{self, Source};
use serde_json::{Value as Json, json};

use crate::harness::{DEADLINE, Home, Running, wait_for};
use crate::provider::client;

mod turns;

/// A person takes so long to answer, in `frontdesk test`, too.
const PAUSE: TimeDelta = TimeDelta::seconds(5);
/// Every test begins on its own day of the week and hour, in a week after the one before: time does not go back.
const WEEK: TimeDelta = TimeDelta::days(7);
/// More events than a test's conversation has.
const MOST_EVENTS: usize = 300;

/// What a provider shows of what a bot does beside talking. Of what it has not, the bot alone knows, and the turn's trace tells so.
struct Reach {
    dialect: &'static str,
    /// As `imitates` of a test has it.
    imitates: &'static str,
    assigns: bool,
    /// Where the note stands.
    note: Option<&'static str>,
    tags: bool,
}

const REACHES: &[Reach] = &[
    Reach { dialect: "pact-v1", imitates: "pact", assigns: true, note: Some("/note"), tags: false },
    Reach { dialect: "pact-v2", imitates: "pact-v2", assigns: true, note: Some("/note"), tags: false },
    Reach { dialect: "getchat", imitates: "getchat", assigns: true, note: None, tags: true },
    Reach {
        dialect: "pabbly",
        imitates: "{pabbly: {attribute: note}}",
        assigns: false,
        note: Some("/attributes/note"),
        tags: true,
    },
    Reach { dialect: "whatsapp-cloud", imitates: "whatsapp-cloud", assigns: false, note: None, tags: false },
];

impl Reach {
    /// The demo's account, as `imitates` of a test has it.
    fn imitated(&self) -> Imitated {
        let source = Source { path: "imitates".into(), text: self.imitates.into() };
        config::imitated(&yaml::read(&Arc::new(source)).0.unwrap()).unwrap()
    }

    /// The expectation as it is here: where nobody can be assigned, nobody is.
    fn within(&self, expect: &Expect) -> Expect {
        let assigned = expect.assigned.clone().map(|wanted| wanted.filter(|_| self.assigns));
        Expect { assigned, ..expect.clone() }
    }

    /// What the trace must tell of what is expected and cannot be shown here.
    fn told(&self, expect: &Expect) -> Vec<&'static str> {
        let wants_tags = expect.tags.as_ref().is_some_and(|tags| !tags.is_empty());
        let cases = [
            (matches!(expect.assigned, Some(Some(_))) && !self.assigns, "nobody can be assigned on this channel"),
            (matches!(expect.note, Some(Some(_))) && self.note.is_none(), "there is no note on this channel"),
            (wants_tags && !self.tags, "there are no labels on this channel"),
        ];
        cases.into_iter().filter(|(is_expected, _)| *is_expected).map(|(_, words)| words).collect()
    }
}

/// At once: most of the time each waits for a server.
#[test]
fn the_sample_bots_hold_their_tests_through_every_provider() {
    let failed = std::thread::scope(|scope| {
        let plays: Vec<_> =
            DIALECTS.iter().map(|dialect| (dialect.name, scope.spawn(move || perform(dialect.name)))).collect();
        plays.into_iter().filter_map(|(name, play)| play.join().is_err().then_some(name)).collect::<Vec<_>>()
    });
    assert!(failed.is_empty(), "not through {failed:?}: what went wrong stands above");
}

/// Play all tests of all sample bots.
fn perform(dialect: &str) {
    let mut played = 0;
    for (subject, tests) in subjects() {
        let mut theatre = Theatre::open(dialect, &subject);
        for (n, test) in tests.iter().enumerate() {
            assert_eq!(beyond(test, dialect), None, "{} cannot be played from outside", test.name);
            theatre.play(n as u64 + 1, test);
            played += 1;
        }
    }
    assert!(played > 20, "only {played} were played");
}

/// The sample bots with their tests.
fn subjects() -> Vec<(Subject, Vec<Test>)> {
    let (files, _) = folder::read_scripts(Path::new("scripts"));
    let scripts = std::sync::Arc::new(Scripts::load(&files).0);
    let read = |dir: PathBuf| {
        let read = folder::read_bot(&dir);
        let subject = Subject::load(&read.name, read.files, &scripts).0.unwrap();
        let tests = read.tests.iter().flat_map(|source| testing::read_tests(source, config::imitated).0).collect();
        (subject, tests)
    };
    folder::bot_folders(Path::new("bots")).unwrap().into_iter().map(read).collect()
}

/// Why a test cannot be played from outside: variables, tags and languages are set from within, files exchanged.
fn beyond(test: &Test, dialect: &str) -> Option<&'static str> {
    let other_channel = test.channel.as_ref().is_some_and(|channel| channel != "whatsapp_business");
    if other_channel && !dialect.starts_with("pact") {
        return Some("another channel");
    }
    if !test.vars.is_empty()
        || !test.tags.is_empty()
        || test.contact.language.is_some()
        || !test.contact.vars.is_empty()
    {
        return Some("a start of its own");
    }
    let inside = |talk: &Talk| matches!(talk.verb, Verb::Set(_) | Verb::Edit(_) | Verb::People(_));
    test.talk.iter().any(inside).then_some("deeds from inside")
}

/// A demo under way, and what is needed to act and to look.
struct Theatre {
    dialect: &'static str,
    subject: Subject,
    page: String,
    /// Where other programs post events, and the token that they bring.
    api: (String, String),
    store: SqliteStore,
    events: tokio::runtime::Runtime,
    client: reqwest::Client,
    /// Ends the program, then removes its folder.
    _demo: Running,
    _home: Home,
}

impl Theatre {
    fn open(dialect: &str, subject: &Subject) -> Self {
        let home = Home::new(&[("temporary/keep", "")]);
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        for folder in ["bots", "scripts"] {
            std::os::unix::fs::symlink(root.join(folder), home.path().join(folder)).unwrap();
        }
        let temporary = home.path().join("temporary");
        let word = |line: &str, before: &str, after: char| {
            line.split(before).nth(1).and_then(|rest| rest.split(after).next()).unwrap().to_owned()
        };
        let begin = (utc(subject.usual_start()) - WEEK).to_rfc3339();
        let args = ["demo", "--bot", &subject.folder, "--dialect", dialect, "--at", &begin];
        let demo = home.start_with(&args, &[("TMPDIR", temporary.clone())]);
        let line = demo.log.wait("the address of the page", |line| line.contains("Open the phone"));
        let page = format!("{}sandbox", line.split_whitespace().last().unwrap());
        let example = demo.log.wait("the example of an event", |line| line.contains("/api/events"));
        let api = (word(&example, "POST ", ' '), word(&example, "Bearer ", '\''));
        let made = std::fs::read_dir(temporary).unwrap().map(|entry| entry.unwrap().path());
        let database = made.map(|path| path.join("frontdesk.db")).find(|path| path.exists()).unwrap();
        let theatre = Self {
            dialect: DIALECTS.iter().find(|one| one.name == dialect).unwrap().name,
            subject: subject.clone(),
            page,
            api,
            store: SqliteStore::open_read_only(&database).unwrap(),
            events: tokio::runtime::Runtime::new().unwrap(),
            client: client(),
            _demo: demo,
            _home: home,
        };
        theatre.post("settings", &json!({"delivery_after_ms": 0}));
        theatre
    }

    fn ask(&self, request: reqwest::RequestBuilder) -> Json {
        let (status, text) = self.events.block_on(async {
            let answer = request.send().await.unwrap();
            (answer.status(), answer.text().await.unwrap())
        });
        assert!(status.is_success(), "{status}: {text}");
        serde_json::from_str(&text).unwrap()
    }

    fn post(&self, path: &str, body: &Json) -> Json {
        self.ask(self.client.post(format!("{}/{path}", self.page)).body(body.to_string()))
    }

    fn get(&self, path: &str) -> Json {
        self.ask(self.client.get(format!("{}/{path}", self.page)))
    }

    /// Another program tells of something.
    fn tell(&self, event: &Json) {
        let (url, token) = &self.api;
        self.ask(self.client.post(url).bearer_auth(token).body(event.to_string()));
    }

    fn now(&self) -> DateTime<Utc> {
        serde_json::from_value(self.get("clock")["now"].clone()).unwrap()
    }

    /// Let time pass until then.
    fn pass_until(&self, then: DateTime<Utc>) {
        let left = (then - self.now()).num_milliseconds();
        if left > 0 {
            self.post("clock", &json!({"pass_ms": left}));
        }
    }

    fn play(&mut self, number: u64, test: &Test) {
        let start = test.start.map_or_else(|| self.subject.usual_start(), |when| self.time(when));
        let mut weeks = 0;
        while self.later(start, weeks) < self.now() {
            weeks += 1;
        }
        self.pass_until(self.later(start, weeks));
        let mut play = Play { theatre: self, number, weeks, test, heard: 0, at: 0 };
        while play.at < test.talk.len() {
            play.line();
            play.at += 1;
        }
        play.nothing_unexpected();
        play.went_as_in_a_test();
    }

    fn time(&self, when: When) -> Time {
        when.in_zone(self.subject.revision.view.zone)
    }

    /// The same day of the week and hour, so many weeks later, on the clocks of the bot's zone.
    fn later(&self, time: Time, weeks: i32) -> DateTime<Utc> {
        let zone = self.subject.revision.view.zone;
        let local: NaiveDateTime = utc(time).with_timezone(&zone).naive_local() + WEEK * weeks;
        utc(self.time(When::Local(local)))
    }

    /// The conversation as the server has it.
    fn loaded(&self, external: &str) -> Option<Loaded> {
        self.events.block_on(async {
            let id = self.store.find(&AccountName::from("demo"), external).await.unwrap()?;
            self.store.load(&id).await.unwrap()
        })
    }

    fn nothing_is_due(&self) -> bool {
        let accounts = [AccountName::from("demo")];
        let due = self.events.block_on(self.store.due(&accounts, Time::from(self.now()), 1));
        due.unwrap().is_empty()
    }
}

fn utc(time: Time) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(time.0).unwrap()
}

/// One test on the stage.
struct Play<'a> {
    theatre: &'a Theatre,
    number: u64,
    weeks: i32,
    test: &'a Test,
    /// Messages of the bot that were expected.
    heard: usize,
    /// The line that is played.
    at: usize,
}

impl Play<'_> {
    fn conversation(&self) -> Json {
        self.theatre.get(&format!("conversations/{}", self.number))
    }

    /// What the bot has said, in order.
    fn said(&self) -> Vec<Json> {
        let shown = self.conversation();
        shown["messages"].as_array().unwrap().iter().filter(|message| message["from"] == "bot").cloned().collect()
    }

    /// As the server knows the conversation.
    fn loaded(&self) -> Option<Loaded> {
        self.theatre.loaded(&self.thread())
    }

    /// The provider's own name of the conversation.
    fn thread(&self) -> String {
        match self.theatre.dialect {
            "pact-v1" | "pact-v2" => self.number.to_string(),
            _ => self.conversation()["phone"].as_str().unwrap().to_owned(),
        }
    }

    /// What the turns of the conversation tell.
    fn traces(&self) -> Vec<Trace> {
        let Some(loaded) = self.loaded() else { return Vec::new() };
        let id = &loaded.state.conversation.id;
        let events = self.theatre.events.block_on(self.theatre.store.history(id, MOST_EVENTS)).unwrap();
        events.into_iter().rev().filter_map(|row| row.trace).collect()
    }

    fn what(&self) -> String {
        let (line, _) = self.test.talk.get(self.at).map_or((0, 0), |talk| talk.place.line_column());
        let file = &self.test.place.source.path;
        format!("{} through {}, {file}:{line}", self.test.name, self.theatre.dialect)
    }

    fn line(&mut self) {
        let verb = &self.test.talk[self.at].verb;
        match verb {
            Verb::Bot(said) => return self.expect_said(said),
            Verb::Expect(expect) => return self.expect_state(expect),
            // It was arranged when the message was still to come.
            Verb::DeliverFailed => return,
            _ => self.nothing_unexpected(),
        }
        self.arrange_failure();
        match verb {
            Verb::User(text) => self.write(json!({"text": text})),
            Verb::Late(text, late) => {
                let at = self.theatre.now().timestamp() - late.0 / 1000;
                self.write(json!({"text": text, "created_at_timestamp": at}));
            }
            Verb::Send(message) => self.write(sent(message)),
            Verb::Press(option) => self.press(option),
            Verb::Post(posted) => {
                self.pause();
                let thread = self.thread();
                let data = serde_json::to_value(&posted.data).unwrap();
                self.theatre
                    .tell(&json!({"event": posted.name, "account": "demo", "conversation": thread, "data": data}));
            }
            Verb::Human(text) => {
                self.pause();
                self.post("human", &json!({"text": text}));
            }
            Verb::After(span) | Verb::Nothing(span) => {
                self.theatre.pass_until(self.theatre.now() + TimeDelta::milliseconds(span.0));
                if matches!(verb, Verb::Nothing(_)) {
                    self.nothing_unexpected();
                }
            }
            Verb::At(when) => self.theatre.pass_until(self.theatre.later(self.theatre.time(*when), self.weeks)),
            other => unreachable!("{other:?} is beyond the outside"),
        }
    }

    fn pause(&self) {
        self.theatre.pass_until(self.theatre.now() + PAUSE);
    }

    fn post(&self, what: &str, body: &Json) {
        let told = self.theatre.post(&format!("conversations/{}/{what}", self.number), body);
        assert_eq!(told["webhook"], 200, "{}: {body}", self.what());
    }

    fn write(&self, mut message: Json) {
        self.pause();
        let contact = &self.test.contact;
        // A provider tells the phone; the tests that name none must not depend on its country.
        message["phone"] = json!(contact.phone.clone().unwrap_or_else(|| format!("1202555{:04}", self.number)));
        if let Some(name) = &contact.name {
            message["name"] = json!(name);
        }
        if let Some(channel) = &self.test.channel {
            message["channel"] = json!(channel);
        }
        self.post("messages", &message);
    }

    /// On what can be pressed, else by the number that stands before it.
    fn press(&self, option: &str) {
        let said = self.said();
        let message = said.iter().rev().find(|message| message["pressable"].is_object());
        let choices = message.and_then(|message| message["pressable"]["options"].as_array());
        let whole = |choice: &&Json| [&choice["title"], &choice["description"]].iter().any(|text| **text == option);
        if let (Some(message), Some(choice)) = (message, choices.and_then(|all| all.iter().find(whole))) {
            return self.write(json!({"press": {"message": message["id"], "option": choice["id"]}}));
        }
        let lines = said.iter().rev().flat_map(|message| message["text"].as_str().unwrap().lines());
        let number = lines.filter_map(|line| line.split_once(". ")).find(|(_, title)| *title == option);
        let (number, _) = number.unwrap_or_else(|| panic!("{}: no option `{option}`", self.what()));
        self.write(json!({"text": number}));
    }

    /// A message after this line is to fail: the provider is told before it is sent.
    fn arrange_failure(&self) {
        let next = self.test.talk[self.at + 1..].iter();
        let said = next.clone().take_while(|talk| matches!(talk.verb, Verb::Bot(_))).count();
        let fails = next.clone().nth(said).is_some_and(|talk| matches!(talk.verb, Verb::DeliverFailed));
        if fails && said > 0 {
            let mut faults = vec!["slow:0"; said - 1];
            faults.push("not_delivered:131026: the test says so");
            self.theatre.post("faults", &json!({"next": faults}));
        }
    }

    fn expect_said(&mut self, said: &Said) {
        let what = self.what();
        let message = wait_for(&format!("{what}: {}", said.describe()), || self.said().into_iter().nth(self.heard));
        self.heard += 1;
        let effect = effect(&message);
        let holds = holds(said, effect);
        assert!(holds, "{what}: expected {}, got {message:#}", said.describe());
    }

    /// The state on disk, and what the provider shows of it.
    fn expect_state(&self, expect: &Expect) {
        self.settle();
        let (wanted, told) = (self.reach().within(expect), self.reach().told(expect));
        let end = Instant::now() + DEADLINE;
        loop {
            let loaded = self.loaded();
            let traces = self.traces();
            let tracked: Vec<_> = traces.iter().flat_map(Trace::tracked).map(str::to_owned).collect();
            let differences = wanted.differences(loaded.as_ref().map(|loaded| &*loaded.state), &tracked, &[]);
            let entries = || traces.iter().flat_map(|trace| &trace.entries);
            let untold: Vec<_> =
                told.iter().filter(|words| !entries().any(|entry| entry.text.contains(**words))).collect();
            if differences.is_empty() && untold.is_empty() && self.is_shown(loaded.as_ref()) {
                return;
            }
            assert!(
                Instant::now() < end,
                "{}: {differences:?}; not told: {untold:?}; the provider shows {:#}",
                self.what(),
                self.conversation()
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn reach(&self) -> &'static Reach {
        REACHES.iter().find(|reach| reach.dialect == self.theatre.dialect).unwrap()
    }

    /// Assignee, note and tags are at the provider, too, as far as it has such things.
    fn is_shown(&self, loaded: Option<&Loaded>) -> bool {
        let (Some(loaded), shown) = (loaded, self.conversation()) else { return true };
        let conversation = &loaded.state.conversation;
        let reach = self.reach();
        let user = || shown["assignee"].as_u64().map(|id| id.to_string());
        let assigned = conversation.assignee.as_ref().is_none_or(|to| user() == Some(to.id.clone()));
        let tags = || conversation.tags.iter().all(|tag| shown["tags"].as_array().unwrap().contains(&json!(tag)));
        // The note as it was written last; who has the conversation may stand above it.
        let note = |place| shown.pointer(place).and_then(Json::as_str).unwrap_or_default().to_owned();
        let noted = || reach.note.is_none_or(|place| note(place).ends_with(&conversation.notes.join("\n")));
        (!reach.assigns || assigned) && (!reach.tags || tags()) && noted()
    }

    /// Wait until all that was accepted is handled, all that was decided is sent, and no timer is due.
    fn settle(&self) {
        wait_for(&format!("{} to settle", self.what()), || {
            let Some(loaded) = self.loaded() else { return self.theatre.nothing_is_due().then_some(()) };
            let done = loaded.events.is_empty() && loaded.rows.iter().all(|row| row.state.is_final());
            (done && self.theatre.nothing_is_due()).then_some(())
        });
    }

    fn nothing_unexpected(&self) {
        if self.at == 0 {
            return;
        }
        self.settle();
        let more: Vec<Json> = self.said().into_iter().skip(self.heard).collect();
        assert!(more.is_empty(), "before {}: nobody expected {more:#?}", self.what());
    }
}

/// What a customer sends beside a text.
fn sent(message: &frontdesk::domain::Message) -> Json {
    let file = |file: &frontdesk::domain::Attachment| {
        let mime = match file.kind.as_str() {
            "image" => "image/jpeg",
            "audio" => "audio/ogg",
            "video" => "video/mp4",
            "sticker" => "image/webp",
            _ => "application/pdf",
        };
        let name = file.name.clone().unwrap_or_default();
        json!({"name": name, "mime": mime, "url": format!("https://example.com/{name}")})
    };
    let files: Vec<Json> = message.attachments.iter().map(file).collect();
    let place =
        message.location.as_ref().map(|place| json!({"latitude": place.at.latitude, "longitude": place.at.longitude}));
    json!({"text": message.text, "files": files, "location": place})
}

/// A message on the phone as the effect that it shows.
fn effect(message: &Json) -> Effect {
    let text = || message["text"].as_str().unwrap().to_owned();
    if let Some(template) = message["template"].as_object() {
        let word = |key: &str| template[key].as_str().unwrap().to_owned();
        let params = serde_json::from_value(template["parameters"].clone()).unwrap();
        return Effect::Template(Box::new(Template {
            name: word("id"),
            language: word("language"),
            params,
            ..Template::default()
        }));
    }
    if let Some(options) = message["pressable"]["options"].as_array() {
        let word = |choice: &Json, key: &str| choice[key].as_str().unwrap().to_owned();
        let option = |choice: &Json| ShownOption {
            id: word(choice, "id"),
            title: word(choice, "title"),
            description: word(choice, "description"),
        };
        let list = message["pressable"]["opener"].as_str().map(str::to_owned);
        return Effect::Menu(Menu { text: text(), list, options: options.iter().map(option).collect() });
    }
    if let Some(file) = message["files"].get(0) {
        let kind = match file["mime"].as_str().unwrap().split('/').next() {
            Some("image") => MediaKind::Image,
            Some("audio") => MediaKind::Audio,
            Some("video") => MediaKind::Video,
            _ => MediaKind::Document,
        };
        let name = file["name"].as_str().unwrap().to_owned();
        return Effect::Media(Media { kind, source: MediaSource::Url(name), name: None, caption: text() });
    }
    if let Some(place) = message["location"].as_object() {
        let at =
            Location { latitude: place["latitude"].as_f64().unwrap(), longitude: place["longitude"].as_f64().unwrap() };
        let name = place.get("name").and_then(Json::as_str).unwrap_or_default().to_owned();
        return Effect::Pin(Pin { at, name, address: String::new() });
    }
    Effect::Say { text: text() }
}

/// As `frontdesk test` compares; where a provider shows a place or buttons as text, the text must hold them.
fn holds(said: &Said, effect: Effect) -> bool {
    let text = effect.text().unwrap_or_default().to_owned();
    let row = serde_json::from_value(json!({"conversation": "x", "seq": 1, "n": 0})).unwrap();
    let sent = Sent { at: Time(0), effect, row, state: RowState::Sent, why: None };
    said.holds(&sent)
        || match (said, &sent.effect) {
            (Said::Buttons(labels), Effect::Say { .. }) => labels.iter().all(|label| text.contains(label.as_str())),
            (Said::Location(name), Effect::Say { .. }) => text.contains(name.as_str()),
            _ => false,
        }
}
