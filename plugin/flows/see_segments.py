"""Segments as leads see them: how each stands, who is in it, what changed and who said what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from plugin.flows.check_segments import DAYS, PAST_REPORTS, PAST_VERSIONS
from plugin.flows.count_segments import trusted
from plugin.flows.edit_segment import EXAMPLES, SAMPLED
from plugin.pages import NotThere
from plugin.ports import Clock
from plugin.records import Store, Work
from plugin.views import (
    DefinitionStep,
    ListedSegment,
    OverlapsView,
    Person,
    SegmentReview,
    SegmentsView,
    SegmentView,
    SharedCustomers,
    TemplateLine,
    VersionLine,
)
from routing.conditions.fields import SEGMENT, SEGMENTS, Fields
from routing.conditions.tree import Condition, tests_of
from routing.conditions.wording import sentence
from routing.outcomes.kpis import kpis
from routing.outcomes.result import Result
from routing.playbook import Playbook
from routing.population.findings import Finding
from routing.population.goal import Goal, Standing, read_goals, standing
from routing.population.health import REVIEW, Evidence, findings
from routing.population.report import SegmentReport, SegmentSize
from routing.segments.history import Definition, history, names
from routing.segments.nearness import asked_about, look
from routing.segments.outline import outline
from routing.segments.segment import Segment
from routing.segments.templates import TEMPLATES, Template

WEEK, WINDOW = timedelta(days=7), timedelta(days=28)
"""A trend has one point a week, measured over the four weeks before it."""

LISTED_WEEKS, SHOWN_WEEKS = 7, 13

TICKETS = 10

Past = Sequence[tuple[int, Sequence[Definition]]]
Groups = Mapping[str | None, Sequence[Result]]


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
    groups: Groups

    def results(self, name: str, since: datetime) -> list[Result]:
        """The tickets of a segment, under whatever name it had, opened since then."""
        called = names(name, self.past)
        return [
            result
            for one in called
            for result in self.groups.get(one, ())
            if result.outcome.opened_at >= since
        ]

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
    health: Callable[[Evidence], tuple[Finding, ...]] = findings

    def every(self) -> SegmentsView | None:
        """The list; None while no playbook is live."""
        now = self.clock.now()
        with self.store.look() as work:
            read = _read(work, now, now - timedelta(days=DAYS))
        if read is None:
            return None
        found = self._findings(read)
        return SegmentsView(
            now=now,
            version=read.playbook.version,
            days=DAYS,
            report=read.report,
            lines=tuple(
                _line(place, segment, read, found)
                for place, segment in enumerate(read.playbook.segments, 1)
            ),
            findings=found,
            templates=tuple(_template(one, read.playbook.fields) for one in TEMPLATES),
        )

    def one(self, name: str) -> SegmentView:
        """One segment of the live playbook. Raises NotThere."""
        now = self.clock.now()
        with self.store.look() as work:
            read = _read(work, now, now - WEEK * (SHOWN_WEEKS - 1) - WINDOW)
            if read is None:
                raise _not_there(name)
            segment = _segment(read.playbook, name)
            sources = [trusted(record) for record in work.connections.sources()]
            sample = work.segments.sample(sources, asked_about(segment.when), SAMPLED)
            tickets = work.segments.tickets(name, TICKETS)
            notes = work.segments.notes(name)
        playbook, report = read.playbook, read.report
        measured = kpis(read.results(name, now - timedelta(days=DAYS)), now)
        goals = read_goals(segment.goal)
        weeks = _weeks(now, SHOWN_WEEKS)
        return SegmentView(
            now=now,
            version=playbook.version,
            days=DAYS,
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
            kpis=measured,
            standings=tuple(
                one if isinstance(one, str) else standing(one, measured) for one in goals
            ),
            weeks=weeks,
            trend=_trend(_first_goal(goals), name, read, weeks),
            looked=look(segment.when, sample.customers, now, EXAMPLES),
            known=sample.total,
            tickets=tuple(tickets),
            steps=_steps(name, read),
            notes=tuple(notes),
            review=read.reviews.get(name),
            read_next=read.looked_at(name) + REVIEW,
            findings=tuple(one for one in self._findings(read) if one.segment == name),
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

    def _findings(self, read: _Read) -> tuple[Finding, ...]:
        since = read.now - timedelta(days=DAYS)
        called: list[str | None] = [None, *(one.name for one in read.playbook.segments)]
        return self.health(
            Evidence(
                playbook=read.playbook,
                now=read.now,
                days=DAYS,
                report=read.report,
                history=read.earlier,
                results={
                    name: [one for one in read.groups.get(name, ()) if _opened(one) >= since]
                    for name in called
                },
                reviewed={name: read.looked_at(name) for name in called if name is not None},
            )
        )


def _read(work: Work, now: datetime, since: datetime) -> _Read | None:
    playbook = work.playbooks.live()
    if playbook is None:
        return None
    report = work.segments.latest()
    groups: dict[str | None, list[Result]] = defaultdict(list)
    for segment, result in work.tickets.results(since, now):
        groups[segment].append(result)
    for results in groups.values():
        results.sort(key=_opened)
    return _Read(
        now=now,
        playbook=playbook,
        versions=work.playbooks.versions(),
        past=work.segments.past(PAST_VERSIONS),
        report=report,
        earlier=[] if report is None else work.segments.history(report.made_at - PAST_REPORTS),
        reviews=work.segments.reviews(),
        groups=groups,
    )


def _opened(result: Result) -> datetime:
    return result.outcome.opened_at


def _not_there(name: str) -> NotThere:
    return NotThere(f"There is no segment “{name}” in the live playbook.")


def _segment(playbook: Playbook | None, name: str) -> Segment:
    known = () if playbook is None else playbook.segments
    for segment in known:
        if segment.name == name:
            return segment
    raise _not_there(name)


def _line(place: int, segment: Segment, read: _Read, found: Sequence[Finding]) -> ListedSegment:
    name, report = segment.name, read.report
    goals = read_goals(segment.goal)
    measured = kpis(read.results(name, read.now - timedelta(days=DAYS)), read.now)
    return ListedSegment(
        place=place,
        name=name,
        model=segment.model,
        when=sentence(segment.when),
        owner=segment.owner,
        size=None if report is None else report.size(name),
        share=None if report is None else report.share_of_revenue(name),
        standings=tuple(one if isinstance(one, str) else standing(one, measured) for one in goals),
        trend=_trend(_first_goal(goals), name, read, _weeks(read.now, LISTED_WEEKS)),
        findings=tuple(one for one in found if one.segment == name),
        read_next=read.looked_at(name) + REVIEW,
    )


def _template(one: Template, fields: Fields) -> TemplateLine:
    wants = tuple(fields[name].says if name in fields else name for name in one.wants)
    return TemplateLine(one.name, one.title, one.model, one.explains, wants)


def _first_goal(goals: Sequence[Goal | str]) -> Goal | None:
    return next((one for one in goals if isinstance(one, Goal)), None)


def _weeks(now: datetime, count: int) -> tuple[datetime, ...]:
    return tuple(now - WEEK * back for back in reversed(range(count)))


def _trend(
    goal: Goal | None, name: str, read: _Read, weeks: Sequence[datetime]
) -> tuple[Standing, ...]:
    """The goal's KPI over four weeks, week by week; what is still open waits until now."""
    if goal is None:
        return ()
    every = read.results(name, weeks[0] - WINDOW)
    return tuple(
        standing(goal, kpis([r for r in every if end - WINDOW <= _opened(r) < end], read.now))
        for end in weeks
    )


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
