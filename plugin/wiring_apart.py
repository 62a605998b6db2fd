"""The wiring of what needs numpy: built in processes of their own, never in web or worker."""

from __future__ import annotations

from dataclasses import dataclass

from plugin.flows.count_segments import CountSegments
from plugin.store.counting import CountCustomers
from plugin.wiring import Deskroute

PROCESSES = 2
"""Processes that count at once."""


@dataclass(frozen=True, slots=True)
class Apart:
    """The flows that work through very many customers at once."""

    deskroute: Deskroute

    @property
    def count_segments(self) -> CountSegments:
        """The sizes of all segments."""
        count = CountCustomers(self.deskroute.settings.database_url, PROCESSES)
        return CountSegments(self.deskroute.store, self.deskroute.clock, count)
