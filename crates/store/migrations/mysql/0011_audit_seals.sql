-- Ties the entries of the audit log to each other. Numbers have no gaps; where retention has removed entries, the seal
-- of the last of them stays. No foreign key: it does.
CREATE TABLE IF NOT EXISTS audit_seals (
    seq      BIGINT        NOT NULL PRIMARY KEY,
    event_id BINARY(16)    NOT NULL,
    seal     VARBINARY(64) NOT NULL,
    UNIQUE INDEX audit_seals_event_id (event_id)
) ENGINE = InnoDB;
