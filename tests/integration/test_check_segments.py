"""The health of segments, from what the database holds."""

from __future__ import annotations

from datetime import timedelta

from world import PLAYBOOK, FakeClock, House, a_reading, claimed, publish

from plugin.flows.results.measure import Measure
from plugin.flows.segments.check_segments import CheckSegments
from plugin.flows.segments.measure_segments import MeasureSegments
from plugin.records.work import Store
from routing.population.findings import Finding, Kind
from routing.population.report import SegmentReport, SegmentSize


def a_report(clock: FakeClock, customers: int, *, days_ago: float = 0) -> SegmentReport:
    size = SegmentSize("Enterprise", customers, customers, 0, None, {"account.employees": 0.6})
    at = clock.now() - timedelta(days=days_ago)
    return SegmentReport(at, 1, 1_000, 1_000 - customers, None, (size,), ())


def keep(store: Store, *reports: SegmentReport) -> None:
    with store.work() as work:
        for report in reports:
            work.segments.add_report(report)
        work.commit()


def a_check(store: Store, clock: FakeClock) -> CheckSegments:
    return CheckSegments(store, clock, MeasureSegments(Measure(store, clock)))


def kinds(found: tuple[Finding, ...]) -> set[Kind]:
    return {one.kind for one in found}


def test_without_a_playbook_there_are_no_findings(store: Store, clock: FakeClock) -> None:
    assert a_check(store, clock)() == ()


def test_the_latest_report_and_its_history_are_read(published: Store, clock: FakeClock) -> None:
    keep(published, a_report(clock, 100, days_ago=31), a_report(clock, 400))
    found = a_check(published, clock)()
    assert {Kind.TOO_LITTLE_DATA, Kind.DRIFT, Kind.TOO_SMALL} <= kinds(found)


def test_a_definition_is_as_old_as_its_last_change_or_review(
    published: Store, clock: FakeClock
) -> None:
    check = a_check(published, clock)
    clock.turn(days=91)
    assert Kind.NOT_REVIEWED in kinds(check())
    with published.work() as work:
        work.segments.review("Enterprise", "Ines Moreau", clock.now())
        work.commit()
    assert Kind.NOT_REVIEWED not in kinds(check())
    clock.turn(days=91)
    assert Kind.NOT_REVIEWED in kinds(check())
    publish(published, PLAYBOOK.replace("at least: 500", "at least: 700"), clock.now(), 1)
    assert Kind.NOT_REVIEWED not in kinds(check())


def test_a_new_version_that_leaves_a_definition_alone_does_not_make_it_younger(
    published: Store, clock: FakeClock
) -> None:
    clock.turn(days=91)
    publish(published, PLAYBOOK.replace("capacity: 40", "capacity: 41"), clock.now(), 1)
    assert Kind.NOT_REVIEWED in kinds(a_check(published, clock)())


def test_criteria_are_judged_by_the_facts_that_decisions_went_by(house: House) -> None:
    for number in range(3):
        key = str(100 + number)
        house.desk.add(a_reading(key))
        house.handle(claimed(key))
    with house.store.look() as work:
        decided = list(work.decisions.results(house.clock.now() - timedelta(days=1), 2))
    assert [facts.ticket.ref.id for facts, _ in decided] == ["102", "101"]
    assert all(result.outcome.opened_at == facts.ticket.opened_at for facts, result in decided)


def test_tickets_sorted_by_criterion_are_read_again_after_an_hour(house: House) -> None:
    house.handle(claimed())
    store = _Counting(house.store)
    numbers = MeasureSegments(Measure(house.store, house.clock))
    check = CheckSegments(store, house.clock, numbers)  # type: ignore[arg-type]
    check()
    after_one = store.looked
    check()
    assert store.looked == after_one + 1  # the rest of the evidence is read anew each time
    house.clock.turn(hours=2)
    check()
    assert store.looked == after_one + 3


class _Counting:
    def __init__(self, store: Store) -> None:
        self._store = store
        self.looked = 0

    def look(self) -> object:
        self.looked += 1
        return self._store.look()
