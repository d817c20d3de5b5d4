-- The log. Positions count 1, 2, 3 … in commit order; days count from 1970-01-01, microseconds from
-- 1970-01-01T00:00:00Z; hashes have 32 bytes, ids 16. `readable_events` shows the same for people.
CREATE TABLE events (
    position     INTEGER NOT NULL PRIMARY KEY,
    stream       INTEGER NOT NULL REFERENCES streams (id),
    number       INTEGER NOT NULL,
    event_id     BLOB    NOT NULL CHECK (length(event_id) = 16),
    name         TEXT    NOT NULL,
    version      INTEGER NOT NULL,
    effective_on INTEGER NOT NULL,
    known_on     INTEGER NOT NULL,
    recorded_at  INTEGER NOT NULL,
    actor        TEXT    NOT NULL,
    correlation  BLOB    NOT NULL CHECK (length(correlation) = 16),
    causation    BLOB             CHECK (length(causation) = 16),
    previous     BLOB    NOT NULL CHECK (length(previous) = 32),
    hash         BLOB    NOT NULL CHECK (length(hash) = 32),
    payload      TEXT    NOT NULL,
    UNIQUE (stream, number)
) STRICT;
