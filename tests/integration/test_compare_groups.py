"""Groups compared over tickets in the database: what was put in is found, and nothing else."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import ticket_samples
from reference_data import reference
from ticket_samples import BEFORE, CHAT, MAIL, PLAYBOOK, Cell
from world import NOON, FakeClock, publish

from plugin.flows.results.compare_groups import CompareGroups
from plugin.flows.results.measure import Measure
from plugin.flows.results.roll_up import RollUp
from plugin.flows.results.see_results import SeeResults
from plugin.flows.segments.measure_segments import MeasureSegments
from plugin.flows.segments.see_goals import SeeGoals
from plugin.records.tickets import PastTicket
from plugin.records.work import Store
from plugin.views.results import Asked, ComparedKpi, Comparison
from routing.outcomes.dimensions import Dimension
from routing.outcomes.figures import Reading
from routing.outcomes.outcome import Outcome
from routing.tickets import Ticket, TicketRef

ASKED = Asked(NOON - timedelta(days=90), NOON, 90)


def fill(store: Store, *periods: tuple[Cell, ...]) -> None:
    publish(store, PLAYBOOK, NOON)
    ticket_samples.keep(store, NOON, *periods)
    assert not RollUp(store, FakeClock())(60.0)


@pytest.fixture
def compare(store: Store, clock: FakeClock) -> CompareGroups:
    fill(store, BEFORE, ticket_samples.NOW)
    return CompareGroups(store, clock, Measure(store, clock))


def the(view: Comparison, key: str) -> ComparedKpi:
    (one,) = [kpi for kpi in view.kpis if kpi.key == key]
    return one


def said(kpi: ComparedKpi) -> list[str]:
    return [" ".join(parts) for parts in kpi.shown]


def test_what_differs_is_said_and_what_does_not_is_not(compare: CompareGroups) -> None:
    view = compare.compare(ASKED, ["Compliance-bound", "Small shops DE", "Trial week 1"])
    assert [one.name for one in view.groups] == [
        "Compliance-bound",
        "Small shops DE",
        "Trial week 1",
    ]
    transferred = said(the(view, "transferred"))
    assert len(transferred) == 2
    assert all(one.startswith("Compliance-bound is higher than ") for one in transferred)
    assert all("by 15.0 points" in one for one in transferred)
    pairs = {(one.first, one.second) for one in view.pairs if one.shown}
    assert ("Small shops DE", "Trial week 1") not in pairs
    assert view.shown <= view.without_correction <= len(view.pairs) == 3 * 7


def test_two_groups_that_are_the_same_show_no_difference(compare: CompareGroups) -> None:
    view = compare.compare(ASKED, ["Small shops DE", "Trial week 1"])
    assert view.shown == 0
    assert the(view, "transferred").same == (
        "No difference shown between Small shops DE and Trial week 1: 0.0 points (−2.9 to 2.3)."
    )


def test_a_group_with_too_few_says_how_many_are_missing_and_about_when(
    compare: CompareGroups,
) -> None:
    view = compare.compare(ASKED, ["Enterprise EMEA", "Onsite service"])
    # 14 in 90 days: 16 more take 103 days from 2 March.
    assert the(view, "csat").notes == ("Onsite service needs 16 more ratings, about 13 June.",)
    assert not the(view, "csat").same
    assert view.pairs == ()
    over = Asked(NOON - timedelta(days=90), NOON, None)
    told = compare.compare(over, ["Enterprise EMEA", "Onsite service"])
    assert the(told, "csat").notes == ("Onsite service needs 16 more ratings.",)


def test_what_is_not_there_is_left_out_and_said(compare: CompareGroups) -> None:
    asked = ["<script>", "Enterprise EMEA", None, "Enterprise EMEA"]
    view = compare.compare(ASKED, asked)
    assert [one.name for one in view.groups] == ["Enterprise EMEA"]
    assert view.ignored == ("<script>", "Everyone else")
    usual = compare.compare(ASKED, ["gone"])
    assert len(usual.groups) == 4
    assert usual.ignored == ("gone",)


def test_the_numbers_are_those_of_the_overview(
    compare: CompareGroups, store: Store, clock: FakeClock
) -> None:
    overview = SeeResults(store, clock, compare.measure).overview(ASKED)
    view = compare.compare(ASKED, ["Enterprise EMEA", "Compliance-bound"])
    for one in view.groups:
        assert one.kpis == overview.answer.groups[one.label]


def test_channels_that_point_the_other_way_are_found(compare: CompareGroups) -> None:
    for asked in (ASKED, Asked(ASKED.since, NOON, 90, by=Dimension.CHANNEL)):
        (one,) = [one for one in compare.compare(asked, []).turned if one.kpi == "csat"]
        assert one.by is Dimension.CHANNEL
        totals = dict(zip(one.labels, one.total, strict=True))
        assert totals[MAIL].value < totals[CHAT].value
        assert len(one.groups) == 4
        for _, first, second in one.groups:
            inside = dict(zip(one.labels, (first, second), strict=True))
            assert inside[MAIL].value > inside[CHAT].value
        assert one.left_out == 1


def test_a_change_that_is_only_mix_is_said_to_be_mix(
    compare: CompareGroups, store: Store, clock: FakeClock
) -> None:
    view = compare.compare(ASKED, [])
    assert view.mix is not None
    shift = view.mix.shift
    assert shift.reading is Reading.MIX
    assert shift.within.value == pytest.approx(0, abs=0.002)
    assert shift.mix.value == pytest.approx(shift.change.value, abs=0.002)
    assert shift.mix.low > 0
    assert view.mix.mover is not None
    assert view.mix.mover.name == "Small shops DE"
    overview = SeeResults(store, clock, compare.measure).overview(ASKED)
    assert overview.mix == view.mix
    assert [one.segment for one in overview.missed] == ["Compliance-bound"]


def test_a_change_within_segments_is_not_said_to_be_mix(store: Store, clock: FakeClock) -> None:
    before, now = Cell("Trial week 1", MAIL, 600, 0.8), Cell("Trial week 1", MAIL, 600, 0.9)
    fill(store, (before,), (now,))
    view = CompareGroups(store, clock, Measure(store, clock)).compare(ASKED, [])
    assert view.mix is not None
    assert view.mix.shift.reading is Reading.WITHIN
    assert view.turned == ()


def test_answers_on_a_scale_are_compared_where_there_are_any(
    store: Store, clock: FakeClock
) -> None:
    def rated(name: str, *counts: tuple[int, int]) -> tuple[Cell, ...]:
        return tuple(Cell(name, MAIL, n, 0.9, nps=answer) for answer, n in counts)

    fill(
        store,
        (*rated("Enterprise EMEA", (10, 80), (8, 20)), *rated("Trial week 1", (10, 40), (3, 60))),
    )
    view = CompareGroups(store, clock, Measure(store, clock)).compare(ASKED, [])
    (shown,) = said(the(view, "nps"))
    assert shown.startswith("Enterprise EMEA is higher than Trial week 1 by 100.0 points (")
    assert [one.kpis.nps and one.kpis.nps.value for one in view.groups] == [80.0, -20.0]
    assert "ces" not in [one.key for one in view.kpis]


def test_without_a_ticket_there_is_nothing_to_compare(store: Store, clock: FakeClock) -> None:
    view = CompareGroups(store, clock, Measure(store, clock)).compare(ASKED, ["Enterprise EMEA"])
    assert (view.groups, view.kpis, view.pairs, view.mix, view.turned) == ((), (), (), None, ())


def test_goals_are_listed_with_where_they_stand(
    compare: CompareGroups, store: Store, clock: FakeClock
) -> None:
    view = SeeGoals(store, clock, MeasureSegments(compare.measure)).goals()
    assert view is not None
    assert view.without == ("Small shops DE", "Trial week 1")
    told = [
        (one.segment, one.goal if isinstance(one.goal, str) else one.goal.now.met)
        for one in view.lines
    ]
    assert told == [
        ("Enterprise EMEA", True),
        ("Enterprise EMEA", True),
        ("Compliance-bound", False),
        ("Compliance-bound", "be kind"),
        ("Onsite service", None),
    ]


def test_tickets_whose_ratings_are_random_show_no_difference(
    store: Store, clock: FakeClock
) -> None:
    """A negative control: the ratings of these tickets have nothing to do with any column."""
    rows = read_rows(reference("kaggle_tickets/customer_support_tickets.csv"))
    made = list(random_tickets(rows))
    publish(store, PLAYBOOK, NOON)
    with store.work() as work:
        work.tickets.add_past(made, NOON)
        work.commit()
    RollUp(store, clock)(120.0)
    flow = CompareGroups(store, clock, Measure(store, clock))
    for by in (Dimension.CHANNEL, Dimension.QUEUE, Dimension.SEGMENT):
        view = flow.compare(Asked(ASKED.since, NOON, 90, by=by), [])
        assert len(view.groups) > 2
        csat = [one for one in view.pairs if one.key == "csat"]
        assert len(csat) >= 3
        assert not [one for one in csat if one.shown]
        assert not [one for one in view.turned if one.kpi == "csat"]


def read_rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def random_tickets(rows: list[dict[str, str]]) -> Iterator[PastTicket]:
    for number, row in enumerate(rows):
        opened = NOON - timedelta(days=89 * (number + 1) / len(rows))
        rating = row["Customer Satisfaction Rating"]
        ref = TicketRef("history", row["Ticket ID"])
        yield PastTicket(
            ticket=Ticket(
                ref, row["Ticket Subject"], "", None, opened, channel=row["Ticket Channel"]
            ),
            outcome=Outcome(opened),
            language="en",
            segment=row["Ticket Priority"],
            queue_name=row["Ticket Type"],
            agent_name=None,
            score=int(float(rating)) if rating else None,
        )
