//! The same bot and the same events: equal replies and equal traces in `serve`, in `chat` and in `test`, to the byte. Through every provider the
//! tests of the sample bots show it (`tests/it/bots/turns.rs`).

use std::io::Write as _;
use std::process::{Command, Stdio};

use axum::Json as Body200;
use axum::routing::get;
use frontdesk::domain::{Body, Effect, EventRow, Imitated, OutboxRow, Span, Trace, TraceKind};
use frontdesk::script::Scripts;
use frontdesk::testing::{self, Line, Setting, Subject, Who, World};

use super::*;

/// PROGRAM is the address of another program; ZONE one in which it is the middle of the day.
const BOT: &str = r#"
bot: desk
languages: [en, ru]
timezone: ZONE
hours: "Mo-Su 00:00-24:00"
loop_guard: false
teams:
  front: {members: {ann: {ids: {pact: 1}}, bea: {ids: {pact: 2}}}, pick: round_robin}
  dice: {members: {cid: {ids: {pact: 3}}, dan: {ids: {pact: 4}}, eva: {ids: {pact: 5}}}, pick: random}
faq:
  prices: {questions: [What does a visit cost?, prices], answer: A visit is 50.}
  parking: {questions: [Where can I park my car?], answer: Behind the house.}
  trains: {questions: [Where can I park my bicycle?], answer: At the station.}
every_question: {tries: 3, on_fail: {say: Never mind then.}}
flows:
  hello: {on: first_message, continue: true, do: {say: Hello.}}
  pick: {on: {keywords: [menu]}, do: [{menu: Which?, options: [{option: Left, also: [port], do: {say: To the left.}}, Right], save: way}, {say: "{{ way }} it is."}]}
  form:
    on: {keywords: [book]}
    do:
      - form: booking
        fields:
          - {ask: guests, text: How many?, kind: integer, check: guests < 10, retry: From 1 to 9.}
          - {ask: name, text: Name?}
          - {ask: visit, text: When?, kind: datetime, check: visit > now}
        review: "{{ guests }} for {{ name }}, {{ visit }}?"
      - {note: "{{ guests }} for {{ name }}"}
      - {assign: front}
      - {say: Noted.}
  greet: {on: {keywords: [greet]}, do: {say: , one_of: [One., Two., Three., Four., Five.]}}
  anybody: {on: {keywords: [anybody]}, do: [{assign: dice}, {say: "{{ conversation.assignee }} it is."}]}
  lookup:
    on: {matches: '^order (?<n>\d+)$'}
    do:
      - http: GET PROGRAM/orders/{{ n }}
        save: order
        on_error: {say: "No: {{ order.error ?? order.status }}"}
      - say: "{{ order.body.state }} since {{ plural(order.body.days, `day`, `days`) }} {{ order.body.days }}"
  tags: {on: {keywords: [vip]}, do: [{set: {contact.vars.vip: true, contact.language: ru}}, {tag: vip}, {track: vip}, {say: {en: Welcome., ru: Добро пожаловать.}}]}
  broken: {on: {keywords: [broken]}, do: [{say: "{{ text.len() / 0 }}"}, {say: Said all the same.}]}
  count: {on: {matches: 'to (?<n>\d)'}, do: [{for: i, in: "{{ [1, 2, 3] }}", do: {say: "{{ i }} of {{ n }}"}}]}
  doubled: {on: {keywords: [shared]}, do: [{call: inner, with: {x: 5}, save: y}, {say: "{{ y }}"}]}
  inner: {do: [{return: "{{ x * 2 }}"}]}
  joke: {on: {keywords: [joke]}, interrupt: true, do: {say: Ha.}}
  rest: {on: fallback, if: hours.open, do: {say: "You said {{ text }}."}}
"#;

