-- sealed is the private key, encrypted under the master key.
CREATE TABLE signing_keys (
    purpose      TEXT   NOT NULL,
    kid          TEXT   NOT NULL,
    algorithm    TEXT   NOT NULL,
    state        TEXT   NOT NULL,
    sealed       BYTEA  NOT NULL,
    created_at   BIGINT NOT NULL,
    activated_at BIGINT,
    retired_at   BIGINT,
    PRIMARY KEY (purpose, kid)
);
