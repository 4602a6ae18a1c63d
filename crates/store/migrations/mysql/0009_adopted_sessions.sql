-- Which sessions began with a refresh token of an older system: each does so once. No foreign key: an entry outlives
-- its session and its account, as the token does.
CREATE TABLE IF NOT EXISTS adopted_sessions (
    session_id BINARY(16) NOT NULL PRIMARY KEY,
    expires_at BIGINT     NOT NULL,
    INDEX adopted_sessions_expires_at (expires_at)
) ENGINE = InnoDB;
