//! The window, as the messenger says it is, whatever we count.

use frontdesk::domain::{Addressee, Desk, Post, TemplateStatus, Value};
use frontdesk::store::Store as _;

use super::*;

/// The bot's messages: texts, and templates by their names.
async fn sent(provider: &Provider, conversation: u64) -> Vec<String> {
    let shown = provider.get(&format!("/sandbox/conversations/{conversation}")).await;
    let messages = shown["messages"].as_array().cloned().unwrap_or_default();
    let bots = messages.iter().filter(|message| message["from"] == "bot");
    let text = |message: &Json| match message["template"]["id"].as_str() {
        Some(template) => format!("template {template}"),
        None => message["text"].as_str().unwrap_or_default().to_owned(),
    };
    bots.map(text).collect()
}

async fn news(life: &Life, thread: String) {
    let to = Addressee::Thread { account: "clinic".into(), thread };
    life.runtime.post(Post { event: "news".into(), data: Value::Unit, id: None, to }).await.unwrap();
}

/// Two texts are accepted, and both fail later for a closed window: one template goes, and that it is closed is known from then on, also
/// after a restart, until the contact writes.
#[tokio::test(flavor = "multi_thread")]
async fn a_window_that_was_closed_after_all_gets_one_template() {
    let cases = IMITATIONS.iter().flat_map(|one| CLOSED.map(|words| closed_after_all(one.name, words)));
    futures_util::future::join_all(cases).await;
}

/// As the Cloud API says it, and as the interface before it did.
const CLOSED: [&str; 2] = ["131047: Re-engagement message", "470: Message failed to send"];

async fn closed_after_all(name: &str, words: &str) {
    let provider = Provider::imitating(name, "t", &sandbox::Clock::own(None)).await;
    let home = Home::new(&provider);
    let life = home.start(&provider).await;
    let closed = format!("not_delivered:{words}");
    provider.faults(&[&closed, &closed]).await;
    assert_eq!(provider.write(17, "two").await, 200);
    let templates = async || {
        let sent = sent(&provider, 17).await;
        sent.iter().any(|text| text == "template reopen").then_some(sent)
    };
    wait(&format!("the template, {name}, {words}"), templates).await;
    settle(&home, &life).await;
    assert_eq!(sent(&provider, 17).await, ["One.", "Two.", "template reopen"], "{name}, {words}");
    life.kill();
    let life = home.start(&provider).await;
    news(&life, provider.thread(17)).await;
    settle(&home, &life).await;
    assert_eq!(sent(&provider, 17).await.len(), 3, "{name}: nothing free-form, and no second template");
    provider.write(17, "price").await;
    assert_eq!(provider.said(17, 4).await.last().unwrap(), "A visit is 50.", "{name}");
    news(&life, provider.thread(17)).await;
    assert_eq!(provider.said(17, 5).await.last().unwrap(), "News.", "{name}");
}

/// What passes is sent again, whether it is told in Meta's number or, through Pabbly, in words; what does not is told to the bot.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_accepted_and_fails_for_a_while_is_sent_again() {
    let passing = ["131056: pair rate limit hit", "130429: Rate limit hit", "131053: Media upload error"];
    let cases = IMITATIONS.iter().flat_map(|one| passing.map(|words| passes(one.name, words)));
    futures_util::future::join_all(cases).await;
    futures_util::future::join_all(IMITATIONS.iter().map(|one| never_passes(one.name))).await;
}

async fn passes(name: &str, words: &str) {
    let provider = Provider::imitating(name, "t", &sandbox::Clock::own(None)).await;
    let home = Home::new(&provider);
    let life = home.start(&provider).await;
    let fails = format!("not_delivered:{words}");
    provider.faults(&[&fails, &fails]).await;
    assert_eq!(provider.write(17, "price").await, 200);
    let arrived = async || {
        home.forward(1);
        (with_status(&provider, "delivered").await == 1).then_some(())
    };
    wait(&format!("the arrival after {words} of {name}"), arrived).await;
    settle(&home, &life).await;
    let outcome = (with_status(&provider, "delivered").await, with_status(&provider, "failed").await);
    assert_eq!(outcome, (1, 2), "{name}, {words}");
}

/// How many messages of the bot's stand so.
async fn with_status(provider: &Provider, status: &str) -> usize {
    let shown = provider.get("/sandbox/conversations/17").await;
    let messages = shown["messages"].as_array().unwrap().iter();
    messages.filter(|message| message["status"] == status && message["from"] == "bot").count()
}

async fn never_passes(name: &str) {
    let provider = Provider::imitating(name, "t", &sandbox::Clock::own(None)).await;
    let home = Home::new(&provider);
    let life = home.start(&provider).await;
    provider.faults(&["not_delivered:130429: Rate limit hit"; 9]).await;
    assert_eq!(provider.write(17, "price").await, 200);
    let id =
        wait("the conversation", async || life.store.find(&"clinic".into(), &provider.thread(17)).await.unwrap()).await;
    let told = async || {
        home.forward(20);
        let loaded = life.store.load(&id).await.unwrap()?;
        match loaded.state.session.as_ref()?.vars.get("why")? {
            Value::Text(why) => Some(why.clone()),
            _ => None,
        }
    };
    let why = wait(&format!("the bot to be told, {name}"), told).await;
    assert!(why.contains("130429"), "{name}: {why}");
    assert_eq!(with_status(&provider, "failed").await, 5, "{name}");
}

/// The contact wrote again before the failure was told: the window is open, and the text itself goes once more.
#[tokio::test(flavor = "multi_thread")]
async fn a_late_refusal_closes_no_window_that_opened_since() {
    let (provider, home, life) = start().await;
    provider.post("/sandbox/settings", &json!({"delivery_after_ms": 1500})).await;
    provider.faults(&["not_delivered:131047 Re-engagement message"]).await;
    assert_eq!(provider.write(17, "price").await, 200);
    assert_eq!(provider.said(17, 1).await, ["A visit is 50."]);
    assert_eq!(provider.write(17, "n7").await, 200);
    assert_eq!(provider.said(17, 3).await, ["A visit is 50.", "got 7", "A visit is 50."]);
    settle(&home, &life).await;
    assert_eq!(sent(&provider, 17).await.len(), 3);
}

/// A template that WhatsApp refuses, though the list that was fetched has it, is looked up anew.
#[tokio::test(flavor = "multi_thread")]
async fn the_list_is_fetched_anew_when_a_template_is_refused() {
    let provider = Provider::imitating("whatsapp-cloud", "t", &sandbox::Clock::own(None)).await;
    let listed =
        |status: &str| json!({"templates": [{"waba_id": "1", "name": "reopen", "body": "Hi {{1}}", "status": status}]});
    provider.post("/sandbox/settings", &listed("APPROVED")).await;
    let home = Home::new(&provider);
    let life = home.start(&provider).await;
    let known = async || {
        let kept = life.store.kept_accounts().await.unwrap().catalogues;
        kept.first().map(|(_, catalogue)| catalogue.templates[0].status.clone())
    };
    assert_eq!(wait("the list", known).await, TemplateStatus::Approved);
    provider.post("/sandbox/settings", &listed("PAUSED")).await;
    let at = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() - 30 * 3600;
    let body = json!({"text": "two", "created_at_timestamp": at});
    assert_eq!(provider.post("/sandbox/conversations/17/messages", &body).await["webhook"], 200);
    let paused = async || known().await.filter(|status| *status == TemplateStatus::Not("PAUSED".into()));
    wait("the other list", paused).await;
    assert_eq!(sent(&provider, 17).await, [""; 0]);
}
