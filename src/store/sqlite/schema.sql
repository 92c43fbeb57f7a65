-- The schema, version 1. Times are milliseconds since 1970, UTC; JSON columns have their version in `v`.
-- Keys begin with the conversation wherever a row belongs to one. Tables that grow with every message have a row number
-- that only grows: new rows stand together on the last pages, and old ones are found from the front without an index on time.

-- The last valid revision of each bot, so that a bot broken at start can still answer.
CREATE TABLE revision (
    bot          TEXT PRIMARY KEY,
    hash         TEXT NOT NULL,
    activated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE revision_file (
    bot     TEXT NOT NULL,
    n       INTEGER NOT NULL,   -- the order of the files
    path    TEXT NOT NULL,
    content BLOB NOT NULL,
    PRIMARY KEY (bot, n)
) STRICT, WITHOUT ROWID;

-- Keys of events already accepted, kept 8 days: the same event again changes nothing.
CREATE TABLE seen (
    id      INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    key     TEXT NOT NULL,
    at      INTEGER NOT NULL,
    UNIQUE (account, key)
) STRICT;

-- Providers' ids of a conversation. Each leads to exactly one of ours.
CREATE TABLE alias (
    account      TEXT NOT NULL,
    key          TEXT NOT NULL,
    conversation TEXT NOT NULL,
    PRIMARY KEY (account, key)
) STRICT, WITHOUT ROWID;

-- People. A table of its own, with a version of its own, because one person may write on two channels.
CREATE TABLE contact (
    id        TEXT PRIMARY KEY,
    version   INTEGER NOT NULL,
    name      TEXT,
    phone     TEXT,               -- E.164
    language  TEXT,
    vars      TEXT NOT NULL,      -- JSON
    opted_out INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE conversation (
    num          INTEGER PRIMARY KEY,
    id           TEXT NOT NULL UNIQUE,
    account      TEXT NOT NULL,
    channel      TEXT NOT NULL,
    contact      TEXT NOT NULL,
    contact_mark INTEGER NOT NULL,  -- a hash of the contact as last written from here: it is written again only when it changes
    version      INTEGER NOT NULL,  -- a commit demands the version it read
    seq          INTEGER NOT NULL,  -- the highest number of an event when the state was last written
    owner        TEXT NOT NULL,
    last_in_at   INTEGER,
    state        TEXT NOT NULL,     -- JSON, without the contact
    v            INTEGER NOT NULL
) STRICT;

CREATE TABLE event (
    id           INTEGER PRIMARY KEY,
    conversation TEXT NOT NULL,
    seq          INTEGER NOT NULL,
    state        TEXT NOT NULL,     -- pending, undecided, done, dead
    kind         TEXT NOT NULL,
    attempts     INTEGER NOT NULL,
    accepted_at  INTEGER NOT NULL,
    now          INTEGER,           -- the time its turn was given
    revision     TEXT,              -- the revision that handled it
    body         TEXT NOT NULL,     -- JSON of the event
    trace        TEXT,              -- JSON
    v            INTEGER NOT NULL,
    UNIQUE (conversation, seq)
) STRICT;

-- What the start and the lists look for; nearly all events are done and not in here.
CREATE INDEX event_open ON event (conversation) WHERE state <> 'done';

-- By the row of their event, so that new rows stand together on the last pages as events do; by conversation they are found through it.
CREATE TABLE outbox (
    event        INTEGER NOT NULL,  -- the row of the event in whose turn it was decided
    n            INTEGER NOT NULL,  -- its place among that event's effects
    conversation TEXT NOT NULL,     -- the event's own, as is its number
    seq          INTEGER NOT NULL,
    account      TEXT NOT NULL,
    kind         TEXT NOT NULL,     -- say, template, note, assign
    state        TEXT NOT NULL,     -- waiting, dispatching, unknown, sent, failed, withdrawn, expired
    at           INTEGER NOT NULL,
    not_before   INTEGER NOT NULL,
    expires_at   INTEGER,
    attempt      INTEGER NOT NULL,
    looks        INTEGER NOT NULL,
    called_at    INTEGER,
    decided      TEXT NOT NULL,     -- JSON: the effect, what goes outside the window, the hush
    sent_as      TEXT,              -- JSON of the effect that went instead
    progress     TEXT,              -- JSON, the provider's own
    message      TEXT,              -- the provider's id of the message
    job          TEXT,              -- the provider's id of the job
    why          TEXT,
    v            INTEGER NOT NULL,
    PRIMARY KEY (event, n)
) STRICT, WITHOUT ROWID;

-- What has to be done or looked at. Not `state IN (…)`: for a list SQLite builds a table of its own with every row written.
CREATE INDEX outbox_open ON outbox (conversation) WHERE state <> 'sent' AND state <> 'withdrawn' AND state <> 'expired';
-- Whose an echo or a delivery status is. The account is compared after the look-up.
CREATE INDEX outbox_message ON outbox (message) WHERE message IS NOT NULL;
CREATE INDEX outbox_job ON outbox (job) WHERE job IS NOT NULL;

CREATE TABLE timer (
    conversation TEXT NOT NULL,
    token        INTEGER NOT NULL,  -- the wait
    run          INTEGER NOT NULL,  -- the run that waits
    due          INTEGER NOT NULL,
    PRIMARY KEY (conversation, token)
) STRICT, WITHOUT ROWID;

CREATE INDEX timer_due ON timer (due);

-- Bodies that fitted nothing, for people to look at.
CREATE TABLE unfit (
    id      INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    at      INTEGER NOT NULL,
    body    BLOB NOT NULL,
    why     TEXT NOT NULL
) STRICT;
