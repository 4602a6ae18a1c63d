-- Mails that are to be sent, and what became of those that were. held_by is the node that is at it, and held_until when
-- another one may be. The smallest priority goes first. No foreign keys: a mail may outlive its account and its token.
CREATE TABLE outbox (
    id          BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    kind        TEXT    NOT NULL,
    account_id  BLOB,
    email       TEXT    NOT NULL,
    email_key   TEXT    NOT NULL,
    locale      TEXT,
    address     TEXT,
    user_agent  TEXT,
    token_id    BLOB,
    detail      TEXT,
    created_at  INTEGER NOT NULL,
    state       TEXT    NOT NULL,
    attempts    INTEGER NOT NULL,
    due_at      INTEGER NOT NULL,
    held_by     TEXT,
    held_until  INTEGER,
    last_error  TEXT,
    finished_at INTEGER,
    priority    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX outbox_due_at ON outbox (state, priority, due_at, id);
CREATE INDEX outbox_state ON outbox (state, id);
CREATE INDEX outbox_email_key ON outbox (email_key, kind, finished_at);
CREATE INDEX outbox_email_id ON outbox (email_key, id);
CREATE INDEX outbox_finished_at ON outbox (state, finished_at) WHERE finished_at IS NOT NULL;
