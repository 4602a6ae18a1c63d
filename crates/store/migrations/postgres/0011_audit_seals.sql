-- Ties the entries of the audit log to each other. Numbers have no gaps; where retention has removed entries, the seal
-- of the last of them stays. No foreign key: it does.
CREATE TABLE audit_seals (
    seq      BIGINT NOT NULL PRIMARY KEY,
    event_id UUID   NOT NULL,
    seal     BYTEA  NOT NULL
);

CREATE UNIQUE INDEX audit_seals_event_id ON audit_seals (event_id);
