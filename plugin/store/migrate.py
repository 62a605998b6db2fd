"""The database's shape, brought up to date by Alembic."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

SCRIPTS = Path(__file__).parent / "migrations"


def _config(engine: Engine) -> Config:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.attributes["engine"] = engine
    return config


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Bring the database up to a revision; a database that is there already is left alone."""
    command.upgrade(_config(engine), revision)


def downgrade(engine: Engine, revision: str) -> None:
    """Bring the database down to a revision; ``base`` is empty."""
    command.downgrade(_config(engine), revision)


def pending(engine: Engine) -> tuple[str | None, str | None]:
    """The revision the database has, and the one it should have."""
    wanted = ScriptDirectory.from_config(_config(engine)).get_current_head()
    # As a reader, so that a health check never waits for a writer.
    with engine.execution_options(deskroute_reading=True).connect() as connection:
        return MigrationContext.configure(connection).get_current_revision(), wanted
