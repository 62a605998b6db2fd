"""The mistakes that everyone makes with segments, each with its numbers and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import combinations

from routing.conditions.fields import SEGMENT, SEGMENTS
from routing.conditions.tree import tests_of
from routing.conditions.values import join_or, normal
from routing.outcomes.comparison import Compared, Side, compare, told_apart
from routing.outcomes.figures import ENOUGH, lacking
from routing.outcomes.kpis import kpi_of
from routing.outcomes.needed import ready_at
from routing.outcomes.sides import side_of
from routing.outcomes.tallies import Tally
from routing.playbook import Playbook
from routing.population.criteria import Criterion
from routing.population.drift import MOVED, WATCH, churn_per_week, membership_psi, psi
from routing.population.findings import OVERLAPPING, Finding, Kind, Severity
from routing.population.goal import Goal, Metric, read_goals, standing_of
from routing.population.report import SegmentReport, SegmentSize
from routing.segments.segment import Segment

MISSING, MOSTLY_MISSING = 0.2, 0.5
"""From these shares of unknown values on, a field is too little to go by, and far too little."""

STALE = 0.3
"""From this share of values that are no longer fresh on, a field is said to be old."""

DISPUTED = 0.05
"""From this share of customers on whom sources do not agree on, a field is said to be disputed."""

REVIEW = timedelta(days=90)
"""How long a definition stands without anybody looking at it."""

DRIFTED = timedelta(days=30)
"""How far apart the two reports are between which drift is measured, at least."""

RESTLESS = 0.05
"""From this change of size per week on, a segment is said to be restless."""

OTHERS = "everyone else"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known about the segments of a playbook as of ``now``.

    ``counted`` are the tickets of the last ``days`` days by their primary segment; None is for
    those in no segment. ``reviewed`` says when each segment's definition was last
    looked at or changed. ``history`` holds earlier reports, oldest first.
    """

    playbook: Playbook
    now: datetime
    days: int = 90
    report: SegmentReport | None = None
    history: Sequence[SegmentReport] = ()
    counted: Mapping[str | None, Tally] = field(default_factory=dict)
    criteria: Sequence[Criterion] = ()
    reviewed: Mapping[str, datetime] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the segments, in order of priority."""
        return tuple(segment.name for segment in self.playbook.segments)

    def tickets(self, name: str | None) -> int:
        """How many tickets had this segment as their primary one."""
        return self.counted[name].counts["tickets"] if name in self.counted else 0


def findings(evidence: Evidence) -> tuple[Finding, ...]:
    """All that is wrong with the segments, what matters most first."""
    found: list[Finding] = []
    for check in _CHECKS:
        found += check(evidence)
    order = {name: place for place, name in enumerate(evidence.names)}
    weight = list(reversed(Severity))
    return tuple(
        sorted(
            found,
            key=lambda one: (weight.index(one.severity), order.get(one.segment or "", -1)),
        )
    )


def _data(evidence: Evidence) -> Iterator[Finding]:
    """Fields that are missing, stale, or told differently by two sources."""
    report = evidence.report
    if report is None or not report.customers:
        return
    for segment in evidence.playbook.segments:
        size = report.size(segment.name)
        if size is not None:
            yield from _missing(segment, size, evidence)
            yield from _stale(segment, size, evidence)
            yield from _disputed(segment, report, evidence)


def _missing(segment: Segment, size: SegmentSize, evidence: Evidence) -> Iterator[Finding]:
    poor = _worst(size.missing, MISSING)
    if not poor:
        return
    report = evidence.report
    assert report is not None  # the size comes from it
    names = join_or([_said(name, evidence) for name, _ in poor], "and")
    yield Finding(
        segment.name,
        Kind.TOO_LITTLE_DATA,
        Severity.BAD if poor[0][1] >= MOSTLY_MISSING else Severity.WARN,
        f"{segment.name}: {names} {_is(poor)} missing for many",
        f"{_shares(poor, evidence)} unknown, of {_count(report.customers, 'customer')}. "
        f"For {_number(size.unknown)} of them it cannot be told whether they belong.",
        "Connect a source that knows it, or ask for a field that is known.",
    )


def _stale(segment: Segment, size: SegmentSize, evidence: Evidence) -> Iterator[Finding]:
    old = _worst(size.stale, STALE)
    if old:
        names = join_or([_said(name, evidence) for name, _ in old], "and")
        yield Finding(
            segment.name,
            Kind.STALE_DATA,
            Severity.WARN,
            f"{segment.name}: {names} {_is(old)} out of date",
            f"{_shares(old, evidence)} no longer fresh, of those customers who have a value.",
            "Import the source again, or see on the sources page why it does not answer.",
        )


def _disputed(segment: Segment, report: SegmentReport, evidence: Evidence) -> Iterator[Finding]:
    asked = {test.field.name for test in tests_of(segment.when)}
    mine = {name: share for name, share in report.disputed.items() if name in asked}
    poor = _worst(mine, DISPUTED)
    if poor:
        names = join_or([_said(name, evidence) for name, _ in poor], "and")
        yield Finding(
            segment.name,
            Kind.DISPUTED_DATA,
            Severity.WARN,
            f"{segment.name}: sources do not agree on {names}",
            f"{_shares(poor, evidence)} told differently by two sources, "
            f"of {_count(report.customers, 'customer')}.",
            "Put the source that is right first, or mend the other one.",
        )


def _sizes(evidence: Evidence) -> Iterator[Finding]:
    """Segments that are everyone or no one, or that no ticket can show."""
    report = evidence.report
    if report is None or not report.customers:
        return
    for name in evidence.names:
        size = report.size(name)
        if size is None:
            continue
        numbers = f"{_number(size.customers)} of {_count(report.customers, 'customer')}."
        if size.customers == 0:
            unknown = f" For {_number(size.unknown)} it cannot be told." if size.unknown else ""
            yield Finding(
                name,
                Kind.NO_ONE,
                Severity.BAD,
                f"{name}: nobody belongs to it",
                numbers + unknown,
                "Widen its definition, or retire it.",
            )
        elif size.customers == report.customers:
            yield Finding(
                name,
                Kind.EVERYONE,
                Severity.WARN,
                f"{name}: everybody belongs to it",
                numbers,
                "Narrow its definition. Whoever is in no segment is counted as everyone else.",
            )
        if size.customers and not size.primary:
            yield Finding(
                name,
                Kind.NEVER_FIRST,
                Severity.WARN,
                f"{name}: it is nobody's first segment",
                f"{_count(size.customers, 'customer')} in it, all of them in one further up.",
                "Move it up, or retire it. Only the first segment counts in the reports.",
            )


def _small(evidence: Evidence) -> Iterator[Finding]:
    """Segments with too few tickets or answers for a number to be shown."""
    for segment in evidence.playbook.segments:
        tickets, counted = evidence.tickets(segment.name), evidence.counted.get(segment.name)
        goals = [goal for goal in read_goals(segment.goal) if isinstance(goal, Goal)]
        stands = [
            standing_of(goal, None if counted is None else kpi_of(goal.metric.key, counted))
            for goal in goals
        ]
        lacking = [one for one in stands if one.lacks]
        if lacking:
            worst = max(lacking, key=lambda one: one.lacks)
            what = "answer" if worst.goal.metric is Metric.CSAT else "ticket"
            yield _too_small(segment.name, worst.n, what, worst.goal.metric.value, evidence)
        elif not goals and tickets < ENOUGH:
            yield _too_small(segment.name, tickets, "ticket", "Any KPI", evidence)


def _too_small(name: str, n: int, what: str, metric: str, evidence: Evidence) -> Finding:
    lacks = lacking(n)
    ready = ready_at(n, evidence.now - timedelta(days=evidence.days), evidence.now)
    if ready is not None:
        pace = f"At the pace of these {evidence.days} days that is on {ready.day} {ready:%B %Y}."
    else:
        pace = f"None came in these {evidence.days} days."
    return Finding(
        name,
        Kind.TOO_SMALL,
        Severity.NOTE,
        f"{name}: {_count(n, what)} so far, {lacks} more until it is measured",
        f"{metric} is shown from n = {ENOUGH}; it is {n}. {pace}",
        "Wait, or widen the definition. Until then no score is shown.",
    )


def _many(evidence: Evidence) -> Iterator[Finding]:
    """More segments than there are tickets to measure."""
    tickets = sum(evidence.tickets(name) for name in evidence.counted)
    segments = len(evidence.names)
    carried = tickets // ENOUGH
    if tickets and segments > max(1, carried):
        yield Finding(
            None,
            Kind.TOO_MANY,
            Severity.WARN,
            f"{segments} segments are too many for these tickets",
            f"{_count(tickets, 'ticket')} in {evidence.days} days: {ENOUGH} each is enough for "
            f"{carried or 'no'} segment{'' if carried == 1 else 's'}.",
            "Merge those that are served in the same way.",
        )


def _overlaps(evidence: Evidence) -> Iterator[Finding]:
    """Pairs of segments with nearly the same customers."""
    report = evidence.report
    if report is None:
        return
    for pair in report.overlaps:
        sizes = [report.size(pair.first), report.size(pair.second)]
        larger = max((size.customers for size in sizes if size), default=0)
        known = {pair.first, pair.second} <= set(evidence.names)
        if known and larger and pair.customers / larger > OVERLAPPING:
            counts = [_number(size.customers) for size in sizes if size]
            yield Finding(
                pair.second,
                Kind.OVERLAP,
                Severity.WARN,
                f"{pair.first} and {pair.second} share {_percent(pair.customers / larger)} "
                "of customers",
                f"{_count(pair.customers, 'customer')} in both; {counts[0]} in {pair.first}, "
                f"{counts[1]} in {pair.second}.",
                "Merge the two, or let one of them leave out the other.",
            )


def _alike(evidence: Evidence) -> Iterator[Finding]:
    """Segments that no KPI tells apart, where there was enough to see a difference."""
    order: list[str | None] = [None, *evidence.names]
    groups = {name: side_of(evidence.counted[name]) for name in order if name in evidence.counted}
    pairs = list(combinations(groups, 2))
    compared = [compare(groups[a], groups[b]) for a, b in pairs]
    same: dict[str, list[tuple[str | None, tuple[Compared, ...]]]] = {}
    for (a, b), kpis_of_both, differ in zip(pairs, compared, told_apart(compared), strict=True):
        if b is not None and not differ and _shows_sameness(kpis_of_both):
            same.setdefault(b, []).append((a, kpis_of_both))
    for name, others in same.items():
        nearest, kpis_of_both = others[0]
        rest = [other or OTHERS for other, _ in others[1:]]
        also = f" Nor from {join_or(rest)}." if rest else ""
        yield Finding(
            name,
            Kind.ALIKE,
            Severity.WARN,
            f"{name}: merging it into {nearest or OTHERS} would lose nothing",
            f"No KPI tells them apart: {_differences(kpis_of_both)}.{also}",
            "Merge them, or write down why they are kept apart.",
        )


def _criteria(evidence: Evidence) -> Iterator[Finding]:
    """Criteria on whose two sides all KPIs are the same."""
    compared = [compare(Side.of(one.inside), Side.of(one.outside)) for one in evidence.criteria]
    for one, both, differ in zip(evidence.criteria, compared, told_apart(compared), strict=True):
        if differ or not _shows_sameness(both):
            continue
        asked = len(compared)
        for name in one.segments:
            yield Finding(
                name,
                Kind.NO_EFFECT,
                Severity.NOTE,
                f"{name}: “{one.sentence}” has nothing to do with any KPI",
                f"No difference shown between {_count(len(one.inside), 'ticket')} inside and "
                f"{_number(len(one.outside))} outside: {_differences(both)}. "
                f"Corrected for {asked} {'criterion' if asked == 1 else 'criteria'}.",
                "Leave it out, unless a contract or a law asks for it.",
            )


def _shows_sameness(compared: Sequence[Compared]) -> bool:
    """Whether enough was measured to say that there is no difference worth the name."""
    return bool(compared) and all(one.as_good_as_equal for one in compared)


def _reviews(evidence: Evidence) -> Iterator[Finding]:
    """Definitions that nobody has looked at for long."""
    for segment in evidence.playbook.segments:
        at = evidence.reviewed.get(segment.name)
        if at is None or evidence.now - at <= REVIEW:
            continue
        owner = f" {segment.owner} owns it." if segment.owner else " Nobody owns it."
        yield Finding(
            segment.name,
            Kind.NOT_REVIEWED,
            Severity.NOTE,
            f"{segment.name}: its definition was last looked at "
            f"{_number((evidence.now - at).days)} days ago",
            f"On {at.day} {at:%B %Y}; every {REVIEW.days} days is wanted.{owner}",
            "Read it, then say that it is right or change it.",
        )


def _drifts(evidence: Evidence) -> Iterator[Finding]:
    """Segments whose membership has moved since a month ago or earlier."""
    report = evidence.report
    if report is None:
        return
    before = [one for one in evidence.history if report.made_at - one.made_at >= DRIFTED]
    if not before:
        return
    past = before[-1]
    between = [one for one in evidence.history if past.made_at <= one.made_at < report.made_at]
    yield from _all_drift(past, report)
    for name in evidence.names:
        yield from _drift(name, past, report)
        churn = churn_per_week(name, [*between, report])
        if churn is not None and churn > RESTLESS:
            yield Finding(
                name,
                Kind.RESTLESS,
                Severity.NOTE,
                f"{name}: customers come and go",
                f"Its size changed by at least {_percent(churn)} a week since "
                f"{past.made_at.day} {past.made_at:%B %Y}.",
                "Ask for something that lasts longer, or a longer span of time.",
            )


def _all_drift(past: SegmentReport, report: SegmentReport) -> Iterator[Finding]:
    """The distribution of everybody over first segments."""
    if [size.name for size in past.sizes] != [size.name for size in report.sizes]:
        return
    moved = psi(
        [*(size.primary for size in past.sizes), past.in_none],
        [*(size.primary for size in report.sizes), report.in_none],
    )
    if moved > WATCH:
        yield Finding(
            None,
            Kind.DRIFT,
            Severity.BAD if moved > MOVED else Severity.WARN,
            "Customers have moved between segments",
            f"PSI {moved:.2f} over first segments, {_period(past, report)}; calm is below {WATCH}.",
            "Look at the segments that grew and shrank before you compare their KPIs with earlier.",
        )


def _drift(name: str, past: SegmentReport, report: SegmentReport) -> Iterator[Finding]:
    moved = membership_psi(name, past, report)
    was, now = past.size(name), report.size(name)
    if moved is None or moved <= WATCH or was is None or now is None:
        return
    yield Finding(
        name,
        Kind.DRIFT,
        Severity.BAD if moved > MOVED else Severity.WARN,
        f"{name}: its membership has drifted",
        f"PSI {moved:.2f}: {_part(was, past)} of customers and now {_part(now, report)}, "
        f"{_period(past, report)}; calm is below {WATCH}.",
        "See whether the customers, the source or the definition changed.",
    )


def _period(past: SegmentReport, report: SegmentReport) -> str:
    since = f"since {past.made_at.day} {past.made_at:%B %Y}"
    if past.playbook == report.playbook:
        return since
    return f"{since}, from playbook {past.playbook} to {report.playbook}"


def _part(size: SegmentSize, report: SegmentReport) -> str:
    return _percent(size.customers / report.customers if report.customers else 0.0)


def _unused(evidence: Evidence) -> Iterator[Finding]:
    """Segments that no rule, reply, survey or goal names."""
    used = _named_in_rules(evidence.playbook) | _named_in_texts(evidence.playbook)
    for segment in evidence.playbook.segments:
        if normal(segment.name) not in used and not segment.goal.strip():
            tickets = evidence.tickets(segment.name)
            yield Finding(
                segment.name,
                Kind.UNUSED,
                Severity.WARN,
                f"{segment.name}: nothing uses it",
                "No rule, reply, survey or goal names this segment. "
                f"{_count(tickets, 'ticket')} had it first in {evidence.days} days.",
                "Give it a goal, a rule or a reply, or retire it.",
            )


def _named_in_rules(playbook: Playbook) -> set[object]:
    named: set[object] = set()
    for rule in playbook.rules:
        for test in tests_of(rule.when):
            if test.field.name in {SEGMENT.name, SEGMENTS.name}:
                many = test.operand if isinstance(test.operand, tuple) else (test.operand,)
                named |= {normal(one) for one in many if isinstance(one, str)}
    return named


def _named_in_texts(playbook: Playbook) -> set[object]:
    named = [reply.segments for reply in playbook.replies]
    named += [survey.segments for survey in playbook.surveys]
    return {normal(name) for segments in named for name in segments}


_CHECKS = (
    _data, _sizes, _small, _many, _overlaps, _alike, _criteria, _reviews, _drifts, _unused
)  # fmt: skip


def _worst(shares: Mapping[str, float], limit: float) -> list[tuple[str, float]]:
    """The fields with at least this share, the worst first."""
    above = [(name, share) for name, share in shares.items() if share >= limit]
    return sorted(above, key=lambda one: (-one[1], one[0]))


def _is(fields: Sequence[object]) -> str:
    return "is" if len(fields) == 1 else "are"


def _said(name: str, evidence: Evidence) -> str:
    known = evidence.playbook.fields.get(name)
    return name if known is None else known.says


def _shares(fields: Sequence[tuple[str, float]], evidence: Evidence) -> str:
    told = [f"{_said(name, evidence)} {_percent(share)}" for name, share in fields]
    return join_or(told, "and")


def _differences(compared: Sequence[Compared]) -> str:
    return ", ".join(_difference(one) for one in compared)


def _difference(one: Compared) -> str:
    apart, ns = one.difference, f"n = {_number(one.first)} and {_number(one.second)}"
    if one.is_time:
        return (
            f"{one.measure} {apart.value:.2f} times as fast "
            f"({apart.low:.2f} to {apart.high:.2f}, {ns})"
        )
    value, low, high = (f"{100 * x:+.1f}".replace("-", "−") for x in _ends(one))
    return f"{one.measure} {value} points ({low} to {high}, {ns})"


def _ends(one: Compared) -> tuple[float, float, float]:
    return one.difference.value, one.difference.low, one.difference.high


def _percent(share: float) -> str:
    return f"{100 * share:.1f}\u202f%"


def _number(n: int) -> str:
    return f"{n:,}"


def _count(n: int, what: str) -> str:
    return f"{n:,} {what}{'' if n == 1 else 's'}"
