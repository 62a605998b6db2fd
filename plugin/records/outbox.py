"""What was promised to be sent: mails and messages, each until the other side has it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from plugin.ports import Mail, News, Webhook
from plugin.records.page import Page
from plugin.views.receivers import WebhookLine

Thing = TypeVar("Thing")


@dataclass(frozen=True, slots=True)
class Due(Generic[Thing]):
    """Something that was promised and is ours to send now.

    It is there ``since`` then; this is its so-manieth of ``tries``, counted from 1.
    """

    key: int
    thing: Thing
    since: datetime
    tries: int


class Outbox(Protocol[Thing]):
    """Things to be sent, and what became of them."""

    def take(self, now: datetime, until: datetime) -> Due[Thing] | None:
        """The next that is due, ours until then; None if there is none."""
        ...

    def sent(self, key: int, now: datetime) -> None:
        """The other side has it; what it said is no longer kept."""
        ...

    def failed(self, key: int, why: str, due: datetime) -> None:
        """It is tried again at ``due``."""
        ...

    def given_up(self, key: int, why: str, now: datetime) -> None:
        """It is not tried any more."""
        ...


class Mails(Outbox[Mail], Protocol):
    """Mails to be sent."""

    def put(self, mails: Sequence[Mail], now: datetime) -> None:
        """Keep mails to be sent; one whose key is there already is not sent again.

        Raises ValueError where the pictures of one are too much.
        """
        ...

    def known(self, keys: Collection[str]) -> set[str]:
        """Which of these keys have a mail already."""
        ...


class Webhooks(Outbox[Webhook], Protocol):
    """Messages to receivers. ``take`` leaves out those of a receiver that rests or is off."""

    def announce(self, news: News, now: datetime, to: Collection[int] | None = None) -> int:
        """Keep the news for every receiver that wants it, or those of these ids; how many new."""
        ...

    def park(self, receiver: int, why: str, now: datetime) -> int:
        """Give up all that a receiver was still to be told; returns how many."""
        ...

    def replay(self, receiver: int, now: datetime, only: int | None = None) -> int:
        """Try again what a receiver has missed, all or one of it; returns how many."""
        ...

    def lines(self, receiver: int, page: Page) -> list[WebhookLine]:
        """What a receiver was told, newest first."""
        ...

    def counts(self) -> dict[int, tuple[int, int]]:
        """How many messages wait and how many are parked, by receiver."""
        ...

    def expire(self, before: datetime, limit: int) -> int:
        """Drop what ended before; returns how many there were."""
        ...
