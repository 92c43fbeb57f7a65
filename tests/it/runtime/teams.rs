//! Who of a team gets a conversation, when many come at once and over restarts.

use std::collections::BTreeMap;

use frontdesk::domain::State;

use super::*;

const BOT: &str = r"
bot: desk
loop_guard: false
teams:
  circle: {members: {ann: {ids: {pact: 1}}, bea: {ids: {pact: 2}}, cid: {ids: {pact: 3}}}, pick: round_robin}
  idle: {members: {ann: {ids: {pact: 1}}, bea: {ids: {pact: 2}}, cid: {ids: {pact: 3}}}, pick: least_busy}
flows:
  circle: {on: {keywords: [circle]}, do: {assign: circle}}
  idle: {on: {keywords: [idle]}, do: {hand_off: idle}}
";

/// Conversations that come at once, ten for each member.
const AT_ONCE: u64 = 30;

async fn start_with_teams() -> (Provider, Home, Life) {
    let provider = Provider::start().await;
    let home = Home::new(&provider);
    std::fs::write(home.folder.path().join("bots/desk/bot.yaml"), BOT).unwrap();
    let life = home.start(&provider).await;
    (provider, home, life)
}

async fn state(life: &Life, conversation: u64) -> Arc<State> {
    let id = life.store.find(&"clinic".into(), &conversation.to_string()).await.unwrap().unwrap();
    life.store.load(&id).await.unwrap().unwrap().state
}

async fn take(life: &Life, body: &Json) {
    assert_eq!(life.runtime.webhook("clinic", request(body)).await.status, 200, "{body}");
}

/// These conversations write at once; how many each member got.
async fn all_write(life: &Life, conversations: std::ops::Range<u64>, text: &'static str) -> BTreeMap<String, u64> {
    let mut tasks = tokio::task::JoinSet::new();
    for conversation in conversations.clone() {
        let runtime = Arc::clone(&life.runtime);
        let body = message(conversation, conversation, text);
        tasks.spawn(async move { runtime.webhook("clinic", request(&body)).await.status });
    }
    while let Some(status) = tasks.join_next().await {
        assert_eq!(status.unwrap(), 200);
    }
    let mut got = BTreeMap::new();
    for conversation in conversations {
        let member = state(life, conversation).await.conversation.assignee.clone().unwrap().member.unwrap();
        *got.entry(member).or_default() += 1;
    }
    got
}

fn evenly(each: u64) -> BTreeMap<String, u64> {
    ["ann", "bea", "cid"].into_iter().map(|name| (name.to_owned(), each)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_are_dealt_out_evenly() {
    let (_provider, _home, life) = start_with_teams().await;
    assert_eq!(all_write(&life, 100..100 + AT_ONCE, "circle").await, evenly(AT_ONCE / 3));
    assert_eq!(all_write(&life, 200..200 + AT_ONCE, "idle").await, evenly(AT_ONCE / 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn whose_turn_it_is_outlives_the_process() {
    let (provider, home, life) = start_with_teams().await;
    all_write(&life, 1..2, "circle").await;
    life.kill();
    let life = home.start(&provider).await;
    assert_eq!(all_write(&life, 2..3, "circle").await, BTreeMap::from([("bea".to_owned(), 1)]));
    life.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_fewer_now_gets_the_next() {
    let (_provider, home, life) = start_with_teams().await;
    assert_eq!(all_write(&life, 1..4, "idle").await, evenly(1));
    let nobodys = "none".into();
    let at = async |time: i64| life.store.team_figures(&"desk".into(), "idle", &nobodys, Time(time)).await.unwrap();
    assert_eq!((at(0).await.handed.len(), at(0).await.round), (3, 3));
    // What was handed off long ago and is written in no more is nobody's work.
    assert_eq!(at(i64::MAX).await.handed.len(), 0);
    // The bot has one of the three again: its member has the fewest.
    let free = state(&life, 2).await.conversation.assignee.clone().unwrap().member.unwrap();
    home.forward(9 * 3600);
    take(&life, &message(20, 2, "hello")).await;
    assert_eq!(at(0).await.handed.len(), 2);
    assert!(!at(0).await.handed.contains_key(&free));
}
