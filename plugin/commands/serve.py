"""The web server and the clock: each imports only what it needs, for a quick start."""

from __future__ import annotations

import click
from granian import Granian
from granian.constants import Interfaces

from plugin.broker import make_celery
from plugin.commands.environment import settings_or_exit


@click.command()
def web() -> None:
    """Run the web server alone."""
    settings = settings_or_exit()
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
    settings = settings_or_exit()
    settings.data.mkdir(parents=True, exist_ok=True)
    schedule = str(settings.data / "beat")
    make_celery(settings).Beat(loglevel="INFO", schedule=schedule).run()
