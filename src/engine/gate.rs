//! The gate: the last look at a row before its call is made. What was true when it was decided may not be true any more.

use super::window::window;
use crate::domain::{Capabilities, Effect, OutboxRow, Outside, Owner, State, Time, Window};

/// What the gate says of a row that is about to be dispatched.
#[derive(Clone, Debug, PartialEq)]
pub enum Gate {
    /// Send what was decided, or this template that stands in for it.
    Send(Option<Effect>),
    /// Send nothing, for good.
    Withdraw(&'static str),
    /// Too late.
    Expire,
    /// Not before then.
    Hold(Time),
    /// Not before the contact writes again; what comes after it goes on.
    Queue,
}

/// Decide at dispatch. A template that stands in for a message goes once a closed window: `sent` keeps the mark.
pub fn gate(row: &OutboxRow, state: &State, capabilities: &Capabilities, now: Time) -> Gate {
    if let Some(why) = out_of_place(row, state, capabilities, now) {
        return Gate::Withdraw(why);
    }
    if !row.decided.effect.reaches_contact() {
        return if row.not_before > now { Gate::Hold(row.not_before) } else { Gate::Send(None) };
    }
    if state.contact.opted_out && !row.decided.parting {
        return Gate::Withdraw("the contact opted out after it was decided");
    }
    if row.decided.hush != state.conversation.hush {
        return Gate::Withdraw("a human wrote after it was decided");
    }
    if people_own(state, now) && !row.decided.speaks {
        return Gate::Withdraw("people have the conversation");
    }
    if row.expires_at.is_some_and(|at| at <= now) {
        return Gate::Expire;
    }
    if row.not_before > now {
        return Gate::Hold(row.not_before);
    }
    through_window(row, state, capabilities, now)
}

/// What is no message, and is too late all the same: nobody is done with a conversation in which somebody wrote since, and a mark is set in the
/// window, as long as no human has come in between.
fn out_of_place(row: &OutboxRow, state: &State, capabilities: &Capabilities, now: Time) -> Option<&'static str> {
    let conversation = &state.conversation;
    let (closes, marks) = (row.decided.effect == Effect::Resolve, matches!(row.decided.effect, Effect::React { .. }));
    if (closes || marks) && row.decided.hush != conversation.hush {
        return Some("a human wrote after it was decided");
    }
    if closes && conversation.heard_at.is_some_and(|at| at > row.at) {
        return Some("the contact wrote after it was decided");
    }
    (marks && window(conversation, capabilities, now) == Window::Closed).then_some("the window is closed")
}

/// People have the conversation, and their quiet time is not over.
pub(super) fn people_own(state: &State, now: Time) -> bool {
    state.conversation.owner == Owner::People && state.conversation.quiet_until.is_none_or(|until| now < until)
}

fn through_window(row: &OutboxRow, state: &State, capabilities: &Capabilities, now: Time) -> Gate {
    let effect = &row.decided.effect;
    let closed = window(&state.conversation, capabilities, now) == Window::Closed;
    match (effect, &row.decided.outside) {
        (Effect::Template(_), _) if !capabilities.templates => Gate::Withdraw("the channel knows no templates"),
        (Effect::Template(_), _) => Gate::Send(None),
        _ if !closed => Gate::Send(None),
        (_, Outside::Drop) => Gate::Withdraw("the window is closed"),
        (_, Outside::Queue) => Gate::Queue,
        (_, Outside::Template(_) | Outside::Same(_)) if !capabilities.templates => {
            Gate::Withdraw("the window is closed")
        }
        (_, Outside::Same(template)) => Gate::Send(Some(Effect::Template(template.clone()))),
        _ if template_went(state) => Gate::Withdraw("the window is closed and a template went already"),
        (_, Outside::Template(template)) => Gate::Send(Some(Effect::Template(template.clone()))),
    }
}

/// A template went since the contact's last message.
pub(super) fn template_went(state: &State) -> bool {
    state.conversation.template_sent_for.is_some_and(|at| at == state.conversation.last_in_at.unwrap_or_default())
}

/// A template went since then that asked nothing of its own: what the contact writes now is no answer.
pub(super) fn template_stood_in(state: &State) -> bool {
    template_went(state) && state.conversation.same_sent_for != state.conversation.template_sent_for
}

