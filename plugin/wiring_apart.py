"""The wiring of what needs numpy: built in processes of their own, never in web or worker."""

from __future__ import annotations

from dataclasses import dataclass

from plugin.flows.count_segments import CountSegments
from plugin.flows.learn_from_transfers import LearnFromTransfers
from plugin.flows.push_segments import PushSegments
from plugin.flows.run_back_test import RunBackTest
from plugin.store.counting import CountCustomers, FindMembers
from plugin.wiring import Deskroute

PROCESSES = 2
"""Processes that count at once."""


@dataclass(frozen=True, slots=True)
class Apart:
    """The flows that work through very many customers or tickets at once."""

    deskroute: Deskroute

    @property
    def back_test(self) -> RunBackTest:
        """Drafts of the playbook tried on past tickets."""
        return RunBackTest(self.deskroute.store, self.deskroute.clock)

    @property
    def learn(self) -> LearnFromTransfers:
        """What people's transfers teach about the rules."""
        return LearnFromTransfers(self.deskroute.store, self.deskroute.clock)

    @property
    def count_segments(self) -> CountSegments:
        """The sizes of all segments."""
        count = CountCustomers(self.deskroute.settings.database_url, PROCESSES)
        return CountSegments(self.deskroute.store, self.deskroute.clock, count)

    @property
    def push_segments(self) -> PushSegments:
        """Segments pushed to other tools."""
        members = FindMembers(self.deskroute.settings.database_url, PROCESSES)
        return PushSegments(self.deskroute.store, self.deskroute.clock, members)
