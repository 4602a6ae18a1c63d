-- The feed for verifiers. No foreign key: an entry outlives its session and its account.
CREATE TABLE revocations (
    session_id UUID   NOT NULL PRIMARY KEY,
    revoked_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE INDEX revocations_revoked_at ON revocations (revoked_at);
CREATE INDEX revocations_expires_at ON revocations (expires_at);
