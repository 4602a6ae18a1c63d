-- Only ever added to. No foreign keys: an entry outlives its account.
CREATE TABLE IF NOT EXISTS audit_events (
    id          BINARY(16)    NOT NULL PRIMARY KEY,
    happened_at BIGINT        NOT NULL,
    kind        VARBINARY(64) NOT NULL,
    actor_id    BINARY(16),
    account_id  BINARY(16),
    session_id  BINARY(16),
    address     VARBINARY(64),
    user_agent  TEXT,
    INDEX audit_events_account_id (account_id, id)
) ENGINE = InnoDB, CHARACTER SET = utf8mb4, COLLATE = utf8mb4_bin;
