-- Ids grow with time, so that new sessions are appended.
CREATE TABLE sessions (
    id                BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    account_id        BLOB    NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    generation        INTEGER NOT NULL,
    rotations         TEXT    NOT NULL,
    address           TEXT,
    user_agent        TEXT,
    created_at        INTEGER NOT NULL,
    last_seen_at      INTEGER NOT NULL,
    expires_at        INTEGER NOT NULL,
    idle_expires_at   INTEGER NOT NULL,
    access_expires_at INTEGER NOT NULL,
    revoked_at        INTEGER,
    revoke_reason     TEXT
) STRICT, WITHOUT ROWID;

CREATE INDEX sessions_account_id ON sessions (account_id, id);

-- For pruning. Live sessions stay out of the second one, which also keeps it from ever being preferred to the
-- index above when the live sessions of an account are wanted.
CREATE INDEX sessions_idle_expires_at ON sessions (idle_expires_at);
CREATE INDEX sessions_revoked_at ON sessions (revoked_at) WHERE revoked_at IS NOT NULL;
