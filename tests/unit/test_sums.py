"""Tickets in columns and their sums, beside a plain count of the same tickets."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pytest
from builders import NOON
from counted_samples import numbers_of
from hypothesis import given
from hypothesis import strategies as st

from routing.outcomes.columns import Columns, columns, packed, together, unpacked
from routing.outcomes.crossed import cross, together_crossed, within
from routing.outcomes.dimensions import Clock, Dimension, Era, Kind
from routing.outcomes.figures import Times
from routing.outcomes.kpis import kpis_of
from routing.outcomes.numbers import Numbers
from routing.outcomes.outcome import Outcome
from routing.outcomes.promise import Kept, answered, kept
from routing.outcomes.result import Result
from routing.outcomes.scale import ENDED, EXACT, FINE, GOING, LONGEST, ROUGH, STOPPED
from routing.outcomes.sides import counts_of
from routing.outcomes.statistics import share
from routing.outcomes.sums import Part, add_up, counted, sum_up
from routing.outcomes.survival import times
from routing.outcomes.tallies import Tally, tallies

NOW = 2_000_000.0
BREAK = 7.0
"""Seconds that do not count as work, of every wait that still goes on."""


def elapsed(name: str | None, since: np.ndarray) -> np.ndarray:
    assert name == "office"
    return np.maximum(NOW - since - BREAK, 0.0)


def maybe(values: st.SearchStrategy) -> st.SearchStrategy:
    return st.none() | values


labels = st.sampled_from(["a", "b", "ü", None])
lengths = st.integers(0, 100_000)


@st.composite
def measures(draw: st.DrawFn) -> Numbers:
    opened = draw(st.integers(0, 1_900_000))
    first_solved = draw(maybe(lengths))
    again = first_solved is not None and draw(st.booleans())
    solved = first_solved + draw(lengths) if again else first_solved
    solved = draw(st.sampled_from([solved, None]))
    # Of a clock that runs behind: what comes before the opening took no time.
    reply = draw(maybe(st.integers(-5, 100_000)))
    schedule = draw(st.sampled_from(["office", None]))
    part = draw(st.sampled_from([1, 2, 3]))

    def after(length: int | None) -> int | None:
        return None if length is None else opened + length

    def worked(length: int | None) -> int | None:
        return None if length is None or schedule is None else max(0, length) // part

    return Numbers(
        opened=opened,
        first_reply=after(reply),
        first_solved=after(first_solved),
        solved=after(solved),
        first_reply_worked=worked(reply),
        first_solved_worked=worked(first_solved),
        solved_worked=worked(solved),
        schedule=schedule,
        first_reply_target=draw(maybe(st.sampled_from([60, 3_600]))),
        resolution_target=draw(maybe(st.sampled_from([3_600, 90_000]))),
        public_replies=draw(maybe(st.integers(0, 2))),
        reopens=draw(st.integers(0, 2)),
        transfers=draw(st.integers(0, 2)),
        surveyed=draw(st.booleans()),
        score=draw(maybe(st.integers(1, 5))),
        nps=draw(maybe(st.integers(0, 10))),
        ces=draw(maybe(st.integers(1, 7))),
        nps_asked=draw(st.booleans()),
        ces_asked=draw(st.booleans()),
        gone=draw(st.sampled_from([None, None, None, "merged"])),
        routed=draw(st.booleans()),
        segment=draw(labels),
        queue=draw(labels),
        channel=draw(labels),
        language=draw(labels),
        desk=draw(st.sampled_from(["one", "two"])),
        rule=draw(labels),
        agent=draw(labels),
    )


tickets = st.lists(measures(), max_size=25)


@dataclass(frozen=True)
class Plain:
    """One group, counted ticket by ticket with the words of the definitions."""

    of: Sequence[Numbers]
    clock: Clock

    @property
    def counts(self) -> dict[str, int]:
        real = [one for one in self.of if one.gone is None]
        kept_so = Counter(self.promise(one) for one in real)
        return {
            "tickets": len(real),
            "gone": len(self.of) - len(real),
            "SOLVED_ONCE": sum(one.first_solved is not None for one in real),
            "ONE_TOUCH": sum(
                one.solved is not None
                and one.public_replies == 1
                and one.reopens == one.transfers == 0
                for one in real
            ),
            "TOUCHES_KNOWN": sum(
                one.first_solved is not None and one.public_replies is not None for one in real
            ),
            "REPLIES_UNKNOWN": sum(one.public_replies is None for one in real),
            "REOPENED": sum(one.reopens > 0 and one.first_solved is not None for one in real),
            "TRANSFERRED": sum(one.transfers > 0 for one in real),
            "SURVEYED": sum(one.surveyed for one in real),
            "ANSWERED": sum(one.surveyed and one.score is not None for one in real),
            "NPS_ASKED": sum(one.nps_asked for one in real),
            "NPS_ANSWERED": sum(one.nps_asked and one.nps is not None for one in real),
            "CES_ASKED": sum(one.ces_asked for one in real),
            "CES_ANSWERED": sum(one.ces_asked and one.ces is not None for one in real),
            "PROMISED": len(real) - kept_so["none"],
            "KEPT": kept_so[Kept.MET],
            "BROKEN": kept_so[Kept.MISSED],
        }

    def promise(self, one: Numbers) -> str:
        """Broken as soon as one of them is, kept once all are, and open in between."""
        clock = Clock.CALENDAR if one.schedule is None else Clock.WORKING
        waits = {kind: self.wait(one, kind, clock) for kind in Kind}
        done = {kind: int(s) if state == "ended" else None for kind, (state, s) in waits.items()}
        now = (
            int(elapsed("office", np.array([one.opened]))[0]) if one.schedule else NOW - one.opened
        )
        reply = answered(done[Kind.FIRST_REPLY], done[Kind.FIRST_RESOLUTION])
        found = {
            kept(one.first_reply_target, reply, int(now)),
            kept(one.resolution_target, done[Kind.RESOLUTION], int(now)),
        }
        stands = (each.value for each in (Kept.MISSED, Kept.OPEN, Kept.MET) if each in found)
        return next(stands, "none")

    def wait(self, one: Numbers, kind: Kind, clock: Clock) -> tuple[str, float]:
        """How a wait stands, and for how many seconds it has lasted."""
        end, worked = {
            Kind.FIRST_REPLY: (one.first_reply, one.first_reply_worked),
            Kind.FIRST_RESOLUTION: (one.first_solved, one.first_solved_worked),
            Kind.RESOLUTION: (one.solved, one.solved_worked),
        }[kind]
        state = "ended"
        if end is None and kind is Kind.FIRST_REPLY and one.solved is not None:
            state, end, worked = "stopped", one.solved, one.solved_worked
        in_hours = clock is Clock.WORKING and one.schedule is not None
        if end is None:
            return "going", max(0.0, NOW - one.opened - (BREAK if in_hours else 0.0))
        if in_hours and worked is not None:
            return state, float(worked)
        return state, float(max(0, end - one.opened))

    def waits(self, kind: Kind) -> Counter[tuple[float, bool]]:
        told = (
            self.wait(one, kind, self.clock)
            for one in self.of
            if one.gone is None and (kind is not Kind.FIRST_REPLY or one.public_replies is not None)
        )
        return Counter((seconds, state == "ended") for state, seconds in told)


def said(tally: Tally, kind: Kind) -> Counter[tuple[float, bool]]:
    waits = tally.waits(kind)
    found: Counter[tuple[float, bool]] = Counter()
    for seconds, ended, count in zip(waits.seconds, waits.ended, waits.counts, strict=True):
        found[float(seconds), bool(ended)] += int(count)
    return found


def assert_same(found: Mapping[str | None, Tally], plain: Mapping[str | None, Plain]) -> None:
    for label, group in plain.items():
        assert found[label].counts == group.counts
        for kind in Kind:
            assert said(found[label], kind) == group.waits(kind)
        real = [one for one in group.of if one.gone is None]
        for name in ("score", "nps", "ces"):
            given = Counter(getattr(one, name) for one in real)
            assert all(given[value] == n for value, n in found[label].ratings[name].items())
        assert found[label].backlog == sum(one.solved is None for one in real)
    empty = found.keys() - plain.keys()
    assert all(not any(found[label].counts.values()) for label in empty)


def groups(every: Sequence[Numbers], name: str, clock: Clock) -> dict[str | None, Plain]:
    values = {getattr(one, name) for one in every}
    return {
        value: Plain([one for one in every if getattr(one, name) == value], clock)
        for value in values
    }


@given(tickets, st.sampled_from(Clock))
def test_groups_are_counted_as_ticket_by_ticket(every: list[Numbers], clock: Clock) -> None:
    sums = sum_up([Part(columns(every, EXACT))], Dimension.SEGMENT, clock)
    assert_same(tallies(sums, NOW, elapsed).each, groups(every, "segment", clock))


@given(tickets, st.sampled_from(Clock), st.lists(st.integers(0, 25), max_size=3))
def test_parts_add_up_to_the_whole(every: list[Numbers], clock: Clock, cuts: list[int]) -> None:
    ends = sorted({0, len(every), *(min(cut, len(every)) for cut in cuts)})
    parts = [every[a:b] for a, b in pairwise(ends)] or [[]]
    sums = [sum_up([Part(columns(part, EXACT))], Dimension.QUEUE, clock) for part in parts]
    assert_same(tallies(add_up(sums), NOW, elapsed).each, groups(every, "queue", clock))


@given(tickets, st.sampled_from(Clock))
def test_the_total_is_all_groups_as_one(every: list[Numbers], clock: Clock) -> None:
    sums = sum_up([Part(columns(every, EXACT))], Dimension.AGENT, clock)
    assert_same({None: tallies(sums, NOW, elapsed).every}, {None: Plain(every, clock)})


@given(tickets)
def test_tickets_are_chosen_by_their_labels(every: list[Numbers]) -> None:
    told = columns(every, EXACT)
    wanted = {Dimension.CHANNEL: "a", Dimension.ERA: Era.WITH.value}
    chosen = [one for one in every if one.channel == "a" and one.routed]
    sums = sum_up([Part(told, told.where(wanted))], None, Clock.CALENDAR)
    assert_same(tallies(sums, NOW, elapsed).each, {None: Plain(chosen, Clock.CALENDAR)})


@given(tickets, tickets)
def test_columns_are_the_same_after_they_were_packed_and_put_together(
    some: list[Numbers], others: list[Numbers]
) -> None:
    again = together([unpacked(packed(columns(part))) for part in (some, others)])
    for by in (*Dimension, None):
        one = tallies(sum_up([Part(again)], by, Clock.WORKING), NOW, elapsed).each
        other = tallies(
            sum_up([Part(columns([*some, *others]))], by, Clock.WORKING), NOW, elapsed
        ).each
        for label in one.keys() & other.keys():
            assert one[label].counts == other[label].counts
            assert one[label].ratings == other[label].ratings
            assert all(said(one[label], kind) == said(other[label], kind) for kind in Kind)


@given(st.floats(0, 3e8))
def test_the_fine_scale_is_never_off_by_as_much_as_one_per_cent(seconds: float) -> None:
    (kept,) = FINE.lengths(FINE.places(np.array([seconds]), ENDED))
    assert abs(kept - seconds) <= max(1.0, 0.0075 * seconds)


@given(st.integers(0, LONGEST), st.sampled_from([ENDED, STOPPED, GOING]))
def test_a_length_is_kept_as_well_as_its_scale_says(seconds: int, state: int) -> None:
    for scale, off in ((EXACT, 0.0), (FINE, 0.0005), (ROUGH, 0.0075)):
        places = scale.places(np.array([float(seconds)]), state)
        assert 0 <= places[0] < scale.size
        assert scale.states(places) == state
        (kept,) = scale.lengths(places)
        assert abs(kept - seconds) <= (off * seconds if seconds > 60 else 0)
        rough = scale.rough.places(np.array([float(seconds)]), state)
        assert places >> scale.bits == rough


def few_with_many_open(dice: np.random.Generator, group: int) -> list[Numbers]:
    """From 30 to 200 tickets of a segment, every fourth of them still open."""
    plain = numbers_of(Result(Outcome(NOON)), segment=f"{group}")
    now, n = int(NOON.timestamp()), int(dice.integers(30, 200))
    took = dice.lognormal(9.0, 1.5, n).astype(int)
    ages = np.where(dice.random(n) < 0.25, took * dice.random(n), took + dice.lognormal(10, 1, n))
    solved = [
        None if length > age else now - int(age - length)
        for length, age in zip(took.tolist(), ages.tolist(), strict=True)
    ]
    return [
        plain._replace(opened=now - int(age), first_solved=at, solved=at)
        for age, at in zip(ages.tolist(), solved, strict=True)
    ]


def test_of_few_tickets_the_fine_scale_hardly_ever_takes_another_ticket_s_time() -> None:
    dice = np.random.default_rng(11)
    every = [one for group in range(500) for one in few_with_many_open(dice, group)]

    def found(told: Columns, *, finely: bool) -> dict[str | None, Times]:
        sums = sum_up([Part(told)], Dimension.SEGMENT, Clock.CALENDAR, finely=finely)
        each = tallies(sums, NOON.timestamp(), elapsed).each
        made = {label: times(tally.waits(Kind.RESOLUTION)) for label, tally in each.items()}
        return {label: one for label, one in made.items() if one is not None}

    exact = found(columns(every, EXACT), finely=True)

    def wrong(told: dict[str | None, Times]) -> float:
        """Which share of all quantiles and ends of intervals is off by more than 1 %."""
        ends = ("median", "low", "high", "p90")
        pairs = [(getattr(told[k], e), getattr(exact[k], e)) for k in exact for e in ends]
        return float(np.mean([abs(a / b - 1) > 0.01 for a, b in pairs if a is not None and b]))

    assert wrong(found(columns(every), finely=True)) <= 0.002
    assert wrong(found(columns(every), finely=False)) >= 0.004


def test_a_count_that_fails_leaves_nothing_for_the_next_one() -> None:
    places = np.array([1, 1, 3])
    with pytest.raises(IndexError):
        counted([(places, 1), (np.array([10]), 1)], 5)
    at, numbers = counted([(places, 1)], 5)
    assert (at.tolist(), numbers.tolist()) == ([1, 3], [2, 1])


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(-3, 3)), max_size=30))
def test_few_places_among_many_are_counted_as_many_among_few(told: list[tuple[int, int]]) -> None:
    places, numbers = np.array(told, dtype=np.int64).reshape(-1, 2).T
    narrow, wide = (counted([(places, numbers)], size) for size in (10, 1 << 40))
    assert [one.tolist() for one in narrow] == [one.tolist() for one in wide]


@given(tickets, tickets)
def test_two_groups_together_are_what_they_would_be_as_one(
    some: list[Numbers], others: list[Numbers]
) -> None:
    def counted(told: Sequence[Numbers]) -> Tally:
        return tallies(sum_up([Part(columns(told))], None, Clock.CALENDAR), NOW, elapsed).every

    both, whole = counted(some) + counted(others), counted([*some, *others])
    assert (both.counts, both.ratings, both.backlog) == (
        whole.counts,
        whole.ratings,
        whole.backlog,
    )
    for kind in Kind:
        first, second = both.waits(kind), whole.waits(kind)
        assert (first.n, first.waiting) == (second.n, second.waiting)
        assert sorted(np.repeat(first.seconds, first.counts)) == sorted(
            np.repeat(second.seconds, second.counts)
        )


@given(tickets)
def test_shares_by_two_labels_are_those_of_the_tickets_that_have_both(told: list[Numbers]) -> None:
    made = columns(told)
    for one, other in ((Dimension.CHANNEL, Dimension.SEGMENT), (Dimension.DESK, None)):
        found = cross(made, one, other)
        for key in found:
            for (first, second), counts in found[key].items():
                only = {one: first} | ({} if other is None else {other: second})
                tally = tallies(
                    sum_up([Part(made, made.where(only))], None, Clock.CALENDAR), NOW, elapsed
                ).every
                assert counts_of(key, tally) == counts
            whole = sum(n for _, n in found[key].values())
            every = tallies(sum_up([Part(made)], None, Clock.CALENDAR), NOW, elapsed).every
            assert counts_of(key, every)[1] == whole


@given(tickets, tickets)
def test_shares_of_two_weeks_add_up(some: list[Numbers], others: list[Numbers]) -> None:
    by = (Dimension.CHANNEL, Dimension.SEGMENT)
    parts = [cross(columns(one), *by) for one in (some, others)]
    assert together_crossed(parts) == cross(columns([*some, *others]), *by)
    channels = within(together_crossed(parts)["csat"])
    assert sum(n for each in channels.values() for _, n in each.values()) == sum(
        one.score is not None and one.gone is None for one in (*some, *others)
    )


def test_a_score_says_how_many_of_those_asked_have_answered() -> None:
    told = numbers_of(Result(Outcome(NOON)))
    happy, silent = told._replace(nps=9, nps_asked=True), told._replace(nps_asked=True)
    unasked = told._replace(ces=7)
    sums = sum_up([Part(columns([happy] * 12 + [silent] * 28 + [unasked]))], None, Clock.WORKING)
    kpis = kpis_of(tallies(sums, NOON.timestamp(), elapsed).every)
    assert kpis.nps is not None
    assert kpis.ces is not None
    assert (kpis.nps.n, kpis.nps.answered) == (12, share(12, 40))
    assert (kpis.ces.n, kpis.ces.answered) == (1, None)
