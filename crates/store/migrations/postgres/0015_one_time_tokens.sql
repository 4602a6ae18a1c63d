-- What was sent to a mailbox to be used once. digest is what the token is known by, code_digest what its code is. Without an
-- account as long as there is none. payload holds what else belongs to it, as JSON.
CREATE TABLE one_time_tokens (
    id          UUID   NOT NULL PRIMARY KEY,
    purpose     TEXT   NOT NULL,
    account_id  UUID   REFERENCES accounts (id) ON DELETE CASCADE,
    email       TEXT   NOT NULL,
    email_key   TEXT   NOT NULL,
    digest      BYTEA  NOT NULL,
    code_digest BYTEA,
    payload     TEXT,
    created_at  BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL
);

CREATE UNIQUE INDEX one_time_tokens_digest ON one_time_tokens (digest);
CREATE INDEX one_time_tokens_account_id ON one_time_tokens (account_id, purpose);
CREATE INDEX one_time_tokens_email_key ON one_time_tokens (email_key, purpose, id);
CREATE INDEX one_time_tokens_purpose ON one_time_tokens (purpose, id);
CREATE INDEX one_time_tokens_expires_at ON one_time_tokens (expires_at);
