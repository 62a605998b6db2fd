"""A desk of which only the ratings it asked for are taken in; its tickets come by an import.

For desks that Deskroute cannot read and write yet. The connection has the name under which the
tickets were imported.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from typing import NoReturn

from plugin.desks.ratings import PARSERS
from plugin.ports import (
    RATED,
    Changes,
    Clock,
    Delivery,
    Desk,
    DeskRating,
    Directory,
    Heard,
    Notice,
    Reading,
    Refused,
    Written,
)

_TIMES = ("x-chatwoot-timestamp", "x-zendesk-webhook-signature-timestamp")
"""Headers with the signed time of a delivery: the same rating may be given once more later."""


@dataclass(frozen=True, slots=True)
class RatingsOnly:
    """The ratings of one desk."""

    connection: str
    parse: Callable[[bytes], DeskRating | None]

    def notice(self, delivery: Delivery) -> Notice:
        """Which ticket was rated. All other news is taken, too, and needs no work.

        A desk that is told no for them would stop telling, also of ratings.
        """
        rating = self.parse(delivery.body)
        at = next((delivery.headers[name] for name in _TIMES if name in delivery.headers), "")
        digest = sha256(delivery.body).hexdigest()[:16]
        if rating is None:
            key = f"other:{at}:{digest}"
            return Notice(key, "other", "", echo=True, why="no rating")
        return Notice(f"rating:{rating.ticket}:{rating.key}:{at}:{digest}", RATED, rating.ticket)

    def read(self, ticket: str) -> Reading:
        """Nothing is read from it."""
        _ = ticket
        self._only()

    def write(self, now: Reading, changes: Changes) -> tuple[Written, ...]:
        """Nothing is written into it."""
        _ = now, changes
        self._only()

    def note(self, ticket: str, text: str, mark: str, *, first: bool = False) -> bool:
        """Nothing is written into it."""
        _ = ticket, text, mark, first
        self._only()

    def reply(self, ticket: str, text: str, mark: str) -> bool:
        """Nothing is written into it."""
        _ = ticket, text, mark
        self._only()

    def recent(self) -> Iterable[Heard]:
        """It is not polled."""
        return ()

    def directory(self) -> Directory:
        """It is not asked for its queues and agents."""
        return Directory()

    def check(self) -> None:
        """There is nothing to ask it."""

    def _only(self) -> NoReturn:
        raise Refused(f"Only ratings are taken in from {self.connection}.")


def open_ratings_of(
    make: str,
    connection: str,
    settings: Mapping[str, str],
    secrets: Mapping[str, str],
    clock: Clock,
) -> Desk:
    """The ratings of a desk of this make. ``settings`` may have its ``url``, to be known by."""
    _ = clock
    strange = sorted((settings.keys() - {"url"}) | (secrets.keys() - {"token"}))
    if strange:
        raise ValueError(f"{', '.join(strange)}: is not a setting of {make} ratings. Remove it.")
    return RatingsOnly(connection, PARSERS[make])


RATINGS_ONLY = {f"{make}-ratings": partial(open_ratings_of, make) for make in PARSERS}
"""Kinds of desks whose ratings only are taken in, and how one is opened."""
