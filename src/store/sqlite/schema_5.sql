-- Version 5: what is kept of an account for its provider.

-- The templates of an account, as last fetched.
CREATE TABLE catalogue (
    account    TEXT PRIMARY KEY,
    fetched_at INTEGER NOT NULL,
    templates  TEXT NOT NULL,     -- JSON: name, language, status, body and what is to be filled in of each
    v          INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Files that a provider keeps for us, so that none is uploaded twice.
CREATE TABLE upload (
    account TEXT NOT NULL,
    hash    TEXT NOT NULL,        -- SHA-256 of the content
    ref     TEXT NOT NULL,        -- the provider's id of it, or its address
    until   INTEGER NOT NULL,     -- not to be used after that
    PRIMARY KEY (account, hash)
) STRICT, WITHOUT ROWID;
