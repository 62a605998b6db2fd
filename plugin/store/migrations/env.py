"""How Alembic reaches our database: over the engine it is handed, in one transaction."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from alembic import context
from sqlalchemy import Connection, text

from plugin.store.schema import Base

# The number of the lock under which the database is migrated; any number nobody else uses.
MIGRATING = 7_340_002

engine = context.config.attributes["engine"]


def migrate(connection: Connection) -> None:
    """Run what is asked for in one transaction; nothing is left of it if a row would be lost."""
    with connection.begin():
        if connection.dialect.name == "postgresql":
            # Of two that start at once, the second waits here and then finds nothing left to do.
            # On SQLite, a writing transaction is alone already.
            connection.execute(text("SELECT pg_advisory_xact_lock(:name)"), {"name": MIGRATING})
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_as_batch=connection.dialect.name == "sqlite",
            compare_type=True,
        )
        with context.begin_transaction():
            context.run_migrations()
        if connection.dialect.name == "sqlite" and (
            lost := connection.execute(text("PRAGMA foreign_key_check")).all()
        ):
            raise RuntimeError(f"Nothing was migrated: {len(lost)} rows would point at nothing.")


@contextmanager
def referring_loosely(connection: Connection) -> Iterator[None]:
    """On SQLite, let a table be dropped and made anew without the rows that refer to it.

    SQLite changes most of a table's shape only so, and with foreign keys on, DROP TABLE deletes
    what refers to its rows (https://sqlite.org/lang_altertable.html#otheralter). The switch does
    nothing inside a transaction, so it goes straight to the driver.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    driver: Any = connection.connection.driver_connection
    driver.execute("PRAGMA foreign_keys = OFF")
    try:
        yield
    finally:
        driver.execute("PRAGMA foreign_keys = ON")


with engine.connect() as one, referring_loosely(one):
    migrate(one)
