-- By which request something happened, and what its kind leaves open. Both null for what was written before.
ALTER TABLE audit_events ADD COLUMN request_id TEXT, ADD COLUMN detail TEXT;

CREATE INDEX audit_events_kind ON audit_events (kind, id);
