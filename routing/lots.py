"""Lots drawn for tickets: the same ones whenever they are drawn."""

from __future__ import annotations

from hashlib import sha256

from routing.tickets import TicketRef

_ALL = 2**64


def takes_part(share: float, name: str, ticket: TicketRef) -> bool:
    """Whether a ticket is among the ``share`` (per cent) drawn for what has this name.

    A hash of both draws a number from 0 to 1; the ticket takes part if it lies below the share. So
    two names draw apart from each other, and a ticket stays in while the share grows.
    """
    drawn = sha256(f"{name}\n{ticket}".encode(errors="replace")).digest()
    return int.from_bytes(drawn[:8]) < share / 100 * _ALL
