-- What the database itself refuses, whoever asks.
CREATE TRIGGER an_event_is_never_changed BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'an event is never changed: record a correction'); END;

CREATE TRIGGER an_event_is_never_deleted BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'an event is never deleted: record a correction'); END;

-- Also keeps `INSERT OR REPLACE` from deleting, which fires no delete trigger.
CREATE TRIGGER an_event_comes_at_the_end BEFORE INSERT ON events
WHEN new.position IS NOT (SELECT ifnull(max(position), 0) + 1 FROM events)
  OR new.number IS NOT (SELECT ifnull(max(number), -1) + 1 FROM events WHERE stream = new.stream)
BEGIN SELECT RAISE(ABORT, 'an event comes at the end of the log and of its stream'); END;

CREATE TRIGGER a_stream_is_never_changed BEFORE UPDATE ON streams
BEGIN SELECT RAISE(ABORT, 'a stream is never changed'); END;

CREATE TRIGGER a_stream_is_never_deleted BEFORE DELETE ON streams
BEGIN SELECT RAISE(ABORT, 'a stream is never deleted'); END;

CREATE TRIGGER a_stream_begins_once BEFORE INSERT ON streams
WHEN EXISTS (SELECT 1 FROM streams WHERE id = new.id OR name = new.name)
BEGIN SELECT RAISE(ABORT, 'a stream begins only once'); END;
