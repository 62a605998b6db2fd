"""The database: one schema on SQLite and PostgreSQL, one repository per aggregate."""
