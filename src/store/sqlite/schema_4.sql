-- Version 4. People who write in several conversations, and when flows with `per: contact` last ran for somebody.
ALTER TABLE contact ADD COLUMN marks TEXT NOT NULL DEFAULT '{}';   -- JSON

-- The conversations of a contact, where there are several: each but the first has taken over the first one's contact.
CREATE TABLE member (
    contact      TEXT NOT NULL,
    conversation TEXT NOT NULL,
    PRIMARY KEY (contact, conversation)
) STRICT, WITHOUT ROWID;
