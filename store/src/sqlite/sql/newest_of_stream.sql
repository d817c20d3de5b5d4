SELECT number, hash FROM events WHERE stream = ?1 ORDER BY number DESC LIMIT 1
