-- Version 8. Each event points to the one before it of its conversation, and the conversation to its newest: an index by conversation
-- would write one page more with every message. What is open is found through `event_open` and `outbox_open`.

ALTER TABLE conversation ADD COLUMN newest INTEGER;   -- the row of its newest event; NULL before the first

CREATE TABLE chained (
    id           INTEGER PRIMARY KEY,
    previous     INTEGER,           -- the row of the event before it of this conversation; it may be forgotten by now
    conversation TEXT NOT NULL,
    seq          INTEGER NOT NULL,  -- given once in a conversation
    state        TEXT NOT NULL,     -- pending, undecided, done, dead
    kind         TEXT NOT NULL,
    attempts     INTEGER NOT NULL,
    accepted_at  INTEGER NOT NULL,
    now          INTEGER,           -- the time its turn was given
    revision     TEXT,              -- the revision that handled it
    body         TEXT NOT NULL,     -- JSON of the event
    trace        TEXT,              -- JSON
    v            INTEGER NOT NULL
) STRICT;

INSERT INTO chained
    SELECT id, lag(id) OVER (PARTITION BY conversation ORDER BY id),
           conversation, seq, state, kind, attempts, accepted_at, now, revision, body, trace, v
    FROM event;

UPDATE conversation SET
    newest = (SELECT max(id) FROM event WHERE event.conversation = conversation.id),
    seq = max(seq, ifnull((SELECT max(seq) FROM event WHERE event.conversation = conversation.id), 0));

DROP TABLE event;
ALTER TABLE chained RENAME TO event;
CREATE INDEX event_open ON event (conversation) WHERE state <> 'done';
