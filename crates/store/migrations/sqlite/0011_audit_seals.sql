-- Ties the entries of the audit log to each other. Numbers have no gaps; where retention has removed entries, the seal
-- of the last of them stays. No foreign key: it does.
CREATE TABLE audit_seals (
    seq      INTEGER NOT NULL PRIMARY KEY,
    event_id BLOB    NOT NULL CHECK (length(event_id) = 16),
    seal     BLOB    NOT NULL
) STRICT;

CREATE UNIQUE INDEX audit_seals_event_id ON audit_seals (event_id);
