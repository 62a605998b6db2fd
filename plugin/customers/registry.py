"""Every customer source, opened from its record."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from plugin.customers.sql import SqlSource
from plugin.customers.uploaded import Uploaded
from plugin.ports import Clock, CustomerSource, Requester, Unavailable
from plugin.records import SourceRecord, Store
from routing.conditions.fields import Fields
from routing.tickets import Fact

FRESH = 5.0
"""Seconds for which the list of sources is believed before it is read again."""

KINDS = ("uploaded", "sql")
"""Every kind of source."""


@dataclass(frozen=True, slots=True)
class _Unusable:
    """A source whose settings are wrong: silent, so that it stops no ticket."""

    name: str
    why: str

    def look_up(self, who: Requester, fields: Fields) -> Mapping[str, Fact] | None:
        """Say that it cannot answer."""
        _ = who, fields
        raise Unavailable(self.why)


@dataclass(slots=True)
class OpenSources:
    """The sources of this installation, the most trusted first. ``load`` reads their records."""

    load: Callable[[], Sequence[SourceRecord]]
    store: Store
    clock: Clock
    _read_at: float = -FRESH
    _records: Sequence[SourceRecord] = ()
    _sources: list[CustomerSource] = field(default_factory=list)

    def __call__(self) -> Sequence[CustomerSource]:
        """The sources as they are now. They hold connection pools, so they are kept open."""
        if time.monotonic() - self._read_at >= FRESH:
            records = self.load()
            if records != self._records:
                self._sources = [self._open(record) for record in records]
                self._records = records
            self._read_at = time.monotonic()
        return self._sources

    def _open(self, record: SourceRecord) -> CustomerSource:
        if record.kind != "sql":
            return Uploaded(record.name, self.store)
        try:
            query = record.settings["query"]
            return SqlSource(record.name, record.secrets["url"], query, self.clock)
        except Exception as error:  # ruff: ignore[blind-except] — a driver may raise anything
            # The type alone: the message may quote the URL with its password.
            why = f"{record.name} cannot be opened ({type(error).__name__}). Check its settings."
            return _Unusable(record.name, why)
