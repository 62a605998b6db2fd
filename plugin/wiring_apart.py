"""The wiring of what needs numpy, scipy or statsmodels, which take a second and 100 MB to load.

Built in web processes, whose pages show the numbers, and in processes of their own; never in a
worker.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from plugin.flows.check_segments import CheckSegments
from plugin.flows.count_segments import CountSegments
from plugin.flows.find_issues import FindIssues
from plugin.flows.learn_from_transfers import LearnFromTransfers
from plugin.flows.measure import Kept, Measure
from plugin.flows.measure_quality import MeasureQuality
from plugin.flows.run_back_test import RunBackTest
from plugin.flows.see_results import SeeResults
from plugin.flows.see_segments import SeeSegments
from plugin.store.counting import CountCustomers
from plugin.wiring import Deskroute

PROCESSES = 2
"""Processes that count at once."""


@dataclass(frozen=True, slots=True)
class Apart:
    """The flows that work out KPIs, or go through very many customers or tickets at once."""

    deskroute: Deskroute
    kept: Kept = field(default_factory=Kept)

    @property
    def measure(self) -> Measure:
        """KPIs of any group of tickets."""
        return Measure(self.deskroute.store, self.deskroute.clock, self.kept)

    @property
    def see_results(self) -> SeeResults:
        """The numbers, as leads and admins see them."""
        return SeeResults(self.deskroute.store, self.deskroute.clock, self.measure)

    @property
    def check_segments(self) -> CheckSegments:
        """The health of segments."""
        return CheckSegments(self.deskroute.store, self.deskroute.clock)

    @property
    def see_segments(self) -> SeeSegments:
        """Segments, as leads see them."""
        return SeeSegments(self.deskroute.store, self.deskroute.clock, self.check_segments.findings)

    @property
    def measure_quality(self) -> MeasureQuality:
        """How well each rule routes, measured anew."""
        return MeasureQuality(
            self.deskroute.store, self.deskroute.clock, self.deskroute.check_rules.findings
        )

    @property
    def find_issues(self) -> FindIssues:
        """Topics of tickets, looked for anew."""
        return FindIssues(self.deskroute.store, self.deskroute.clock)

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
