//! What the store commits: units, each of which succeeds or fails alone. The store's trait stands in `store`.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{
    AccountName, BotName, CallRow, Catalogue, ContactId, ConversationId, Event, EventKey, OutboxRow, Picked,
    RevisionId, Seq, Session, State, Time, Timer, Token, Trace, Upload,
};

/// One thing to commit whole or not at all.
#[derive(Clone, Debug, Default)]
pub struct Unit {
    /// The versions it read; on a mismatch it is a conflict and is run again.
    pub reads: Vec<ReadVersion>,
    /// What it writes, in order.
    pub changes: Vec<Change>,
}

/// A version that a unit's decision rests on. 0 is a conversation that is not stored yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadVersion {
    /// The conversation.
    pub conversation: ConversationId,
    /// As loaded or last committed.
    pub version: u64,
}

/// One write.
#[derive(Clone, Debug)]
pub enum Change {
    /// Remember the key; the whole unit is a duplicate where it is known already.
    Seen {
        /// The account.
        account: AccountName,
        /// The key.
        key: EventKey,
        /// When.
        at: Time,
    },
    /// A provider's id of the conversation.
    Alias {
        /// The account.
        account: AccountName,
        /// The provider's id.
        key: String,
        /// Our id.
        conversation: ConversationId,
    },
    /// A contact is known by this phone from now on; a conflict where another of the bot's is, who must be taken over first.
    Phone {
        /// The bot.
        bot: BotName,
        /// The contact.
        contact: ContactId,
        /// E.164.
        phone: String,
    },
    /// A further id of the conversation. Where it leads elsewhere already, it goes on leading there.
    Also {
        /// The account.
        account: AccountName,
        /// The provider's id.
        key: String,
        /// Our id.
        conversation: ConversationId,
    },
    /// The new state, its contact with it. Where several conversations share the contact and it changed, what the others decided meanwhile
    /// becomes a conflict. Its version becomes the read version plus one.
    State(Arc<State>),
    /// Insert or replace the event of this number.
    Event(Box<EventRow>),
    /// Insert or replace the row of this key; its event is stored, or stands before it in the unit.
    Row(Box<OutboxRow>),
    /// What became of the row of this key: all of it but what was decided, when and for whom.
    Mark(Box<OutboxRow>),
    /// Keep a timer.
    SetTimer {
        /// Whose.
        conversation: ConversationId,
        /// The timer.
        timer: Timer,
    },
    /// Forget a timer.
    DropTimer {
        /// Whose.
        conversation: ConversationId,
        /// Which.
        token: Token,
    },
    /// Insert or replace a call of an `http` step.
    Call(CallRow),
    /// Forget a call: its answer is accepted.
    DropCall {
        /// Whose.
        conversation: ConversationId,
        /// Which.
        token: Token,
    },
    /// A bot's schedule has been seen to until then.
    Tick {
        /// The bot.
        bot: BotName,
        /// The schedule's name in it.
        schedule: String,
        /// Until when.
        at: Time,
    },
    /// It is another's turn in a team of the bot; a conflict where somebody was picked since its round was read.
    Round {
        /// The bot.
        bot: BotName,
        /// Which team, from where to where.
        picked: Picked,
    },
    /// Whose hands a conversation of the bot is in.
    Handed {
        /// The bot.
        bot: BotName,
        /// The conversation.
        conversation: ConversationId,
        /// The member, and until when they have it at most; nobody.
        to: Option<(String, Time)>,
    },
    /// The templates of an account, in place of those before.
    Catalogue {
        /// The account.
        account: AccountName,
        /// All of them.
        catalogue: Arc<Catalogue>,
    },
    /// A file that an account's provider keeps for us.
    Upload {
        /// The account.
        account: AccountName,
        /// The file.
        upload: Upload,
    },
    /// Keep a body that fitted nothing.
    Unfit {
        /// The account.
        account: AccountName,
        /// When.
        at: Time,
        /// As it came.
        body: Vec<u8>,
        /// For people.
        why: String,
    },
}

/// What became of a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Committed {
    /// On disk.
    Done,
    /// Its key was known: nothing was written.
    Duplicate,
    /// Somebody else wrote in between: nothing was written.
    Conflict,
}

/// Where an event stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventState {
    /// Accepted, not handled yet.
    Pending,
    /// An echo that nothing has decided yet; the lane goes on without it.
    Undecided,
    /// Handled.
    Done,
    /// Failed again and again: kept for people.
    Dead,
}

/// An event as stored.
#[derive(Clone, Debug, PartialEq)]
pub struct EventRow {
    /// The conversation.
    pub conversation: ConversationId,
    /// Its number there.
    pub seq: Seq,
    /// Where it stands.
    pub state: EventState,
    /// Turns that failed on it.
    pub attempts: u32,
    /// When it was accepted.
    pub accepted_at: Time,
    /// The `now` of its turn.
    pub now: Option<Time>,
    /// The revision that handled it.
    pub revision: Option<RevisionId>,
    /// The event.
    pub event: Arc<Event>,
    /// Why the turn did what it did, or why it failed.
    pub trace: Option<Trace>,
}

/// What the store has of a conversation that somebody wants to work on.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The state.
    pub state: Arc<State>,
    /// Its version.
    pub version: u64,
    /// The highest number given to an event.
    pub seq: Seq,
    /// Pending and undecided events, in order.
    pub events: Vec<EventRow>,
    /// Unfinished rows, and those sent in the last hours (for echoes), in order.
    pub rows: Vec<OutboxRow>,
}

/// A timer with its conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueTimer {
    /// Whose.
    pub conversation: ConversationId,
    /// The timer.
    pub timer: Timer,
}

/// Some of the conversations with a label.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaggedPage {
    /// Those found.
    pub conversations: Vec<ConversationId>,
    /// Where to look on; `None` at the end.
    pub next: Option<i64>,
}

/// Some of the sessions under way.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SessionsPage {
    /// Those found.
    pub sessions: Vec<Session>,
    /// Where to look on; `None` at the end.
    pub next: Option<i64>,
}

/// A body that fitted nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnfitBody {
    /// Its number.
    pub id: i64,
    /// The account.
    pub account: AccountName,
    /// When it came.
    pub at: Time,
    /// As it came.
    pub body: Vec<u8>,
    /// For people.
    pub why: String,
}

/// What the store keeps of the accounts, for the start.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct KeptAccounts {
    /// Templates.
    pub catalogues: Vec<(AccountName, Catalogue)>,
    /// Files at the providers.
    pub uploads: Vec<(AccountName, Upload)>,
}

/// The files of a valid revision, kept so that a bot broken at start can still answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRevision {
    /// Path and content of each file.
    pub files: Vec<(String, Vec<u8>)>,
    /// The revision.
    pub id: RevisionId,
    /// When it was activated.
    pub at: Time,
}
