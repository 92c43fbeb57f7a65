//! What time and other programs begin, on the real store: it outlives the process, and comes once.

use chrono::Timelike;
use frontdesk::domain::{Addressee, Change, ConversationId, Post, PostRefused, ReadVersion, State, Unit};

use super::*;

const BOT: &str = r#"
bot: desk
flows:
  later: {on: {keywords: [later]}, do: [{start: reminder, in: 10m, with: {what: tea}}, {say: Set.}]}
  reminder: {do: {say: "Time for {{ what }}."}}
  silent: {on: {idle: 20m}, do: {say: Still there?}}
  hello: {on: {keywords: [hello]}, do: {say: Hello.}}
  paid: {on: {event: paid, save: bill}, do: {say: "Got {{ bill.sum }}."}}
"#;

fn home(provider: &Provider, bot: &str) -> Home {
    let home = Home::new(provider);
    write_bot(&home, bot);
    home
}

fn write_bot(home: &Home, bot: &str) {
    std::fs::write(home.folder.path().join("bots/desk/bot.yaml"), bot).unwrap();
}

#[tokio::test]
async fn what_is_to_come_outlives_the_process() {
    let provider = Provider::start().await;
    let home = home(&provider, BOT);
    let life = home.start(&provider).await;
    provider.write(1, "later").await;
    assert_eq!(provider.said(1, 1).await, ["Set."]);
    settled(&life).await;
    life.kill();
    home.forward(9 * 60);
    let life = home.start(&provider).await;
    settled(&life).await;
    assert_eq!(provider.said(1, 1).await, ["Set."]);
    life.kill();
    home.forward(2 * 60);
    let life = home.start(&provider).await;
    assert_eq!(provider.said(1, 2).await, ["Set.", "Time for tea."]);
    home.forward(10 * 60);
    assert_eq!(provider.said(1, 3).await, ["Set.", "Time for tea.", "Still there?"]);
    life.stop().await;
}

/// All sends are marked as sent: nothing is looked up after a death.
async fn settled(life: &Life) {
    wait("the end of all work", async || is_settled(life).await.then_some(())).await;
}

async fn conversation(life: &Life, thread: &str) -> ConversationId {
    life.store.find(&"clinic".into(), thread).await.unwrap().unwrap()
}

/// As people would at the provider.
async fn label(life: &Life, thread: &str) {
    let loaded = life.store.load(&conversation(life, thread).await).await.unwrap().unwrap();
    let mut state = State::clone(&loaded.state);
    state.conversation.tags.push("vip".into());
    let reads = vec![ReadVersion { conversation: state.conversation.id.clone(), version: loaded.version }];
    let unit = Unit { reads, changes: vec![Change::State(Arc::new(state))] };
    life.store.commit(vec![unit]).await.unwrap();
}

#[tokio::test]
async fn a_pattern_comes_round_once_for_each_that_has_the_label() {
    let provider = Provider::start().await;
    let probe = Home::new(&provider).clock().now().to_utc() + chrono::TimeDelta::minutes(3);
    let pattern = format!("{} {} * * *", probe.minute(), probe.hour());
    let every = |text: &str| {
        format!(
            "bot: desk\nflows:\n  hello: {{on: {{keywords: [hello]}}, do: {{say: Hello.}}}}\n  round: {{on: {{every: '{pattern}', for: tagged vip}}, do: [{{say: {text}}}, {{note: {text}}}]}}\n"
        )
    };
    let home = home(&provider, &every("It is time."));
    let life = home.start(&provider).await;
    for one in 1..=3 {
        provider.write(one, "hello").await;
        assert_eq!(provider.said(one, 1).await, ["Hello."]);
    }
    settled(&life).await;
    for one in ["1", "3"] {
        label(&life, one).await;
    }
    // Down when it comes round: it is made up for.
    life.stop().await;
    home.forward(5 * 60);
    let life = home.start(&provider).await;
    for one in [1, 3] {
        assert_eq!(provider.said(one, 2).await, ["Hello.", "It is time."]);
    }
    life.stop().await;
    // Neither a restart nor an edit brings it again, nor does it come for whoever has no label.
    write_bot(&home, &every("Again!"));
    let life = home.start(&provider).await;
    home.forward(60);
    provider.write(2, "hello").await;
    assert_eq!(provider.said(2, 2).await, ["Hello.", "Hello."]);
    // The window is closed the next day; the note goes all the same.
    home.forward(24 * 3600);
    wait("the next day's note", async || {
        let shown = provider.get("/sandbox/conversations/1").await;
        (shown["note"] == "It is time.\nAgain!").then_some(())
    })
    .await;
    assert_eq!(provider.said(1, 2).await, ["Hello.", "It is time."]);
    life.stop().await;
}

#[tokio::test]
async fn a_posted_event_reaches_its_conversation_once() {
    let provider = Provider::start().await;
    let home = home(&provider, BOT);
    let life = home.start(&provider).await;
    provider.write(1, "hello").await;
    assert_eq!(provider.said(1, 1).await, ["Hello."]);
    let post = |id: &str, sum: i64, to: Addressee| Post {
        event: "paid".into(),
        data: json!({ "sum": sum }).into(),
        id: Some(id.into()),
        to,
    };
    let thread = |thread: &str| Addressee::Thread { account: "clinic".into(), thread: thread.into() };
    let ours = Addressee::Conversation(conversation(&life, "1").await);
    let cases = [
        (post("a", 5, thread("1")), Ok("handled")),
        (post("a", 5, thread("1")), Ok("duplicate")),
        (post("b", 6, ours), Ok("handled")),
        (post("c", 7, thread("99")), Err(PostRefused::NoConversation)),
        (post("d", 8, Addressee::Thread { account: "x".into(), thread: "1".into() }), Err(PostRefused::NoAccount)),
        (post("e", 9, Addressee::Phone { account: None, phone: "+10000000".into() }), Err(PostRefused::NoConversation)),
    ];
    for (post, want) in cases {
        let id = post.id.clone();
        assert_eq!(life.runtime.post(post).await.map(|taken| taken.outcome), want, "{id:?}");
    }
    assert_eq!(provider.said(1, 3).await, ["Hello.", "Got 5.", "Got 6."]);
    life.stop().await;
}
