-- Ids grow with time, so that new sessions are appended. The last two indexes are for pruning.
CREATE TABLE IF NOT EXISTS sessions (
    id                BINARY(16)    NOT NULL PRIMARY KEY,
    account_id        BINARY(16)    NOT NULL,
    generation        BIGINT        NOT NULL,
    rotations         TEXT          NOT NULL,
    address           VARBINARY(64),
    user_agent        TEXT,
    created_at        BIGINT        NOT NULL,
    last_seen_at      BIGINT        NOT NULL,
    expires_at        BIGINT        NOT NULL,
    idle_expires_at   BIGINT        NOT NULL,
    access_expires_at BIGINT        NOT NULL,
    revoked_at        BIGINT,
    revoke_reason     VARBINARY(64),
    INDEX sessions_account_id (account_id, id),
    INDEX sessions_idle_expires_at (idle_expires_at),
    INDEX sessions_revoked_at (revoked_at),
    CONSTRAINT sessions_account_id FOREIGN KEY (account_id) REFERENCES accounts (id) ON DELETE CASCADE
) ENGINE = InnoDB, CHARACTER SET = utf8mb4, COLLATE = utf8mb4_bin;
