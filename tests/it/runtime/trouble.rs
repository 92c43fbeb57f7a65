//! A provider in trouble for an hour, of each kind: nothing is lost or said twice, order is kept, another account goes on, and it can be seen.

use frontdesk::domain::HealthPart;

use super::*;

/// What it does with every call meanwhile.
const TROUBLES: [&str; 8] =
    ["503", "429:20", "500", "break_before", "garbage", "inside:503", "inside:429", "slow_after:30000"];

async fn account(life: &Life, name: &str) -> HealthPart {
    life.runtime.health().await.accounts[name].clone()
}

/// Two accounts at two providers: `clinic` at the first.
async fn two_accounts() -> (Provider, Provider, Home) {
    let (provider, other) = (Provider::start().await, Provider::start().await);
    let mut home = Home::new(&provider);
    home.more = format!(
        "    expire: 6h\n  other:\n    provider: pact\n    bot: desk\n    base_url: {}\n    token: u\n    company_id: 154\n    \
         webhook_secret: s\n",
        other.url
    );
    // Another credential: what one is refused concerns not the other.
    other.post("/sandbox/faults", &json!({"token": "u"})).await;
    (provider, other, home)
}

async fn an_hour_of(trouble: &str) {
    let (provider, other, home) = two_accounts().await;
    let life = home.start(&provider).await;
    other.emulator.set_webhook_url(&life.url.replace("/clinic", "/other"));
    provider.post("/sandbox/faults", &json!({ "standing": trouble })).await;
    for conversation in 1..=3 {
        assert_eq!(provider.write(conversation, "two").await, 200, "{trouble}");
    }
    let sick = wait(&format!("the account to be sick of {trouble}"), async || {
        home.forward(1);
        Some(account(&life, "clinic").await).filter(|account| !account.healthy)
    })
    .await;
    assert!(sick.why.is_some() && sick.waiting.is_some_and(|rows| rows > 0), "{trouble}: {sick:?}");
    assert_eq!(other.write(1, "price").await, 200, "{trouble}");
    assert_eq!(other.said(1, 1).await, ["A visit is 50."], "{trouble}");
    assert!(account(&life, "other").await.healthy, "{trouble}");
    let metrics = life.runtime.metrics();
    for line in
        ["frontdesk_account_healthy{account=\"clinic\"} 0\n", "frontdesk_account_healthy{account=\"other\"} 1\n"]
    {
        assert!(metrics.contains(line), "{trouble}: {metrics}");
    }
    home.forward(3600);
    provider.post("/sandbox/faults", &json!({"standing": ""})).await;
    settle(&home, &life).await;
    for conversation in 1..=3 {
        let said = texts(&provider.get(&format!("/sandbox/conversations/{conversation}")).await);
        let said = said.join("|").replace("\n\n", "|");
        assert_eq!(said, "One.|Two.", "{trouble}, conversation {conversation}");
    }
    let well = account(&life, "clinic").await;
    assert!(well.healthy && well.waiting == Some(0), "{trouble}: {well:?}");
    life.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_hour_of_trouble_loses_nothing_and_repeats_nothing() {
    futures_util::future::join_all(TROUBLES.map(an_hour_of)).await;
}
