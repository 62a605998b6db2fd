"""Digests and alerts on the command line."""

from __future__ import annotations

import click
from rich.table import Table

from plugin.commands.context import console, deskroute, plain_errors
from plugin.commands.deliveries import SHELL
from plugin.flows.out.write_digest import DAYS
from plugin.pages.refusals import BadSubscription, NotThere
from plugin.views.mails import MailKind, Subscription
from plugin.wiring_apart import Apart

KIND = click.Choice([one.value for one in MailKind])


@click.group()
def mails() -> None:
    """Send digests of the week, and alerts on missed goals."""


@mails.command()
@click.argument("email")
@click.option("--kind", type=KIND, default=MailKind.DIGEST.value, show_default=True)
@click.option("--day", type=click.Choice(DAYS, case_sensitive=False), default=DAYS[0])
@click.option("--hour", type=click.IntRange(0, 23), default=8, show_default=True)
@click.option("--zone", default="UTC", show_default=True, help="Whose clock, like Europe/Berlin.")
@click.option("--segment", "segments", multiple=True, help="Only about this one; all if left out.")
@plain_errors
def subscribe(  # ruff: ignore[too-many-arguments, too-many-positional-arguments] — click passes each option by name
    email: str, kind: str, day: str, hour: int, zone: str, segments: tuple[str, ...]
) -> None:
    """Send EMAIL the digest or alerts: a person's address, or that of a list."""
    place = [one.casefold() for one in DAYS].index(day.casefold())
    wanted = Subscription(email, MailKind(kind), place, hour, zone, segments)
    try:
        deskroute().my_mails.keep(wanted, SHELL.email)
    except BadSubscription as error:
        raise click.ClickException(str(error)) from None
    console.print(f"{email} gets the {kind}.", markup=False)


@mails.command()
@click.argument("email")
@click.option("--kind", type=KIND, default=MailKind.DIGEST.value, show_default=True)
@plain_errors
def unsubscribe(email: str, kind: str) -> None:
    """Send EMAIL no digest, or no alerts, any more."""
    if not deskroute().my_mails.end(email, MailKind(kind), SHELL.email):
        raise NotThere(f"{email} gets no {kind}.")
    console.print(f"{email} gets no {kind} any more.", markup=False)


@mails.command(name="list")
@plain_errors
def listed() -> None:
    """List who gets which mails, and when."""
    table = Table("E-mail", "Kind", "When", "Segments")
    with deskroute().store.look() as work:
        for kind in MailKind:
            for one in work.subscriptions.every(kind):
                when = f"{DAYS[one.weekday]} at {one.hour}:00, {one.zone}"
                shown = when if kind is MailKind.DIGEST else "at once"
                table.add_row(one.email, kind.value, shown, ", ".join(one.segments) or "all")
    console.print(table)


@mails.command(name="write-digests")
@plain_errors
def write_digests() -> None:
    """Write the digests that are due; the worker does so by itself."""
    console.print(f"{Apart(deskroute()).send_digests()} digests are written.")


@mails.command(name="check-goals")
@plain_errors
def check_goals() -> None:
    """Hold every segment to its goals; the worker does so by itself, once an hour."""
    begun, ended = Apart(deskroute()).check_alerts()
    console.print(f"{begun} goals are missed now, {ended} are met again.")
