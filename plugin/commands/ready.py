"""What a server looks at before it starts: its folder, its port, its database."""

from __future__ import annotations

import click

from plugin.children import is_free
from plugin.commands.environment import settings_or_exit
from plugin.data_folder import close_to_others, is_needed
from plugin.ports import Refused, Unavailable
from plugin.settings import Settings
from plugin.store.database import NOT_MIGRATED, Database, open_engine, revision
from plugin.store.schema import REVISION


def closed_or_exit(*, always: bool = False) -> Settings:
    """The settings, once the data folder is made and closed to everybody else.

    A server that keeps nothing in it starts also where it cannot be made, unless ``always``.
    """
    settings = settings_or_exit()
    try:
        close_to_others(settings)
    except Refused as error:
        if always or is_needed(settings):
            raise click.ClickException(error.reason) from None
    return settings


def migrated_or_exit(settings: Settings) -> None:
    """End the command on a database without the tables of this version.

    One that does not answer may do so later; until then the health check tells.
    """
    database = Database(open_engine(settings.database_url, pool=1))
    try:
        has = revision(database)
    except Unavailable:
        return
    finally:
        database.engine.dispose()
    if has != REVISION:
        raise click.ClickException(NOT_MIGRATED)


def port_or_exit(settings: Settings) -> None:
    """End the command where somebody else listens on its port."""
    if not is_free(settings.port, settings.host):
        raise click.ClickException(
            f"Port {settings.port} is taken. Set DESKROUTE_PORT to a free one."
        )
