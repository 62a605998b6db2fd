"""Desk connections."""

from __future__ import annotations

import re
import secrets
from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime

import click
from rich.table import Table

from plugin.commands.context import console, deskroute, plain_errors
from plugin.commands.deliveries import SHELL
from plugin.desks.ratings_only import RATINGS_ONLY
from plugin.desks.registry import KINDS, open_record
from plugin.desks.signatures import SCHEMES, BadSignature, Proof, SecretForm, sign
from plugin.pages.refusals import NotThere
from plugin.records.connections import ConnectionRecord
from plugin.wiring import Deskroute

LEAST_SECRET = 24
"""Fewest characters of a webhook secret."""

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


@click.group()
def desks() -> None:
    """Connect desks and list them."""


@desks.command()
@click.argument("name")
@click.option("--kind", type=click.Choice(sorted(KINDS)), default="django-helpdesk")
@click.option("--url", required=True, help="Where the desk is.")
@click.option("--token", help="An API token of a user of its own; asked for if left out.")
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
    token: str | None,
    api_user_id: str | None,
    webhook_secret: str | None,
    scheme: str,
) -> None:
    """Connect a desk under NAME, the word by which the playbook knows its ids."""
    if not _NAME.fullmatch(name):
        raise click.ClickException(f"“{name}” must be small letters, digits and dashes.")
    flows = deskroute()
    settings = {"url": url, **({"api_user": api_user_id} if api_user_id else {})}
    if token is None and kind not in RATINGS_ONLY:
        token = click.prompt("Token", hide_input=True)
    secret = webhook_secret or _made(scheme)
    secrets_of = {"webhook": secret, **({"token": token} if token else {})}
    record = ConnectionRecord(name, kind, scheme, settings, secrets_of)
    try:
        open_record(record, flows.clock).check()
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    _save(flows, record, f"connected the desk {name} ({kind})")
    console.print(f"{name} is connected. Point its webhooks at:")
    _print_address(flows, record)
    warning = SCHEMES[scheme].warning
    if warning:
        console.print(f"Note: {warning}")


@desks.command(name="list")
@plain_errors
def listed() -> None:
    """List the connected desks and their webhooks' addresses; secrets are not shown."""
    flows = deskroute()
    table = Table("Name", "Kind", "URL", "Deliveries proved by")
    with flows.store.look() as work:
        connected = work.connections.desks()
    for desk in connected:
        signed = desk.scheme if SCHEMES[desk.scheme].is_signed else f"{desk.scheme}, unsigned"
        table.add_row(desk.name, desk.kind, desk.settings.get("url", ""), signed)
    console.print(table)
    for desk in connected:
        click.echo(f"Webhooks of {desk.name}: {_address(flows, desk, '…')}")
    if connected:
        click.echo("`deskroute desks address NAME` prints one in full.")


@desks.command()
@click.argument("name")
@plain_errors
def address(name: str) -> None:
    """Print where a desk's webhooks must point, in full: it may hold the secret."""
    flows = deskroute()
    _print_address(flows, _known(flows, name))


@desks.command(name="renew-secret")
@click.argument("name")
@click.option("--secret", help="The desk's own new secret; made if left out.")
@click.option("--drop-old", is_flag=True, help="Make none; forget all but the newest.")
@plain_errors
def renew_secret(name: str, secret: str | None, *, drop_old: bool) -> None:
    """Make a new webhook secret; older ones count until --drop-old."""
    flows = deskroute()
    desk = _known(flows, name)
    if drop_old:
        kept = desk.webhook_secrets[:1]
        did = f"dropped the old secrets of the desk {name}"
    else:
        kept = (_usable(secret or _made(desk.scheme), desk.scheme), *desk.webhook_secrets)
        did = f"renewed the secret of the desk {name}"
    _save(flows, replace(desk, secrets={**desk.secrets, "webhook": " ".join(kept)}), did)
    if drop_old:
        console.print(f"Only the newest secret of {name} counts now.")
        return
    console.print("Point the desk's webhooks at:")
    _print_address(flows, _known(flows, name))
    console.print(
        f"The old secret counts until you run `deskroute desks renew-secret {name} --drop-old`."
    )


@desks.command()
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@plain_errors
def remove(name: str, *, yes: bool) -> None:
    """Disconnect a desk. Its tickets stay here; they are no longer read or moved."""
    flows = deskroute()
    _known(flows, name)
    if not yes:
        click.confirm(f"Disconnect {name}? Its token and secrets are deleted.", abort=True)
    with flows.store.work() as work:
        work.connections.remove_desk(name)
        work.audit.note(SHELL.email, f"disconnected the desk {name}", flows.clock.now())
        work.commit()
    console.print(
        f"{name} is disconnected. Its tickets and decisions stay. Remove the webhooks in the desk."
    )


def _known(flows: Deskroute, name: str) -> ConnectionRecord:
    with flows.store.look() as work:
        desk = work.connections.desk(name)
    if desk is None:
        raise NotThere(f"No desk is connected as “{name}”. `deskroute desks list` shows all.")
    return desk


def _made(scheme: str) -> str:
    if SCHEMES[scheme].secret_form is SecretForm.WHSEC:
        return f"whsec_{b64encode(secrets.token_bytes(32)).decode()}"
    return secrets.token_urlsafe(32)


def _usable(secret: str, scheme: str) -> str:
    """The secret if deliveries can be checked with it: a bad one makes the good ones refused."""
    if len(secret) < LEAST_SECRET or secret.split() != [secret]:
        raise click.ClickException(
            f"The secret must have {LEAST_SECRET} characters or more, and no blanks."
        )
    try:
        sign(SCHEMES[scheme], secret, b"", delivery_id="1", at=datetime.now(UTC))
    except BadSignature as error:
        raise click.ClickException(error.message) from None
    return secret


def _save(flows: Deskroute, record: ConnectionRecord, did: str) -> None:
    with flows.store.work() as work:
        work.connections.save_desk(record, flows.clock.now())
        work.audit.note(SHELL.email, did, flows.clock.now())
        work.commit()


def _address(flows: Deskroute, desk: ConnectionRecord, secret: str) -> str:
    base = f"{flows.settings.base_url.rstrip('/')}/webhooks/{desk.name}"
    return f"{base}/{secret}" if SCHEMES[desk.scheme].proof is Proof.PATH else base


def _print_address(flows: Deskroute, desk: ConnectionRecord) -> None:
    secret = next(iter(desk.webhook_secrets), "")
    click.echo(_address(flows, desk, secret))
    if SCHEMES[desk.scheme].proof is not Proof.PATH:
        click.echo(f"with the secret {secret}")
