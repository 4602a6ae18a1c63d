-- Times are milliseconds since the Unix epoch, ids are UUIDs, in every table.
-- The *_key columns hold the folded spelling, by which an identifier is unique, compared byte by byte.
-- One statement a file: each commits by itself, and may be met again after a crash.
CREATE TABLE IF NOT EXISTS accounts (
    number       BIGINT         NOT NULL AUTO_INCREMENT PRIMARY KEY,
    id           BINARY(16)     NOT NULL,
    external_id  VARBINARY(255),
    email        TEXT,
    email_key    VARBINARY(255),
    username     TEXT,
    username_key VARBINARY(255),
    name         TEXT,
    bio          TEXT,
    contact      TEXT,
    role         VARBINARY(32)  NOT NULL,
    disabled_at  BIGINT,
    created_at   BIGINT         NOT NULL,
    updated_at   BIGINT         NOT NULL,
    UNIQUE INDEX accounts_id (id),
    UNIQUE INDEX accounts_external_id (external_id),
    UNIQUE INDEX accounts_email_key (email_key),
    UNIQUE INDEX accounts_username_key (username_key)
) ENGINE = InnoDB, CHARACTER SET = utf8mb4, COLLATE = utf8mb4_bin;
