//! Listening to the emulated get.chat: what happens while nobody listens is made up for, each thing once.

use frontdesk::domain::{Owner, State};

use super::*;

/// A server that listens to get.chat.
async fn listening() -> (Provider, Home, Life) {
    let provider = Provider::imitating("getchat", "t", &sandbox::Clock::own(None)).await;
    let mut home = Home::new(&provider);
    home.more = "    receive: websocket\n".into();
    let life = home.start(&provider).await;
    // Before the first frame the account counts as healthy.
    provider.clock.pass(1).unwrap();
    (provider, home, life)
}

async fn state(provider: &Provider, life: &Life, conversation: u64) -> Option<Arc<State>> {
    let id = life.store.find(&"clinic".into(), &provider.thread(conversation)).await.unwrap()?;
    Some(life.store.load(&id).await.unwrap()?.state)
}

async fn comes_to(provider: &Provider, life: &Life, conversation: u64, what: &str, holds: fn(&State) -> bool) {
    wait(what, async || state(provider, life, conversation).await.filter(|state| holds(state)).map(drop)).await;
}

async fn people(provider: &Provider, conversation: u64, deed: &Json) {
    provider.post(&format!("/sandbox/conversations/{conversation}/people"), deed).await;
}

/// Nobody waits for a webhook: there is none.
async fn write(provider: &Provider, conversation: u64, text: &str) {
    let message = json!({"text": text, "wait": false});
    provider.post(&format!("/sandbox/conversations/{conversation}/messages"), &message).await;
}

/// Write until it is heard: the stream may not be up yet, and what came before the first connection ever is a history.
async fn begin(provider: &Provider, life: &Life) {
    wait("the stream to be up", async || {
        write(provider, 99, "hello").await;
        state(provider, life, 99).await.map(drop)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happened_while_nobody_listened_is_made_up_for() {
    let (provider, home, life) = listening().await;
    begin(&provider, &life).await;
    for conversation in 1..=4 {
        write(&provider, conversation, "price").await;
        assert_eq!(provider.said(conversation, 1).await, ["A visit is 50."]);
    }
    people(&provider, 1, &json!({"assign": 7})).await;
    comes_to(&provider, &life, 1, "people to have it", |state| state.conversation.owner == Owner::People).await;
    people(&provider, 2, &json!({"tag": "old"})).await;
    comes_to(&provider, &life, 2, "the label", |state| state.conversation.tags == ["old"]).await;
    // Long before the gap, and heard of since.
    home.forward(300);
    write(&provider, 99, "n1").await;
    wait("the last of it", async || provider.said(99, 1).await.contains(&"got 1".to_owned()).then_some(())).await;
    settle(&home, &life).await;
    life.kill();

    people(&provider, 1, &json!({"resolve": true})).await;
    people(&provider, 2, &json!({"untag": "old"})).await;
    people(&provider, 2, &json!({"tag": "vip"})).await;
    people(&provider, 3, &json!({"assign": 8})).await;
    write(&provider, 4, "n5").await;
    for _ in 0..2 {
        let life = home.start(&provider).await;
        comes_to(&provider, &life, 1, "the bot to have it again", |state| state.conversation.owner == Owner::Bot).await;
        comes_to(&provider, &life, 2, "the other label", |state| state.conversation.tags == ["vip"]).await;
        comes_to(&provider, &life, 3, "people to have it", |state| state.conversation.owner == Owner::People).await;
        assert_eq!(provider.said(4, 2).await, ["A visit is 50.", "got 5"]);
        settle(&home, &life).await;
        assert_eq!(texts(&provider.get("/sandbox/conversations/4").await).len(), 2, "each message once");
        life.kill();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_told_twice_and_late_is_heard_once() {
    let (provider, home, life) = listening().await;
    begin(&provider, &life).await;
    provider.post("/sandbox/faults", &json!({"webhooks": {"duplicates": true, "delay_ms": 20}})).await;
    for n in 1..=3 {
        write(&provider, 1, &format!("n{n}")).await;
    }
    assert_eq!(provider.said(1, 3).await, ["got 1", "got 2", "got 3"]);
    settle(&home, &life).await;
    assert_eq!(texts(&provider.get("/sandbox/conversations/1").await).len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_token_is_not_let_in() {
    let provider = Provider::imitating("getchat", "another", &sandbox::Clock::own(None)).await;
    let mut home = Home::new(&provider);
    home.more = "    receive: websocket\n".into();
    let life = home.start(&provider).await;
    let why = wait("the account to be ill", async || life.runtime.health().await.accounts["clinic"].why.clone()).await;
    assert!(why.contains("Token matching query does not exist") || why.contains("Invalid token"), "{why}");
}
