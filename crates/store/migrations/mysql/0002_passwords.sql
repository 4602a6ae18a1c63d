CREATE TABLE IF NOT EXISTS passwords (
    account_id BINARY(16)      NOT NULL PRIMARY KEY,
    hash       VARBINARY(1024) NOT NULL,
    updated_at BIGINT          NOT NULL,
    CONSTRAINT passwords_account_id FOREIGN KEY (account_id) REFERENCES accounts (id) ON DELETE CASCADE
) ENGINE = InnoDB;
