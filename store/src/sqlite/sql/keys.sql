-- Keys of sealed texts; more of them than texts, because they are made ahead.
CREATE TABLE keys (
    id  BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    key BLOB NOT NULL CHECK (length(key) = 32)
) STRICT, WITHOUT ROWID;
