"""How Alembic reaches our database: over the engine it is handed, in one transaction."""

from alembic import context
from sqlalchemy import text

from plugin.store.schema import Base

# The number of the lock under which the database is migrated; any number nobody else uses.
MIGRATING = 7_340_002

engine = context.config.attributes["engine"]

with engine.begin() as connection:
    if connection.dialect.name == "postgresql":
        # Of two that start at once, the second waits here and then finds nothing left to do. On
        # SQLite, a writing transaction is alone already.
        connection.execute(text("SELECT pg_advisory_xact_lock(:name)"), {"name": MIGRATING})
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()
