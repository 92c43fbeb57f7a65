//! A provider in trouble for an hour, of each kind, whoever it is: nothing is lost or said twice, order is kept, another account goes on, and it
//! can be seen.

use frontdesk::domain::HealthPart;

use super::*;

/// What it does with every call meanwhile.
const TROUBLES: [&str; 8] =
    ["503", "429:20", "500", "break_before", "garbage", "inside:503", "inside:429", "slow_after:30000"];

async fn account(life: &Life, name: &str) -> HealthPart {
    life.runtime.health().await.accounts[name].clone()
}

/// Two accounts at two providers: `clinic` at the first. What one is refused concerns not the other.
async fn two_accounts(name: &str) -> (Provider, Provider, Home) {
    let clock = sandbox::Clock::own(None);
    let (provider, other) =
        (Provider::imitating(name, "t", &clock).await, Provider::imitating(name, "u", &clock).await);
    let mut home = Home::new(&provider);
    home.more.push_str("    expire: 6h\n");
    home.also("other", &other, "u");
    (provider, other, home)
}

/// How long the provider takes when it is slow. Pabbly's answers are waited for: a quarter of a minute is no trouble yet.
fn slow<'a>(name: &str, trouble: &'a str) -> &'a str {
    if name == "pabbly" && trouble.starts_with("slow") { "slow_after:12000" } else { trouble }
}

async fn an_hour_of(name: &str, trouble: &str) {
    let what = format!("{trouble} of {name}");
    let (provider, other, home) = two_accounts(name).await;
    let life = home.start(&provider).await;
    other.emulator.set_webhook_url(&life.url.replace("/clinic", "/other"));
    let began = home.clock().now();
    provider.post("/sandbox/faults", &json!({ "standing": slow(name, trouble) })).await;
    for conversation in 1..=3 {
        assert_eq!(provider.write(conversation, "two").await, 200, "{what}");
    }
    if slow(name, trouble) == trouble {
        sickens(&home, &life, &what, began).await;
    }
    assert_eq!(other.write(1, "price").await, 200, "{what}");
    assert_eq!(other.said(1, 1).await, ["A visit is 50."], "{what}");
    assert!(account(&life, "other").await.healthy, "{what}");
    assert!(life.runtime.metrics().contains("frontdesk_account_healthy{account=\"other\"} 1\n"), "{what}");
    home.forward(3600);
    provider.post("/sandbox/faults", &json!({"standing": ""})).await;
    settle(&home, &life).await;
    for conversation in 1..=3 {
        let said = texts(&provider.get(&format!("/sandbox/conversations/{conversation}")).await);
        let said = said.join("|").replace("\n\n", "|");
        assert_eq!(said, "One.|Two.", "{what}, conversation {conversation}");
    }
    wait(&format!("the account to be well after {what}"), async || {
        home.forward(10);
        let well = account(&life, "clinic").await;
        (well.healthy && well.waiting == Some(0)).then_some(())
    })
    .await;
    life.stop().await;
}

/// The operator sees which account, since when and why, and that others are well.
async fn sickens(home: &Home, life: &Life, what: &str, began: Time) {
    let sick = wait(&format!("the account to be sick of {what}"), async || {
        home.forward(1);
        Some(account(life, "clinic").await).filter(|account| !account.healthy)
    })
    .await;
    assert!(sick.why.is_some() && sick.since >= began && sick.since <= home.clock().now(), "{what}: {sick:?}");
    assert!(life.runtime.metrics().contains("frontdesk_account_healthy{account=\"clinic\"} 0\n"), "{what}");
}

async fn an_hour_at(name: &str) {
    assert!(IMITATIONS.iter().any(|one| one.name == name));
    futures_util::future::join_all(TROUBLES.map(|trouble| an_hour_of(name, trouble))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_hour_of_trouble_at_pact_loses_nothing_and_repeats_nothing() {
    an_hour_at("pact").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_hour_of_trouble_at_pact_v2_loses_nothing_and_repeats_nothing() {
    an_hour_at("pact-v2").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_hour_of_trouble_at_getchat_loses_nothing_and_repeats_nothing() {
    an_hour_at("getchat").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_hour_of_trouble_at_pabbly_loses_nothing_and_repeats_nothing() {
    an_hour_at("pabbly").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_hour_of_trouble_at_the_cloud_loses_nothing_and_repeats_nothing() {
    an_hour_at("whatsapp-cloud").await;
}
