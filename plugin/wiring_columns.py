"""The wiring of what needs numpy and nothing more: built in workers, which have it anyway."""

from __future__ import annotations

from plugin.flows.results.roll_up import RollUp
from plugin.wiring import Deskroute


def roll_up_of(deskroute: Deskroute) -> RollUp:
    """Tickets into columns, for the reports."""
    return RollUp(deskroute.light_store, deskroute.clock)
