"""Receivers of our webhooks on the command line."""

from __future__ import annotations

import click
from rich.table import Table

from plugin.commands.context import console, deskroute, plain_errors
from plugin.commands.deliveries import SHELL
from plugin.pages.refusals import BadReceiver
from plugin.ports import EVENTS
from plugin.views.receivers import NewReceiver, ReceiverLine


@click.group()
def receivers() -> None:
    """Tell other tools what happens, by signed webhooks."""


@receivers.command()
@click.argument("name")
@click.option("--url", required=True, help="Where messages are posted.")
@click.option(
    "--event", "events", multiple=True, type=click.Choice(list(EVENTS)), help="All if left out."
)
@click.option("--segment", "segments", multiple=True, help="Only about this one; all if left out.")
@plain_errors
def add(name: str, url: str, events: tuple[str, ...], segments: tuple[str, ...]) -> None:
    """Add a receiver and print its secret, which is shown this once."""
    wanted = NewReceiver(name.strip(), url.strip(), events or tuple(EVENTS), segments)
    try:
        secret = deskroute().receivers.add(wanted, SHELL.email)
    except BadReceiver as error:
        raise click.ClickException(f"Not added. {error}") from None
    console.print(f"{name} is told what happens. Its messages are signed with:", markup=False)
    click.echo(secret)


@receivers.command(name="list")
@plain_errors
def listed() -> None:
    """List the receivers and how they answered last."""
    table = Table("Name", "URL", "Events", "State", "Waiting", "Parked", "Last answer")
    for line in deskroute().receivers.every():
        answer = "" if line.told_at is None else f"{line.told_at:%Y-%m-%d %H:%M} UTC: {line.told}"
        table.add_row(
            line.name,
            line.url,
            ", ".join((*line.events, *line.segments)),
            _state(line),
            f"{line.waiting:,}",
            f"{line.parked:,}",
            answer,
        )
    console.print(table)


@receivers.command()
@click.argument("name")
@plain_errors
def test(name: str) -> None:
    """Send NAME a message of the type “test”."""
    why = deskroute().receivers.test(name, SHELL.email)
    if why:
        raise click.ClickException(why)
    console.print(f"{name} took the test.", markup=False)


@receivers.command(name="renew-secret")
@click.argument("name")
@plain_errors
def renew_secret(name: str) -> None:
    """Make a new secret for NAME and print it; the old one signs too for another day."""
    click.echo(deskroute().receivers.renew_secret(name, SHELL.email))


@receivers.command()
@click.argument("name")
@click.argument("how", type=click.Choice(["on", "off"]))
@plain_errors
def switch(name: str, how: str) -> None:
    """Switch NAME on or off. What happens while it is off is not kept for it."""
    deskroute().receivers.switch(name, SHELL.email, on=how == "on")
    console.print(f"{name} is switched {how}.", markup=False)


@receivers.command()
@click.argument("name")
@click.option("--before", type=int, help="Only messages before this number.")
@plain_errors
def deliveries(name: str, before: int | None) -> None:
    """List what NAME was told, newest first."""
    view = deskroute().receivers.view(name, before)
    table = Table("Number", "Event", "Id", "At, UTC", "State", "Tries", "Why")
    for one in view.messages:
        at = f"{one.at:%Y-%m-%d %H:%M:%S}"
        table.add_row(str(one.id), one.type, one.event, at, one.state, str(one.tries), one.why)
    console.print(table)


@receivers.command()
@click.argument("name")
@click.argument("message", type=int, required=False)
@plain_errors
def replay(name: str, message: int | None) -> None:
    """Try again what NAME has missed: all that is parked, or the MESSAGE of this number."""
    count = deskroute().receivers.replay(name, SHELL.email, message)
    console.print(f"{count:,} messages are tried again.")


@receivers.command(name="start-over")
@click.argument("name")
@plain_errors
def start_over(name: str) -> None:
    """Tell NAME all members of its segments anew, after the next count."""
    deskroute().receivers.start_over(name, SHELL.email)
    console.print(f"{name} is told all members anew after the next count.", markup=False)


@receivers.command()
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@plain_errors
def remove(name: str, *, yes: bool) -> None:
    """Remove NAME with all that it was still to be told."""
    if not yes:
        click.confirm(f"Remove {name}, with all that it was still to be told?", abort=True)
    deskroute().receivers.remove(name, SHELL.email)
    console.print(f"{name} is removed.", markup=False)


def _state(line: ReceiverLine) -> str:
    if not line.enabled:
        return f"off: {line.why}"
    return "on" if line.failing_since is None else f"failing since {line.failing_since:%Y-%m-%d}"
