"""What the desks told us."""

from __future__ import annotations

import click
from rich.table import Table

from plugin.commands.context import console, deskroute, plain_errors
from plugin.flows.people.sign_in import COMMAND_LINE
from plugin.flows.tickets.deliveries import shown
from plugin.records.page import Page
from plugin.views.people import Person, Role

SHELL = Person(0, COMMAND_LINE, "Command line", Role.ADMIN)
"""Who acts when a command does: whoever may run it may do anything."""


@click.group()
def deliveries() -> None:
    """See what the desks told us, and try parked deliveries again."""


@deliveries.command(name="list")
@click.option("--state", type=click.Choice(["done", "waiting", "parked"]))
@click.option("--limit", type=click.IntRange(1, 1000), default=20)
@plain_errors
def listed(state: str | None, limit: int) -> None:
    """List deliveries, newest first, and the sum of all."""
    table = Table("Id", "Received", "Desk", "Event", "Ticket", "State", "Why")
    with deskroute().store.look() as work:
        for line in work.inbox.lines(Page(limit=limit), state, None, ""):
            at = f"{line.received_at:%Y-%m-%d %H:%M:%S}"
            table.add_row(
                str(line.id), at, line.connection, line.kind, line.ticket, line.state, line.why
            )
        tally = work.inbox.tally()
    console.print(table)
    console.print(
        f"{tally.received} received = {tally.done} done + {tally.waiting} waiting "
        f"+ {tally.parked} parked" + ("" if tally.adds_up else "  (does not add up)")
    )


@deliveries.command()
@click.argument("delivery", type=int)
@click.option("--body", is_flag=True, help="Show names, addresses and texts too; this is noted.")
@plain_errors
def show(delivery: int, *, body: bool) -> None:
    """Show one delivery whole."""
    flows = deskroute()
    with flows.store.look() as work:
        found = work.inbox.show(delivery)
    if found is None:
        raise click.ClickException(f"There is no delivery {delivery}.")
    view, raw = found
    line = view.line
    console.print(f"{line.connection} {line.kind}, ticket {line.ticket}, {line.state}")
    console.print(f"delivery id {view.delivery_id}, received {line.received_at.isoformat()}")
    if line.why:
        console.print(line.why)
    for one in view.tries:
        console.print(f"  {one.at.isoformat()}  {one.result}")
    if body:
        with flows.store.work() as work:
            did = f"looked at the body of delivery {delivery}"
            work.audit.note(SHELL.email, did, flows.clock.now())
            work.commit()
    console.print(shown(raw, hidden=not body), markup=False)


@deliveries.command()
@click.argument("delivery", type=int, required=False)
@click.option("--all-parked", is_flag=True, help="Every parked delivery.")
@plain_errors
def replay(delivery: int | None, *, all_parked: bool) -> None:
    """Try a parked delivery again."""
    flows = deskroute()
    if all_parked:
        console.print(f"{flows.deliveries.replay_all_parked(SHELL)} deliveries are tried again.")
    elif delivery is not None:
        flows.deliveries.replay(delivery, SHELL)
        console.print(f"Delivery {delivery} is tried again.")
    else:
        raise click.UsageError("Name a delivery, or say --all-parked.")
