//! How a conversation begins, and what events tell of it beside what happened.

use crate::domain::{
    Body, BotName, Channel, Contact, ContactId, Conversation, ConversationId, Event, Heard, Owner, State, Thread, Time,
};

/// The state of a conversation that begins with this event. `None` for events that only make sense in one that exists already.
pub fn begin(event: &Event, conversation: ConversationId, bot: &BotName, now: Time) -> Option<State> {
    match event.body {
        Body::Message(_) | Body::Outgoing(_) | Body::Human(_) | Body::Called | Body::Assigned(_) | Body::Facts => {}
        Body::Edited(_)
        | Body::Tagged(_)
        | Body::Resolved
        | Body::Delivery(_)
        | Body::Timer(_)
        | Body::Scheduled(_)
        | Body::Posted(_)
        | Body::DeliveryFailed(_) => return None,
    }
    let mut state = State {
        // A contact of its own until its phone shows that they are known; the id may well be the same.
        contact: new_contact(ContactId::from(conversation.as_str())),
        conversation: new_conversation(conversation, event, bot),
        session: None,
        agenda: crate::domain::Agenda::default(),
        marks: std::collections::BTreeMap::new(),
        next_run: 0,
        next_token: 0,
    };
    learn(&mut state, &event.thread, event.at.min(now));
    Some(state)
}

/// The phone tells that the person is one that is known: theirs is the contact from now on, and what was learned here fills its gaps.
pub fn adopt(state: &mut State, known: &Contact) {
    if state.contact.id == known.id {
        return;
    }
    let own = std::mem::replace(&mut state.contact, known.clone());
    let contact = &mut state.contact;
    contact.name = contact.name.take().or(own.name);
    contact.language = contact.language.take().or(own.language);
    contact.opted_out |= own.opted_out;
    for (name, value) in own.vars {
        contact.vars.entry(name).or_insert(value);
    }
    for (team, member) in own.members {
        contact.members.entry(team).or_insert(member);
    }
    for (flow, at) in own.marks {
        let mark = contact.marks.entry(flow).or_insert(at);
        *mark = at.max(*mark);
    }
}

fn new_conversation(id: ConversationId, event: &Event, bot: &BotName) -> Conversation {
    Conversation {
        id,
        account: event.account.clone(),
        bot: bot.clone(),
        channel: Channel(String::new()),
        external_id: event.thread.conversation.clone(),
        channel_id: None,
        owner: Owner::Bot,
        handed_off_by: None,
        hush: 0,
        quiet_until: None,
        last_in_at: None,
        last_human_at: None,
        unanswered_since: None,
        talk: None,
        handed_back_at: None,
        facts_at: None,
        template_sent_for: None,
        same_sent_for: None,
        window_closed_at: None,
        incoming: 0,
        assignee: None,
        tags: Vec::new(),
        notes: Vec::new(),
        last_reply: None,
        heard: Heard::default(),
    }
}

fn new_contact(id: ContactId) -> Contact {
    Contact {
        id,
        name: None,
        phone: None,
        language: None,
        vars: crate::domain::Vars::new(),
        opted_out: false,
        marks: std::collections::BTreeMap::new(),
        members: std::collections::BTreeMap::new(),
    }
}

/// Take over what an event tells of the conversation and the person. Upserts are ordered by time: news older than what is known fills
/// gaps only. Returns whether anything changed.
pub(super) fn learn(state: &mut State, thread: &Thread, at: Time) -> bool {
    let before = (state.conversation.channel.clone(), state.conversation.channel_id.clone(), state.contact.clone());
    let newer = state.conversation.facts_at.is_none_or(|known| known <= at);
    let conversation = &mut state.conversation;
    if let Some(channel) = &thread.channel
        && (newer || conversation.channel.0.is_empty())
    {
        conversation.channel = channel.clone();
    }
    take(&mut conversation.channel_id, thread.channel_id.as_ref(), newer);
    take(&mut state.contact.name, thread.name.as_ref(), newer);
    take(&mut state.contact.phone, thread.phone.as_ref(), newer);
    let tells = thread.name.is_some() || thread.phone.is_some() || thread.channel_id.is_some();
    if newer && tells {
        conversation.facts_at = Some(at);
    }
    before != (state.conversation.channel.clone(), state.conversation.channel_id.clone(), state.contact.clone())
}

fn take(known: &mut Option<String>, told: Option<&String>, newer: bool) {
    if let Some(told) = told
        && !told.is_empty()
        && (newer || known.is_none())
    {
        *known = Some(told.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{NOW, event, state, thread};
    use super::*;
    use crate::domain::{Message, Outgoing, Span, TimerFired, Token};

    #[test]
    fn begins_with_what_somebody_said() {
        let cases = [
            (Body::Message(Message::default()), true),
            (Body::Human(Outgoing::default()), true),
            (Body::Facts, true),
            (Body::Timer(TimerFired { token: Token(1) }), false),
        ];
        for (body, want) in cases {
            let name = body.name();
            let begun = begin(&event(body), "c1".into(), &"clinic".into(), NOW);
            assert_eq!(begun.is_some(), want, "{name}");
            assert!(begun.is_none_or(|state| state.contact.name.as_deref() == Some("Anna")), "{name}");
        }
    }

    #[test]
    fn who_is_known_keeps_what_is_known() {
        let mut state = state();
        let var = |text: &str| crate::domain::Value::Text(text.into());
        state.contact.language = Some("ru".into());
        state.contact.vars.extend([("a".to_owned(), var("here")), ("b".to_owned(), var("here"))]);
        state.contact.marks.insert("f".into(), NOW);
        let mut known = new_contact("p0".into());
        known.name = Some("Anna".into());
        known.vars.insert("a".to_owned(), var("there"));
        known.marks.insert("f".into(), NOW - Span(1));
        adopt(&mut state, &known);
        let contact = &state.contact;
        assert_eq!(
            (contact.id.as_str(), contact.name.as_deref(), contact.language.as_deref()),
            ("p0", Some("Anna"), Some("ru"))
        );
        assert_eq!((contact.vars.get("a"), contact.vars.get("b")), (Some(&var("there")), Some(&var("here"))));
        assert_eq!(contact.marks.values().copied().collect::<Vec<_>>(), [NOW]);
    }

    #[test]
    fn news_are_ordered_by_time() {
        let mut state = state();
        let told = |name: Option<&str>, phone: Option<&str>| Thread {
            name: name.map(Into::into),
            phone: phone.map(Into::into),
            ..thread()
        };
        assert!(learn(&mut state, &told(Some("Anna"), None), NOW));
        assert!(learn(&mut state, &told(Some("Olga"), Some("+1")), NOW - Span(1)));
        assert_eq!((state.contact.name.as_deref(), state.contact.phone.as_deref()), (Some("Anna"), Some("+1")));
        assert!(learn(&mut state, &told(Some("Maria"), None), NOW + Span(1)));
        assert!(!learn(&mut state, &told(Some("Maria"), Some("")), NOW + Span(2)));
        assert_eq!((state.contact.name.as_deref(), state.contact.phone.as_deref()), (Some("Maria"), Some("+1")));
    }
}
