"""The secret keys: changing them."""

from __future__ import annotations

import click

from plugin.commands.context import console, deskroute, plain_errors


@click.group()
def keys() -> None:
    """Change the key under which secrets are kept."""


@keys.command()
@plain_errors
def rotate() -> None:
    """Lock every stored secret with the first key of DESKROUTE_KEYS.

    Put the new key in front and leave the old one behind it, restart everything, run this, and
    take the old key out once nobody needs what it has signed: survey links and sign-ins.
    """
    flows = deskroute()
    with flows.store.work() as work:
        count = work.connections.relock() + work.receivers.relock()
        work.audit.note("the command line", "locked all secrets anew", flows.clock.now())
        work.commit()
    what = "1 connection's secrets are" if count == 1 else f"The secrets of {count} connections are"
    console.print(f"{what} locked with the first key.", markup=False)
    if len(flows.keys) == 1:
        console.print("There is only one key. `deskroute key` makes a new one to put before it.")
