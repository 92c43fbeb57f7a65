//! What a provider allows, over restarts and between replies and what nobody asked for. It lives by our clock.

use frontdesk::domain::{Addressee, Desk, Post, Value};

use super::*;

/// Put the clock forward, whenever no call may be made and none is under way, until this is there.
async fn until<T>(what: &str, (home, life): (&Home, &Life), mut look: impl AsyncFnMut() -> Option<T>) -> T {
    wait(what, async || {
        let found = look().await;
        let metrics = life.runtime.metrics();
        let short = figure(&metrics, "frontdesk_calls_left{account=\"clinic\",rate=\"sends\"}") == Some("0");
        let open = figure(&metrics, "frontdesk_rows_open");
        if found.is_none() && short && open == figure(&metrics, "frontdesk_rows_waiting{account=\"clinic\"}") {
            home.forward(1);
            // Whoever waits for the clock looks at it so often; faster, and minutes would pass for nothing.
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
        found
    })
    .await
}

fn figure<'m>(metrics: &'m str, name: &str) -> Option<&'m str> {
    metrics.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))
}

/// The sends so far: status and path.
async fn calls(provider: &Provider) -> Vec<(u64, String)> {
    let log = provider.get("/sandbox/calls").await["log"].as_array().cloned().unwrap_or_default();
    let calls = log.iter().filter(|entry| entry["kind"] == "call" && entry["method"] == "POST");
    calls.map(|call| (call["status"].as_u64().unwrap_or(0), call["path"].to_string())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_survive_death() {
    let provider = Provider::speaking("v2").await;
    let home = Home::new(&provider);
    let life = home.start(&provider).await;
    for conversation in 1..=30 {
        provider.write(conversation, "price").await;
    }
    let sent = async || (calls(&provider).await.len() == 30).then_some(());
    until("thirty sends, as many as a minute has", (&home, &life), sent).await;
    life.kill();
    let life = home.start(&provider).await;
    provider.write(31, "price").await;
    wait("the next one to wait", async || {
        life.runtime.metrics().contains("frontdesk_rows_waiting{account=\"clinic\"} 1\n").then_some(())
    })
    .await;
    assert_eq!(calls(&provider).await.len(), 30);
    let arrived = async || (texts(&provider.get("/sandbox/conversations/31").await).len() == 1).then_some(());
    until("its arrival", (&home, &life), arrived).await;
    assert!(calls(&provider).await.iter().all(|(status, _)| *status == 200), "{:?}", calls(&provider).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn replies_go_before_what_nobody_asked_for() {
    let provider = Provider::speaking("v2").await;
    let home = Home::new(&provider);
    let life = home.start(&provider).await;
    for conversation in 1..=12 {
        provider.write(conversation, "hello").await;
    }
    for conversation in 1..=12 {
        let to = Addressee::Thread { account: "clinic".into(), thread: conversation.to_string() };
        let post = Post { event: "news".into(), data: Value::Unit, id: None, to };
        life.runtime.post(post).await.unwrap();
    }
    wait("the first five to go", async || (calls(&provider).await.len() == 5).then_some(())).await;
    provider.write(12, "price").await;
    provider.write(13, "price").await;
    until("all of it", (&home, &life), async || (calls(&provider).await.len() == 14).then_some(())).await;
    let calls = calls(&provider).await;
    let place = calls.iter().position(|(_, path)| path.contains("/13/")).unwrap();
    // A second may pass while they are written.
    assert!((5..11).contains(&place), "{place}: {calls:?}");
    assert!(calls.iter().all(|(status, _)| *status == 200), "{calls:?}");
    // One conversation keeps its order all the same.
    assert_eq!(provider.said(12, 2).await, ["News.", "A visit is 50."]);
}

/// Pact counts by the token: two accounts that have one share what it may do.
#[tokio::test(flavor = "multi_thread")]
async fn accounts_with_one_credential_share_its_limits() {
    let provider = Provider::speaking("v2").await;
    let mut home = Home::new(&provider);
    home.more = format!(
        "  other:\n    provider: pact\n    bot: desk\n    base_url: {}\n    token: t\n    company_id: 154\n    webhook_secret: s\n    api: v2\n",
        provider.url
    );
    let life = home.start(&provider).await;
    for conversation in 1..=8 {
        let account = if conversation <= 4 { "/clinic" } else { "/other" };
        provider.emulator.set_webhook_url(&life.url.replace("/clinic", account));
        assert_eq!(provider.write(conversation, "price").await, 200);
    }
    until("all replies", (&home, &life), async || (calls(&provider).await.len() == 8).then_some(())).await;
    let calls = calls(&provider).await;
    assert!(calls.iter().all(|(status, _)| *status == 200), "{calls:?}");
    assert_eq!(provider.said(8, 1).await, ["A visit is 50."]);
}
