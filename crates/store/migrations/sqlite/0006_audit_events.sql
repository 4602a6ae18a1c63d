-- Only ever added to. No foreign keys: an entry outlives its account.
CREATE TABLE audit_events (
    id          BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    happened_at INTEGER NOT NULL,
    kind        TEXT    NOT NULL,
    actor_id    BLOB,
    account_id  BLOB,
    session_id  BLOB,
    address     TEXT,
    user_agent  TEXT
) STRICT, WITHOUT ROWID;

CREATE INDEX audit_events_account_id ON audit_events (account_id, id);
