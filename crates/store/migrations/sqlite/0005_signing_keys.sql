-- sealed is the private key, encrypted under the master key.
CREATE TABLE signing_keys (
    purpose      TEXT    NOT NULL,
    kid          TEXT    NOT NULL,
    algorithm    TEXT    NOT NULL,
    state        TEXT    NOT NULL,
    sealed       BLOB    NOT NULL,
    created_at   INTEGER NOT NULL,
    activated_at INTEGER,
    retired_at   INTEGER,
    PRIMARY KEY (purpose, kid)
) STRICT, WITHOUT ROWID;
