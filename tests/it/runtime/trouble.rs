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
    home.also("other", &other, "u");
    (provider, other, home)
}

/// Pabbly's answers are waited for, as nothing else tells what became of a send: half a minute of the wall's clock each.
fn is_waited_for(name: &str, trouble: &str) -> bool {
    name == "pabbly" && trouble.starts_with("slow")
}

/// So much at once: what was taken is told of within half a minute, else it is taken for lost.
const STEP: u64 = 20;

/// The clock goes on only while nothing is on the wire: no news of what was taken, and no call, but for one that the provider is slow about.
async fn pass(home: &Home, life: &Life, provider: &Provider, is_slow: bool, seconds: u64) -> bool {
    let metrics = life.runtime.metrics();
    let figure = |name: &str| -> u64 {
        let told = metrics.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        told.map_or(0, |figure| figure.parse().unwrap())
    };
    let waiting: u64 =
        ["clinic", "other"].iter().map(|name| figure(&format!("frontdesk_rows_waiting{{account=\"{name}\"}}"))).sum();
    let is_calling = !is_slow && figure("frontdesk_rows_open") > waiting;
    let is_quiet = !is_calling && provider.get("/sandbox/calls").await["deliveries"] == 0;
    if is_quiet {
        home.forward(seconds);
    }
    is_quiet
}

async fn an_hour_of(name: &str, trouble: &str) {
    let what = format!("{trouble} of {name}");
    let (provider, other, home) = two_accounts(name).await;
    let life = home.start(&provider).await;
    other.emulator.set_webhook_url(&life.url.replace("/clinic", "/other"));
    let began = home.clock().now();
    provider.post("/sandbox/faults", &json!({ "standing": trouble })).await;
    for conversation in 1..=3 {
        assert_eq!(provider.write(conversation, "two").await, 200, "{what}");
    }
    let waited_for = is_waited_for(name, trouble);
    let deadline = if waited_for { 4 * DEADLINE } else { DEADLINE };
    let sick = wait_within(deadline, &format!("the account to be sick of {what}"), async || {
        if !waited_for {
            pass(&home, &life, &provider, trouble.starts_with("slow"), 1).await;
        }
        Some(account(&life, "clinic").await).filter(|account| !account.healthy)
    })
    .await;
    // The operator sees which account, since when and why, and that others are well.
    assert!(sick.why.is_some() && sick.since >= began && sick.since <= home.clock().now(), "{what}: {sick:?}");
    assert!(life.runtime.metrics().contains("frontdesk_account_healthy{account=\"clinic\"} 0\n"), "{what}");
    assert_eq!(other.write(1, "price").await, 200, "{what}");
    assert_eq!(other.said(1, 1).await, ["A visit is 50."], "{what}");
    assert!(account(&life, "other").await.healthy, "{what}");
    assert!(life.runtime.metrics().contains("frontdesk_account_healthy{account=\"other\"} 1\n"), "{what}");
    let is_slow = trouble.starts_with("slow");
    let mut passed = 0;
    wait(&format!("the hour of {what} to pass"), async || {
        passed += STEP * u64::from(pass(&home, &life, &provider, is_slow, STEP).await);
        (passed >= 3600).then_some(())
    })
    .await;
    provider.post("/sandbox/faults", &json!({"standing": ""})).await;
    wait_within(deadline, &format!("the end of all work after {what}"), async || {
        let done = is_settled(&life).await;
        if !done {
            pass(&home, &life, &provider, is_slow, 1).await;
        }
        done.then_some(())
    })
    .await;
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
