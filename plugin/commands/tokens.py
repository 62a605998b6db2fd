"""The tokens of programs on the command line."""

from __future__ import annotations

import click
from rich.table import Table

from plugin.commands.context import console, deskroute, plain_errors
from plugin.commands.deliveries import SHELL
from plugin.pages.refusals import BadWish
from plugin.views.programs import NewToken, Scope


@click.group()
def tokens() -> None:
    """Let programs read over the API, each by a token of its own."""


@tokens.command()
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    required=True,
    type=click.Choice([one.value for one in Scope]),
    help="What it may read; several times for several.",
)
@click.option("--days", type=int, help="How long it lasts; until it is revoked if left out.")
@plain_errors
def add(name: str, scopes: tuple[str, ...], days: int | None) -> None:
    """Make a token and print it; it is shown this once."""
    try:
        token = deskroute().programs.add(NewToken(name.strip(), scopes, days), SHELL.email)
    except BadWish as error:
        raise click.ClickException(f"Not made. {error}") from None
    click.echo(token)


@tokens.command(name="list")
@plain_errors
def listed() -> None:
    """List the tokens; what they are is not kept."""
    table = Table("Name", "May", "Made by", "Last used, UTC", "Lasts until")
    for one in deskroute().programs.every():
        used = "not yet" if one.used_at is None else f"{one.used_at:%Y-%m-%d %H:%M}"
        until = "revoked" if one.expires_at is None else f"{one.expires_at:%Y-%m-%d}"
        table.add_row(one.name, ", ".join(one.scopes), one.by, used, until)
    console.print(table)


@tokens.command()
@click.argument("name")
@plain_errors
def revoke(name: str) -> None:
    """Let nobody in by the token NAME any more."""
    deskroute().programs.revoke(name, SHELL.email)
    console.print(f"{name} is revoked.", markup=False)
