//! The engine alone: deciding one message in a bot of 200 and of 10 000 flows.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use frontdesk::bot;
use frontdesk::domain::{Assignable, Body, Capabilities, Channel, Event, Message, Notes, Seq, State, Thread, Time};
use frontdesk::engine::{self, Core, Revision, Surroundings};
use frontdesk::script::Scripts;
use frontdesk::yaml::Source;

use crate::report::{Report, percentile};
use crate::{Outcome, Settings, bots};

/// Turns measured one by one for a median.
const TURNS: usize = 20_000;

const NOW: Time = Time(1_772_434_800_000);

/// All bots and their ratios.
pub fn run(_settings: &Settings, report: &mut Report) -> Outcome<()> {
    let small = measure(&bots::keywords("small", 200), "small", |n| bots::keyword_message(n % 200))?;
    let middle = measure(&bots::keywords("middle", 1_000), "middle", |n| bots::keyword_message(n * 7919 % 1_000))?;
    let large = measure(&bots::keywords("large", 10_000), "large", |n| bots::keyword_message(n * 7919 % 10_000))?;
    let regexes = measure(&bots::regexes("regexes", 200), "regexes", |n| bots::regex_message(n % 200))?;
    let faq = measure(&bots::faq("faq", 10_000), "faq", |n| bots::faq_message(n * 7919 % 10_000))?;
    report.add_limited("engine: load a bot of 10 000 FAQ entries", faq.load_ms, "ms", 500.0);
    report.add_limited("engine: one message, 10 000 FAQ entries, median", faq.turn_us, "us", 20.0);
    report.add("engine: load a bot of 200 keyword flows", small.load_ms, "ms");
    report.add_limited("engine: load a bot of 1 000 keyword flows", middle.load_ms, "ms", 100.0);
    report.add_limited("engine: one message, 1 000 keyword flows, median", middle.turn_us, "us", 20.0);
    report.add("engine: load a bot of 10 000 keyword flows", large.load_ms, "ms");
    report.add("engine: one message, 200 keyword flows, median", small.turn_us, "us");
    report.add("engine: one message, 10 000 keyword flows, median", large.turn_us, "us");
    report.add_limited("engine: ratio of the two", large.turn_us / small.turn_us, "x", 3.0);
    report.add("engine: one message, 200 regex entries, median", regexes.turn_us, "us");
    Ok(())
}

/// What a bot takes.
struct Taken {
    load_ms: f64,
    turn_us: f64,
}

fn measure(yaml: &str, name: &str, text: impl Fn(usize) -> String) -> Outcome<Taken> {
    let begun = Instant::now();
    let revision = load(yaml, name)?;
    let load_ms = begun.elapsed().as_secs_f64() * 1e3;
    let capabilities =
        Capabilities { text_limit: 4096, notes: Notes::Field(2000), assign: Assignable::Users, ..Capabilities::PLAIN };
    let figures = frontdesk::domain::Figures::new();
    let around = Surroundings {
        capabilities: &capabilities,
        provider: "pact",
        quiet_on_assignment: true,
        notes_team: None,
        contact_fields: &[],
        figures: &figures,
    };
    let state = begin(&revision)?;
    let mut times = Vec::with_capacity(TURNS);
    for n in 0..TURNS {
        let event = message(&text(n));
        let begun = Instant::now();
        let turn = engine::turn(&revision, around, &state, black_box(&event), Seq(2), NOW);
        times.push(begun.elapsed().as_secs_f64() * 1e6);
        if turn.effects.len() != 1 {
            return Err(format!("`{}` got {} replies", text(n), turn.effects.len()).into());
        }
    }
    times.sort_by(f64::total_cmp);
    Ok(Taken { load_ms, turn_us: percentile(&times, 0.5) })
}

fn load(yaml: &str, name: &str) -> Outcome<Revision> {
    let source = Source { path: format!("{name}/bot.yaml").into(), text: yaml.into() };
    let (revision, problems) = bot::load::<Core>(name, &[Arc::new(source)], &Arc::new(Scripts::load(&[]).0));
    let first = || problems.first().map_or("", |problem| problem.message.as_str());
    revision.ok_or_else(|| format!("the bot `{name}` does not load: {}", first()).into())
}

fn begin(revision: &Revision) -> Outcome<State> {
    let begun = engine::begin(&message("hi"), "c1".into(), &revision.bot, NOW);
    let mut state = begun.ok_or("a message does not begin a conversation")?;
    // Not the first message, so that every turn takes the same way.
    state.conversation.incoming = 1;
    Ok(state)
}

fn message(text: &str) -> Event {
    let thread = Thread {
        conversation: "1".into(),
        also: Vec::new(),
        channel: Some(Channel("whatsapp".into())),
        channel_id: Some("1".into()),
        name: None,
        phone: None,
        group: false,
    };
    let body = Body::Message(Message { text: text.into(), ..Message::default() });
    Event { account: "bench".into(), thread, key: None, at: NOW, body }
}
