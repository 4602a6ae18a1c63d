-- From where somebody has logged in to an account: place is a digest of program and network.
CREATE TABLE IF NOT EXISTS known_clients (
    account_id BINARY(16) NOT NULL,
    place      BINARY(32) NOT NULL,
    seen_at    BIGINT     NOT NULL,
    PRIMARY KEY (account_id, place),
    INDEX known_clients_seen_at (seen_at),
    CONSTRAINT known_clients_account_id FOREIGN KEY (account_id) REFERENCES accounts (id) ON DELETE CASCADE
) ENGINE = InnoDB;
