//! All persistence: queries, effects, migrations and the change log on SQLite and PostgreSQL.
