-- Ids grow with time, so that new sessions are appended.
CREATE TABLE sessions (
    id                UUID   NOT NULL PRIMARY KEY,
    account_id        UUID   NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    generation        BIGINT NOT NULL,
    rotations         TEXT   NOT NULL,
    address           TEXT,
    user_agent        TEXT,
    created_at        BIGINT NOT NULL,
    last_seen_at      BIGINT NOT NULL,
    expires_at        BIGINT NOT NULL,
    idle_expires_at   BIGINT NOT NULL,
    access_expires_at BIGINT NOT NULL,
    revoked_at        BIGINT,
    revoke_reason     TEXT
);

CREATE INDEX sessions_account_id ON sessions (account_id, id);

-- For pruning. Live sessions stay out of the second one.
CREATE INDEX sessions_idle_expires_at ON sessions (idle_expires_at);
CREATE INDEX sessions_revoked_at ON sessions (revoked_at) WHERE revoked_at IS NOT NULL;