/// What a row's acceptance by the provider changes in the state; `None` where it changes nothing. To be committed with the sent mark:
/// without it, every further message of a closed window would send its own template.
pub fn sent(state: &State, row: &OutboxRow, _now: Time) -> Option<State> {
    let went = row.went();
    if !matches!(went, Effect::Template(_)) {
        return None;
    }
    let mut state = state.clone();
    let window = Some(state.conversation.last_in_at.unwrap_or_default());
    state.conversation.template_sent_for = window;
    if matches!(row.decided.outside, Outside::Same(_)) {
        state.conversation.same_sent_for = window;
    }
    Some(state)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::samples::{NOW, row, state, template};
    use super::*;
    use crate::domain::{Assignable, Assignee, Decided, Notes, Span};

    const WABA: Capabilities = Capabilities {
        text_limit: 4096,
        window: Some(Span::hours(24)),
        templates: true,
        notes: Notes::Field(2000),
        assign: Assignable::Users,
        ..Capabilities::PLAIN
    };
    const FREE: Capabilities = Capabilities { window: None, templates: false, ..WABA };

    fn say() -> Effect {
        Effect::Say { text: "hi".into() }
    }
    fn note() -> Effect {
        Effect::Note { text: "n".into(), to: None }
    }
    fn mark() -> Effect {
        Effect::React { message: "m".into(), emoji: "👍".into() }
    }
    fn assign() -> Effect {
        Effect::Assign { to: Some(Assignee { id: "1".into(), ..Assignee::default() }) }
    }

    fn decided(row: &mut OutboxRow) -> &mut Decided {
        Arc::make_mut(&mut row.decided)
    }

    #[derive(Default)]
    #[allow(clippy::struct_excessive_bools, reason = "a case of a table")]
    struct Given {
        capabilities: Option<Capabilities>,
        hush: u64,
        people: bool,
        quiet: Option<Span>,
        last_in: Option<Span>,
        template_went: bool,
        drop: bool,
        told_closed: bool,
        not_before: i64,
        expires: Option<i64>,
    }

    fn decide(effect: Effect, given: &Given) -> Gate {
        let mut row = row(effect);
        decided(&mut row).outside = if given.drop { Outside::Drop } else { Outside::Template(template("reopen")) };
        row.not_before = NOW + Span(given.not_before);
        row.expires_at = given.expires.map(|ms| NOW + Span(ms));
        let mut state = state();
        state.conversation.hush = given.hush;
        state.conversation.owner = if given.people { Owner::People } else { Owner::Bot };
        state.conversation.quiet_until = given.quiet.map(|span| NOW + span);
        state.conversation.last_in_at = given.last_in.map(|ago| NOW - ago);
        state.conversation.window_closed_at = given.told_closed.then_some(NOW);
        if given.template_went {
            state.conversation.template_sent_for = Some(state.conversation.last_in_at.unwrap_or_default());
        }
        gate(&row, &state, &given.capabilities.unwrap_or(WABA), NOW)
    }

    #[test]
    fn decides() {
        let send = || Gate::Send(None);
        let stand_in = || Gate::Send(Some(Effect::Template(template("reopen"))));
        let open = || Given { last_in: Some(Span::hours(1)), ..Given::default() };
        let closed = || Given { last_in: Some(Span::hours(30)), ..Given::default() };
        let withdrawn = Gate::Withdraw("");
        let direct = || Effect::Template(template("visit"));
        let cases: Vec<(&str, Effect, Given, Gate)> = vec![
            ("open", say(), open(), send()),
            ("no window", say(), Given { capabilities: Some(FREE), ..Given::default() }, send()),
            ("margin", say(), Given { last_in: Some(Span::minutes(24 * 60 - 1)), ..Given::default() }, stand_in()),
            ("just open", say(), Given { last_in: Some(Span::minutes(24 * 60 - 3)), ..open() }, send()),
            ("closed", say(), closed(), stand_in()),
            ("closed, as the messenger says", say(), Given { told_closed: true, ..open() }, stand_in()),
            (
                "closed where we know of none",
                say(),
                Given { told_closed: true, capabilities: Some(FREE), ..open() },
                withdrawn.clone(),
            ),
            (
                "closed as told, a template went",
                say(),
                Given { told_closed: true, template_went: true, ..open() },
                withdrawn.clone(),
            ),
            ("never wrote", say(), Given::default(), stand_in()),
            ("closed, dropped", say(), Given { drop: true, ..closed() }, withdrawn.clone()),
            ("second of a closed window", say(), Given { template_went: true, ..closed() }, withdrawn.clone()),
            ("template of its own", direct(), Given { template_went: true, ..closed() }, send()),
            ("no templates", direct(), Given { capabilities: Some(FREE), ..open() }, withdrawn.clone()),
            ("hush", say(), Given { hush: 1, ..open() }, withdrawn.clone()),
            ("hush, template", direct(), Given { hush: 1, ..open() }, withdrawn.clone()),
            ("hush, note", note(), Given { hush: 1, ..open() }, send()),
            ("hush, assignment", assign(), Given { hush: 1, ..open() }, send()),
            ("people", say(), Given { people: true, ..open() }, withdrawn.clone()),
            ("people, note", note(), Given { people: true, ..open() }, send()),
            ("people, quiet", say(), Given { people: true, quiet: Some(Span(1)), ..open() }, withdrawn.clone()),
            ("quiet time over", say(), Given { people: true, quiet: Some(Span(0)), ..open() }, send()),
            ("early", say(), Given { not_before: 5, ..open() }, Gate::Hold(NOW + Span(5))),
            ("early note", note(), Given { not_before: 5, ..open() }, Gate::Hold(NOW + Span(5))),
            ("late", say(), Given { expires: Some(0), ..open() }, Gate::Expire),
            ("late and early", say(), Given { expires: Some(0), not_before: 5, ..open() }, Gate::Expire),
            ("in time", say(), Given { expires: Some(1), ..open() }, send()),
            ("a note has all time", note(), Given { expires: Some(0), ..open() }, send()),
            ("closing", Effect::Resolve, Given { people: true, ..open() }, send()),
            ("closing, a human wrote", Effect::Resolve, Given { hush: 1, ..open() }, withdrawn.clone()),
            ("a mark", mark(), open(), send()),
            ("a mark, a human wrote", mark(), Given { hush: 1, ..open() }, withdrawn.clone()),
            ("a mark, the window is closed", mark(), closed(), withdrawn),
        ];
        for (name, effect, given, want) in cases {
            match (decide(effect, &given), want) {
                (Gate::Withdraw(_), Gate::Withdraw(_)) => {}
                (got, want) => assert_eq!(got, want, "{name}"),
            }
        }
    }

    #[test]
    fn what_speaks_up_goes_past_people_but_not_past_their_next_message() {
        let mut state = state();
        (state.conversation.owner, state.conversation.last_in_at) = (Owner::People, Some(NOW));
        let mut row = row(say());
        decided(&mut row).speaks = true;
        assert_eq!(gate(&row, &state, &WABA, NOW), Gate::Send(None));
        state.conversation.hush += 1;
        assert!(matches!(gate(&row, &state, &WABA, NOW), Gate::Withdraw(_)));
    }

    #[test]
    fn nobody_is_done_with_a_contact_who_wrote_again() {
        let mut state = state();
        let row = row(Effect::Resolve);
        for (heard, goes) in [(row.at, true), (row.at + Span(1), false)] {
            state.conversation.heard_at = Some(heard);
            assert_eq!(gate(&row, &state, &WABA, NOW) == Gate::Send(None), goes, "{heard}");
        }
    }

    #[test]
    fn whoever_opted_out_gets_the_last_word_alone() {
        let mut state = state();
        (state.contact.opted_out, state.conversation.last_in_at) = (true, Some(NOW));
        let mut row = row(say());
        assert!(matches!(gate(&row, &state, &WABA, NOW), Gate::Withdraw(_)));
        decided(&mut row).parting = true;
        assert_eq!(gate(&row, &state, &WABA, NOW), Gate::Send(None));
    }

    #[test]
    fn a_template_leaves_its_mark_until_the_contact_writes() {
        let mut state = state();
        state.conversation.last_in_at = Some(NOW);
        assert!(sent(&state, &row(say()), NOW).is_none());
        let mut stood_in = row(say());
        stood_in.sent_as = Some(Box::new(Effect::Template(template("reopen"))));
        let mut state = sent(&state, &stood_in, NOW).expect("a mark");
        assert!(template_went(&state));
        state.conversation.last_in_at = Some(NOW + Span(1));
        assert!(!template_went(&state));
    }
}
