-- What weighs on what is limited, which networks are known, and what was cleared. No foreign keys: nothing here names an
-- account. All of it is forgotten when it has expired.
CREATE TABLE throttles (
    id         BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    counted    INTEGER NOT NULL,
    subject    BLOB,
    counter    BLOB    NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX throttles_counted ON throttles (counted, expires_at);
CREATE INDEX throttles_subject ON throttles (subject);
