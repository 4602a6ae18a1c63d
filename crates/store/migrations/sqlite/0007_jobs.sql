-- Who does what only one node should do, and until when nobody else may. A row is made when a job is first claimed.
CREATE TABLE jobs (
    name       TEXT    NOT NULL PRIMARY KEY,
    held_by    TEXT    NOT NULL,
    held_until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
