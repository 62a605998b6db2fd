"""Uploaded customers, what sources last said of others, and all of them in columns."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from plugin.ports import Requester
from routing.segments.nearness import Known
from routing.tickets import Fact


@dataclass(frozen=True, slots=True)
class CustomerRecord:
    """What one uploaded source says of one customer."""

    external_id: str
    email: str | None
    facts: Mapping[str, Fact]


@dataclass(frozen=True, slots=True)
class Remembered:
    """The last answer of a source about one customer; no facts mean that it did not know them."""

    facts: Mapping[str, Fact]
    checked_at: datetime


class CustomerRecords(Protocol):
    """Customers from uploaded files, and the remembered answers of sources that are asked."""

    def put(self, source: str, records: Sequence[CustomerRecord], now: datetime) -> int:
        """Keep records; returns how many were new or changed."""
        ...

    def find(
        self, source: str, email: str | None, external_id: str | None
    ) -> dict[str, Fact] | None:
        """What a source says of a customer; None if it does not know them."""
        ...

    def find_all(self, source: str, whos: Sequence[Requester]) -> list[dict[str, Fact] | None]:
        """The same of many customers."""
        ...

    def recall(self, source: str, email: str | None, external_id: str | None) -> Remembered | None:
        """The last answer of a source that is asked; None if it was not asked about them yet."""
        ...

    def remember(
        self,
        source: str,
        email: str | None,
        external_id: str | None,
        facts: Mapping[str, Fact],
        now: datetime,
    ) -> None:
        """Keep an answer. No facts mean that the source does not know them."""
        ...

    def drop_all_but(self, source: str, kept: Collection[str]) -> int:
        """Drop what a source says of all customers but those with these ids of its own."""
        ...

    def forget_source(self, source: str) -> int:
        """Drop everything that came from a source; returns of how many customers."""
        ...

    def counts(self) -> dict[str, tuple[int, datetime]]:
        """How many customers each source has given, and when it last said something new."""
        ...


@dataclass(frozen=True, slots=True)
class CustomerSample:
    """Some of the ``total`` customers there are, spread evenly over them."""

    customers: tuple[Known, ...]
    total: int


@dataclass(frozen=True, slots=True)
class TrustedSource:
    """A customer source as a count of customers sees it.

    It is believed before all others for the fields of ``first_for``; what it says is stale after
    ``fresh_for``, where that is set.
    """

    name: str
    first_for: frozenset[str] = frozenset()
    fresh_for: timedelta | None = None


@dataclass(frozen=True, slots=True)
class CustomerBlock:
    """Some customers in columns: by field, one plain value (as JSON has it) for each.

    ``fresh_until`` is empty where nothing ages. ``disputed`` counts, by field, the customers on
    whom sources do not agree. ``who`` has, for each, the id and the e-mail by which the source
    that is trusted most knows them, and ``rows`` the number of that row; both are empty where
    nobody asked.
    """

    size: int
    values: Mapping[str, Sequence[object | None]]
    fresh_until: Mapping[str, Sequence[datetime | None]]
    disputed: Mapping[str, int]
    who: Sequence[tuple[str, str | None]] = ()
    rows: Sequence[int] = ()


class CustomerBlocks(Protocol):
    """Walks through all customers."""

    def __call__(
        self, sources: Sequence[TrustedSource], fields: Sequence[str]
    ) -> Iterator[CustomerBlock]:
        """Every customer once, in blocks: what these sources together say of these fields."""
        ...
