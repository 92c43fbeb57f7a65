//! The limits of the moving parts, each with its reason.

use std::time::Duration;

use crate::domain::Span;

/// Calls in flight an account. It bounds how many sends can be unknown after a crash, and how hard a provider is pressed.
pub const CALLS_PER_ACCOUNT: usize = 32;

/// Accepted events that wait in one conversation. A person does not write more; a loop between two bots does.
pub const PENDING_PER_CONVERSATION: usize = 200;

/// Accepted events that wait in the whole process. At some 5 000 turns a second that is four seconds of work; beyond it the
/// provider had better come again later.
pub const PENDING_PER_PROCESS: usize = 20_000;

/// Events of one body. Meta puts up to 1 000 changes into one, each with a message or two. A body is 1 MiB at most, so that its events take some
/// megabytes; as many as this are a third of a second's work.
pub const EVENTS_PER_BODY: usize = 2_000;

/// A turn that lasts longer is taken off the webhook: the event is committed as pending and acknowledged.
pub const PATIENCE: Duration = Duration::from_millis(20);

/// A bot with several turns longer than this has its turns run on threads of their own for a while, so that they hold up nobody else's.
pub const SLOW_TURN: Duration = Duration::from_millis(10);

/// What a slow turn counts; each quick one takes one off again.
pub const SLOW_WEIGHT: i64 = 50;

/// Three slow turns in a row, or more than two in a hundred.
pub const SLOW_ENOUGH: i64 = 150;

/// For so long after a slow turn.
pub const SLOW_BOT: Span = Span::minutes(1);

/// Turns of one lane before it goes to the back of the queue: one flooding contact delays nobody.
pub const TURNS_IN_A_ROW: u32 = 4;

/// Turns that may fail on an event before it becomes a dead letter. A turn is pure: a second failure says nearly all, the third is for an
/// edit that came in between.
pub const ATTEMPTS: u32 = 3;

/// Times that a turn is asked again because it lacked the figures of a team. Which teams it comes to does not depend on them, so once is
/// enough; a script may make a second one of it.
pub const LOOKS_AT_TEAMS: u32 = 4;

/// Conflicts in a row before an event is refused. They come where one person writes in several conversations at
/// once and each changes what is known of them; losing so many races is as good as impossible.
pub const CONFLICTS: u32 = 20;

/// Calls of one row or look-up. Messages need eleven at most (a carousel uploads ten pictures and goes), labels two for each that is new; a provider that asks for ever must not
/// hang a lane.
pub const CALLS_PER_ROW: usize = 24;

/// Attempts of a row that count against the provider's rates after a restart: repeats come seconds apart, so that no more of them fall
/// within a rate's time.
pub const ATTEMPTS_RECALLED: u32 = 6;

/// Marks (what became of a send) wait so long for company before they are committed. With the store's own gathering it stays below 10 ms.
pub const MARKS_WAIT: Duration = Duration::from_millis(6);

/// A failed commit is tried again after this.
pub const STORE_PAUSE: Span = Span::seconds(1);

/// How often a sick store is tried.
pub const STORE_PROBE: Duration = Duration::from_secs(2);

/// An echo that nothing decided is a human's after this.
pub const ECHO_PATIENCE: Span = Span::seconds(60);

/// Results of jobs kept for answers still under way, an account: twice the calls in flight.
pub const EARLY_RESULTS: usize = 2 * CALLS_PER_ACCOUNT;

/// Finished rows a lane remembers for echoes; older ones are looked up in the store.
pub const ROWS_REMEMBERED: usize = 16;

/// So many finished rows beyond those are forgotten together.
pub const ROWS_FORGOTTEN: usize = 8;

/// Further ids of a conversation kept in mind: a phone, a business-scoped id and their like; a number changes rarely.
pub const NAMES_REMEMBERED: usize = 16;

/// Conversations kept in memory, some 5 kB each.
pub const LANES: usize = 10_000;

/// Whoever waits for a time looks at the clock so often: it may be set while they sleep.
pub const CLOCK_STEP: Duration = Duration::from_millis(250);

/// Due timers taken up at once.
pub const TIMERS_AT_ONCE: usize = 200;

/// How often the store is asked for due timers.
pub const TIMER_STEP: Duration = Duration::from_millis(500);

/// What came round while the server was down is made up for if it is no older: a greeting of yesterday morning helps nobody.
pub const SCHEDULE_LATE: Span = Span::days(1);

