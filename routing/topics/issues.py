"""Topics per week in all tickets, per segment and per desk: which of them grow, and what helps."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from routing.outcomes.comparison import discoveries
from routing.outcomes.growth import Growth, growth
from routing.topics.corpus import FEWEST
from routing.topics.report import Among, Grown, Issue, Part, Reply
from routing.topics.weeks import COMPARED, SHOWN, WEEK, WEEKS, YEAR


@dataclass(frozen=True, slots=True)
class Counted:
    """What counts of one ticket; ``replies`` are those that were inserted in it."""

    ticket: int
    opened_at: datetime
    segment: str | None
    desk: str
    replies: tuple[str, ...]
    answered: bool
    solved: bool


@dataclass(slots=True)
class _Cell:
    """One topic in one scope."""

    weeks: Counter[int] = field(default_factory=Counter)
    used: Counter[str] = field(default_factory=Counter)
    solved: Counter[str] = field(default_factory=Counter)
    by_hand: int = 0

    def add(self, one: Counted, ago: int) -> None:
        self.weeks[ago] += 1
        if ago >= COMPARED:
            return
        for name in one.replies:
            self.used[name] += 1
            self.solved[name] += one.solved
        self.by_hand += one.answered and not one.replies

    def reply(self) -> Reply | None:
        """The one that was used most, if it was used more than by chance."""
        name, used = max(self.used.items(), key=lambda one: (one[1], one[0]), default=("", 0))
        return Reply(name, used, self.solved[name]) if used >= FEWEST else None


def issues(
    tickets: Sequence[Counted], topics: Mapping[int, Sequence[int]], until: datetime
) -> tuple[tuple[Issue, ...], int]:
    """Every topic in every scope, the surest growth first; and how many growths were judged.

    ``topics`` are our ids of tickets by topic. Within a scope a topic is held against all other
    tickets of it, so that what all have in common is nobody's growth. Nothing is judged before
    there are as many weeks of tickets as are compared.
    """
    of: dict[int, list[int]] = defaultdict(list)
    for topic, inside in topics.items():
        for ticket in inside:
            of[ticket].append(topic)
    every: dict[Among, _Cell] = defaultdict(_Cell)
    cells: dict[tuple[Among, int], _Cell] = defaultdict(_Cell)
    scopes = _scopes(tickets)
    for one in tickets:
        ago = (until - one.opened_at) // WEEK
        for scope in (Among(), Among(Part.SEGMENT, one.segment), Among(Part.DESK, one.desk)):
            if scope in scopes:
                every[scope].add(one, ago)
                for topic in of[one.ticket]:
                    cells[scope, topic].add(one, ago)
    has_past = any(one.opened_at < until - (COMPARED - 1) * WEEK for one in tickets)
    judged = _judged(every, cells) if has_past else {}
    found = [
        (judged[at].p if at in judged else 2.0, _issue(at, cell, judged.get(at)))
        for at, cell in cells.items()
        if sum(cell.weeks[ago] for ago in range(COMPARED)) >= FEWEST
    ]
    found.sort(key=lambda one: (one[0], -one[1].recent, one[1].topic))
    return tuple(one for _, one in found), len(judged)


def _scopes(tickets: Sequence[Counted]) -> set[Among]:
    """All tickets; and segments and desks, where there is more than one to tell apart."""
    parts = (
        {Among(Part.SEGMENT, one.segment) for one in tickets},
        {Among(Part.DESK, one.desk) for one in tickets},
    )
    return {Among()}.union(*(one for one in parts if len(one) > 1))


def _judged(
    every: Mapping[Among, _Cell], cells: Mapping[tuple[Among, int], _Cell]
) -> dict[tuple[Among, int], Growth]:
    """The growth of each topic in each scope, where there are enough; all corrected together."""
    has_year = any(ago >= YEAR for ago in every[Among()].weeks)
    weeks = YEAR + COMPARED if has_year else WEEKS
    found: dict[tuple[Among, int], Growth] = {}
    for scope, total in every.items():
        counts = {
            str(topic): _per_week(cell, weeks) for (at, topic), cell in cells.items() if at == scope
        }
        for one in growth(counts, _per_week(total, weeks)):
            found[scope, int(one.topic)] = one
    holds = discoveries([one.p for one in found.values()])
    return {
        at: replace(one, grows=grows) for (at, one), grows in zip(found.items(), holds, strict=True)
    }


def _per_week(cell: _Cell, weeks: int) -> list[int]:
    """Tickets of each week, oldest first; weeks nobody looked at are as if nothing had come."""
    return [cell.weeks[ago] for ago in reversed(range(weeks))]


def _issue(at: tuple[Among, int], cell: _Cell, grown: Growth | None) -> Issue:
    scope, topic = at
    return Issue(
        topic=topic,
        among=scope,
        weeks=tuple(_per_week(cell, SHOWN)),
        grown=None
        if grown is None
        else Grown(grown.ratio, grown.low, grown.high, grown.beyond_season, grown.grows),
        reply=cell.reply(),
        by_hand=cell.by_hand,
    )
