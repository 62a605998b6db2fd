"""For which tickets a canary has an effect: the same ones whenever it is asked."""

from __future__ import annotations

from hashlib import sha256

from routing.rules.rule import Rule, State
from routing.tickets import TicketRef

_ALL = 2**64


def takes_part(rule: Rule, ticket: TicketRef) -> bool:
    """Whether the rule, if it is a canary, has an effect for this ticket.

    A hash of both draws a number from 0 to 1; the ticket takes part if it lies below the share. So
    two canaries draw apart from each other, and a ticket stays in while the share grows.
    """
    if rule.state is not State.CANARY:
        return True
    drawn = sha256(f"{rule.name}\n{ticket}".encode(errors="replace")).digest()
    return int.from_bytes(drawn[:8]) < rule.canary.share / 100 * _ALL
