"""The command ``deskroute``."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from importlib import import_module

import click

COMMANDS: Mapping[str, str] = {
    "demo": "plugin.commands.demo:demo",
    "up": "plugin.commands.run:up",
    "web": "plugin.commands.serve:web",
    "worker": "plugin.commands.run:worker",
    "beat": "plugin.commands.serve:beat",
    "migrate": "plugin.commands.run:migrate",
    "key": "plugin.commands.run:key",
    "doctor": "plugin.commands.doctor:doctor",
    "people": "plugin.commands.people:people",
    "desks": "plugin.commands.desks:desks",
    "sources": "plugin.commands.desks:sources",
    "playbook": "plugin.commands.playbook:playbook",
    "deliveries": "plugin.commands.deliveries:deliveries",
    "decide": "plugin.commands.decide:decide_command",
    "import": "plugin.commands.imports:imports",
}
"""Every command and where it is."""


class Commands(click.Group):
    """Imports a command when it is called: the clock needs a tenth of what the demo needs."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command by name."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """One command by name; None if there is none."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        command = getattr(import_module(module), name)
        if not isinstance(command, click.Command):
            raise TypeError(COMMANDS[cmd_name])
        return command


@click.group(cls=Commands)
@click.version_option(package_name="deskroute")
def main() -> None:
    """Route each ticket to the queue and agent who serve its customer's segment best."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    # Desk addresses may hold secrets in their path; the client would log every one.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    # Two lines a ring say nothing that a page does not say better.
    for chatty in ("celery.worker.strategy", "celery.app.trace", "celery.beat", "alembic"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


if __name__ == "__main__":
    main()