/// How often what is past its time is forgotten.
pub const PRUNE_STEP: Duration = Duration::from_hours(1);

/// Connecting to a provider.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// A whole call, connecting included.
pub const CALL_TIMEOUT: Duration = Duration::from_secs(10);

/// The same for a call whose answer is nearly all that tells what became of it. Providers in trouble take half a minute.
pub const PATIENT_CALL_TIMEOUT: Duration = Duration::from_secs(40);

/// Bytes of an answer that are read. Lists of messages are some tens of kilobytes.
pub const ANSWER_BYTES: usize = 1 << 20;

/// How long stopping waits for work under way: 10 s are promised for all of it. What is not done then stays in the store for the next start.
pub const STOP_WITHIN: Duration = Duration::from_secs(8);

/// Folders are compared with what is loaded so often, whatever the notifications say: mounted files never notify.
pub const RELOAD_POLL: Duration = Duration::from_secs(1);

/// Notifications are gathered for so long: an editor saves in several steps.
pub const RELOAD_SETTLE: Duration = Duration::from_millis(200);

/// What the store refused and must not be forgotten is offered again after this.
pub const STORE_RETRY: Duration = Duration::from_secs(1);

/// Calls in a row that fail by no fault of theirs before the account counts as sick: one is a hiccup, nobody's business.
pub const FAILURES_IN_A_ROW: u32 = 3;

/// Looks at files that keep changing before the next poll.
pub const RELOAD_TRIES: u32 = 4;

/// Calls of one inquiry: a list of templates comes in pages of some tens.
pub const CALLS_PER_INQUIRY: usize = 100;

/// Templates of one account. WhatsApp allows 6 000 a business account.
pub const TEMPLATES: usize = 10_000;

/// How often the templates of an account are fetched without being asked to.
pub const TEMPLATES_STEP: Duration = Duration::from_hours(24);

/// After a fetch of the templates the next one waits so long, however often a provider says that something changed.
pub const TEMPLATES_PAUSE: Duration = Duration::from_secs(10);

/// Files of one account that its provider keeps for us and we remember. A bot sends some tens.
pub const UPLOADS: usize = 1_000;

/// A token that is refused sooner after its login is no better after another one: the account pauses.
pub const LOGIN_HOLDS: Span = Span::minutes(1);

/// Bytes of one message of a stream: as much as a webhook's body may have.
pub const STREAM_MESSAGE: usize = 1 << 20;

/// Connecting a stream, its handshake included.
pub const STREAM_CONNECT: Duration = Duration::from_secs(10);

/// A stream on which nothing came for so long is knocked at, and given up after as long again.
pub const STREAM_IDLE: Duration = Duration::from_secs(30);

/// The first pause before a lost stream is connected again; it doubles.
pub const STREAM_PAUSE: Duration = Duration::from_secs(1);

/// The longest of these pauses.
pub const STREAM_LONGEST_PAUSE: Duration = Duration::from_mins(2);

/// What is asked for after a gap begins so much earlier: the provider's clock may be behind ours. Heard twice changes nothing.
pub const STREAM_OVERLAP: Span = Span::minutes(2);

/// Until when an account was heard is kept so often.
pub const STREAM_KEEP: Span = Span::seconds(30);

/// Calls of `http` steps under way. They share the process with everything else, and each holds a connection.
pub const HTTP_CALLS: usize = 64;

/// Of these to one host: one that is slow leaves places to the others.
pub const HTTP_CALLS_PER_HOST: usize = 16;

/// Redirects of one call that are followed.
pub const HTTP_REDIRECTS: usize = 5;

/// Bytes of an answer to an `http` step. It may become a variable, which is written with every turn.
pub const HTTP_ANSWER_BYTES: usize = 256 << 10;

/// Bytes of its headers that are kept.
pub const HTTP_HEADER_BYTES: usize = 16 << 10;

/// Contacts' files that are passed on at once. Each is a connection at the provider and one here.
pub const FILES_AT_ONCE: usize = 8;

/// The largest file that is passed on: the largest document of WhatsApp.
pub const LARGEST_FILE: u64 = 100 << 20;

/// How long one may take in all: the largest at 200 kB/s, with room to spare.
pub const FILE_TIMEOUT: Duration = Duration::from_mins(10);

/// How long nothing of it may come.
pub const FILE_SILENCE: Duration = Duration::from_secs(20);
