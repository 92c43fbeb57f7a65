//! How a conversation begins, and what events tell of it beside what happened.

use crate::domain::{
    Body, BotName, Channel, Contact, ContactId, Conversation, ConversationId, Event, Heard, MessageKind, Owner, State,
    Thread, Time,
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
        | Body::Http(_)
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
        chances: 0,
    };
    learn(&mut state, event, event.at.min(now));
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
        last_in_id: None,
        heard_at: None,
        last_human_at: None,
        unanswered_since: None,
        talk: None,
        handed_back_at: None,
        facts_at: None,
        template_sent_for: None,
        same_sent_for: None,
        window_closed_at: None,
        closed: None,
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
pub(super) fn learn(state: &mut State, event: &Event, at: Time) -> bool {
    let thread = &event.thread;
    let facts = |state: &State| {
        let Conversation { external_id, channel, channel_id, .. } = &state.conversation;
        (external_id.clone(), channel.clone(), channel_id.clone(), state.contact.clone())
    };
    let before = facts(state);
    if let Some(id) = address(state, event) {
        state.conversation.external_id = id;
    }
    let newer = state.conversation.facts_at.is_none_or(|known| known <= at);
    let conversation = &mut state.conversation;
    if let Some(channel) = &thread.channel
        && (newer || conversation.channel.0.is_empty())
    {
        conversation.channel = channel.clone();
    }
    take(&mut conversation.channel_id, thread.channel_id.as_ref(), newer);
    take(&mut state.contact.name, thread.name.as_ref().filter(|name| !is_number(name)), newer);
    take(&mut state.contact.phone, thread.phone.as_ref(), newer);
    let tells = thread.name.is_some() || thread.phone.is_some() || thread.channel_id.is_some();
    if newer && tells {
        conversation.facts_at = Some(at);
    }
    before != facts(state)
}

/// Where answers go from now on: to the number or id that the contact changed to, else to the one by which they wrote last. An id beside which
/// no phone is told is no better than the phone that is known.
fn address(state: &State, event: &Event) -> Option<String> {
    let Event { thread, body, .. } = event;
    let told = match body {
        Body::Message(message) if message.kind == MessageKind::System => changed_to(thread),
        Body::Message(_) | Body::Called if thread.phone.is_some() || state.contact.phone.is_none() => {
            Some(&thread.conversation)
        }
        _ => None,
    };
    let latest = state.conversation.last_in_at.is_none_or(|last| last <= event.at);
    told.filter(|id| latest && !thread.group && !id.is_empty()).cloned()
}

/// The new phone, or the new id of somebody without one.
fn changed_to(thread: &Thread) -> Option<&String> {
    let Some(phone) = &thread.phone else { return thread.also.first() };
    thread.also.iter().find(|id| id.trim_start_matches('+') == phone.trim_start_matches('+'))
}

/// Providers show who told no name by their number: that is no name to greet by.
fn is_number(name: &str) -> bool {
    let mut bare = name.chars().filter(|c| !matches!(c, ' ' | '+' | '-' | '(' | ')' | '.' | '\u{a0}')).peekable();
    bare.peek().is_some() && bare.all(|c| c.is_ascii_digit())
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
    fn answers_go_where_the_contact_wrote_last() {
        let mut state = state();
        state.conversation.last_in_at = Some(NOW);
        state.contact.phone = Some("+1".into());
        let writes = |id: &str, phone: Option<&str>, at| {
            let thread = Thread { conversation: id.into(), phone: phone.map(Into::into), ..thread() };
            Event { thread, at, ..event(Body::Message(Message::default())) }
        };
        let known = state.conversation.external_id.clone();
        let mut learned = |event: &Event| {
            learn(&mut state, event, event.at);
            state.conversation.external_id.clone()
        };
        assert_eq!(learned(&writes("2", Some("+2"), NOW - Span(1))), known, "an old message that comes late");
        assert_eq!(learned(&writes("US.7", None, NOW + Span(1))), known, "an id without a phone");
        assert_eq!(learned(&writes("2", Some("+2"), NOW + Span(1))), "2");
        let mut changed = writes("2", Some("+4"), NOW + Span(1));
        changed.thread.also = vec!["US.7".into(), "4".into()];
        changed.body = Body::Message(Message { kind: MessageKind::System, ..Message::default() });
        assert_eq!(learned(&changed), "4", "a number that changed");
        let human = Event { body: Body::Human(Outgoing::default()), ..writes("3", Some("+3"), NOW + Span(2)) };
        assert_eq!(learned(&human), "4", "a human of ours wrote elsewhere");
        assert_eq!(state.contact.phone.as_deref(), Some("+3"));
    }

    #[test]
    fn a_number_is_no_name() {
        for (told, known) in [("+7 (926) 000-00-01", None), ("79260000001", None), ("Agent 007", Some("Agent 007"))] {
            let mut state = state();
            state.contact.name = None;
            let thread = Thread { name: Some(told.into()), ..thread() };
            learn(&mut state, &Event { thread, ..event(Body::Facts) }, NOW);
            assert_eq!(state.contact.name.as_deref(), known, "{told}");
        }
    }

    #[test]
    fn news_are_ordered_by_time() {
        let mut state = state();
        let told = |name: Option<&str>, phone: Option<&str>| {
            let told = Thread { name: name.map(Into::into), phone: phone.map(Into::into), ..thread() };
            Event { thread: told, ..event(Body::Facts) }
        };
        assert!(learn(&mut state, &told(Some("Anna"), None), NOW));
        assert!(learn(&mut state, &told(Some("Olga"), Some("+1")), NOW - Span(1)));
        assert_eq!((state.contact.name.as_deref(), state.contact.phone.as_deref()), (Some("Anna"), Some("+1")));
        assert!(learn(&mut state, &told(Some("Maria"), None), NOW + Span(1)));
        assert!(!learn(&mut state, &told(Some("Maria"), Some("")), NOW + Span(2)));
        assert_eq!((state.contact.name.as_deref(), state.contact.phone.as_deref()), (Some("Maria"), Some("+1")));
    }
}
