"""Segments as leads see them: how each stands, who is in it, what changed and who said what."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from plugin.flows.customers.trusted import trusted
from plugin.flows.playbook.edit_segment import EXAMPLES, SAMPLED
from plugin.flows.segments.check_segments import PAST_REPORTS, PAST_VERSIONS
from plugin.flows.segments.measure_segments import (
    CLOCK,
    DAYS,
    WEEK,
    MeasureSegments,
    Past,
    SegmentNumbers,
)
from plugin.pages.refusals import NotThere
from plugin.ports import Clock
from plugin.records.work import Store, Work
from plugin.views.people import Person
from plugin.views.playbook import VersionLine
from plugin.views.rules import OverlapsView
from plugin.views.segments import (
    DefinitionStep,
    ListedSegment,
    SegmentReview,
    SegmentsView,
    SegmentView,
    SharedCustomers,
    TemplateLine,
)
from routing.conditions.fields import SEGMENT, SEGMENTS, Fields
from routing.conditions.tree import Condition, tests_of
from routing.conditions.wording import sentence
from routing.outcomes.definitions import KPIS
from routing.outcomes.figures import Kpis, Score, Share, Times
from routing.outcomes.kpis import kpi_of, kpis_of
from routing.playbook import Playbook
from routing.population.findings import Finding
from routing.population.goal import Progress
from routing.population.health import REVIEW, Evidence, findings
from routing.population.report import SegmentReport, SegmentSize
from routing.segments.history import history
from routing.segments.nearness import asked_about, look
from routing.segments.outline import outline
from routing.segments.segment import Segment
from routing.segments.templates import TEMPLATES, Template

LISTED_WEEKS = 7
"""Weeks of a goal in the list."""

TICKETS = 10

NOTHING = Kpis(0, None, None, None, None, None, None, None)


@dataclass(frozen=True, slots=True)
class _Read:
    """What is read for every page: the live playbook and what has been measured."""

    now: datetime
    playbook: Playbook
    versions: Sequence[VersionLine]
    past: Past
    report: SegmentReport | None
    earlier: Sequence[SegmentReport]
    reviews: Mapping[str, SegmentReview]

    def changed_at(self, name: str) -> datetime:
        """When the definition was last changed; where that is long ago, a moment after it."""
        at = {line.version: line.at for line in self.versions}
        steps = history(name, self.past)
        oldest = self.past[-1][0] if self.past else self.playbook.version
        return at[steps[0].version if steps else oldest]

    def looked_at(self, name: str) -> datetime:
        """When somebody last changed the definition or found it right."""
        review = self.reviews.get(name)
        changed = self.changed_at(name)
        return changed if review is None else max(changed, review.at)


@dataclass(frozen=True, slots=True)
class SeeSegments:
    """The pages of segments. ``health`` says what is wrong with them."""

    store: Store
    clock: Clock
    numbers: MeasureSegments
    health: Callable[[Evidence], tuple[Finding, ...]] = findings

    def every(self) -> SegmentsView | None:
        """The list; None while no playbook is live."""
        now = self.clock.now()
        with self.store.look() as work:
            read = _read(work, now)
        if read is None:
            return None
        fared = self.numbers.goals(read.playbook, read.past, now)
        found = self._findings(read, fared.numbers)
        return SegmentsView(
            now=now,
            version=read.playbook.version,
            days=DAYS,
            report=read.report,
            lines=tuple(
                _line(place, segment, read, fared.goals[segment.name], found)
                for place, segment in enumerate(read.playbook.segments, 1)
            ),
            findings=found,
            templates=tuple(_template(one, read.playbook.fields) for one in TEMPLATES),
        )

    def one(self, name: str, kpi: str = "") -> SegmentView:
        """One segment of the live playbook, with the KPI of this key over time; raises NotThere.

        An unknown key is as good as none: its first goal's KPI is shown, or CSAT.
        """
        now = self.clock.now()
        with self.store.look() as work:
            read = _read(work, now)
            if read is None:
                raise _not_there(name)
            segment = _segment(read.playbook, name)
            sources = [trusted(record) for record in work.connections.sources()]
            sample = work.segments.sample(sources, asked_about(segment.when), SAMPLED)
            tickets = work.segments.tickets(name, TICKETS)
            notes = work.segments.notes(name)
        playbook, report = read.playbook, read.report
        fared = self.numbers.goals(read.playbook, read.past, now, {kpi} & KPIS.keys())
        numbers, goals = fared.numbers, fared.goals[name]
        counted = numbers.period.get(name)
        shown = kpi if kpi in KPIS else _usual(goals)
        return SegmentView(
            now=now,
            version=playbook.version,
            days=DAYS,
            clock=CLOCK,
            place=playbook.segments.index(segment) + 1,
            of=len(playbook.segments),
            name=segment.name,
            model=segment.model,
            owner=segment.owner,
            goal=segment.goal,
            persona=segment.persona,
            outline=outline(segment.when),
            report=report,
            week_ago=_week_ago(name, report, read.earlier),
            kpis=NOTHING if counted is None else kpis_of(counted),
            goals=goals,
            kpi=shown,
            weeks=tuple(numbers.windows),
            trend=_over_time(name, shown, numbers),
            looked=look(segment.when, sample.customers, now, EXAMPLES),
            known=sample.total,
            tickets=tuple(tickets),
            steps=_steps(name, read),
            notes=tuple(notes),
            review=read.reviews.get(name),
            read_next=read.looked_at(name) + REVIEW,
            findings=tuple(one for one in self._findings(read, numbers) if one.segment == name),
            rules=_rules(playbook, name),
            replies=tuple(one.name for one in playbook.replies if name in one.segments),
            shared=() if report is None else _shared(name, report),
        )

    def overlaps(self) -> OverlapsView | None:
        """Which segments share customers; None while no playbook is live."""
        with self.store.look() as work:
            playbook = work.playbooks.live()
            report = work.segments.latest()
        if playbook is None:
            return None
        sizes = () if report is None else report.sizes
        pairs = () if report is None else report.overlaps
        return OverlapsView(
            report=report,
            names=tuple(size.name for size in sizes),
            sizes={size.name: size.customers for size in sizes},
            shared={(pair.first, pair.second): pair.customers for pair in pairs},
        )

    def add_note(self, name: str, text: str, person: Person) -> None:
        """Keep what somebody wrote about a segment. Raises NotThere."""
        with self.store.work() as work:
            _segment(work.playbooks.live(), name)
            work.segments.add_note(name, text, person.name, self.clock.now())
            work.commit()

    def review(self, name: str, person: Person) -> None:
        """Somebody looked at the definition and found it right. Raises NotThere."""
        now = self.clock.now()
        with self.store.work() as work:
            _segment(work.playbooks.live(), name)
            work.segments.review(name, person.name, now)
            work.audit.note(person.email, f"reviewed the segment {name}", now)
            work.commit()

    def _findings(self, read: _Read, numbers: SegmentNumbers) -> tuple[Finding, ...]:
        return self.health(
            Evidence(
                playbook=read.playbook,
                now=read.now,
                days=DAYS,
                report=read.report,
                history=read.earlier,
                counted=numbers.period,
                reviewed={one.name: read.looked_at(one.name) for one in read.playbook.segments},
            )
        )


def _read(work: Work, now: datetime) -> _Read | None:
    playbook = work.playbooks.live()
    if playbook is None:
        return None
    report = work.segments.latest()
    return _Read(
        now=now,
        playbook=playbook,
        versions=work.playbooks.versions(),
        past=work.segments.past(PAST_VERSIONS),
        report=report,
        earlier=[] if report is None else work.segments.history(report.made_at - PAST_REPORTS),
        reviews=work.segments.reviews(),
    )


def _not_there(name: str) -> NotThere:
    return NotThere(f"There is no segment “{name}” in the live playbook.")


def _segment(playbook: Playbook | None, name: str) -> Segment:
    known = () if playbook is None else playbook.segments
    for segment in known:
        if segment.name == name:
            return segment
    raise _not_there(name)


def _line(
    place: int,
    segment: Segment,
    read: _Read,
    goals: Sequence[Progress | str],
    found: Sequence[Finding],
) -> ListedSegment:
    name, report = segment.name, read.report
    return ListedSegment(
        place=place,
        name=name,
        model=segment.model,
        when=sentence(segment.when),
        owner=segment.owner,
        size=None if report is None else report.size(name),
        share=None if report is None else report.share_of_revenue(name),
        standings=tuple(one if isinstance(one, str) else one.now for one in goals),
        trend=next((one.weeks[-LISTED_WEEKS:] for one in goals if isinstance(one, Progress)), ()),
        findings=tuple(one for one in found if one.segment == name),
        read_next=read.looked_at(name) + REVIEW,
    )


def _template(one: Template, fields: Fields) -> TemplateLine:
    wants = tuple(fields[name].says if name in fields else name for name in one.wants)
    return TemplateLine(one.name, one.title, one.model, one.explains, wants)


def _usual(goals: Sequence[Progress | str]) -> str:
    """The KPI that is shown if none is asked for."""
    keys = (one.now.goal.metric.key for one in goals if isinstance(one, Progress))
    return next(keys, "csat")


def _over_time(
    name: str, key: str, numbers: SegmentNumbers
) -> tuple[Share | Times | Score | None, ...]:
    """One KPI over four weeks, week by week; what is still open waits until now."""
    each = (counted.get(name) for counted in numbers.windows.values())
    return tuple(None if one is None else kpi_of(key, one) for one in each)


def _week_ago(
    name: str, report: SegmentReport | None, earlier: Sequence[SegmentReport]
) -> SegmentSize | None:
    """The segment's size in the newest report that is at least a week older."""
    if report is None:
        return None
    before = [one for one in earlier if report.made_at - one.made_at >= WEEK]
    return before[-1].size(name) if before else None


