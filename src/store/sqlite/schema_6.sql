-- Version 6: whose turn it is in a team, who has which conversation, and who had a contact last.

ALTER TABLE contact ADD COLUMN members TEXT NOT NULL DEFAULT '{}';   -- JSON: the member by team

-- Whose turn it is in a team.
CREATE TABLE cursor (
    bot  TEXT NOT NULL,
    team TEXT NOT NULL,
    n    INTEGER NOT NULL,         -- places passed so far; the next begins at this number, counted round and round
    PRIMARY KEY (bot, team)
) STRICT, WITHOUT ROWID;

-- Conversations in the hands of a team's member: handed off and not handed back.
CREATE TABLE handed (
    conversation TEXT PRIMARY KEY,
    bot          TEXT NOT NULL,
    member       TEXT NOT NULL,    -- by name
    until        INTEGER NOT NULL  -- the bot has it again then at the latest, up to an hour less
) STRICT, WITHOUT ROWID;
CREATE INDEX handed_bot ON handed (bot, until, member);