const TALK: &[&str] = &[
    "hi",
    "what does a visit cost",
    "where can I park",
    "1",
    "menu",
    "somewhere",
    "left",
    "menu",
    "starboard",
    "2",
    "book",
    "many",
    "12",
    "3",
    "back",
    "4",
    "joke",
    "Ann",
    "whenever",
    "tomorrow at 15:30",
    "no, the name",
    "Bob",
    "yes",
    "greet",
    "greet",
    "greet",
    "greet",
    "anybody",
    "anybody",
    "anybody",
    "order 7",
    "order 8",
    "broken",
    "to 3",
    "shared",
    "prices?",
    "¿qué? 🌿",
    "book",
    "x",
    "y",
    "z",
    "book",
    "cancel",
    "vip",
    "bye",
];

/// The other program: it knows one order.
async fn program() -> String {
    let orders = get(|path: axum::extract::Path<u64>| async move {
        let found = *path == 7;
        let status = if found { axum::http::StatusCode::OK } else { axum::http::StatusCode::NOT_FOUND };
        (status, Body200(if found { json!({"state": "ready", "days": 2}) } else { Json::Null }))
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, axum::Router::new().route("/orders/{n}", orders)).await.unwrap() });
    url
}

/// The same, as tests and `:http` script it.
fn scripted(program: &str) -> String {
    format!(
        "[{{match: GET {program}/orders/7, reply: {{json: {{state: ready, days: 2}}}}}}, {{match: GET {program}/orders/8, reply: {{status: 404, json: null}}}}]"
    )
}

/// A zone in which it is between 12 and 13: no talk here goes over a midnight.
fn zone() -> String {
    let hour = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() / 3600 % 24;
    // Of these names the sign says what must be added to reach UTC.
    let behind = hour as i64 - 12;
    format!("Etc/GMT{}{}", if behind < 0 { "-" } else { "+" }, behind.abs())
}

/// What became of one message: what the bot said to it, and the trace of the last turn that it led to.
type Became = (Vec<String>, Trace);

/// As `test` has it.
fn in_test(bot: &str, program: &str) -> Vec<Became> {
    let source = Arc::new(Source { path: "bots/desk/bot.yaml".into(), text: bot.into() });
    let (subject, problems) = Subject::load("desk", vec![source], &Arc::new(Scripts::default()));
    let subject = subject.unwrap_or_else(|| panic!("{problems:?}"));
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let mut setting = Setting::new("clinic", Time::from_unix(now as i64)).imitating(&imitated("pact"));
    setting.conversation = "17".into();
    let mut world = World::new(subject.revision, setting);
    world.script_http(testing::read_http(&scripted(program)).unwrap().0);
    let turn = |text: &&str| {
        world.user(text);
        let said = world.sent().into_iter().filter_map(|sent| said(&sent.effect)).collect();
        (said, world.trace().clone())
    };
    TALK.iter().map(turn).collect()
}

/// The account of that provider.
fn imitated(name: &str) -> Imitated {
    let source = Source { path: "imitates".into(), text: name.into() };
    frontdesk::config::imitated(&frontdesk::yaml::read(&Arc::new(source)).0.unwrap()).unwrap()
}

fn said(effect: &Effect) -> Option<String> {
    effect.text().map(str::to_owned)
}

/// As `serve` has it: the events of each message, its own and the answers of other programs.
fn served(events: Vec<EventRow>, rows: &[OutboxRow]) -> Vec<Became> {
    let mut all: Vec<Became> = Vec::new();
    for event in events {
        let replies = rows.iter().filter(|row| row.key.seq == event.seq).filter_map(|row| said(&row.decided.effect));
        let (replies, trace) = (replies.collect::<Vec<_>>(), event.trace.unwrap());
        match (&event.event.body, all.last_mut()) {
            (Body::Message(_), _) => all.push((replies, trace)),
            (Body::Http(_), Some((before, last))) => {
                before.extend(replies);
                *last = trace;
            }
            _ => {}
        }
    }
    all
}

