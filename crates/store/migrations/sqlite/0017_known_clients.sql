-- From where somebody has logged in to an account: place is a digest of program and network.
CREATE TABLE known_clients (
    account_id BLOB    NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    place      BLOB    NOT NULL CHECK (length(place) = 32),
    seen_at    INTEGER NOT NULL,
    PRIMARY KEY (account_id, place)
) STRICT, WITHOUT ROWID;

CREATE INDEX known_clients_seen_at ON known_clients (seen_at);
