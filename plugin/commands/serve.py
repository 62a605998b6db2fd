"""The web server and the clock: each imports only what it needs, for a quick start."""

from __future__ import annotations

import click
from granian import Granian
from granian.constants import Interfaces

from plugin.broker import make_celery
from plugin.commands.ready import closed_or_exit, migrated_or_exit, port_or_exit


@click.command()
def web() -> None:
    """Run the web server alone."""
    settings = closed_or_exit()
    port_or_exit(settings)
    migrated_or_exit(settings)
    Granian(
        "plugin.app:create_app",
        factory=True,
        interface=Interfaces.WSGI,
        address=settings.host,
        port=settings.port,
        workers=settings.web_processes,
        blocking_threads=settings.web_threads,
        backlog=1024,
        respawn_failed_workers=True,
        log_access=False,
    ).serve()


@click.command()
def beat() -> None:
    """Run the clock that sweeps and polls; exactly one per installation."""
    settings = closed_or_exit(always=True)
    schedule = str(settings.data / "beat")
    make_celery(settings).Beat(loglevel="INFO", schedule=schedule).run()
