"""What customers are worth, worked out of their purchases."""

from __future__ import annotations

import click
from rich.table import Table

from plugin.commands.context import console, deskroute, plain_errors
from plugin.flows.customers.work_out_value import WorkOutValue
from plugin.flows.customers.worked_out import WORKED_OUT
from plugin.store.walk import WalkCustomers
from routing.worth.rfm import RFM_CLASSES


@click.command()
@plain_errors
def value() -> None:
    """Work out RFM class, revenue rank and expected value of all customers.

    They become facts of a source named "Deskroute", which is trusted least. Doing it again
    keeps only what changed.
    """
    flows = deskroute()
    # Built here and in no wiring: it needs an extra that no other process may ask for.
    work_out = WorkOutValue(flows.store, flows.clock, WalkCustomers(flows.database))
    with console.status("Working out what customers are worth"):
        worth = work_out()
    if worth.classes:
        table = Table("RFM class", "Customers", "Who they are")
        for one in RFM_CLASSES:
            table.add_row(one.name, f"{worth.classes.get(one.name, 0):,}", one.means)
        console.print(table)
    if worth.top_fifth is not None:
        console.print(f"The top fifth of customers brings {worth.top_fifth:.1%} of the revenue.")
    for what in worth.missing:
        console.print(f"Not worked out: {what}", markup=False)
    console.print(
        f"{worth.customers:,} customers, {worth.ranked:,} with a revenue rank, "
        f"{worth.expected:,} with an expected value; {worth.changed:,} new or changed and "
        f"{worth.removed:,} taken out in the source {WORKED_OUT}."
    )
