//! The window, as the messenger says it is, whatever we count.

use frontdesk::domain::{Addressee, Desk, Post, Value};

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

async fn news(life: &Life, conversation: u64) {
    let to = Addressee::Thread { account: "clinic".into(), thread: conversation.to_string() };
    life.runtime.post(Post { event: "news".into(), data: Value::Unit, id: None, to }).await.unwrap();
}

/// Two texts are accepted, and both fail later for a closed window: one template goes, and that it is closed is known from then on, also
/// after a restart, until the contact writes.
#[tokio::test(flavor = "multi_thread")]
async fn a_window_that_was_closed_after_all_gets_one_template() {
    for api in ["v1", "v2"] {
        let provider = Provider::speaking(api).await;
        let home = Home::new(&provider);
        let life = home.start(&provider).await;
        let closed = "not_delivered:131047 Re-engagement message";
        provider.faults(&[closed, closed]).await;
        assert_eq!(provider.write(17, "two").await, 200);
        let templates = async || {
            let sent = sent(&provider, 17).await;
            sent.iter().any(|text| text == "template reopen").then_some(sent)
        };
        wait("the template", templates).await;
        settle(&home, &life).await;
        assert_eq!(sent(&provider, 17).await, ["One.", "Two.", "template reopen"], "{api}");
        life.kill();
        let life = home.start(&provider).await;
        news(&life, 17).await;
        settle(&home, &life).await;
        assert_eq!(sent(&provider, 17).await.len(), 3, "{api}: nothing free-form, and no second template");
        provider.write(17, "price").await;
        assert_eq!(provider.said(17, 4).await.last().unwrap(), "A visit is 50.", "{api}");
        news(&life, 17).await;
        assert_eq!(provider.said(17, 5).await.last().unwrap(), "News.", "{api}");
    }
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
