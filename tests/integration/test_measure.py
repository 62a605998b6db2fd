"""KPIs of any group of tickets: as counted, ticket by ticket, and on the command line the same."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from datetime import timedelta
from io import StringIO
from itertools import pairwise, product
from random import Random

import pytest
from sqlalchemy import event
from test_roll_up import a_past, keep
from world import NOON, Command, FakeClock, House, at_once, claimed, counted

from plugin.flows.results.measure import Measure
from plugin.flows.results.measured_weeks import EPOCH, Kept
from plugin.flows.results.see_results import SeeResults
from plugin.records.work import Store
from plugin.store.database import Database
from plugin.views.results import Asked
from routing.outcomes.definitions import KPIS
from routing.outcomes.dimensions import Clock, Dimension, Era, Kind
from routing.outcomes.figures import Kpis, Score, Share, Times
from routing.outcomes.question import Answer, Question

DAY = timedelta(days=1)
HALF_A_DAY = timedelta(hours=12)
HALF_A_YEAR = Question(NOON - 180 * DAY, NOON)


@pytest.fixture
def tickets(store: Store, clock: FakeClock) -> Store:
    """Half a year of tickets, and some that are older."""
    dice = Random(5)
    past = [
        a_past(
            n,
            NOON - dice.random() * 200 * DAY,
            segment=dice.choice(["VIP", "Enterprise", None]),
            queue_name=dice.choice(["Billing", "Tier 2"]),
            language=dice.choice(["en", "de"]),
            score=dice.choice([None, 1, 3, 4, 5, 5]),
        )
        for n in range(900)
    ]
    keep(store, *past)
    counted(store, clock)
    return store


@pytest.fixture
def measure(tickets: Store, clock: FakeClock) -> Measure:
    return Measure(tickets, clock)


def figures(kpis: Kpis) -> dict[str, object]:
    return {name: getattr(kpis, name) for name in Kpis.__slots__}


def assert_close(one: Answer, other: Answer) -> None:
    """Counts are the same, and lengths of time within 1 %."""
    assert one.groups.keys() == other.groups.keys()
    for a, b in ((one.total, other.total), *((one.groups[k], other.groups[k]) for k in one.groups)):
        for name, quick in figures(a).items():
            exact = getattr(b, name)
            if not isinstance(exact, Times):
                assert quick == exact
                continue
            assert isinstance(quick, Times)
            assert (quick.n, quick.waiting) == (exact.n, exact.waiting)
            for end in ("median", "low", "high", "p90"):
                seconds = getattr(exact, end)
                near = None if seconds is None else pytest.approx(seconds, rel=0.01)
                assert getattr(quick, end) == near


@pytest.mark.parametrize("by", [Dimension.SEGMENT, Dimension.QUEUE, Dimension.LANGUAGE, None])
def test_columns_say_what_the_tickets_say(measure: Measure, by: Dimension | None) -> None:
    for clock, days in product(Clock, (3, 30, 180)):
        asked = Question(NOON - days * DAY, NOON, by, clock=clock)
        assert_close(measure(asked), measure(replace(asked, exact=True)))


def test_filters_narrow_what_is_counted(measure: Measure) -> None:
    only = {Dimension.QUEUE: "Billing", Dimension.LANGUAGE: "de"}
    asked = replace(HALF_A_YEAR, only=only)
    assert_close(measure(asked), measure(replace(asked, exact=True)))
    whole = measure(HALF_A_YEAR).total.tickets
    parts = [
        measure(replace(HALF_A_YEAR, only={Dimension.SEGMENT: one})).total.tickets
        for one in ("VIP", "Enterprise", None)
    ]
    assert sum(parts) == whole > max(parts)
    assert measure(replace(HALF_A_YEAR, only={Dimension.QUEUE: "No such"})).total.tickets == 0
    before = measure(replace(HALF_A_YEAR, only={Dimension.ERA: Era.BEFORE.value}))
    assert before.total.tickets == whole


def test_two_parts_of_a_time_are_the_whole(measure: Measure) -> None:
    middle = NOON - timedelta(days=77, hours=5)
    first = measure(Question(HALF_A_YEAR.since, middle)).groups
    second = measure(Question(middle, NOON)).groups
    for label, kpis in measure(HALF_A_YEAR).groups.items():
        assert kpis.tickets == first[label].tickets + second[label].tickets


def test_what_is_kept_changes_with_the_tickets(tickets: Store, clock: FakeClock) -> None:
    measure = Measure(tickets, clock)
    asked = replace(HALF_A_YEAR, only={Dimension.SEGMENT: "New"})
    assert measure(asked).total.tickets == 0
    keep(tickets, a_past(10_000, NOON - 50 * DAY, segment="New"))
    counted(tickets, clock)
    assert measure(asked).total.tickets == 1
    # A change of a ticket that is counted already, in the middle of a block of weeks.
    keep(tickets, a_past(10_000, NOON - 50 * DAY, segment="New", score=5))
    counted(tickets, clock)
    found = measure(asked).total.csat
    assert found is not None
    assert (found.value, found.n) == (1.0, 1)


def test_little_memory_gives_the_same_answers(tickets: Store, clock: FakeClock) -> None:
    roomy, narrow = Measure(tickets, clock), Measure(tickets, clock, Kept(columns=1, sums=1))
    for by in Dimension:
        asked = replace(HALF_A_YEAR, by=by)
        assert roomy(asked) == narrow(asked) == roomy(asked)


def test_what_was_read_once_serves_every_part_of_it(measure: Measure, database: Database) -> None:
    reads: list[str] = []

    def heard(_c: object, _k: object, statement: str, *_more: object) -> None:
        if "measured_days.columns" in statement:
            reads.append(statement)

    event.listen(database.engine, "before_cursor_execute", heard)
    measure(HALF_A_YEAR)
    assert len(reads) > 20, "a week at a time"
    reads.clear()
    for days in (3, 10, 40):
        measure(Question(NOON - (days + 5) * DAY, NOON - 5 * DAY, Dimension.QUEUE, trend="csat"))
    assert measure(HALF_A_YEAR).total.tickets
    assert reads == []


def test_a_period_that_ends_with_its_week_has_nothing_of_the_next(measure: Measure) -> None:
    monday = NOON.replace(hour=0) - NOON.weekday() * DAY
    moments = measure(Question(monday - 70 * DAY, monday, trend="csat")).trend
    assert [moment.until for moment in moments] == [monday - n * 7 * DAY for n in range(9, -1, -1)]


def test_several_threads_ask_at_once(tickets: Store, clock: FakeClock) -> None:
    measure = Measure(tickets, clock)
    questions = [replace(HALF_A_YEAR, by=by, trend="csat") for by in Dimension] * 4
    found = at_once(8, [lambda asked=asked: measure(asked) for asked in questions])
    assert found == [Measure(tickets, clock)(asked) for asked in questions]


def test_a_trend_looks_at_four_weeks_at_a_time(measure: Measure) -> None:
    asked = Question(NOON - 70 * DAY, NOON, Dimension.SEGMENT, trend="csat")
    moments = measure(asked).trend
    assert {b.until - a.until for a, b in pairwise(moments[:-1])} == {7 * DAY}
    assert moments[-1].until == NOON
    third = moments[3]
    window = Question(third.until - 28 * DAY, third.until)
    assert third.until.weekday() == 0
    assert third.total == measure(window).total.csat
    assert third.groups["VIP"] == measure(window).groups["VIP"].csat


def test_a_long_trend_has_a_moment_for_every_fourth_week(measure: Measure) -> None:
    moments = measure(Question(NOON - 365 * DAY, NOON, trend="resolution")).trend
    assert len(moments) == 14
    assert {b.until - a.until for a, b in pairwise(moments[:-1])} == {28 * DAY}


def test_a_trend_can_be_asked_of_the_largest_groups_only(measure: Measure) -> None:
    asked = Question(NOON - 70 * DAY, NOON, Dimension.SEGMENT, trend="csat")
    whole, some = measure(asked), measure(replace(asked, lines=1))
    largest = max(whole.groups, key=lambda label: whole.groups[label].tickets)
    assert some.groups == whole.groups
    assert {label for moment in some.trend for label in moment.groups} == {largest}
    for one, other in zip(some.trend, whole.trend, strict=True):
        assert one.total == other.total
        assert one.groups.get(largest) == other.groups.get(largest)


def test_where_nobody_rates_the_overview_draws_how_long_it_takes(
    store: Store, clock: FakeClock
) -> None:
    see = SeeResults(store, clock, Measure(store, clock))
    asked = Asked(NOON - 70 * DAY, NOON, None)
    keep(store, *(a_past(n, NOON - n * HALF_A_DAY) for n in range(100)))
    counted(store, clock)
    silent = see.overview(asked)
    assert silent.asked.kpi == "resolution"
    assert any(isinstance(one.total, Times) for one in silent.answer.trend)
    assert see.overview(replace(asked, kpi="transferred")).asked.kpi == "transferred"
    keep(store, a_past(100, NOON - DAY, score=5))
    counted(store, clock)
    assert see.overview(asked).asked.kpi == "csat"


def test_labels_that_can_be_chosen_are_those_that_occur(measure: Measure) -> None:
    found = measure.labels(NOON - 180 * DAY, NOON)
    assert set(found[Dimension.SEGMENT]) == {"VIP", "Enterprise", None}
    assert set(found[Dimension.LANGUAGE]) == {"en", "de"}


def test_nothing_has_numbers_too(store: Store, clock: FakeClock) -> None:
    answer = Measure(store, clock)(replace(HALF_A_YEAR, trend="csat"))
    assert answer.total.tickets == 0
    assert answer.groups == {}
    assert all(one.total is None for one in answer.trend)
    assert answer.counted_at is None
    far = Measure(store, clock)(Question(EPOCH, NOON, None))
    assert far.total.first_reply is None


def test_a_ticket_that_still_waits_grows_older(house: House, clock: FakeClock) -> None:
    house.handle(claimed())
    counted(house.store, clock)
    measure = Measure(house.store, clock)
    asked = Question(NOON - DAY, NOON + DAY, None, clock=Clock.CALENDAR)
    waits = []
    for _ in range(2):
        clock.turn(hours=1)
        (seconds,) = measure.counted(asked).every.waits(Kind.RESOLUTION).seconds
        waits.append(seconds)
    assert waits[1] - waits[0] == pytest.approx(3_600, rel=0.02)
    assert measure(asked).total.backlog == 1


@pytest.mark.parametrize("by", ["segment", "queue"])
def test_the_command_says_what_the_page_says(
    tickets: Store, clock: FakeClock, command: Command, by: str
) -> None:
    words = ["kpi", "--by", by, "--since", "2025-12-01", "--until", "2026-03-01"]
    answer = Measure(tickets, clock)(
        Question(NOON.replace(2025, 12, 1, 0), NOON.replace(2026, 3, 1, 0), Dimension(by))
    )
    told = json.loads(command(*words, "--json").stdout)
    assert told["total"]["tickets"] == answer.total.tickets
    for group in told["groups"]:
        kpis = answer.groups[group["label"]]
        for key in KPIS:
            assert group["kpis"][key] == as_json(getattr(kpis, key))
    rows = list(csv.DictReader(StringIO(command(*words, "--csv").stdout.removeprefix("\ufeff"))))
    assert [row[by] for row in rows] == [*(one or "none" for one in answer.groups), "all"]
    assert [int(row["tickets"]) for row in rows][-1] == answer.total.tickets
    assert answer.total.csat is not None
    assert float(rows[-1]["CSAT"]) == pytest.approx(answer.total.csat.value)
    assert "tickets opened 2025-12-01 to 2026-03-01" in command(*words).stdout


def as_json(figure: Share | Times | Score | None) -> object:
    if figure is None:
        return None
    return {name: getattr(figure, name) for name in figure.__slots__}


def test_the_command_says_what_is_wrong(tickets: Store, command: Command) -> None:
    del tickets
    for words in (
        ["--only", "colour", "red"],
        ["--since", "yesterday"],
        ["--until", "soon"],
        ["--by", "colour"],
    ):
        done = command("kpi", *words)
        assert done.exit_code
        assert words[-1] in done.output or words[1] in done.output


def test_all_is_counted_anew_on_demand(tickets: Store, clock: FakeClock, command: Command) -> None:
    before = Measure(tickets, clock)(HALF_A_YEAR)
    assert command("kpi", "rebuild").exit_code == 0
    assert_close(Measure(tickets, clock)(HALF_A_YEAR), before)
