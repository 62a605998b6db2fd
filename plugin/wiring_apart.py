"""The wiring of what needs numpy, scipy or statsmodels, which take a second and 100 MB to load.

Built in web processes, whose pages show the numbers, and in processes of their own; never in a
worker.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from plugin.aside import start_aside
from plugin.flows.customers.count_worth import CountWorth
from plugin.flows.customers.see_value import SeeValue
from plugin.flows.out.alerts import CheckAlerts
from plugin.flows.out.send_digests import SendDigests
from plugin.flows.out.write_digest import WriteDigest
from plugin.flows.playbook.learn_from_transfers import LearnFromTransfers
from plugin.flows.playbook.run_back_test import RunBackTest
from plugin.flows.results.compare_groups import CompareGroups
from plugin.flows.results.find_issues import FindIssues
from plugin.flows.results.measure import Measure
from plugin.flows.results.measure_quality import MeasureQuality
from plugin.flows.results.measured_weeks import Kept
from plugin.flows.results.see_results import SeeResults
from plugin.flows.results.see_topic import SeeTopic
from plugin.flows.segments.check_segments import CheckSegments
from plugin.flows.segments.count_segments import CountSegments
from plugin.flows.segments.measure_segments import MeasureSegments
from plugin.flows.segments.push_segments import PushSegments
from plugin.flows.segments.see_goals import SeeGoals
from plugin.flows.segments.see_segments import SeeSegments
from plugin.flows.surveys.see_surveys import SeeSurveys
from plugin.store.counting import CountCustomers, FindMembers
from plugin.store.worth import WorthOfCustomers
from plugin.views.results import ResultsView
from plugin.web.results.charts import trend_of
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
    def see_surveys(self) -> SeeSurveys:
        """What came of surveys."""
        return SeeSurveys(self.deskroute.store, self.deskroute.clock)

    @property
    def send_digests(self) -> SendDigests:
        """The digests of a week."""
        flows = self.deskroute
        write = WriteDigest(
            flows.store,
            flows.clock,
            flows.letters,
            flows.links,
            self.see_results.overview,
            self._picture,
        )
        return SendDigests(flows.store, flows.clock, write, flows.links)

    def _picture(self, view: ResultsView) -> bytes | None:
        trend = trend_of(view)
        return None if trend is None else self.deskroute.drawings.png(trend)

    @property
    def check_alerts(self) -> CheckAlerts:
        """Segments held to their goals."""
        flows = self.deskroute
        return CheckAlerts(flows.store, flows.clock, flows.letters, flows.links, self.measure)

    @property
    def compare_groups(self) -> CompareGroups:
        """A few groups beside each other."""
        return CompareGroups(self.deskroute.store, self.deskroute.clock, self.measure)

    @property
    def see_goals(self) -> SeeGoals:
        """The goals of segments."""
        return SeeGoals(self.deskroute.store, self.deskroute.clock, self.measure_segments)

    @property
    def measure_segments(self) -> MeasureSegments:
        """The tickets of each segment."""
        return MeasureSegments(self.measure)

    @property
    def check_segments(self) -> CheckSegments:
        """The health of segments."""
        return CheckSegments(self.deskroute.store, self.deskroute.clock, self.measure_segments)

    @property
    def see_segments(self) -> SeeSegments:
        """Segments, as leads see them."""
        return SeeSegments(
            self.deskroute.store,
            self.deskroute.clock,
            self.measure_segments,
            self.check_segments.findings,
        )

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
    def see_topic(self) -> SeeTopic:
        """One topic, as leads see it."""
        return SeeTopic(self.deskroute.store, self.deskroute.clock, self.measure)

    @property
    def back_test(self) -> RunBackTest:
        """Drafts of the playbook tried on past tickets."""
        return RunBackTest(self.deskroute.store, self.deskroute.clock)

    @property
    def learn(self) -> LearnFromTransfers:
        """What people's transfers teach about the rules."""
        return LearnFromTransfers(self.deskroute.store, self.deskroute.clock)

    @property
    def see_value(self) -> SeeValue:
        """What segments are worth, as leads and admins see it; the counting is done aside."""
        settings = self.deskroute.settings
        return SeeValue(
            self.deskroute.store,
            self.deskroute.clock,
            self.measure,
            lambda: start_aside(settings, "value", "count"),
        )

    @property
    def count_worth(self) -> CountWorth:
        """What segments are worth, added up anew."""
        add_up = WorthOfCustomers(self.deskroute.settings.database_url, PROCESSES)
        return CountWorth(self.deskroute.store, self.deskroute.clock, add_up)

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
