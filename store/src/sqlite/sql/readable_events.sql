-- The log for auditors: names, ISO dates, hexadecimal hashes and ids.
CREATE VIEW readable_events AS
SELECT
    events.position,
    streams.name AS stream,
    events.number,
    lower(hex(events.event_id)) AS event_id,
    events.name,
    events.version,
    date(events.effective_on * 86400, 'unixepoch') AS effective_on,
    date(events.known_on * 86400, 'unixepoch') AS known_on,
    strftime('%Y-%m-%dT%H:%M:%S', events.recorded_at / 1000000, 'unixepoch')
        || printf('.%06dZ', events.recorded_at % 1000000) AS recorded_at,
    events.actor,
    lower(hex(events.correlation)) AS correlation,
    CASE WHEN events.causation IS NOT NULL THEN lower(hex(events.causation)) END AS causation,
    lower(hex(events.previous)) AS previous,
    lower(hex(events.hash)) AS hash,
    events.payload
FROM events JOIN streams ON streams.id = events.stream
ORDER BY events.position;
