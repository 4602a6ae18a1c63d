-- What weighs on what is limited, which networks are known, and what was cleared. No foreign keys: nothing here names an
-- account. All of it is forgotten when it has expired.
CREATE TABLE throttles (
    id         UUID   NOT NULL PRIMARY KEY,
    counted    BIGINT NOT NULL,
    subject    UUID,
    counter    BYTEA  NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE INDEX throttles_counted ON throttles (counted, expires_at);
CREATE INDEX throttles_subject ON throttles (subject);