async fn in_serve(home: &Home, provider: &Provider) -> Vec<Became> {
    let life = home.start(provider).await;
    // The provider must know the conversation; what it tells of it goes nowhere, so that only the talk is heard.
    provider.emulator.set_webhook_url(&provider.url);
    provider.write(17, "hello").await;
    let mut called = 0;
    for (text, n) in TALK.iter().zip(1..) {
        assert_eq!(life.runtime.webhook("clinic", request(&message(n, 17, text))).await.status, 200, "{text}");
        called += usize::from(text.starts_with("order"));
        wait("the answer of the other program", async || (answers(&life).await == called).then_some(())).await;
    }
    let id = life.store.find(&"clinic".into(), "17").await.unwrap().unwrap();
    let mut events = life.store.history(&id, 1_000).await.unwrap();
    events.reverse();
    let rows = life.store.load(&id).await.unwrap().unwrap().rows;
    let all = served(events, &rows);
    life.stop().await;
    all
}

/// Answers of other programs that were handled.
async fn answers(life: &Life) -> usize {
    let id = life.store.find(&"clinic".into(), "17").await.unwrap().unwrap();
    let events = life.store.history(&id, 1_000).await.unwrap();
    events.iter().filter(|event| matches!(event.event.body, Body::Http(_)) && event.trace.is_some()).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn serve_chat_and_test_say_and_tell_the_same() {
    let program = program().await;
    let bot = BOT.replace("PROGRAM", &program).replace("ZONE", &zone());
    let wanted = in_test(&bot, &program);

    let provider = Provider::start().await;
    let mut home = Home::new(&provider);
    home.more = "http: {allow: [127.0.0.1]}\n".into();
    std::fs::write(home.folder.path().join("bots/desk/bot.yaml"), &bot).unwrap();
    let served = in_serve(&home, &provider).await;
    assert_eq!(served.len(), TALK.len());
    for ((text, (replies, trace)), (said, told)) in TALK.iter().zip(&wanted).zip(&served) {
        assert_eq!(testing::why(told), testing::why(trace), "the trace of {text:?}");
        assert_eq!((told, said), (trace, replies), "{text:?}");
    }

    let typed = format!(":http {}\n{}\n:why\n", scripted(&program), TALK.join("\n:why\n"));
    let output = chat(home.folder.path(), &typed);
    let mut parts = output.split("\n> ").skip(1);
    for (text, (replies, trace)) in TALK.iter().zip(&wanted) {
        let (talk, why) = (parts.next().unwrap(), parts.next().unwrap());
        // The terminal indents what the bot said, and shows beside it what is no message in brackets.
        let mut lines = talk.lines();
        assert_eq!(lines.next(), Some(*text));
        let shown: Vec<&str> = lines.filter(|line| !line.starts_with("  [") && !line.starts_with("   ")).collect();
        let wanted: Vec<String> =
            replies.iter().flat_map(|reply| reply.lines().map(|line| format!("  {line}"))).collect();
        assert_eq!(shown, wanted, "{text:?}");
        assert_eq!(why.trim_end(), format!(":why\n{}", testing::why(trace)).trim_end(), "{text:?}");
    }
    // Of five texts and of three people chance has taken more than one.
    let different = |of: &str| {
        let of: std::collections::BTreeSet<_> =
            TALK.iter().zip(&wanted).filter(|(text, _)| **text == of).map(|(_, (replies, _))| replies).collect();
        of.len()
    };
    assert!(different("greet") > 1 && different("anybody") > 1);
}

/// What is typed beside what the contact writes: options, a colleague, the clock.
const TYPED: &[&str] = &[
    "hi",
    "menu",
    ":press Left",
    "menu",
    "2",
    "menu",
    ":press Right",
    "vip",
    "broken",
    "book",
    ":clock +10m",
    "3",
    ":human Let me see",
    "still there?",
    ":clock +25h",
    "prices",
    "anybody",
    "order 7",
];

/// Time that goes by before each line that comes through a pipe.
const PAUSE: Span = Span::seconds(5);

#[test]
fn chat_shows_all_that_comes_of_a_talk_in_a_test() {
    let bot = BOT.replace("PROGRAM", "https://shop.example").replace("ZONE", "UTC");
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("bots/desk")).unwrap();
    std::fs::write(folder.path().join("bots/desk/bot.yaml"), &bot).unwrap();
    for imitates in ["pact", "getchat", "{pabbly: {notes: tag}}"] {
        let source = |path: &str, text: &str| Arc::new(Source { path: path.into(), text: text.into() });
        let (subject, _) = Subject::load("desk", vec![source("desk/bot.yaml", &bot)], &Arc::new(Scripts::default()));
        let mut setting = Setting::new("desk", Time::from_unix(1_772_452_800)).imitating(&imitated(imitates));
        setting.conversation = "17".into();
        let mut world = World::new(subject.unwrap().revision, setting);
        let output = chat_on(
            folder.path(),
            &["--imitates", imitates, "--at", "2026-03-02 12:00"],
            &format!("{}\n:why\n", TYPED.join("\n:why\n")),
        );
        let mut parts = output.split("> ").skip(1);
        for typed in TYPED {
            let (shown, why) = (parts.next().unwrap(), parts.next().unwrap());
            assert_eq!(shown, format!("{typed}\n{}", typed_into(&mut world, typed)), "{typed:?} at {imitates}");
            world.advance_to(world.now() + PAUSE);
            assert_eq!(why, format!(":why\n{}", testing::why(world.trace())), "{typed:?} at {imitates}");
        }
    }
}

