"""Tickets flowing from queue to queue, and their hours of the week, as drawings to lay out."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from routing.back_test.report import BackTestReport, Flow, QueueLoad

WIDTH, LEFT, RIGHT = 780, 158.0, 610.0

_MOST_FLOWS = 14
_COLOURS = 7
_FULL, _TOP, _GAP, _LEAST = 320.0, 28.0, 14.0, 30.0
"""The height of all flows together, where they begin, and the room that a name needs."""

_THIN = 2.0


@dataclass(frozen=True, slots=True)
class Ribbon:
    """One flow: its outline, its colour (1 to 7), and where its number stands."""

    path: str
    colour: int
    flow: Flow
    at: float
    named: bool


@dataclass(frozen=True, slots=True)
class Stop:
    """A queue at one side: where its bar stands, and how many tickets go or come there."""

    queue: str
    y: float
    height: float
    tickets: int
    of: int


@dataclass(frozen=True, slots=True)
class Picture:
    """The flows of a report; lengths are in the drawing's units, y downwards.

    ``left_out`` counts the tickets of flows too small to be drawn.
    """

    height: float
    ribbons: tuple[Ribbon, ...]
    before: tuple[Stop, ...]
    after: tuple[Stop, ...]
    left_out: int


@dataclass(frozen=True, slots=True)
class Cell:
    """One hour of the week in a heat map: its day and hour, how dark (0 to 1), tickets a week."""

    day: int
    hour: int
    dark: float
    tickets: float


@dataclass(frozen=True, slots=True)
class Heat:
    """A queue's arrivals by hour of the week with the draft; ``most`` is its busiest hour."""

    load: QueueLoad
    cells: tuple[Cell, ...]
    most: Cell


class _Drawn(NamedTuple):
    flow: Flow
    height: float


def picture(report: BackTestReport) -> Picture | None:
    """The flows of the tickets that move; None where none does."""
    if not report.flows:
        return None
    flows = report.flows[:_MOST_FLOWS]
    unit = _FULL / sum(flow.tickets for flow in flows)
    drawn = [_Drawn(flow, max(_THIN, flow.tickets * unit)) for flow in flows]
    segments = list(dict.fromkeys(flow.segment for flow in flows))
    was = {load.queue: load.before for load in report.loads}
    before = _stops([(one.flow.before, one) for one in drawn], was)
    after = _stops([(one.flow.after, one) for one in drawn], was)
    starts, ends = ({stop.queue: stop.y for stop in side} for side in (before, after))
    ribbons = []
    order = {stop.queue: place for place, stop in enumerate((*before, *after))}
    for one in sorted(drawn, key=lambda d: (order[d.flow.before], order[d.flow.after])):
        start, end = starts[one.flow.before], ends[one.flow.after]
        starts[one.flow.before] += one.height
        ends[one.flow.after] += one.height
        ribbons.append(
            Ribbon(
                path=_ribbon(start, end, one.height),
                colour=segments.index(one.flow.segment) % _COLOURS + 1,
                flow=one.flow,
                at=round(end + one.height / 2 + 3.5, 1),
                named=one.height >= 12,
            )
        )
    height = max(stop.y + max(stop.height, _LEAST) for stop in (*before, *after)) + _GAP
    left_out = sum(flow.tickets for flow in report.flows[_MOST_FLOWS:])
    return Picture(round(height, 1), tuple(ribbons), before, after, left_out)


def _stops(ends: Iterable[tuple[str, _Drawn]], was: dict[str, int]) -> tuple[Stop, ...]:
    """The queues of one side from top to bottom, the largest first."""
    heights: defaultdict[str, float] = defaultdict(float)
    tickets: Counter[str] = Counter()
    for queue, one in ends:
        tickets[queue] += one.flow.tickets
        heights[queue] += one.height
    y = _TOP
    stops = []
    for queue, count in tickets.most_common():
        height = heights[queue]
        stops.append(Stop(queue, round(y, 1), round(height, 1), count, was.get(queue, 0)))
        y += max(height, _LEAST) + _GAP
    return tuple(stops)


def _ribbon(start: float, end: float, height: float) -> str:
    middle = (LEFT + RIGHT) / 2
    return (
        f"M{LEFT:.0f} {start:.1f}C{middle:.0f} {start:.1f} {middle:.0f} {end:.1f} "
        f"{RIGHT:.0f} {end:.1f}V{end + height:.1f}C{middle:.0f} {end + height:.1f} "
        f"{middle:.0f} {start + height:.1f} {LEFT:.0f} {start + height:.1f}Z"
    )


def heats(report: BackTestReport, most: int) -> tuple[Heat, ...]:
    """The hours of the queues that change most."""
    changed = [load for load in report.loads if load.before != load.after]
    changed.sort(key=lambda load: -abs(load.after - load.before))
    return tuple(_heat(load, report.weeks) for load in changed[:most])


def _heat(load: QueueLoad, weeks: float) -> Heat:
    hours: Sequence[int] = load.hours_after
    top = max(1, *hours)
    cells = tuple(
        Cell(place // 24, place % 24, round(count / top, 2), count / weeks)
        for place, count in enumerate(hours)
    )
    return Heat(load, cells, cells[load.busiest])
