-- What weighs on what is limited, which networks are known, and what was cleared. No foreign keys: nothing here names an
-- account. All of it is forgotten when it has expired.
CREATE TABLE IF NOT EXISTS throttles (
    id         BINARY(16)     NOT NULL PRIMARY KEY,
    counted    BIGINT         NOT NULL,
    subject    BINARY(16),
    counter    VARBINARY(255) NOT NULL,
    expires_at BIGINT         NOT NULL,
    INDEX throttles_counted (counted, expires_at),
    INDEX throttles_subject (subject)
) ENGINE = InnoDB;
