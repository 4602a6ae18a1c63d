-- How an account is written to, when its owner showed that they read that, and when it is deleted because its owner wanted
-- that. All null for what was there before.
-- A column that is there already is no failure to whoever runs this, and then so is the index: it is one change.
ALTER TABLE accounts
    ADD COLUMN locale VARBINARY(32),
    ADD COLUMN email_verified_at BIGINT,
    ADD COLUMN deletion_requested_at BIGINT,
    ADD COLUMN delete_at BIGINT,
    ADD INDEX accounts_delete_at (delete_at);
