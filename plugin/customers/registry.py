"""Every customer source, opened from its record."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from plugin.customers.addresses import Addresses
from plugin.customers.cached import Cached
from plugin.customers.kinds import UPLOADED, open_kind
from plugin.customers.uploaded import Uploaded
from plugin.ports import Clock, CustomerSource, Requester, Unavailable
from plugin.records.connections import SourceRecord
from plugin.records.work import Store
from plugin.terms import BadTerms, read_terms
from routing.conditions.fields import Fields
from routing.tickets import Fact

FRESH = 5.0
"""Seconds for which the list of sources is believed before it is read again."""


@dataclass(frozen=True, slots=True)
class _Unusable:
    """A source whose settings are wrong: silent, so that it stops no ticket."""

    name: str
    why: str
    first_for: frozenset[str] = frozenset()

    def look_up(self, who: Requester, fields: Fields) -> Mapping[str, Fact] | None:
        """Say that it cannot answer."""
        _ = who, fields
        raise Unavailable(self.why)

    def fall_back(self, who: Requester, fields: Fields) -> Mapping[str, Fact] | None:
        """Nothing."""
        _ = who, fields
        return None

    def was_late(self) -> None:
        """It never is."""


@dataclass(slots=True)
class OpenSources:
    """The sources of this installation, the most trusted first. ``load`` reads their records.

    ``patience`` is what a ticket waits for all of them together, in seconds.
    """

    load: Callable[[], Sequence[SourceRecord]]
    store: Store
    clock: Clock
    addresses: Addresses = field(default_factory=Addresses)
    patience: float = 2.0
    _read_at: float = -FRESH
    _records: dict[str, SourceRecord] = field(default_factory=dict)
    _sources: dict[str, CustomerSource] = field(default_factory=dict)

    def __call__(self) -> Sequence[CustomerSource]:
        """The sources as they are now. They hold connection pools, so they are kept open."""
        if time.monotonic() - self._read_at >= FRESH:
            records = {record.name: record for record in self.load()}
            self._sources = {name: self._kept(record) for name, record in records.items()}
            self._records = records
            self._read_at = time.monotonic()
        return list(self._sources.values())

    def _kept(self, record: SourceRecord) -> CustomerSource:
        """The source that is open already, unless something was changed in its record."""
        if self._records.get(record.name) == record:
            return self._sources[record.name]
        return self._open(record)

    def _open(self, record: SourceRecord) -> CustomerSource:
        try:
            if record.kind == UPLOADED:
                return Uploaded(record.name, self.store, read_terms(record.settings, remote=False))
            source, terms = open_kind(record, self.addresses, self.clock)
        except Unavailable as error:
            return _Unusable(record.name, error.reason)
        except BadTerms as error:
            return _Unusable(record.name, f"{record.name}: {error}")
        return Cached(source, terms, self.store, self.clock, self.patience)
