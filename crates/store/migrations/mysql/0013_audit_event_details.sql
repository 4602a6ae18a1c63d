-- By which request something happened, and what its kind leaves open. Both null for what was written before.
-- A column that is there already is no failure to whoever runs this: MySQL knows no `ADD COLUMN IF NOT EXISTS`.
ALTER TABLE audit_events
    ADD COLUMN request_id VARBINARY(64),
    ADD COLUMN detail TEXT,
    ADD INDEX audit_events_kind (kind, id);
