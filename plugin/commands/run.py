"""Starting things: up, worker, migrate, key."""

from __future__ import annotations

import signal
from types import FrameType

import click

from plugin.commands.context import console, deskroute, plain_errors
from plugin.commands.environment import settings_or_exit
from plugin.commands.ready import closed_or_exit, migrated_or_exit
from plugin.data_folder import close_to_others, held
from plugin.keys import new_key
from plugin.settings import Settings
from plugin.store.migrate import upgrade
from plugin.up import Up
from plugin.worker import app as celery


@click.command()
@plain_errors
def up() -> None:
    """Run web, worker and beat together; for a laptop or a small server."""
    settings = settings_or_exit()
    with held(settings.data):
        _run(settings)


def _run(settings: Settings) -> None:
    close_to_others(settings)
    upgrade(deskroute().database.engine)
    running = Up(settings)
    stop_on_term()
    try:
        running.start()
        _welcome(running, settings)
        running.keep_running(console.print)
    except KeyboardInterrupt:
        console.print("Stopping.")
    finally:
        running.stop()


def _welcome(running: Up, settings: Settings) -> None:
    console.print(f"Deskroute is at {running.base_url}. Logs: {settings.data / 'logs'}.")
    if moved := running.moved():
        console.print(moved, style="yellow bold")
    console.print("Ctrl-C stops it.")


def stop_on_term() -> None:
    """Make a polite request to end the same as Ctrl-C, also for a command in the background."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    for asked in (signal.SIGTERM, signal.SIGINT):
        signal.signal(asked, stop)


@click.command()
@plain_errors
def worker() -> None:
    """Run the workers alone."""
    migrated_or_exit(closed_or_exit())
    celery.worker_main(
        ["worker", "--loglevel=INFO", "--without-gossip", "--without-mingle", "-n", "deskroute@%h"]
    )


@click.command()
@plain_errors
def migrate() -> None:
    """Bring the database up to date."""
    closed_or_exit()
    upgrade(deskroute().database.engine)
    console.print("The database is up to date.")


@click.command()
def key() -> None:
    """Print a new secret key for DESKROUTE_KEYS."""
    console.print(new_key())
