-- Which sessions began with a refresh token of an older system: each does so once. No foreign key: an entry outlives
-- its session and its account, as the token does.
CREATE TABLE adopted_sessions (
    session_id BLOB    NOT NULL PRIMARY KEY CHECK (length(session_id) = 16),
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX adopted_sessions_expires_at ON adopted_sessions (expires_at);
