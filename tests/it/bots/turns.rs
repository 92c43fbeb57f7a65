//! The same bot and the same events: the turns on the server are those of `frontdesk test` on an account as that one, to the byte.

use frontdesk::domain::{Body, Decided, EventRow, Loaded, RowState, Span, Time};
use frontdesk::store::Store;
use frontdesk::testing::{self, Person, Stage, Talk, Test, Turned, Verb, When};

use super::{MOST_EVENTS, PAUSE, Play};

/// More rows than all tests of a bot have.
const MOST_ROWS: usize = 10_000;

/// How rows may stand.
const STATES: [RowState; 8] = [
    RowState::Waiting,
    RowState::Queued,
    RowState::Dispatching,
    RowState::Unknown,
    RowState::Sent,
    RowState::Failed,
    RowState::Withdrawn,
    RowState::Expired,
];

impl Play<'_> {
    /// All turns of the conversation: what began them, what they tell, what they decided.
    fn turns(&self) -> Vec<Turned> {
        let Loaded { state, .. } = self.loaded().unwrap();
        let (id, theatre) = (&state.conversation.id, self.theatre);
        let (events, rows) = theatre.events.block_on(async {
            let rows = theatre.store.rows(&STATES, MOST_ROWS).await.unwrap();
            (theatre.store.history(id, MOST_EVENTS).await.unwrap(), rows)
        });
        let decided = |seq| {
            rows.iter()
                .filter(|row| row.key.conversation == *id && row.key.seq == seq)
                .map(|row| Decided::clone(&row.decided))
                .collect()
        };
        let turned =
            |row: EventRow| Some(Turned { event: row.event.body.name(), trace: row.trace?, decided: decided(row.seq) });
        // What a provider tells of a contact beside the talk is no part of it.
        events.into_iter().rev().filter(|row| row.event.body != Body::Facts).filter_map(turned).collect()
    }

    /// When the server's clock handled what the lines of the talk brought.
    fn moments(&self) -> Vec<Time> {
        let Loaded { state, .. } = self.loaded().unwrap();
        let history = self.theatre.store.history(&state.conversation.id, MOST_EVENTS);
        let events = self.theatre.events.block_on(history).unwrap();
        let is_brought = |body: &Body| matches!(body, Body::Message(_) | Body::Human(_) | Body::Posted(_));
        events.iter().rev().filter(|row| is_brought(&row.event.body)).filter_map(|row| row.now).collect()
    }

    /// The same bot and the same events: `frontdesk test`, on an account as this one, has the same turns, to the byte.
    pub(super) fn went_as_in_a_test(&self) {
        let known = self.loaded().unwrap().state.contact.clone();
        let later = |time| When::Fixed(self.theatre.later(time, self.weeks).into());
        let mut moments = self.moments().into_iter();
        let mut line = |line: &Talk| match line.verb {
            Verb::At(when) => vec![Talk { verb: Verb::At(later(self.theatre.time(when))), ..line.clone() }],
            Verb::After(_) | Verb::Nothing(_) | Verb::Bot(_) | Verb::Expect(_) | Verb::DeliverFailed => {
                vec![line.clone()]
            }
            _ => {
                let pause = moments.next().map(|at| at - Span(PAUSE.num_milliseconds()));
                let until = pause.map(|at| Talk { verb: Verb::At(When::Fixed(at)), ..line.clone() });
                until.into_iter().chain([line.clone()]).collect()
            }
        };
        let stage = Stage { account: "demo".to_owned(), provider: String::new() };
        let test = Test {
            start: Some(later(self.start())),
            talk: self.test.talk.iter().flat_map(&mut line).collect(),
            imitates: Some(self.reach().imitated()),
            conversation: Some(self.thread()),
            contact: Person { name: known.name, phone: known.phone, ..self.test.contact.clone() },
            ..self.test.clone()
        };
        let (wanted, got) = (testing::turns(&self.theatre.subject, &stage, &test), self.turns());
        let told = |turns: &[Turned]| {
            let turn = |turn: &Turned| format!("{}\n{}\n{:#?}\n", turn.event, testing::why(&turn.trace), turn.decided);
            turns.iter().map(turn).collect::<String>()
        };
        assert_eq!(told(&got), told(&wanted), "the turns of {}", self.what());
        assert_eq!(got, wanted, "{}", self.what());
    }

    /// When the test says that it begins.
    fn start(&self) -> Time {
        self.test.start.map_or_else(|| self.theatre.subject.usual_start(), |when| self.theatre.time(when))
    }
}
