"""The command ``deskroute``."""

from __future__ import annotations

import logging
from collections.abc import Mapping

import click

from plugin.commands.lazy import LazyGroup

COMMANDS: Mapping[str, str] = {
    "demo": "plugin.commands.demo:demo",
    "up": "plugin.commands.run:up",
    "web": "plugin.commands.serve:web",
    "worker": "plugin.commands.run:worker",
    "beat": "plugin.commands.serve:beat",
    "migrate": "plugin.commands.run:migrate",
    "key": "plugin.commands.run:key",
    "keys": "plugin.commands.keys:keys",
    "doctor": "plugin.commands.doctor:doctor",
    "people": "plugin.commands.people:people",
    "desks": "plugin.commands.desks:desks",
    "sources": "plugin.commands.sources:sources",
    "playbook": "plugin.commands.playbook:playbook",
    "rules": "plugin.commands.rules:rules",
    "segments": "plugin.commands.segments:segments",
    "issues": "plugin.commands.issues:issues",
    "kpi": "plugin.commands.kpi:kpi",
    "mails": "plugin.commands.mails:mails",
    "value": "plugin.commands.value:value",
    "tokens": "plugin.commands.tokens:tokens",
    "receivers": "plugin.commands.receivers:receivers",
    "deliveries": "plugin.commands.deliveries:deliveries",
    "audit": "plugin.commands.audit:audit",
    "customers": "plugin.commands.privacy:customers",
    "decide": "plugin.commands.decide:decide_command",
    "back-test": "plugin.commands.back_test:back_test",
    "why": "plugin.commands.why:why_command",
    "import": "plugin.commands.imports:imports",
    "outcomes": "plugin.commands.outcomes:outcomes",
    "export": "plugin.commands.export:export",
}
"""Every command and where it is."""


@click.group(cls=LazyGroup, places=COMMANDS)
@click.version_option(package_name="deskroute")
def main() -> None:
    """Route each ticket to the queue and agent who serve its customer's segment best."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    # Desk addresses may hold secrets in their path; the client would log every one.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    # Two lines a ring say nothing that a page does not say better.
    quiet = ("celery.worker.strategy", "celery.app.trace", "celery.beat", "alembic", "mail.log")
    for chatty in quiet:
        logging.getLogger(chatty).setLevel(logging.WARNING)


if __name__ == "__main__":
    main()
