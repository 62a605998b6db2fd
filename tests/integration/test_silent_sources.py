"""Sources that are asked: what is remembered of what they say, and how they are spared."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest
from world import KEY, NOON, FakeClock, at_once

from plugin.customers.cached import ANSWERED_EVERY, TURN, UNKNOWN_FRESH, WAITS, Cached
from plugin.customers.gather import GatherCustomers
from plugin.customers.typed import Answer
from plugin.ports import Refused, Requester, Unavailable
from plugin.records.connections import SourceState
from plugin.records.work import Store
from plugin.terms import Terms
from routing.conditions.fields import CUSTOMER_FIELDS, Fields
from routing.tickets import Fact, Value

LENA = Requester("Lena@Kontor.example ")
FRESH = timedelta(minutes=15)
KEPT = timedelta(days=7)


@dataclass(slots=True)
class Crm:
    """A source that is asked; ``trouble`` is raised in place of an answer."""

    clock: FakeClock
    values: Mapping[str, Value] | None = field(default_factory=lambda: {"customer.plan": "Team"})
    trouble: Exception | None = None
    asked: int = 0
    name: str = "CRM"
    during: Callable[[], None] = lambda: None

    def ask(self, who: Requester, fields: Fields) -> Answer | None:
        _ = who, fields
        self.asked += 1
        self.during()
        if self.trouble is not None:
            raise self.trouble
        if self.values is None:
            return None
        now = self.clock.now()
        return Answer({key: Fact(value, "CRM", now) for key, value in self.values.items()})


@pytest.fixture
def crm(clock: FakeClock) -> Crm:
    return Crm(clock)


@pytest.fixture
def cached(crm: Crm, store: Store, clock: FakeClock) -> Cached:
    return Cached(crm, Terms(fresh_for=FRESH, keep_for=KEPT), store, clock, 2.0)


def looked_up(source: Cached, who: Requester = LENA) -> Mapping[str, Fact] | None:
    return source.look_up(who, CUSTOMER_FIELDS)


def state_of(store: Store) -> SourceState:
    with store.look() as work:
        state = work.source_states.get("CRM")
    assert state is not None
    return state


def assert_silent(source: Cached) -> None:
    with pytest.raises((Unavailable, Refused)):
        looked_up(source)


# What is remembered.


def test_a_fresh_answer_is_not_asked_for_again(cached: Cached, crm: Crm, clock: FakeClock) -> None:
    first = looked_up(cached)
    clock.turn(minutes=14, seconds=59)
    assert looked_up(cached) == first == {"customer.plan": Fact("Team", "CRM", NOON, NOON + FRESH)}
    assert crm.asked == 1
    clock.turn(seconds=1)
    again = looked_up(cached)
    assert crm.asked == 2
    assert again is not None
    assert again["customer.plan"].as_of == clock.now()


def test_an_answer_is_remembered_by_address_in_any_case_and_by_id_first(
    cached: Cached, crm: Crm
) -> None:
    looked_up(cached, Requester("lena@kontor.example", "c-7"))
    looked_up(cached, Requester("LENA@kontor.example"))
    looked_up(cached, Requester(None, "c-7"))
    looked_up(cached, Requester("other@kontor.example", "c-7"))
    assert crm.asked == 1
    looked_up(cached, Requester("other@kontor.example"))
    looked_up(cached, Requester("third@kontor.example", "c-8"))
    assert crm.asked == 3


def test_workers_share_what_one_of_them_was_told(
    cached: Cached, crm: Crm, store: Store, clock: FakeClock
) -> None:
    looked_up(cached)
    other = Cached(crm, cached.terms, store, clock, 2.0)
    assert looked_up(other) is not None
    assert crm.asked == 1


def test_that_it_does_not_know_somebody_is_remembered_for_a_shorter_time(
    cached: Cached, crm: Crm, clock: FakeClock
) -> None:
    crm.values = None
    assert looked_up(cached) is None
    clock.at += UNKNOWN_FRESH - timedelta(seconds=1)
    assert looked_up(cached) is None
    assert crm.asked == 1
    clock.turn(seconds=1)
    crm.values = {"customer.plan": "Team"}
    assert looked_up(cached) is not None


def test_a_value_that_has_an_age_of_its_own_keeps_it(
    cached: Cached, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = NOON - timedelta(days=2)
    told = Answer({"customer.plan": Fact("Team", "CRM", old)})
    monkeypatch.setattr(Crm, "ask", lambda *_: told)
    wanted = {"customer.plan": Fact("Team", "CRM", old, old + FRESH)}
    assert looked_up(cached) == wanted
    clock.turn(minutes=5)
    assert looked_up(cached) == wanted


def test_while_it_is_silent_its_last_answer_serves_until_it_is_too_old(
    cached: Cached, crm: Crm, clock: FakeClock
) -> None:
    looked_up(cached)
    crm.trouble = Unavailable("CRM is down.")
    clock.turn(days=1)
    assert_silent(cached)
    before = cached.fall_back(LENA, CUSTOMER_FIELDS)
    assert before is not None
    assert before["customer.plan"] == Fact("Team", "CRM", NOON, NOON + FRESH)
    assert not before["customer.plan"].is_fresh(clock.now())
    clock.turn(days=6)
    assert cached.fall_back(LENA, CUSTOMER_FIELDS) is not None
    clock.turn(seconds=1)
    assert cached.fall_back(LENA, CUSTOMER_FIELDS) is None


def test_a_field_the_playbook_does_not_have_any_more_is_left_out(cached: Cached, crm: Crm) -> None:
    crm.values = {"customer.plan": "Team", "customer.gone": "x"}
    assert set(looked_up(cached) or ()) == {"customer.plan"}
    assert set(looked_up(cached) or ()) == {"customer.plan"}


def test_nobody_is_asked_about_nobody(cached: Cached, crm: Crm) -> None:
    assert looked_up(cached, Requester(None)) is None
    assert crm.asked == 0


def test_a_remembered_answer_is_no_uploaded_customer(cached: Cached, store: Store) -> None:
    looked_up(cached)
    with store.look() as work:
        assert work.customers.recall("Other", LENA.email, None) is None
        assert work.customers.counts()["CRM"] == (1, NOON)


# How it is spared while it is down.


def test_after_a_failure_it_is_left_alone_for_a_while_and_longer_each_time(
    cached: Cached, crm: Crm, clock: FakeClock, store: Store
) -> None:
    crm.trouble = Unavailable("CRM answered 503 Service Unavailable.")
    times = []
    for _ in range(120):
        with pytest.raises(Unavailable):
            looked_up(cached)
        if not times or crm.asked > len(times):
            times.append(clock.now())
        clock.turn(seconds=1)
    gaps = [(after - before).total_seconds() for before, after in pairwise(times)]
    assert gaps == [*WAITS, *[WAITS[-1]] * (len(gaps) - len(WAITS))]
    assert state_of(store).down_since == NOON
    assert state_of(store).last_error == "CRM answered 503 Service Unavailable."


def test_it_is_asked_no_sooner_than_it_wished(
    cached: Cached, crm: Crm, clock: FakeClock, store: Store
) -> None:
    crm.trouble = Unavailable("CRM answered 429.", 60)
    assert_silent(cached)
    assert state_of(store).next_try_at == clock.now() + timedelta(seconds=60)


def test_of_many_workers_one_tries_it_and_the_others_go_on(
    cached: Cached, crm: Crm, clock: FakeClock
) -> None:
    crm.trouble = Unavailable("CRM is down.")
    assert_silent(cached)
    clock.turn(seconds=5)
    at_once(8, [partial(assert_silent, cached)] * 24)
    assert crm.asked == 2


def test_the_one_who_tries_it_may_die_and_somebody_else_tries_later(
    cached: Cached, crm: Crm, clock: FakeClock, store: Store
) -> None:
    crm.trouble = Unavailable("CRM is down.")
    assert_silent(cached)
    clock.turn(seconds=5)
    with store.work() as work:
        assert work.source_states.take_turn("CRM", clock.now(), clock.now() + TURN)
        work.commit()
    assert_silent(cached)
    assert crm.asked == 1
    clock.at += TURN
    crm.trouble = None
    assert looked_up(cached) is not None


def test_once_it_answers_everybody_asks_it_again(
    cached: Cached, crm: Crm, clock: FakeClock, store: Store
) -> None:
    crm.trouble = Unavailable("CRM is down.")
    assert_silent(cached)
    crm.trouble = None
    clock.turn(seconds=5)
    assert looked_up(cached) is not None
    assert looked_up(cached, Requester("mia@kontor.example")) is not None
    state = state_of(store)
    assert (state.down_since, state.failures, state.last_error) == (None, 0, "")
    assert state.answered_at == clock.now()


def test_calls_that_were_under_way_when_it_went_down_do_not_make_the_wait_longer(
    cached: Cached, crm: Crm, clock: FakeClock, store: Store
) -> None:
    crm.trouble = Unavailable("CRM is down.")

    def another_fails_first() -> None:
        crm.during = lambda: None
        assert_silent(cached)
        clock.turn(seconds=1)

    crm.during = another_fails_first
    assert_silent(cached)
    assert crm.asked == 2
    assert state_of(store).failures == 1


def test_an_answer_of_no_use_concerns_one_customer_and_does_not_stop_the_source(
    cached: Cached, crm: Crm, store: Store
) -> None:
    crm.trouble = Refused("CRM answered with more than 262,144 bytes.")
    assert_silent(cached)
    crm.trouble = None
    assert state_of(store).down_since is None
    assert "262,144" in state_of(store).last_error
    assert looked_up(cached, Requester("mia@kontor.example")) is not None
    assert not state_of(store).last_error


@pytest.mark.parametrize("mistake", [ZeroDivisionError(), MemoryError(), KeyError("x")])
def test_a_mistake_of_ours_over_one_source_is_an_outage_of_that_source(
    cached: Cached, crm: Crm, store: Store, mistake: Exception
) -> None:
    crm.trouble = mistake
    with pytest.raises(Unavailable, match=type(mistake).__name__):
        looked_up(cached)
    assert state_of(store).down_since == NOON


def test_a_source_too_slow_for_a_ticket_is_down_though_its_late_answer_is_kept(
    crm: Crm, store: Store, clock: FakeClock
) -> None:
    slow = Cached(crm, Terms(fresh_for=FRESH), store, clock, patience=0.0)
    assert looked_up(slow) is not None
    assert state_of(store).down_since == NOON
    assert looked_up(slow) is not None
    assert crm.asked == 1


def test_a_source_that_a_ticket_could_not_wait_for_is_down(cached: Cached, store: Store) -> None:
    cached.was_late()
    assert state_of(store).down_since == NOON
    assert state_of(store).last_error == "CRM took longer than 2 s."


def test_that_it_answers_is_not_written_for_every_ticket(
    cached: Cached, store: Store, clock: FakeClock
) -> None:
    looked_up(cached, Requester("a@kontor.example"))
    clock.turn(seconds=30)
    looked_up(cached, Requester("b@kontor.example"))
    assert state_of(store).answered_at == NOON
    clock.at += ANSWERED_EVERY
    looked_up(cached, Requester("c@kontor.example"))
    assert state_of(store).answered_at == clock.now()


def test_an_hour_without_an_answer_costs_few_calls_and_no_ticket(
    cached: Cached, crm: Crm, clock: FakeClock
) -> None:
    crm.trouble = Unavailable("CRM is down.")
    gather = GatherCustomers(lambda: [cached], 2.0)
    calls = []
    for _ in range(360):
        before = crm.asked
        (gathered,) = gather.gather([LENA], CUSTOMER_FIELDS)
        assert gathered.silent == ("CRM",)
        calls.append(crm.asked - before)
        clock.turn(seconds=10)
    # Every 30 seconds hold three of these tickets.
    most = max(sum(calls[place : place + 3]) for place in range(len(calls)))
    assert most <= 5
    assert sum(calls) <= 125


def test_two_processes_together_call_a_dead_source_five_times_in_thirty_seconds_at_most(
    url: str, tmp_path: Path
) -> None:
    # Two real processes with a clock of their own that runs fast; each call is a line in a file.
    calls = tmp_path / "calls"
    code = textwrap.dedent(f"""
        import sys
        sys.path[:0] = {sys.path!r}
        from datetime import timedelta
        from pathlib import Path
        from plugin.customers.cached import Cached
        from plugin.ports import Requester, Unavailable
        from plugin.store.database import Database, open_engine
        from plugin.store.vault import Vault
        from plugin.store.work import SqlStore
        from plugin.terms import Terms
        from routing.conditions.fields import CUSTOMER_FIELDS
        from world import FakeClock

        clock = FakeClock()

        class Dead:
            name = "CRM"
            def ask(self, who, fields):
                with Path({str(calls)!r}).open("a") as file:
                    file.write(clock.at.isoformat() + "\\n")
                raise Unavailable("CRM is down.")

        store = SqlStore(Database(open_engine({url!r})), Vault([{KEY!r}]))
        source = Cached(Dead(), Terms(), store, clock, 2.0)
        for second in range(120):
            for _ in range(3):
                try:
                    source.look_up(Requester(f"{{second}}@x.example"), CUSTOMER_FIELDS)
                except Unavailable:
                    pass
            clock.turn(seconds=1)
    """)
    running = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(2)]
    assert [process.wait(120) for process in running] == [0, 0]
    seconds = sorted(
        (type(NOON).fromisoformat(line) - NOON).total_seconds()
        for line in calls.read_text().splitlines()
    )
    assert seconds
    for start in seconds:
        assert len([one for one in seconds if start <= one < start + 30]) <= 5
