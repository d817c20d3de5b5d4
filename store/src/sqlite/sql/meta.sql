-- What this file is: `format` (of these tables, a number) and `programme` (whose log it is).
CREATE TABLE meta (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
