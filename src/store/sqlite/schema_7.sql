-- Version 7: calls of `http` steps on their way. A row goes in the commit that accepts its answer, so the table holds what is open alone.

CREATE TABLE call (
    conversation TEXT NOT NULL,
    token        INTEGER NOT NULL,  -- the wait that its answer ends
    state        TEXT NOT NULL,     -- waiting, calling
    host         TEXT NOT NULL,     -- each has a share of the calls under way; '' where a secret hides it
    at           INTEGER NOT NULL,
    not_before   INTEGER NOT NULL,
    attempt      INTEGER NOT NULL,  -- attempts begun
    call         TEXT NOT NULL,     -- JSON: method, address, headers, body; secrets by their names
    v            INTEGER NOT NULL,
    PRIMARY KEY (conversation, token)
) STRICT, WITHOUT ROWID;

CREATE INDEX call_due ON call (not_before) WHERE state = 'waiting';
