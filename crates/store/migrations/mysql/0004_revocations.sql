-- The feed for verifiers. No foreign key: an entry outlives its session and its account.
CREATE TABLE IF NOT EXISTS revocations (
    session_id BINARY(16) NOT NULL PRIMARY KEY,
    revoked_at BIGINT     NOT NULL,
    expires_at BIGINT     NOT NULL,
    INDEX revocations_revoked_at (revoked_at),
    INDEX revocations_expires_at (expires_at)
) ENGINE = InnoDB;