def _steps(name: str, read: _Read) -> tuple[DefinitionStep, ...]:
    lines = {line.version: line for line in read.versions}
    return tuple(
        DefinitionStep(
            version=step.version,
            at=lines[step.version].at,
            by=lines[step.version].by,
            note=lines[step.version].note,
            made=step.made,
            changes=step.changes,
        )
        for step in history(name, read.past)
    )


def _rules(playbook: Playbook, name: str) -> tuple[tuple[int, str], ...]:
    return tuple(
        (place, rule.name)
        for place, rule in enumerate(playbook.rules, 1)
        if _names_segment(rule.when, name)
    )


def _names_segment(condition: Condition, name: str) -> bool:
    wanted = name.casefold()
    for test in tests_of(condition):
        if test.field.name in {SEGMENT.name, SEGMENTS.name}:
            operands = test.operand if isinstance(test.operand, tuple) else (test.operand,)
            if any(isinstance(one, str) and one.casefold() == wanted for one in operands):
                return True
    return False


def _shared(name: str, report: SegmentReport) -> tuple[SharedCustomers, ...]:
    """The segments with customers in common, the most first."""
    size = report.size(name)
    if size is None or not size.customers:
        return ()
    found = (
        SharedCustomers(
            pair.second if pair.first == name else pair.first,
            pair.customers,
            pair.customers / size.customers,
        )
        for pair in report.overlaps
        if name in {pair.first, pair.second} and pair.customers
    )
    return tuple(sorted(found, key=lambda one: -one.customers))