/// The same done in a world, and what of it the terminal shows.
fn typed_into(world: &mut World, typed: &str) -> String {
    let before = world.lines().len();
    world.advance_to(world.now() + PAUSE);
    let (verb, rest) = typed.strip_prefix(':').and_then(|command| command.split_once(' ')).unwrap_or(("user", typed));
    match verb {
        "press" => world.press(rest).unwrap(),
        "human" => world.human(rest),
        "clock" => world.advance_to(world.now() + rest.trim_start_matches('+').parse().unwrap()),
        _ => world.user(rest),
    }
    let lines = || world.lines().iter().skip(before).filter(|line| !matches!(line.who, Who::Contact | Who::Human));
    let faults = world.trace().entries.iter().filter(|entry| entry.kind == TraceKind::Error).map(|fault| {
        let place = fault.place.as_ref().map(|at| format!(" ({}:{})", at.file, at.line)).unwrap_or_default();
        format!("  [error: {}{place}]", fault.text)
    });
    let last = match verb {
        "clock" => Some(format!("  [it is {}]", utc(world.now()))),
        "human" => None,
        _ if lines().any(|line| line.who == Who::Bot) => None,
        _ => Some("  [no answer; :why tells]".to_owned()),
    };
    lines().map(shown).chain(faults).chain(last).map(|line| line + "\n").collect()
}

fn shown(line: &Line) -> String {
    match line.who {
        Who::Aside => format!("  [{}]", line.text.replace('\n', "\n   ")),
        _ => format!("  {}", line.text.replace('\n', "\n  ")),
    }
}

fn utc(time: Time) -> String {
    let then = chrono::DateTime::from_timestamp_millis(time.0).unwrap();
    then.format("%A %Y-%m-%d %H:%M:%S").to_string()
}

fn chat(folder: &std::path::Path, typed: &str) -> String {
    chat_on(folder, &["--imitates", "pact"], typed)
}

fn chat_on(folder: &std::path::Path, more: &[&str], typed: &str) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_frontdesk"));
    command.args(["chat", "bots/desk", "--conversation", "17"]).args(more).current_dir(folder).env("NO_COLOR", "1");
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(typed.as_bytes()).unwrap();
    String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap()
}
