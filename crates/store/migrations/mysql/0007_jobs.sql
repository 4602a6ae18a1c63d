-- Who does what only one node should do, and until when nobody else may. A row is made when a job is first claimed.
CREATE TABLE IF NOT EXISTS jobs (
    name       VARBINARY(64)  NOT NULL PRIMARY KEY,
    held_by    VARBINARY(255) NOT NULL,
    held_until BIGINT         NOT NULL
) ENGINE = InnoDB;
