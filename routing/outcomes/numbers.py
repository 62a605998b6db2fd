"""One ticket in numbers: what reports count of it, and nothing of who or what."""

from __future__ import annotations

from typing import NamedTuple


class Numbers(NamedTuple):
    """One ticket in numbers: moments in seconds since 1970, lengths and promises in seconds.

    ``*_worked`` are in the hours of ``schedule`` and None without one. ``public_replies`` is None
    where nobody counted them. ``routed`` says that Deskroute decided about it.
    """

    opened: int
    first_reply: int | None
    first_solved: int | None
    solved: int | None
    first_reply_worked: int | None
    first_solved_worked: int | None
    solved_worked: int | None
    schedule: str | None
    first_reply_target: int | None
    resolution_target: int | None
    public_replies: int | None
    reopens: int
    transfers: int
    surveyed: bool
    score: int | None
    nps: int | None
    ces: int | None
    nps_asked: bool
    ces_asked: bool
    gone: str | None
    routed: bool
    segment: str | None
    queue: str | None
    channel: str | None
    language: str | None
    desk: str
    rule: str | None
    agent: str | None
