-- What was sent to a mailbox to be used once. digest is what the token is known by, code_digest what its code is. Without an
-- account as long as there is none. payload holds what else belongs to it, as JSON.
CREATE TABLE IF NOT EXISTS one_time_tokens (
    id          BINARY(16)     NOT NULL PRIMARY KEY,
    purpose     VARBINARY(32)  NOT NULL,
    account_id  BINARY(16),
    email       TEXT           NOT NULL,
    email_key   VARBINARY(255) NOT NULL,
    digest      BINARY(32)     NOT NULL,
    code_digest BINARY(32),
    payload     MEDIUMTEXT,
    created_at  BIGINT         NOT NULL,
    expires_at  BIGINT         NOT NULL,
    UNIQUE INDEX one_time_tokens_digest (digest),
    INDEX one_time_tokens_account_id (account_id, purpose),
    INDEX one_time_tokens_email_key (email_key, purpose, id),
    INDEX one_time_tokens_purpose (purpose, id),
    INDEX one_time_tokens_expires_at (expires_at),
    CONSTRAINT one_time_tokens_account_id FOREIGN KEY (account_id) REFERENCES accounts (id) ON DELETE CASCADE
) ENGINE = InnoDB, CHARACTER SET = utf8mb4, COLLATE = utf8mb4_bin;
