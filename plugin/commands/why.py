"""Why a routed ticket went where it went, and the proof that it had to."""

from __future__ import annotations

import sys

import click

from plugin.commands.context import console, deskroute, plain_errors
from plugin.commands.reasons import told
from plugin.pages.refusals import NotThere
from plugin.views.decisions import DecisionView, Verified


@click.command(name="why")
@click.argument("ticket")
@click.option("--connection", help="The desk, where several have a ticket of this number.")
@click.option(
    "--verify", is_flag=True, help="Decide again on what was stored, and compare every value."
)
@plain_errors
def why_command(ticket: str, connection: str | None, *, verify: bool) -> None:
    """Say why TICKET (its number in the desk) went where it went. Nothing is written.

    With --verify the exit code is 1 where the stored decision does not come out again.
    """
    flows = deskroute().explain
    decision = flows.find(ticket, connection)
    view = flows.view(decision)
    if view is None:
        raise NotThere(f"There is no decision {decision}.")
    if not verify:
        _tell(view)
        return
    happened = {decision: view.happened, **{one.id: one.happened for one in view.others}}
    good = [_prove(flows.verify(key), what) for key, what in happened.items()]
    if not all(good):
        sys.exit(1)


def _tell(view: DecisionView) -> None:
    at = f"{view.decided_at:%Y-%m-%d %H:%M} UTC"
    by = f"playbook {view.decision.playbook}"
    _line(f"Ticket    {view.connection}/{view.ticket}, decision {view.id} of {at}, by {by}")
    for line in told(view.decision, view.facts, view.near):
        _line(line)
    if view.unknown:
        _line("")
        _line(f"Unknown   {', '.join(view.unknown)}")
    for one in view.earlier:
        _line("")
        at = f"{one.decided_at:%Y-%m-%d %H:%M} UTC"
        _line(f"Before    {at}, without {', '.join(one.degraded)}: {one.decision.queue}")
        for change in one.changes:
            _line(f"          {change.what}: {change.before}, then {change.after}")
    for other in view.others:
        at = f"{other.at:%Y-%m-%d %H:%M} UTC"
        _line("")
        _line(f"Later     {at}, decision {other.id}: {other.happened} {other.queue}.")
        _line(f"          Rules that fired: {', '.join(other.fired) or 'none'}")


def _prove(verified: tuple[Verified, ...], happened: str) -> bool:
    """Say of each revision of a decision whether it came out again; True if all did."""
    _line(happened)
    for one in verified:
        said = "the same, bit for bit" if not one.apart else "NOT the same"
        _line(f"Revision {one.revision}: {said}")
        for apart in one.apart:
            _line(f"  {apart.what}: stored {apart.before}, now {apart.after}")
    return not any(one.apart for one in verified)


def _line(text: str) -> None:
    console.print(text, markup=False)
