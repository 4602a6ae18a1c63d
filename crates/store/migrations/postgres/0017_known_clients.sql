-- From where somebody has logged in to an account: place is a digest of program and network.
CREATE TABLE known_clients (
    account_id UUID   NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    place      BYTEA  NOT NULL,
    seen_at    BIGINT NOT NULL,
    PRIMARY KEY (account_id, place)
);

CREATE INDEX known_clients_seen_at ON known_clients (seen_at);
