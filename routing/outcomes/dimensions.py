"""By what tickets are told apart in reports."""

from __future__ import annotations

from enum import StrEnum


class Dimension(StrEnum):
    """One property of a ticket as it was at ticket time; it is never looked up again.

    ``ERA`` tells the tickets that Deskroute routed from those that came before it.
    """

    SEGMENT = "segment"
    QUEUE = "queue"
    CHANNEL = "channel"
    LANGUAGE = "language"
    DESK = "desk"
    RULE = "rule"
    AGENT = "agent"
    ERA = "era"


class Era(StrEnum):
    """Whether a ticket was routed by Deskroute."""

    BEFORE = "before Deskroute"
    WITH = "with Deskroute"


class Clock(StrEnum):
    """Which time counts: all of it, or the hours in which the ticket's queue works."""

    WORKING = "working"
    CALENDAR = "calendar"


class Kind(StrEnum):
    """What takes time until it happens."""

    FIRST_REPLY = "first reply"
    FIRST_RESOLUTION = "first resolution"
    RESOLUTION = "resolution"
