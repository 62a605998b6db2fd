"""The inbox: accepted once, handed out once at a time, and always adding up."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta, timezone
from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, update
from world import KEY, NOON, FakeClock, a_delivery, a_reading, at_once, claim, put

from plugin.ports import Delivery, Notice
from plugin.records.inbox import Claimed, Put
from plugin.records.page import Page
from plugin.records.work import Store
from plugin.store.arrivals import Arrivals
from plugin.store.database import Database, open_engine
from plugin.store.inbox import INBOX
from plugin.store.vault import Vault
from plugin.store.work import SqlStore
from plugin.views.deliveries import DeliveryLine, Tally


def tally(store: Store) -> Tally:
    with store.look() as work:
        return work.inbox.tally()


def lines(
    store: Store,
    page: Page | None = None,
    *,
    state: str | None = None,
    connection: str | None = None,
    find: str = "",
) -> list[DeliveryLine]:
    with store.look() as work:
        return work.inbox.lines(page or Page(), state, connection, find)


def line(store: Store, row: int = 1) -> DeliveryLine:
    with store.look() as work:
        found = work.inbox.show(row)
    assert found is not None
    return found[0].line


def finish(store: Store, row: int = 1, why: str = "") -> None:
    with store.work() as work:
        work.inbox.finish({row: why}, NOON)
        work.commit()


def wait(store: Store, row: int = 1, *, seconds: int = 30, why: str = "The desk is down.") -> None:
    with store.work() as work:
        work.inbox.wait(row, NOON, NOON + timedelta(seconds=seconds), why)
        work.commit()


def fail(store: Store, row: int = 1, *, seconds: int = 30) -> None:
    with store.work() as work:
        work.inbox.fail(row, NOON, NOON + timedelta(seconds=seconds), "A mistake.")
        work.commit()


def park(store: Store, row: int = 1) -> None:
    with store.work() as work:
        work.inbox.park(row, NOON, "It makes no sense.")
        work.commit()


def test_a_new_delivery_waits_and_is_due_at_once(store: Store) -> None:
    assert put(store) is Put.NEW
    assert tally(store) == Tally(1, 0, 1, 0)
    assert [one.id for one in claim(store, NOON)] == [1]


@pytest.mark.parametrize("count", [1, 3])
def test_new_deliveries_are_kept_straight_as_they_are_kept_one_by_one(
    store: Store, database: Database, count: int
) -> None:
    odd = "opened \x00 and \ud800"
    here = timezone(timedelta(hours=2))
    arrived = [
        (
            Delivery("demo", b"\x00\xff", {}, NOON.astimezone(here)),
            Notice(f"d-{number}", odd, "17", echo=number == 1),
        )
        for number in range(count)
    ]
    assert Arrivals(database)(arrived)
    with store.work() as work:
        for delivery, notice in arrived:
            twin = replace(delivery, connection="twin")
            assert work.inbox.put(twin, notice) is Put.NEW
        work.commit()
    others = [column for column in INBOX.c if column.name not in {"id", "connection"}]
    with database.read() as connection:
        straight, one_by_one = (
            connection.execute(select(*others).where(INBOX.c.connection == name)).all()
            for name in ("demo", "twin")
        )
    assert straight == one_by_one


@pytest.mark.parametrize("others", [(), ("d-2",), ("d-0", "d-2")])
def test_of_deliveries_that_are_not_all_new_none_is_kept_straight(
    store: Store, database: Database, others: tuple[str, ...]
) -> None:
    put(store, "d-1")
    arrivals = Arrivals(database)
    assert not arrivals([a_delivery(key) for key in sorted({"d-1", *others})])
    assert tally(store) == Tally(1, 0, 1, 0)
    assert arrivals([a_delivery("d-3"), a_delivery("d-4")])
    assert tally(store) == Tally(3, 0, 3, 0)


def test_two_deliveries_of_one_id_in_the_same_breath_are_not_all_new(
    store: Store, database: Database
) -> None:
    assert not Arrivals(database)([a_delivery("d-1"), a_delivery("d-1", body=b"other")])
    assert tally(store) == Tally(0, 0, 0, 0)


def test_the_same_delivery_again_is_a_repeat_and_is_counted(store: Store) -> None:
    assert [put(store), put(store), put(store)] == [Put.NEW, Put.REPEAT, Put.REPEAT]
    assert tally(store) == Tally(1, 0, 1, 0)
    assert line(store).why == "came 3 times, counted once"


def test_the_same_id_with_another_body_is_kept_aside_parked_and_has_no_effect(
    store: Store,
) -> None:
    put(store, body=b"one")
    assert put(store, body=b"two") is Put.CONFLICT
    assert tally(store) == Tally(2, 0, 1, 1)
    assert [one.id for one in claim(store, NOON)] == [1]
    (aside,) = lines(store, state="parked")
    assert "another body" in aside.why
    with store.look() as work:
        found = work.inbox.show(aside.id)
    assert found is not None
    assert found[1] == b"two"


def test_a_conflict_told_again_is_kept_aside_once(store: Store) -> None:
    put(store, body=b"one")
    hows = [put(store, body=b"two"), put(store, body=b"two"), put(store, body=b"three")]
    assert hows == [Put.CONFLICT] * 3
    assert tally(store) == Tally(3, 0, 1, 2)


def test_the_same_id_from_another_desk_is_another_delivery(store: Store) -> None:
    assert [put(store), put(store, connection="other")] == [Put.NEW, Put.NEW]


def test_the_news_of_our_own_write_is_done_at_once(store: Store) -> None:
    assert put(store, echo=True) is Put.NEW
    assert tally(store) == Tally(1, 1, 0, 0)
    assert claim(store, NOON) == []


def test_what_is_not_committed_is_not_kept(store: Store) -> None:
    with store.work() as work:
        work.inbox.put(*a_delivery())
    assert tally(store).received == 0


def test_an_error_after_the_commit_was_asked_for_keeps_nothing(store: Store) -> None:
    def broken() -> None:
        with store.work() as work:
            work.inbox.put(*a_delivery())
            work.commit()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        broken()
    assert tally(store).received == 0


def test_the_same_id_in_a_hundred_threads_makes_one_row(store: Store) -> None:
    hows = at_once(16, [partial(put, store)] * 100)
    assert sorted(hows) == sorted([Put.NEW] + [Put.REPEAT] * 99)
    assert tally(store).received == 1
    # PostgreSQL gives the tries that lose a number too, so the one row need not be number 1.
    (kept,) = lines(store)
    assert kept.why == "came 100 times, counted once"


def test_two_bodies_under_one_id_in_many_threads_leave_one_that_counts(store: Store) -> None:
    jobs = [partial(put, store, body=body) for body in (b"one", b"two")] * 20
    hows = at_once(16, jobs)
    assert hows.count(Put.NEW) == 1
    assert tally(store) == Tally(2, 0, 1, 1)


def test_eight_workers_never_get_the_same_row(store: Store) -> None:
    with store.work() as work:
        for number in range(300):
            work.inbox.put(*a_delivery(f"d-{number}"))
        work.commit()

    def work_on() -> list[int]:
        got: list[int] = []
        while batch := claim(store, NOON, limit=5):
            got += [one.id for one in batch]
        return got

    got = [row for rows in at_once(8, [work_on] * 8) for row in rows]
    assert sorted(got) == list(range(1, 301))


def test_on_postgresql_nobody_waits_for_rows_that_another_is_claiming(emptied: str) -> None:
    engine = open_engine(emptied)
    store = SqlStore(Database(engine), Vault([KEY]))
    put(store, "d-1")
    put(store, "d-2")
    with store.work() as work:
        held = work.inbox.claim(NOON, 60, 1, ())
        other = at_once(1, [partial(claim, store, NOON)])[0]
        work.commit()
    assert [one.id for one in held] == [1]
    assert [one.id for one in other] == [2]
    engine.dispose()


def test_the_oldest_due_row_comes_first(store: Store) -> None:
    put(store, "late", at=NOON + timedelta(seconds=5))
    put(store, "early", at=NOON)
    assert [one.id for one in claim(store, NOON + timedelta(minutes=1), limit=1)] == [2]


def test_a_claimed_row_is_not_handed_out_until_its_lease_has_run_out(
    store: Store, clock: FakeClock
) -> None:
    put(store)
    assert len(claim(store, clock.now(), lease=60)) == 1
    assert claim(store, clock.turn(seconds=59)) == []
    (again,) = claim(store, clock.turn(seconds=1))
    assert (again.id, again.deaths, again.waits, again.failures) == (1, 1, 0, 0)


def test_a_desk_that_rests_is_passed_over(store: Store) -> None:
    put(store, "d-1", connection="tired")
    put(store, "d-2", connection="awake")
    put(store, "d-3", connection="asleep")
    got = claim(store, NOON, without=["tired", "asleep"])
    assert [one.connection for one in got] == ["awake"]


def test_a_row_that_was_tried_before_is_claimed_alone(store: Store, clock: FakeClock) -> None:
    for number in range(3):
        put(store, f"d-{number}")
    claim(store, NOON, limit=1)
    clock.turn(seconds=61)
    # It may be the one that ended the worker, so it must take nobody along.
    assert [[one.id for one in claim(store, clock.now())] for _ in range(3)] == [[2, 3], [1], []]


def test_a_released_row_is_due_at_once_as_if_it_had_never_been_taken(store: Store) -> None:
    put(store)
    (claimed,) = claim(store, NOON)
    with store.work() as work:
        work.inbox.release([claimed.id])
        work.commit()
    assert claim(store, NOON) == [claimed]


def test_a_released_row_keeps_its_place_before_what_came_after_it(
    store: Store, clock: FakeClock
) -> None:
    put(store, "d-1")
    (first,) = claim(store, NOON)
    clock.turn(seconds=5)
    put(store, "d-2", at=clock.now())
    with store.work() as work:
        work.inbox.release([first.id])
        work.commit()
    assert [one.id for one in claim(store, clock.now())] == [1, 2]


def test_releasing_what_is_done_changes_nothing(store: Store) -> None:
    put(store)
    claim(store, NOON)
    finish(store)
    with store.work() as work:
        work.inbox.release([1])
        work.commit()
    assert tally(store) == Tally(1, 1, 0, 0)
    assert claim(store, NOON) == []


def test_waits_failures_and_deaths_are_told_apart(store: Store, clock: FakeClock) -> None:
    put(store)

    def next_claim() -> Claimed:
        (claimed,) = claim(store, clock.turn(seconds=100))
        return claimed

    seen = [next_claim()]
    wait(store)
    seen.append(next_claim())
    fail(store)
    # The worker that holds it next dies, and says nothing.
    seen += [next_claim(), next_claim()]
    wait(store)
    seen.append(next_claim())
    assert [(one.waits, one.failures, one.deaths) for one in seen] == [
        (0, 0, 0),
        (1, 0, 0),
        (1, 1, 0),
        (1, 1, 1),
        (2, 1, 1),
    ]


def test_a_finished_row_is_done_and_says_how_long_it_took(store: Store, clock: FakeClock) -> None:
    put(store)
    claim(store, NOON)
    with store.work() as work:
        work.inbox.finish({1: "routed"}, clock.turn(seconds=3))
        work.commit()
    assert tally(store) == Tally(1, 1, 0, 0)
    done = line(store)
    assert (done.state, done.why, done.took) == ("done", "routed", timedelta(seconds=3))


def test_a_waiting_row_says_why_and_when_it_is_tried_again(store: Store) -> None:
    put(store)
    claim(store, NOON)
    wait(store)
    assert line(store).why == "The desk is down. Next try 12:00:30."


def test_every_try_of_a_row_can_be_read_and_only_so_many_are_kept(store: Store) -> None:
    put(store)
    for number in range(30):
        wait(store, why=f"Try {number}.")
    with store.look() as work:
        found = work.inbox.show(1)
    assert found is not None
    whys = [one.result for one in found[0].tries]
    assert whys[-1] == "Try 29."
    assert len(whys) <= 21


def test_a_parked_row_stays_until_it_is_replayed_and_then_starts_afresh(
    store: Store, clock: FakeClock
) -> None:
    put(store)
    claim(store, NOON)
    fail(store)
    claim(store, clock.turn(seconds=100))
    park(store)
    assert tally(store) == Tally(1, 0, 0, 1)
    assert claim(store, clock.turn(days=100)) == []
    with store.work() as work:
        assert work.inbox.replay([1], clock.now()) == 1
        work.commit()
    assert tally(store) == Tally(1, 0, 1, 0)
    (again,) = claim(store, clock.now())
    assert (again.waits, again.failures, again.deaths) == (0, 0, 0)


def test_a_replay_of_all_takes_what_is_parked_and_nothing_else(store: Store) -> None:
    for number in range(1, 5):
        put(store, f"d-{number}")
    finish(store, 1)
    park(store, 2)
    park(store, 3)
    with store.work() as work:
        assert work.inbox.replay(None, NOON) == 2
        assert work.inbox.replay([1, 4, 999], NOON) == 0
        work.commit()
    assert tally(store) == Tally(4, 1, 3, 0)


@pytest.mark.parametrize("late", [wait, fail, park])
def test_a_worker_that_comes_too_late_cannot_undo_what_another_has_finished(
    store: Store, late: object
) -> None:
    # Its lease had run out while it was at work; another worker took the row and finished it.
    put(store)
    finish(store, why="routed")
    assert callable(late)
    late(store)
    assert tally(store) == Tally(1, 1, 0, 0)
    assert line(store).why == "routed"


def test_known_deliveries_are_told_from_new_ones(store: Store) -> None:
    put(store, "d-1")
    put(store, "d-2", connection="other")
    with store.look() as work:
        assert work.inbox.known("demo", ["d-1", "d-2", "d-3"]) == {"d-1"}
        assert work.inbox.known("demo", []) == set()


def test_the_list_can_be_narrowed_by_state_desk_ticket_id_and_delivery(store: Store) -> None:
    put(store, "d-1", ticket="17")
    put(store, "d-2", ticket="18")
    put(store, "d-3", ticket="17", connection="other")
    finish(store, 2)
    assert [one.id for one in lines(store)] == [3, 2, 1]
    assert [one.id for one in lines(store, state="done")] == [2]
    assert [one.id for one in lines(store, connection="other")] == [3]
    assert [one.id for one in lines(store, find="17")] == [3, 1]
    assert [one.id for one in lines(store, find="d-2")] == [2]
    assert [one.id for one in lines(store, find="3")] == [3]
    assert lines(store, find="nothing") == []
    assert lines(store, find="a\0b\ud800") == []
    assert lines(store, find="%") == []


def test_paging_shows_every_delivery_once_in_both_directions(store: Store) -> None:
    for number in range(25):
        put(store, f"d-{number}")
    seen: list[int] = []
    before = None
    pages = []
    while page := lines(store, Page(before, 10)):
        pages.append([one.id for one in page])
        seen += pages[-1]
        before = page[-1].id
    assert seen == list(range(25, 0, -1))
    with store.look() as work:
        back = work.inbox.newer(pages[1][0], 10)
        top = work.inbox.newer(pages[0][0], 10)
    assert [one.id for one in lines(store, Page(back, 10))] == pages[0]
    assert top is None


def test_a_delivery_that_is_not_there_is_none(store: Store) -> None:
    with store.look() as work:
        assert work.inbox.show(1) is None
        assert work.inbox.show(10**30) is None
        assert work.inbox.lines(Page(10**30), None, None, "") == []


def test_a_delivery_leads_to_the_decision_on_its_ticket(store: Store) -> None:
    put(store, "d-1", ticket="17")
    with store.work() as work:
        work.tickets.hold([a_reading("17")])
        work.commit()
    assert [one.decision_id for one in lines(store)] == [None]


def test_a_state_that_nobody_knows_would_not_add_up(store: Store, database: Database) -> None:
    # The promise is counted twice, apart from each other, so that it can fail.
    put(store)
    with database.write() as connection:
        connection.execute(update(INBOX).values(state="lost"))
    assert not tally(store).adds_up


ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(["put", "claim", "finish", "wait", "fail", "park", "replay", "release"]),
        st.integers(1, 6),
    ),
    max_size=25,
)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(actions=ACTIONS)
def test_whatever_happens_each_delivery_is_in_exactly_one_state(
    store: Store, actions: list[tuple[str, int]]
) -> None:
    now = NOON
    before = tally(store).received
    new = 0
    for action, number in actions:
        now += timedelta(seconds=20)
        with store.work() as work:
            inbox = work.inbox
            match action:
                case "put":
                    body = b"other" if number % 3 == 0 else b"{}"
                    key = f"{before}-{number % 4}"
                    new += inbox.put(*a_delivery(key, body=body)) is Put.NEW
                case "claim":
                    inbox.claim(now, 60, number, ())
                case "finish":
                    inbox.finish({before + number: ""}, now)
                case "replay":
                    inbox.replay([before + number], now)
                case "release":
                    inbox.release([before + number])
                case "park" if inbox.show(before + number):
                    inbox.park(before + number, now, "")
                case "wait" if inbox.show(before + number):
                    inbox.wait(before + number, now, now, "")
                case "fail" if inbox.show(before + number):
                    inbox.fail(before + number, now, now, "")
            work.commit()
        counted = tally(store)
        assert counted.adds_up
        assert counted.received >= before + new


def test_a_row_is_only_counted_once_in_the_table(store: Store, database: Database) -> None:
    for key in ("a", "b", "a"):
        put(store, key)
    with database.read() as connection:
        count = connection.execute(select(func.count()).select_from(INBOX)).scalar_one()
    assert count == tally(store).received == 2


def test_readers_go_on_while_a_writer_is_at_work(store: Store) -> None:
    put(store)
    done = threading.Event()
    with store.work() as work:
        work.inbox.finish({1: ""}, NOON)

        def read() -> Tally:
            done.set()
            return tally(store)

        assert at_once(1, [read]) == [Tally(1, 0, 1, 0)]
        work.commit()
    assert done.is_set()
    assert tally(store) == Tally(1, 1, 0, 0)
