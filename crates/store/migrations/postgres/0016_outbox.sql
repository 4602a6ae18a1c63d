-- Mails that are to be sent, and what became of those that were. held_by is the node that is at it, and held_until when
-- another one may be. The smallest priority goes first. No foreign keys: a mail may outlive its account and its token.
CREATE TABLE outbox (
    id          UUID   NOT NULL PRIMARY KEY,
    kind        TEXT   NOT NULL,
    account_id  UUID,
    email       TEXT   NOT NULL,
    email_key   TEXT   NOT NULL,
    locale      TEXT,
    address     TEXT,
    user_agent  TEXT,
    token_id    UUID,
    detail      TEXT,
    created_at  BIGINT NOT NULL,
    state       TEXT   NOT NULL,
    attempts    BIGINT NOT NULL,
    due_at      BIGINT NOT NULL,
    held_by     TEXT,
    held_until  BIGINT,
    last_error  TEXT,
    finished_at BIGINT,
    priority    BIGINT NOT NULL
);

CREATE INDEX outbox_due_at ON outbox (state, priority, due_at, id);
CREATE INDEX outbox_state ON outbox (state, id);
CREATE INDEX outbox_email_key ON outbox (email_key, kind, finished_at);
CREATE INDEX outbox_email_id ON outbox (email_key, id);
CREATE INDEX outbox_finished_at ON outbox (state, finished_at) WHERE finished_at IS NOT NULL;
