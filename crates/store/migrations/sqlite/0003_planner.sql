-- What the planner is to believe of the permission tables, which are larger than it assumes by
-- itself: that a store has a million rows, an object a few and a user some dozens. Without this it
-- takes the first two columns of an index, which are the same for all rows of a store, for as good
-- as any others, and goes through the whole store. Fixed figures give the same plans everywhere.
ANALYZE sqlite_schema;
DELETE FROM sqlite_stat1 WHERE tbl IN ('permission_tuples', 'permission_names', 'permission_log');
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('permission_tuples', 'permission_tuples', '1000000 1000000 1000000 8 4 3 1'),
    ('permission_tuples', 'permission_tuples_subject', '1000000 1000000 1000000 50 40 40 30 1'),
    ('permission_tuples', 'permission_tuples_expires', '1000 1000 1000 2'),
    ('permission_names', 'permission_names', '1000000 1000000 1000000 1'),
    ('permission_names', 'permission_names_hash', '1000000 1000000 1000000 1'),
    ('permission_log', 'permission_log', '1000000 1000000 1000000 1');
ANALYZE sqlite_schema;
