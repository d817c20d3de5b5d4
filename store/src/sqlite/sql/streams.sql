-- Every stream anybody wrote to. Ids count 1, 2, 3 …
CREATE TABLE streams (
    id   INTEGER NOT NULL PRIMARY KEY,
    name TEXT    NOT NULL UNIQUE
) STRICT;
