-- Version 3. Until when the patterns of times of a bot (`every`) have been seen to, and who has a phone.
CREATE TABLE tick (
    bot      TEXT NOT NULL,
    schedule TEXT NOT NULL,   -- the flow, its pattern and its label
    at       INTEGER NOT NULL,
    PRIMARY KEY (bot, schedule)
) STRICT, WITHOUT ROWID;

CREATE INDEX contact_phone ON contact (phone) WHERE phone IS NOT NULL;
