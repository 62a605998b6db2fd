"""What is held about a customer, on the command line."""

from __future__ import annotations

import os
from pathlib import Path

import click
from rich.table import Table

from plugin.commands.context import console, deskroute, plain_errors
from plugin.commands.deliveries import SHELL
from plugin.pages.refusals import BadFile
from plugin.views.customers import HeldView


@click.group()
def customers() -> None:
    """See, export and forget what is held about one customer."""


@customers.command()
@click.argument("email")
@plain_errors
def show(email: str) -> None:
    """Say what is held about a customer; that somebody asked is noted."""
    _show(deskroute().forget.held(email, SHELL))


@customers.command()
@click.argument("email")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Else to the screen.")
@click.option("--csv", "as_csv", is_flag=True, help="CSV for a spreadsheet, in place of JSON.")
@plain_errors
def export(email: str, out: Path | None, *, as_csv: bool) -> None:
    """Write out all that is held about a customer."""
    told = deskroute().forget.export(email, SHELL, as_csv=as_csv)
    if out is None:
        click.echo(told)
        return
    try:
        _write_closed(out, told)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise BadFile(f"{out} cannot be written: {reason}. Name another file.") from None
    console.print(f"Written to {out}. It holds personal data: delete it once it is sent.")


def _write_closed(out: Path, told: str) -> None:
    """Write a file that only its owner may read, from its first byte on."""
    made = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    # newline="": the CSV has its own line ends.
    with os.fdopen(made, "w", encoding="utf-8", newline="") as file:
        if out.is_file():  # and no terminal or pipe, which is not ours to close
            os.fchmod(made, 0o600)
        file.write(told)


@customers.command()
@click.argument("email")
@click.option("--yes", is_flag=True, help="Do not ask.")
@plain_errors
def forget(email: str, *, yes: bool) -> None:
    """Forget a customer everywhere; counts, times and ratings stay."""
    flows = deskroute()
    view = flows.forget.held(email, SHELL)
    _show(view)
    if not yes:
        click.confirm("Forget this customer? It cannot be undone.", abort=True)
    flows.forget.forget(email, SHELL)
    console.print(
        "Forgotten. Only a keyed hash of the address is kept, so that nothing old comes back. "
        "The desk and the customer sources have their own copies: forget them there, too."
    )


@customers.command()
@click.argument("email")
@plain_errors
def readmit(email: str) -> None:
    """Let a forgotten customer be known again from now on."""
    deskroute().forget.readmit(email, SHELL)
    console.print("From now on this address is known again when it is imported or writes.")


@customers.command()
@plain_errors
def expire() -> None:
    """Let go now of what is older than the settings keep; the beat does it every hour."""
    flows = deskroute()
    keeps = flows.forget.keeps()
    gone = flows.forget.expire()
    console.print(f"{gone.tickets} tickets lost their person ({_kept(keeps.tickets)}).")
    console.print(f"{gone.deliveries} deliveries lost their body ({_kept(keeps.deliveries)}).")


def _kept(days: int) -> str:
    return f"kept for {days} days" if days else "kept for ever"


def _show(view: HeldView) -> None:
    table = Table("What", "Held", "When forgotten")
    for line in view.lines:
        table.add_row(line.what, str(line.count), line.goes)
    console.print(table)
    if view.signs_in:
        console.print("This address also signs in here. That account stays.")
    if view.forgotten_at is not None:
        console.print(f"Forgotten before, on {view.forgotten_at:%Y-%m-%d %H:%M} UTC.")
