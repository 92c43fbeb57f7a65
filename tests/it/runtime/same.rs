//! The same bot and the same events: equal replies and equal traces in `serve`, in `chat` and in `test`.

use std::io::Write as _;
use std::process::{Command, Stdio};

use frontdesk::domain::{Body, Effect, Trace};
use frontdesk::script::Scripts;
use frontdesk::testing::{self, Setting, Subject, World};

use super::*;

const BOT: &str = r#"
bot: desk
timezone: Europe/Berlin
loop_guard: false
teams: {front: {members: {ann: {ids: {pact: 1}}, bea: {ids: {pact: 2}}}, pick: round_robin}}
faq: {prices: {questions: [What does a visit cost?, prices], answer: A visit is 50.}}
flows:
  hello: {on: first_message, continue: true, do: {say: Hello.}}
  pick: {on: {keywords: [menu]}, do: [{menu: Which?, options: [{option: Left, do: {say: To the left.}}, Right], save: way}, {say: "{{ way }} it is."}]}
  form:
    on: {keywords: [book]}
    do:
      - form: booking
        fields:
          - {ask: guests, text: How many?, kind: integer, check: guests < 10, retry: From 1 to 9.}
          - {ask: name, text: Name?}
        review: "{{ guests }} for {{ name }}?"
      - {note: "{{ guests }} for {{ name }}"}
      - {assign: front}
      - {say: Noted.}
  broken: {on: {keywords: [broken]}, do: [{say: "{{ text.len() / 0 }}"}, {say: Said all the same.}]}
  count: {on: {matches: 'to (?<n>\d)'}, do: [{for: i, in: "{{ [1, 2, 3] }}", do: {say: "{{ i }} of {{ n }}"}}]}
  doubled: {on: {keywords: [shared]}, do: [{call: inner, with: {x: 5}, save: y}, {say: "{{ y }}"}]}
  inner: {do: [{return: "{{ x * 2 }}"}]}
  rest: {on: fallback, do: {say: "You said {{ text }}."}}
"#;

const TALK: &[&str] = &[
    "hi",
    "what does a visit cost",
    "menu",
    "somewhere",
    "left",
    "book",
    "many",
    "12",
    "3",
    "back",
    "4",
    "Ann",
    "yes",
    "broken",
    "to 3",
    "shared",
    "prices?",
    "¿qué? 🌿",
    "book",
    "cancel",
    "bye",
];

/// The replies and the trace of each message, as `test` has them.
fn in_test() -> Vec<(Vec<String>, Trace)> {
    let source = Arc::new(Source { path: "bots/desk/bot.yaml".into(), text: BOT.into() });
    let (subject, problems) = Subject::load("desk", vec![source], &Arc::new(Scripts::default()));
    let subject = subject.unwrap_or_else(|| panic!("{problems:?}"));
    let mut world = World::new(subject.revision, Setting::new("clinic", Time::from_unix(1_772_000_000)));
    let turn = |text: &&str| {
        world.user(text);
        let said = world.sent().into_iter().filter_map(|sent| said(&sent.effect)).collect();
        (said, world.trace().clone())
    };
    TALK.iter().map(turn).collect()
}

/// Without the event's number: in `serve`, echoes of our own messages may be counted in between.
fn unnumbered(trace: &Trace) -> Trace {
    let mut trace = trace.clone();
    trace.entries[0].text = "event: message".into();
    trace
}

fn said(effect: &Effect) -> Option<String> {
    effect.text().map(str::to_owned)
}

#[tokio::test(flavor = "multi_thread")]
async fn serve_chat_and_test_say_and_tell_the_same() {
    let wanted = in_test();

    let provider = Provider::start().await;
    let home = Home::new(&provider);
    std::fs::write(home.folder.path().join("bots/desk/bot.yaml"), BOT).unwrap();
    let life = home.start(&provider).await;
    // The provider must know the conversation; what it tells of it goes nowhere, so that only the talk is heard.
    provider.emulator.set_webhook_url(&provider.url);
    provider.write(17, "hello").await;
    for (text, n) in TALK.iter().zip(1..) {
        assert_eq!(life.runtime.webhook("clinic", request(&message(n, 17, text))).await.status, 200, "{text}");
    }
    let id = life.store.find(&"clinic".into(), "17").await.unwrap().unwrap();
    let mut events = life.store.history(&id, 1_000).await.unwrap();
    events.retain(|event| matches!(event.event.body, Body::Message(_)));
    events.reverse();
    assert_eq!(events.len(), TALK.len());
    let rows = life.store.load(&id).await.unwrap().unwrap().rows;
    for ((text, (replies, trace)), event) in TALK.iter().zip(&wanted).zip(&events) {
        let served = event.trace.clone().unwrap();
        assert_eq!(testing::why(&unnumbered(&served)), testing::why(&unnumbered(trace)), "the trace of {text:?}");
        assert_eq!(unnumbered(&served), unnumbered(trace), "{text:?}");
        let decided = rows.iter().filter(|row| row.key.seq == event.seq).filter_map(|row| said(&row.decided.effect));
        assert_eq!(decided.collect::<Vec<_>>(), *replies, "the replies to {text:?}");
    }
    life.stop().await;

    let typed = TALK.join("\n:why\n") + "\n:why\n";
    let output = chat(home.folder.path(), &typed);
    let mut rest = output.as_str();
    for (text, (_, trace)) in TALK.iter().zip(&wanted) {
        // The terminal leaves out nothing but the marks of the kinds of lines.
        let why = testing::why(trace);
        let at =
            rest.find(why.trim()).unwrap_or_else(|| panic!("no such trace of {text:?} in `chat`:\n{why}\n{output}"));
        rest = &rest[at..];
    }
}

fn chat(folder: &std::path::Path, typed: &str) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_frontdesk"));
    command.args(["chat", "bots/desk"]).current_dir(folder).env("NO_COLOR", "1");
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(typed.as_bytes()).unwrap();
    String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap()
}
