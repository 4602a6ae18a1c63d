-- Times are milliseconds since the Unix epoch, ids are UUIDs, in every table.
-- The *_key columns hold the folded spelling, by which an identifier is unique.
CREATE TABLE accounts (
    number       INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    id           BLOB    NOT NULL CHECK (length(id) = 16),
    external_id  TEXT,
    email        TEXT,
    email_key    TEXT,
    username     TEXT,
    username_key TEXT,
    name         TEXT,
    bio          TEXT,
    contact      TEXT,
    role         TEXT    NOT NULL,
    disabled_at  INTEGER,
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX accounts_id ON accounts (id);
CREATE UNIQUE INDEX accounts_external_id ON accounts (external_id);
CREATE UNIQUE INDEX accounts_email_key ON accounts (email_key);
CREATE UNIQUE INDEX accounts_username_key ON accounts (username_key);
