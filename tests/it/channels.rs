//! One person on two accounts at the same time, with the real program: what is kept of them is one, and no change of it is lost.

use frontdesk::domain::{AccountName, State, Value};
use frontdesk::store::Store as _;
use serde_json::{Value as Json, json};

use crate::desk::{Desk, SECRET};
use crate::harness::wait_for;
use crate::provider::{COMPANY, TOKEN};

const BOT: &str = r#"
bot: desk
loop_guard: false
flows:
  one: {on: {keywords: [one]}, do: [{set: {contact.vars.one: "{{ (contact.vars.one ?? 0) + 1 }}", contact.vars.both: "{{ (contact.vars.both ?? 0) + 1 }}"}}]}
  two: {on: {keywords: [two]}, do: [{set: {contact.vars.two: "{{ (contact.vars.two ?? 0) + 1 }}", contact.vars.both: "{{ (contact.vars.both ?? 0) + 1 }}"}}]}
  form: {on: {keywords: [form]}, do: [{ask: size, text: Size?}, {ask: colour, text: Colour?}, {set: {contact.vars.last: "{{ size }}"}}, {say: "{{ size }} {{ colour }}"}]}
"#;

/// Messages on each account.
const TIMES: i64 = 25;
const PHONE: &str = "79250000001";
/// The account and its conversation of the business, and those of a WhatsApp of its own.
const CHANNELS: [(&str, u64, &str, &str); 2] =
    [("desk", 1, "whatsapp_business", "one"), ("more", 2, "whatsapp", "two")];

fn posts(desk: &Desk, bodies: Vec<(&str, Json)>) {
    let url = |account: &str| desk.server.url(&format!("/webhooks/{account}?auth={SECRET}"));
    let post = |(account, body): (&str, Json)| desk.provider.client().post(url(account)).body(body.to_string());
    let statuses = desk.provider.send_all(bodies.into_iter().map(post).collect());
    assert!(statuses.iter().all(|status| *status == 200), "{statuses:?}");
}

fn written(desk: &Desk, conversation: u64, channel: &str, text: &str) -> Json {
    let mut body = desk.incoming(conversation, text);
    body["data"]["channel_type"] = channel.into();
    body
}

fn settled(desk: &Desk, account: &str, conversation: u64) -> State {
    let store = desk.store();
    wait_for("the turns", || {
        desk.provider.block_on(async {
            let id = store.find(&AccountName::from(account), &conversation.to_string()).await.unwrap()?;
            let loaded = store.load(&id).await.unwrap()?;
            loaded.events.is_empty().then(|| (*loaded.state).clone())
        })
    })
}

#[test]
fn two_accounts_change_one_person_at_once_and_nothing_is_lost() {
    let account = |api: &str| {
        format!(
            "  more:\n    provider: pact\n    bot: desk\n    base_url: {api}\n    token: {TOKEN}\n    company_id: {COMPANY}\n    webhook_secret: {SECRET}\n"
        )
    };
    // It is called for sends only, and no flow here sends to the second account but the form, whose rows may wait.
    let desk = Desk::with("v1", &account("http://127.0.0.1:9"), BOT);
    let told = |conversation: u64, channel: &str| {
        json!({"type": "conversation", "event": "new", "data": {
            "external_id": conversation, "company_id": COMPANY, "name": "Ann", "channel_id": 1, "channel_type": channel,
            "created_at_timestamp": 1_603_118_584, "sender_external_id": PHONE,
        }})
    };
    posts(&desk, CHANNELS.map(|(account, conversation, channel, _)| (account, told(conversation, channel))).to_vec());

    let count = |n: i64| {
        CHANNELS
            .map(|(account, conversation, channel, word)| (account, written(&desk, conversation, channel, word)))
            .map(|one| (n, one))
    };
    let all: Vec<_> = (0..TIMES).flat_map(count).map(|(_, one)| one).collect();
    posts(&desk, all);
    // What one of them did last may have been done before the other's last turn.
    let _ = CHANNELS.map(|(account, conversation, ..)| settled(&desk, account, conversation));
    let states = CHANNELS.map(|(account, conversation, ..)| settled(&desk, account, conversation));
    for state in &states {
        let var = |name: &str| state.contact.vars.get(name).cloned();
        let wanted = [Some(Value::Int(TIMES)), Some(Value::Int(TIMES)), Some(Value::Int(2 * TIMES))];
        assert_eq!([var("one"), var("two"), var("both")], wanted, "{}", state.conversation.account);
    }
    assert_eq!(states[0].contact, states[1].contact);

    // Answers are of each conversation alone.
    for answers in [["form", "form"], ["big", "small"], ["red", "blue"]] {
        let both = CHANNELS.iter().zip(answers);
        posts(
            &desk,
            both.map(|((account, id, channel, _), text)| (*account, written(&desk, *id, channel, text))).collect(),
        );
    }
    let replies =
        CHANNELS.map(|(account, conversation, ..)| settled(&desk, account, conversation).conversation.last_reply);
    assert_eq!(replies, [Some("big red".to_owned()), Some("small blue".to_owned())]);
    let vars = settled(&desk, "desk", 1).contact.vars;
    assert!(matches!(vars.get("last"), Some(Value::Text(last)) if last == "big" || last == "small"), "{vars:?}");
    assert_eq!(vars.get("both"), Some(&Value::Int(2 * TIMES)));
}
