INSERT INTO events (
    position, stream, number, event_id, name, version, effective_on, known_on, recorded_at,
    actor, correlation, causation, previous, hash, payload
) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)
