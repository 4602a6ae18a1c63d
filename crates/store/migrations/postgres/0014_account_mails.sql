-- How an account is written to, when its owner showed that they read that, and when it is deleted because its owner wanted
-- that. All null for what was there before.
ALTER TABLE accounts
    ADD COLUMN locale TEXT,
    ADD COLUMN email_verified_at BIGINT,
    ADD COLUMN deletion_requested_at BIGINT,
    ADD COLUMN delete_at BIGINT;

CREATE INDEX accounts_delete_at ON accounts (delete_at) WHERE delete_at IS NOT NULL;
