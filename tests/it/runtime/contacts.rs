//! One person in several conversations: what is known of them is one, whoever changes it when.

use frontdesk::domain::{State, Value};

use super::*;

const BOT: &str = r#"
bot: desk
loop_guard: false
flows:
  once: {on: {keywords: [once]}, once_per: day, per: contact, do: {say: Once a day.}}
  one: {on: {keywords: [one]}, do: {set: {contact.vars.one: "{{ (contact.vars.one ?? 0) + 1 }}"}}}
  two: {on: {keywords: [two]}, do: {set: {contact.vars.two: "{{ (contact.vars.two ?? 0) + 1 }}"}}}
  tell: {on: {keywords: [tell]}, do: {say: "{{ contact.vars.one }} and {{ contact.vars.two }}"}}
  rest: {on: fallback, do: {say: rest}}
"#;

/// Messages in each of two conversations.
const TIMES: u64 = 30;

async fn started() -> (Provider, Home, Life) {
    let provider = Provider::start().await;
    let home = Home::new(&provider);
    std::fs::write(home.folder.path().join("bots/desk/bot.yaml"), BOT).unwrap();
    let life = home.start(&provider).await;
    (provider, home, life)
}

/// The provider tells of a conversation and its phone.
fn told(conversation: u64, phone: &str) -> Json {
    json!({"type": "conversation", "event": "new", "data": {
        "external_id": conversation, "company_id": 154, "name": "Ann", "channel_id": 399, "channel_type": "whatsapp",
        "created_at_timestamp": 1_603_118_584, "sender_external_id": phone,
    }})
}

async fn state(life: &Life, conversation: u64) -> Arc<State> {
    let id = life.store.find(&"clinic".into(), &conversation.to_string()).await.unwrap().unwrap();
    life.store.load(&id).await.unwrap().unwrap().state
}

async fn take(life: &Life, body: &Json) {
    assert_eq!(life.runtime.webhook("clinic", request(body)).await.status, 200, "{body}");
}

#[tokio::test(flavor = "multi_thread")]
async fn both_keep_what_two_conversations_change_at_the_same_time() {
    let (_provider, _home, life) = started().await;
    // Both show the phone at once: one of them is the first.
    let (one, two) = (told(1, "79250000001"), told(2, "79250000001"));
    tokio::join!(take(&life, &one), take(&life, &two));
    take(&life, &told(3, "79250000003")).await;
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..TIMES {
        for (conversation, word) in [(1, "one"), (2, "two")] {
            let runtime = Arc::clone(&life.runtime);
            let body = message(1_000 * conversation + n, conversation, word);
            tasks.spawn(async move { runtime.webhook("clinic", request(&body)).await.status });
        }
    }
    assert!(tasks.join_all().await.iter().all(|status| *status == 200));
    wait("all turns", async || is_settled(&life).await.then_some(())).await;
    let (one, two) = (state(&life, 1).await, state(&life, 2).await);
    let count = |name: &str| one.contact.vars.get(name).cloned();
    assert_eq!((count("one"), count("two")), (Some(Value::Int(TIMES as i64)), Some(Value::Int(TIMES as i64))));
    assert_eq!(one.contact, two.contact);
    assert_ne!(one.contact.id, state(&life, 3).await.contact.id);
    life.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn once_a_day_for_the_person_and_silence_in_all_their_conversations() {
    let (provider, _home, life) = started().await;
    for conversation in [1, 2] {
        take(&life, &told(conversation, "79250000001")).await;
    }
    provider.write(1, "once").await;
    assert_eq!(provider.said(1, 1).await, ["Once a day."]);
    provider.write(2, "once").await;
    assert_eq!(provider.said(2, 1).await, ["rest"]);
    provider.write(2, "stop").await;
    assert!(provider.said(2, 2).await[1].contains("no more messages"));
    provider.write(1, "hello").await;
    provider.write(2, "hello").await;
    wait("all turns", async || is_settled(&life).await.then_some(())).await;
    provider.write(1, "start").await;
    assert_eq!(provider.said(1, 2).await[1..], ["You will get our messages again."]);
    provider.write(2, "hello").await;
    assert_eq!(provider.said(2, 3).await[2..], ["rest"]);
    life.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_opts_out_in_one_conversation_gets_nothing_more_in_the_others() {
    let (provider, home, life) = started().await;
    for conversation in [1, 2] {
        take(&life, &told(conversation, "79250000001")).await;
    }
    // The reply in the first waits for its second attempt when the contact opts out in the other.
    provider.faults(&["503"]).await;
    provider.write(1, "hello").await;
    wait("the refusal", async || (!open_rows(&life).await.is_empty()).then_some(())).await;
    provider.write(2, "stop").await;
    assert!(provider.said(2, 1).await[0].contains("no more messages"));
    home.forward(60);
    let withdrawn = async || life.store.rows(&[RowState::Withdrawn], 10).await.unwrap();
    wait("the reply to be withdrawn", async || (!withdrawn().await.is_empty()).then_some(())).await;
    assert_eq!(withdrawn().await[0].why.as_deref(), Some("the contact opted out after it was decided"));
    assert_eq!(provider.said(1, 0).await, Vec::<String>::new());
    life.stop().await;
}
