SELECT
    position, stream, number, event_id, name, version, effective_on, known_on, recorded_at,
    actor, correlation, causation, previous, hash, payload
FROM events WHERE position > ?1 ORDER BY position LIMIT ?2
