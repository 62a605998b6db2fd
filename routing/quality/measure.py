"""How each rule has done: how often it fired, and what became of the tickets it routed.

A ticket is credited to the rule that chose its queue, as that rule read in the playbook by which
the ticket was decided. Tickets that another wording of the rule routed are not the rule's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import starmap

from routing.outcomes.comparison import chance_exactly, discoveries, share_difference
from routing.outcomes.figures import ENOUGH, Wait
from routing.outcomes.kpis import first_reply_waits, kpis, resolution_wait
from routing.outcomes.result import SATISFIED, Result
from routing.outcomes.statistics import share
from routing.quality.pace import Pool
from routing.quality.report import (
    SILENT,
    Against,
    Aspect,
    PeriodQuality,
    RuleQuality,
    Verdict,
    Versus,
)
from routing.quality.routed import Routed
from routing.quality.words import advice_on, finding_on
from routing.rules.rule import Rule, State
from routing.tickets import Trigger

RARE = 10
"""Hits expected of a rule under which its share is tested exactly.

Chi-squared holds for a single question at 5 %; of some hundred at once only the smallest
probabilities count, and those it makes too small where few hits are expected.
"""


@dataclass(frozen=True, slots=True)
class Life:
    """A rule of the live playbook, and in which versions it read as it does now.

    ``since`` is when the oldest version was published from which on it has read so without a
    break. ``blocked`` is why no ticket can reach it, where that can be told from the rules alone.
    """

    place: int
    rule: Rule
    versions: frozenset[int]
    since: datetime
    blocked: str = ""


@dataclass(frozen=True, slots=True)
class Span:
    """The period that is measured; both None is since ever."""

    days: int | None = None
    since: datetime | None = None


def measure(
    lives: Sequence[Life],
    routed: Iterable[Routed],
    fired: Mapping[tuple[str, int], int],
    span: Span,
    now: datetime,
) -> PeriodQuality:
    """The quality of these rules over the decided tickets of a period, as of ``now``.

    ``fired`` says how often a rule fired in that period, by its name and the playbook's version.
    """
    groups = _Groups(now)
    own: dict[str, list[Result]] = defaultdict(list)
    credited = {(life.rule.name, version) for life in lives for version in life.versions}
    earlier: dict[str, int] = defaultdict(int)
    by_version: dict[int, int] = defaultdict(int)
    by_default: list[Result] = []
    for one in routed:
        groups.take(one)
        by_version[one.playbook] += 1
        if one.rule is None:
            by_default.append(one.result)
        elif (one.rule, one.playbook) in credited:
            own[one.rule].append(one.result)
        else:
            earlier[one.rule] += 1
    measured = [
        _measured(life, own[life.rule.name], earlier[life.rule.name], by_version, fired, groups)
        for life in lives
    ]
    judged = list(starmap(_judged, zip(_corrected(measured), lives, strict=True)))
    order = list(Verdict)
    urgent = sum(1 for verdict in order if verdict.needs_somebody)
    judged.sort(key=lambda one: (min(order.index(one.verdict), urgent), one.place))
    return PeriodQuality(
        days=span.days,
        since=span.since,
        decided=sum(by_version.values()),
        rules=tuple(judged),
        by_default=kpis(by_default, now) if by_default else None,
    )


@dataclass(slots=True)
class _Group:
    """Tickets that others are compared with: counts of hits and of all, and every wait."""

    shares: dict[Aspect, tuple[int, int]]
    waits: dict[Aspect, list[Wait]]
    pools: dict[Aspect, Pool] = field(default_factory=dict)

    @classmethod
    def of(cls, results: Sequence[Result], now: datetime) -> _Group:
        solved = [one.outcome for one in results if one.outcome.first_solved_at is not None]
        scores = [one.score for one in results if one.score is not None]
        return cls(
            shares={
                Aspect.TRANSFERRED: (sum(r.outcome.transfers > 0 for r in results), len(results)),
                Aspect.REOPENED: (sum(one.reopens > 0 for one in solved), len(solved)),
                Aspect.CSAT: (sum(score >= SATISFIED for score in scores), len(scores)),
            },
            waits={
                Aspect.FIRST_REPLY: first_reply_waits(results, now),
                Aspect.RESOLUTION: [resolution_wait(one, now) for one in results],
            },
        )

    def pool(self, aspect: Aspect) -> Pool:
        if aspect not in self.pools:
            self.pools[aspect] = Pool(self.waits[aspect])
        return self.pools[aspect]


@dataclass(slots=True)
class _Groups:
    """All decided tickets, and those of each queue."""

    now: datetime
    every: list[Result] = field(default_factory=list)
    by_queue: dict[str | None, list[Result]] = field(default_factory=lambda: defaultdict(list))
    _made: dict[str | None, _Group] = field(default_factory=dict)
    _all: _Group | None = None

    def take(self, one: Routed) -> None:
        self.every.append(one.result)
        self.by_queue[one.queue].append(one.result)

    def around(self, queue: str | None, own: int) -> tuple[Against, _Group]:
        """The tickets of the queue where others sent it enough of them, else all."""
        if len(self.by_queue.get(queue, ())) - own >= ENOUGH:
            if queue not in self._made:
                self._made[queue] = _Group.of(self.by_queue[queue], self.now)
            return Against.QUEUE, self._made[queue]
        if self._all is None:
            self._all = _Group.of(self.every, self.now)
        return Against.ALL, self._all


def _measured(  # ruff: ignore[too-many-arguments, too-many-positional-arguments] — one rule's share of each
    life: Life,
    own: Sequence[Result],
    earlier: int,
    by_version: Mapping[int, int],
    fired: Mapping[tuple[str, int], int],
    groups: _Groups,
) -> RuleQuality:
    name = life.rule.name
    # What it does later moves tickets that another rule has routed: those are not its own.
    queue = life.rule.then.leads_to if life.rule.on is Trigger.OPENED else None
    decided = sum(by_version.get(version, 0) for version in life.versions)
    times = sum(fired.get((name, version), 0) for version in life.versions)
    against, group = groups.around(queue, len(own))
    mine = _Group.of(own, groups.now)
    return RuleQuality(
        place=life.place,
        rule=name,
        queue=queue,
        since=life.since,
        decided=decided,
        fired=times,
        firing=share(min(times, decided), decided),
        kpis=None if queue is None else kpis(own, groups.now),
        earlier=earlier,
        against=against,
        versus=() if queue is None else tuple(_versus(mine, group)),
        verdict=Verdict.FINE,
    )


def _versus(mine: _Group, group: _Group) -> Iterable[Versus]:
    for aspect, (hits, n) in mine.shares.items():
        every_hit, every = group.shares[aspect]
        others = every - n
        apart = share_difference(hits, n, every_hit - hits, others)
        if apart is not None and min(n, others) >= ENOUGH:
            if every_hit * n < RARE * every:
                apart = replace(apart, p=chance_exactly(hits, n, every_hit, every))
            yield Versus(aspect, apart, n, others)
    for aspect, waits in mine.waits.items():
        others = len(group.waits[aspect]) - len(waits)
        if min(len(waits), others) >= ENOUGH:
            apart = group.pool(aspect).difference(waits)
            if apart is not None:
                yield Versus(aspect, apart, len(waits), others)


def _corrected(measured: Sequence[RuleQuality]) -> list[RuleQuality]:
    """All comparisons of the report corrected together: many questions find no answer by chance.

    Then shares and times each for themselves as well: where many rules differ in their times,
    which is no harm, a weaker reason would do to say that one hurts.
    """
    every = [one for rule in measured for one in rule.versus]
    by_all = discoveries([one.difference.p for one in every])
    alike: dict[bool, Iterator[bool]] = {
        is_time: iter(discoveries([o.difference.p for o in every if o.aspect.is_time is is_time]))
        for is_time in (False, True)
    }
    shown = iter(
        [
            next(alike[one.aspect.is_time]) and together and _apart(one)
            for one, together in zip(every, by_all, strict=True)
        ]
    )
    return [
        replace(rule, versus=tuple(replace(one, shown=next(shown)) for one in rule.versus))
        for rule in measured
    ]


def _apart(one: Versus) -> bool:
    same = 1.0 if one.aspect.is_time else 0.0
    return not one.difference.low <= same <= one.difference.high


def _judged(one: RuleQuality, life: Life) -> RuleQuality:
    verdict = _verdict(one, life)
    judged = replace(one, verdict=verdict)
    return replace(judged, finding=finding_on(judged), advice=advice_on(judged, life.blocked))


def _verdict(one: RuleQuality, life: Life) -> Verdict:
    if not life.rule.may_act:
        return Verdict.SHADOW if life.rule.state is State.SHADOW else Verdict.OFF
    if life.rule.on is not Trigger.OPENED:
        # How many tickets it happens to is not counted, so nothing is held against it.
        return Verdict.FINE
    if not one.fired:
        dead = life.blocked or one.decided >= SILENT
        return Verdict.DEAD if dead else Verdict.TOO_FEW
    if one.kpis is None:
        return Verdict.FINE
    if any(versus.hurts for versus in one.versus):
        return Verdict.HURTS
    if not one.kpis.tickets and one.fired >= ENOUGH:
        return Verdict.MUTE
    return Verdict.FINE if one.kpis.tickets >= ENOUGH else Verdict.TOO_FEW
