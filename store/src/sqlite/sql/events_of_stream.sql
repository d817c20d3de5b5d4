SELECT
    position, stream, number, event_id, name, version, effective_on, known_on, recorded_at,
    actor, correlation, causation, previous, hash, payload
FROM events WHERE stream = (SELECT id FROM streams WHERE name = ?1) ORDER BY number
