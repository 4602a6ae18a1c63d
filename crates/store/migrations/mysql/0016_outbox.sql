-- Mails that are to be sent, and what became of those that were. held_by is the node that is at it, and held_until when
-- another one may be. The smallest priority goes first. No foreign keys: a mail may outlive its account and its token.
CREATE TABLE IF NOT EXISTS outbox (
    id          BINARY(16)     NOT NULL PRIMARY KEY,
    kind        VARBINARY(64)  NOT NULL,
    account_id  BINARY(16),
    email       TEXT           NOT NULL,
    email_key   VARBINARY(255) NOT NULL,
    locale      VARBINARY(32),
    address     VARBINARY(64),
    user_agent  TEXT,
    token_id    BINARY(16),
    detail      TEXT,
    created_at  BIGINT         NOT NULL,
    state       VARBINARY(32)  NOT NULL,
    attempts    BIGINT         NOT NULL,
    due_at      BIGINT         NOT NULL,
    held_by     VARBINARY(255),
    held_until  BIGINT,
    last_error  TEXT,
    finished_at BIGINT,
    priority    BIGINT         NOT NULL,
    INDEX outbox_due_at (state, priority, due_at, id),
    INDEX outbox_state (state, id),
    INDEX outbox_email_id (email_key, id),
    INDEX outbox_email_key (email_key, kind, finished_at),
    INDEX outbox_finished_at (state, finished_at)
) ENGINE = InnoDB, CHARACTER SET = utf8mb4, COLLATE = utf8mb4_bin;
