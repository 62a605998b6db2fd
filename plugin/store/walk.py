"""All customers, block by block, in one reading transaction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from plugin.records.customers import CustomerBlock, TrustedSource
from plugin.store.census import SqlCensus
from plugin.store.database import Database


@dataclass(frozen=True, slots=True)
class WalkCustomers:
    """Reads what sources together say of these fields; holds one block in memory at a time."""

    database: Database

    def __call__(
        self, sources: Sequence[TrustedSource], fields: Sequence[str]
    ) -> Iterator[CustomerBlock]:
        """Every customer once, in blocks. ``sources`` come in order of trust."""
        with self.database.read() as connection:
            census = SqlCensus(connection, sources, named=True)
            for span in census.spans():
                yield census.block(span, fields)
