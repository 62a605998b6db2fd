"""What came out of a back-test, as values that JSON holds.

Without numpy, so that any process can read what another process has worked out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import TypeAdapter

from routing.tickets import Priority

HOURS = 168
"""Hours of a week, from Monday 0 h on."""

LISTED = 200
"""Tickets that are listed, of those that move and again of those that change in other ways."""


@dataclass(frozen=True, slots=True)
class Flow:
    """So many tickets of a segment (None: in no segment) move from a queue to another."""

    before: str
    after: str
    segment: str | None
    tickets: int


@dataclass(frozen=True, slots=True)
class MovedSegment:
    """Of the tickets of a segment (None: in no segment), how many move."""

    segment: str | None
    moved: int
    tickets: int


@dataclass(frozen=True, slots=True)
class QueueLoad:
    """The tickets of one queue, in all and by hour of the week, with either playbook."""

    queue: str
    before: int
    after: int
    hours_before: tuple[int, ...]
    hours_after: tuple[int, ...]

    @property
    def busiest(self) -> int:
        """The hour of the week in which the draft brings it the most."""
        return max(range(len(self.hours_after)), key=self.hours_after.__getitem__)


@dataclass(frozen=True, slots=True)
class Change:
    """So many tickets have one thing before and another one after, both in words."""

    before: str
    after: str
    tickets: int


@dataclass(frozen=True, slots=True)
class TagChange:
    """How many tickets get a tag that they did not get before, and how many no longer do."""

    tag: str
    more: int
    fewer: int


@dataclass(frozen=True, slots=True)
class RuleCount:
    """How often a rule of the draft fired; ``before`` is the rule of that name that was there."""

    rule: str
    fired: int
    before: int | None
    on: bool = True


@dataclass(frozen=True, slots=True)
class UnknownField:
    """A field that the draft asks about, in words, and for how many tickets it is unknown."""

    field: str
    tickets: int


@dataclass(frozen=True, slots=True)
class Said:
    """What a playbook says of one ticket; ``rule`` is the one that gave it its queue.

    ``more`` is what else its rules do with it, in words.
    """

    queue: str
    rule: str | None
    segment: str | None
    agent: str | None
    priority: Priority | None
    tags: tuple[str, ...]
    first_reply: timedelta | None
    more: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ChangedTicket:
    """One ticket that changes. ``id`` is ours, None for one from a file."""

    id: int | None
    name: str
    subject: str
    opened_at: datetime
    before: Said
    after: Said

    @property
    def moves(self) -> bool:
        """Whether it comes to another queue."""
        return self.before.queue != self.after.queue


@dataclass(frozen=True, slots=True)
class BackTestReport:
    """A draft beside another version, over past tickets.

    ``first`` and ``last`` are when the oldest and the newest of the ``tickets`` were opened; hours
    of the week are told in ``time_zone``. ``as_then`` were decided with the facts of their time;
    for the others, which were imported, the customer's facts are those of today. ``changed``
    counts tickets with any difference, ``moved`` those with another queue. Of ``moved_known`` moved
    tickets it is known in which queue people solved them: ``right_before`` and ``right_after``
    count those that either playbook would have sent there. ``listed`` are the newest changed
    tickets, moved ones first.
    """

    version: int
    time_zone: str
    tickets: int
    as_then: int
    first: datetime | None
    last: datetime | None
    moved: int
    changed: int
    other_segment: int
    moved_known: int
    right_before: int
    right_after: int
    flows: tuple[Flow, ...]
    segments: tuple[MovedSegment, ...]
    loads: tuple[QueueLoad, ...]
    priorities: tuple[Change, ...]
    agents: tuple[Change, ...]
    first_replies: tuple[Change, ...]
    tags: tuple[TagChange, ...]
    rules: tuple[RuleCount, ...]
    unknown: tuple[UnknownField, ...]
    listed: tuple[ChangedTicket, ...]

    @property
    def silent_rules(self) -> tuple[str, ...]:
        """The rules of the draft that are on and never fire on these tickets."""
        return tuple(one.rule for one in self.rules if one.on and not one.fired)

    @property
    def weeks(self) -> float:
        """How many weeks these tickets span, at least one."""
        if self.first is None or self.last is None:
            return 1.0
        return max(1.0, (self.last - self.first) / timedelta(weeks=1))

    def pairs(self) -> tuple[Change, ...]:
        """The flows from queue to queue, whatever the segment, the largest first."""
        summed: dict[tuple[str, str], int] = {}
        for flow in self.flows:
            pair = (flow.before, flow.after)
            summed[pair] = summed.get(pair, 0) + flow.tickets
        return largest_first(summed)


def largest_first(counts: Mapping[tuple[str, str], int]) -> tuple[Change, ...]:
    """Counts by what was before and is after, the largest first."""
    ordered: Iterable[tuple[tuple[str, str], int]] = sorted(
        counts.items(), key=lambda item: (-item[1], item[0])
    )
    return tuple(Change(before, after, count) for (before, after), count in ordered)


_ADAPTER = TypeAdapter(BackTestReport)


def report_out(report: BackTestReport) -> dict[str, object]:
    """A report as JSON."""
    plain: dict[str, object] = _ADAPTER.dump_python(report, mode="json")
    return plain


def report_in(raw: object) -> BackTestReport:
    """A report from JSON, as ``report_out`` wrote it."""
    return _ADAPTER.validate_python(raw)
