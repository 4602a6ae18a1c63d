-- Only ever added to. No foreign keys: an entry outlives its account.
CREATE TABLE audit_events (
    id          UUID   NOT NULL PRIMARY KEY,
    happened_at BIGINT NOT NULL,
    kind        TEXT   NOT NULL,
    actor_id    UUID,
    account_id  UUID,
    session_id  UUID,
    address     TEXT,
    user_agent  TEXT
);

CREATE INDEX audit_events_account_id ON audit_events (account_id, id);
