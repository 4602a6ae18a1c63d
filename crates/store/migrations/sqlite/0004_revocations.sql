-- The feed for verifiers. No foreign key: an entry outlives its session and its account.
CREATE TABLE revocations (
    session_id BLOB    NOT NULL PRIMARY KEY CHECK (length(session_id) = 16),
    revoked_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX revocations_revoked_at ON revocations (revoked_at);
CREATE INDEX revocations_expires_at ON revocations (expires_at);
