"""Segments as leads see them, over customers and tickets in the database."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from world import NOON, PLAYBOOK, FakeClock, publish

from plugin.flows.results.measure import Measure
from plugin.flows.results.roll_up import RollUp
from plugin.flows.segments.measure_segments import MeasureSegments
from plugin.flows.segments.see_segments import SeeSegments
from plugin.pages.refusals import NotThere
from plugin.records.connections import SourceRecord
from plugin.records.customers import CustomerRecord
from plugin.records.tickets import PastTicket
from plugin.records.work import Store
from plugin.views.people import Person, Role
from routing.outcomes.figures import Times
from routing.outcomes.outcome import Outcome
from routing.population.goal import Standing
from routing.population.report import Overlap, SegmentReport, SegmentSize
from routing.segments.history import Changed
from routing.tickets import Fact, Status, Ticket, TicketRef

DAY = timedelta(days=1)
INES = Person(1, "ines@halden.example", "Ines Moreau", Role.LEAD)


def see(store: Store, clock: FakeClock) -> SeeSegments:
    return SeeSegments(store, clock, MeasureSegments(Measure(store, clock)))


def size(name: str, customers: int, revenue: float | None = None) -> SegmentSize:
    return SegmentSize(name, customers, customers, 0, revenue)


def report(at: datetime, *sizes: SegmentSize, overlaps: tuple[Overlap, ...] = ()) -> SegmentReport:
    return SegmentReport(at, 1, 1_000, 100, 1_000_000.0, sizes, overlaps, 0.79)


def keep(store: Store, *reports: SegmentReport) -> None:
    with store.work() as work:
        for one in reports:
            work.segments.add_report(one)
        work.commit()


def customers(store: Store, **employees: float | None) -> None:
    records = [
        CustomerRecord(
            name,
            f"{name}@kontor.example",
            {} if count is None else {"account.employees": Fact(count, "CRM")},
        )
        for name, count in employees.items()
    ]
    with store.work() as work:
        work.connections.save_source(SourceRecord("CRM", "uploaded", {}, {}), NOON)
        work.customers.put("CRM", records, NOON)
        work.commit()


def tickets(store: Store, segment: str | None, scores: list[int | None], opened: datetime) -> None:
    past = [
        PastTicket(
            ticket=Ticket(
                TicketRef("history", f"{segment}-{opened:%j}-{number}"),
                f"Ticket {number}",
                "",
                "lena@kontor.example",
                opened - timedelta(minutes=number),
                status=Status.SOLVED,
            ),
            outcome=Outcome(opened - timedelta(minutes=number), solved_at=opened + DAY),
            language="en",
            segment=segment,
            queue_name="General",
            agent_name="Mara Lindqvist",
            score=score,
        )
        for number, score in enumerate(scores)
    ]
    with store.work() as work:
        work.tickets.add_past(past, NOON)
        work.commit()
    RollUp(store, FakeClock())(60.0)


def test_without_a_playbook_there_is_no_list(store: Store, clock: FakeClock) -> None:
    assert see(store, clock).every() is None
    assert see(store, clock).overlaps() is None
    with pytest.raises(NotThere):
        see(store, clock).one("Enterprise")


def test_the_list_has_sizes_shares_and_the_distance_to_the_goal(
    published: Store, clock: FakeClock
) -> None:
    keep(published, report(NOON, size("Enterprise", 120, 441_000.0)))
    tickets(published, "Enterprise", [5] * 30 + [1] * 10, NOON - 3 * DAY)
    view = see(published, clock).every()
    assert view is not None
    (line,) = view.lines
    assert (line.name, line.when) == ("Enterprise", "employees is at least 500")
    assert line.size is not None
    assert (line.size.customers, line.share) == (120, pytest.approx(0.441))
    (standing,) = line.standings
    assert isinstance(standing, Standing)
    assert (standing.n, standing.met) == (40, False)
    assert standing.gap == pytest.approx(-0.15)
    assert [one.now for one in line.trend][-1] == pytest.approx(0.75)
    assert view.report is not None
    assert view.report.top_fifth == pytest.approx(0.79)


def test_with_few_answers_the_list_says_how_many_are_missing(
    published: Store, clock: FakeClock
) -> None:
    tickets(published, "Enterprise", [5] * 14, NOON - DAY)
    view = see(published, clock).every()
    assert view is not None
    (standing,) = view.lines[0].standings
    assert isinstance(standing, Standing)
    assert (standing.now, standing.lacks) == (None, 16)
    said = [one.says for one in view.lines[0].findings]
    assert "Enterprise: 14 answers so far, 16 more until it is measured" in said


def test_one_segment_shows_who_is_just_inside_and_just_outside(
    published: Store, clock: FakeClock
) -> None:
    customers(published, big=9_000.0, edge=500.0, nearly=480.0, small=3.0, unknown=None)
    view = see(published, clock).one("Enterprise")
    assert (view.known, view.looked.members, view.looked.unknown) == (5, 2, 1)
    assert [one.name for one in view.looked.inside] == [
        "edge@kontor.example",
        "big@kontor.example",
    ]
    first = view.looked.outside[0]
    assert (first.name, first.sentence) == ("nearly@kontor.example", "employees is at least 500")
    assert first.fact == Fact(480.0, "CRM", NOON)


def test_one_segment_shows_its_latest_tickets_and_what_uses_it(
    published: Store, clock: FakeClock
) -> None:
    tickets(published, "Enterprise", [5, None, 1], NOON - DAY)
    tickets(published, None, [3], NOON - DAY)
    view = see(published, clock).one("Enterprise")
    assert [(one.subject, one.score) for one in view.tickets] == [
        ("Ticket 0", 5),
        ("Ticket 1", None),
        ("Ticket 2", 1),
    ]
    assert view.kpis.tickets == 3
    assert view.rules == ((2, "Enterprise to Priority"),)
    assert (view.place, view.of) == (1, 1)


def test_history_tells_who_changed_what_and_when(published: Store, clock: FakeClock) -> None:
    at = clock.turn(days=3)
    publish(published, PLAYBOOK.replace("at least: 500", "at least: 250"), at, 1)
    clock.turn(days=1)
    publish(published, PLAYBOOK.replace("at least: 500", "at least: 250") + "# x\n", clock.now(), 2)
    steps = see(published, clock).one("Enterprise").steps
    assert [(step.version, step.made) for step in steps] == [(2, False), (1, True)]
    assert steps[0].at == at
    assert steps[0].changes == (
        Changed("definition", "employees is at least 500", "employees is at least 250"),
    )


def test_tickets_from_before_a_new_name_count_with_it(published: Store, clock: FakeClock) -> None:
    tickets(published, "Enterprise", [5] * 31, NOON - DAY)
    clock.turn(days=1)
    publish(published, PLAYBOOK.replace("Enterprise", "Large companies"), clock.now(), 1)
    view = see(published, clock).one("Large companies")
    assert view.kpis.tickets == 31
    assert view.steps[0].changes == (Changed("name", "Enterprise", "Large companies"),)


def test_tickets_under_the_old_and_the_new_name_are_added_up(
    published: Store, clock: FakeClock
) -> None:
    tickets(published, "Enterprise", [5] * 31, NOON - DAY)
    tickets(published, "Large companies", [1] * 9, NOON - DAY / 2)
    clock.turn(days=1)
    publish(published, PLAYBOOK.replace("Enterprise", "Large companies"), clock.now(), 1)
    view = see(published, clock).one("Large companies")
    assert (view.kpis.tickets, view.kpis.csat and view.kpis.csat.n) == (40, 40)
    assert view.kpis.resolution is not None
    assert view.kpis.resolution.n == 40


def test_a_kpi_is_chosen_to_be_shown_over_time(published: Store, clock: FakeClock) -> None:
    tickets(published, "Enterprise", [5] * 40, NOON - 3 * DAY)
    flow = see(published, clock)
    assert flow.one("Enterprise").kpi == flow.one("Enterprise", "nonsense").kpi == "csat"
    view = flow.one("Enterprise", "resolution")
    assert view.kpi == "resolution"
    assert len(view.trend) == len(view.weeks) == 13
    last = view.trend[-1]
    assert isinstance(last, Times)
    # They took a day and from 0 to 39 minutes: with the twentieth half of them are solved.
    assert last.median == pytest.approx(86_400 + 19 * 60, rel=0.001)


def test_a_goal_that_is_missed_and_gets_worse_moves_away(
    published: Store, clock: FakeClock
) -> None:
    for week in range(10):
        good = 36 if week >= 4 else 20
        tickets(
            published, "Enterprise", [5] * good + [1] * (40 - good), NOON - 7 * DAY * week - DAY
        )
    (goal,) = see(published, clock).one("Enterprise").progress
    assert goal.away is not None
    # 144 of 160 and then 80 of 160, some of which are in the week that has begun.
    assert goal.away.difference.high < 0
    assert goal.now.met is False
    assert goal.weeks_missed >= 3
    assert goal.missed_since == goal.ends[-goal.weeks_missed]


def test_a_goal_that_is_missed_as_it_always_was_does_not_move_away(
    published: Store, clock: FakeClock
) -> None:
    for week in range(20):
        tickets(published, "Enterprise", [5] * 30 + [1] * 10, NOON - 7 * DAY * week - DAY)
    (goal,) = see(published, clock).one("Enterprise").progress
    assert (goal.now.met, goal.away) == (False, None)
    assert goal.weeks_missed == 13


def test_a_definition_is_to_be_read_again_after_ninety_days_and_a_review_puts_it_off(
    published: Store, clock: FakeClock
) -> None:
    flow = see(published, clock)
    assert flow.one("Enterprise").read_next == NOON + 90 * DAY
    clock.turn(days=91)
    view = flow.every()
    assert view is not None
    assert view.lines[0].to_review(view.now)
    flow.review("Enterprise", INES)
    after = flow.one("Enterprise")
    assert after.review is not None
    assert after.review.by == "Ines Moreau"
    assert after.read_next == clock.now() + 90 * DAY


def test_notes_of_any_team_are_kept(published: Store, clock: FakeClock) -> None:
    flow = see(published, clock)
    flow.add_note("Enterprise", "They ask for invoices.", replace(INES, name="Mara"))
    (note,) = flow.one("Enterprise").notes
    assert (note.by, note.at, note.text) == ("Mara", NOON, "They ask for invoices.")
    with pytest.raises(NotThere, match="no segment “Gone”"):
        flow.add_note("Gone", "Hello.", INES)
    with pytest.raises(NotThere):
        flow.review("Gone", INES)


def test_the_size_of_a_week_ago_is_from_a_report_at_least_that_old(
    published: Store, clock: FakeClock
) -> None:
    keep(
        published,
        *(report(NOON - back * DAY, size("Enterprise", 100 + back)) for back in (9, 8, 6, 0)),
    )
    view = see(published, clock).one("Enterprise")
    assert view.week_ago is not None
    assert view.week_ago.customers == 108


def test_overlaps_come_from_the_newest_report(published: Store, clock: FakeClock) -> None:
    both = (Overlap("Enterprise", "Other", 30),)
    keep(published, report(NOON, size("Enterprise", 120), size("Other", 30), overlaps=both))
    view = see(published, clock).overlaps()
    assert view is not None
    assert view.shared == {("Enterprise", "Other"): 30}
    (shared,) = see(published, clock).one("Enterprise").shared
    assert (shared.name, shared.share) == ("Other", 0.25)


def test_templates_name_their_fields_in_words(published: Store, clock: FakeClock) -> None:
    view = see(published, clock).every()
    assert view is not None
    by_key = {one.key: one for one in view.templates}
    assert by_key["large-companies"].wants == ("employees", "plan")
    assert len({one.model for one in view.templates}) == 11
