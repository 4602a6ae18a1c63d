-- sealed is the private key, encrypted under the master key.
CREATE TABLE IF NOT EXISTS signing_keys (
    purpose      VARBINARY(64)  NOT NULL,
    kid          VARBINARY(255) NOT NULL,
    algorithm    VARBINARY(32)  NOT NULL,
    state        VARBINARY(32)  NOT NULL,
    sealed       BLOB           NOT NULL,
    created_at   BIGINT         NOT NULL,
    activated_at BIGINT,
    retired_at   BIGINT,
    PRIMARY KEY (purpose, kid)
) ENGINE = InnoDB;
