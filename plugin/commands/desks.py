"""Desk connections."""

from __future__ import annotations

import re
import secrets

import click
from rich.table import Table

from plugin.commands.context import console, deskroute, plain_errors
from plugin.desks.registry import KINDS, open_record
from plugin.desks.signatures import SCHEMES
from plugin.records import ConnectionRecord

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


@click.group()
def desks() -> None:
    """Connect desks and list them."""


@desks.command()
@click.argument("name")
@click.option("--kind", type=click.Choice(sorted(KINDS)), default="django-helpdesk")
@click.option("--url", required=True, help="Where the desk is.")
@click.option("--token", prompt=True, hide_input=True, help="An API token of a user of its own.")
@click.option("--api-user-id", help="That user's id in the desk, so that our own notes are known.")
@click.option("--webhook-secret", help="At least 24 characters; made if left out.")
@click.option(
    "--scheme",
    type=click.Choice(sorted(SCHEMES)),
    default="secret_path",
    help="How the desk proves its deliveries.",
)
@plain_errors
def connect(  # ruff: ignore[too-many-arguments, too-many-positional-arguments] — click passes each option by name
    name: str,
    kind: str,
    url: str,
    token: str,
    api_user_id: str | None,
    webhook_secret: str | None,
    scheme: str,
) -> None:
    """Connect a desk under NAME, the word by which the playbook knows its ids."""
    if not _NAME.fullmatch(name):
        raise click.ClickException(f"“{name}” must be small letters, digits and dashes.")
    flows = deskroute()
    settings = {"url": url, **({"api_user": api_user_id} if api_user_id else {})}
    secret = webhook_secret or secrets.token_urlsafe(32)
    record = ConnectionRecord(name, kind, scheme, settings, {"token": token, "webhook": secret})
    try:
        open_record(record, flows.clock).check()
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    with flows.store.work() as work:
        work.connections.save_desk(record, flows.clock.now())
        work.commit()
    base = flows.settings.base_url.rstrip("/")
    path = f"/{secret}" if scheme == "secret_path" else ""
    console.print(f"{name} is connected. Point its webhooks at:\n{base}/webhooks/{name}{path}")
    warning = SCHEMES[scheme].warning
    if warning:
        console.print(f"Note: {warning}")


@desks.command(name="list")
@plain_errors
def listed() -> None:
    """List the connected desks; secrets are not shown."""
    table = Table("Name", "Kind", "URL", "Deliveries proved by")
    with deskroute().store.look() as work:
        for desk in work.connections.desks():
            signed = desk.scheme if SCHEMES[desk.scheme].is_signed else f"{desk.scheme}, unsigned"
            table.add_row(desk.name, desk.kind, desk.settings.get("url", ""), signed)
    console.print(table)
