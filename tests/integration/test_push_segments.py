"""Segments pushed to other tools: whoever follows the messages knows who belongs to them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from random import Random
from typing import Any

import pytest
from sqlalchemy import select
from test_count_segments import PLAYBOOK, a_customer, a_source, no_one_listens, put
from test_receivers import HERE, WHO, Silence
from world import NOON, FakeClock, at_once, publish

from plugin.flows.out.receivers import SeeReceivers
from plugin.flows.segments import push_segments
from plugin.flows.segments.count_segments import CountSegments, push_is_due
from plugin.flows.segments.push_segments import PushSegments
from plugin.receivers import Messages
from plugin.records.work import Store, Work
from plugin.store import census
from plugin.store.counting import CountCustomers, FindMembers
from plugin.store.database import Database
from plugin.store.webhooks import WEBHOOKS
from plugin.views.receivers import NewReceiver

LARGE = "Large"
WANTED = NewReceiver("CRM", "http://127.0.0.1:9/", ("segment.members",), (LARGE,))


@pytest.fixture
def pushing(store: Store, clock: FakeClock, url: str) -> PushSegments:
    publish(store, PLAYBOOK, NOON)
    a_source(store, "CRM", 0)
    a_source(store, "Shop", 1)
    seeing(store, clock).add(WANTED, WHO)
    return PushSegments(store, clock, FindMembers(url, processes=2))


def seeing(store: Store, clock: FakeClock) -> SeeReceivers:
    return SeeReceivers(store, Messages(HERE), Silence(), clock)


def employ(store: Store, **counts: int) -> None:
    """Customers by the local part of their address, with so many employees each."""
    many = [
        replace(
            a_customer(0, f"{name}@kontor.example", account__employees=float(count)),
            external_id=f"id-{name}",
        )
        for name, count in counts.items()
    ]
    put(store, "CRM", NOON, *many)


def messages(database: Database, segment: str = LARGE) -> list[dict[str, Any]]:
    with database.read() as connection:
        bodies = connection.execute(select(WEBHOOKS.c.body)).scalars()
        told = [json.loads(body)["data"] for body in bodies]
    return sorted((one for one in told if one["segment"] == segment), key=lambda one: one["number"])


def followed(database: Database, segment: str = LARGE) -> set[str]:
    """Whom a receiver knows that did what the messages say, in the order of their numbers."""
    known: dict[int, dict[str, Any]] = {}
    for place, one in enumerate(messages(database, segment), 1):
        assert one["number"] == place
        assert len(one["left"]) + len(one["joined"]) <= push_segments.IN_A_MESSAGE
        if one["restart"]:
            known.clear()
        for who in one["left"]:
            del known[who["id"]]
        for who in one["joined"]:
            assert who["id"] not in known
            known[who["id"]] = who
    return {str(who["external_id"]) for who in known.values()}


def test_who_joins_and_who_leaves_is_told_once(
    store: Store, pushing: PushSegments, database: Database
) -> None:
    employ(store, anna=900, ben=10, cleo=500)
    assert (pushing(), pushing()) == (1, 0)
    (first,) = messages(database)
    assert first["restart"]
    assert [(who["external_id"], who["email"]) for who in first["joined"]] == [
        ("id-anna", "anna@kontor.example"),
        ("id-cleo", "cleo@kontor.example"),
    ]
    employ(store, anna=10, ben=501)
    assert (pushing(), pushing()) == (1, 0)
    second = messages(database)[-1]
    assert not second["restart"]
    assert [who["external_id"] for who in second["left"]] == ["id-anna"]
    assert [who["external_id"] for who in second["joined"]] == ["id-ben"]
    assert followed(database) == {"id-ben", "id-cleo"}


def test_many_come_in_messages_of_a_bounded_size(
    store: Store, pushing: PushSegments, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(push_segments, "IN_A_MESSAGE", 3)
    monkeypatch.setattr(push_segments, "AT_ONCE", 2)
    monkeypatch.setattr(census, "BLOCK", 10)
    employ(store, **{f"c{number}": 600 for number in range(25)})
    assert pushing() == 9
    assert len(followed(database)) == 25


def test_after_any_changes_whoever_follows_knows_who_belongs(
    store: Store, pushing: PushSegments, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(push_segments, "IN_A_MESSAGE", 2)
    monkeypatch.setattr(push_segments, "AT_ONCE", 2)
    dice, large = Random(7), {}
    for _ in range(12):
        for name in dice.sample("abcdefgh", 3):
            large[name] = dice.choice([10, 600])
        employ(store, **large)
        if dice.random() < 0.3:
            gone = dice.choice(sorted(large))
            del large[gone]
            with store.work() as work:
                work.privacy.forget(f"{gone}@kontor.example", NOON)
                work.privacy.readmit(f"{gone}@kontor.example")
                work.commit()
        pushing()
        assert followed(database) == {f"id-{name}" for name, n in large.items() if n >= 500}


def test_a_forgotten_customer_has_left_and_only_our_number_is_told(
    store: Store, pushing: PushSegments, database: Database
) -> None:
    employ(store, anna=900, ben=900)
    pushing()
    number = messages(database)[0]["joined"][0]["id"]
    with store.work() as work:
        work.privacy.forget("anna@kontor.example", NOON)
        work.commit()
    pushing()
    assert messages(database)[-1]["left"] == [{"id": number}]
    assert "anna@" not in json.dumps(messages(database))


class Killed(BaseException):
    pass


@dataclass
class Mortal:
    """A store whose process ends when a transaction of its is written, and not yet kept."""

    store: Store
    transactions: int

    def look(self) -> AbstractContextManager[Work]:
        return self.store.look()

    @contextmanager
    def work(self) -> Iterator[Work]:
        with self.store.work() as work:
            # ruff: ignore[fallible-context-manager] — what fails inside a transaction fails outside
            yield work
            self.transactions -= 1
            if not self.transactions:
                raise Killed


def test_a_push_that_ends_half_way_goes_on_where_it_was(
    store: Store, pushing: PushSegments, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(push_segments, "IN_A_MESSAGE", 2)
    monkeypatch.setattr(push_segments, "AT_ONCE", 2)
    employ(store, **dict.fromkeys("abcdefghijk", 600))
    with pytest.raises(Killed):
        replace(pushing, store=Mortal(store, 3))()
    assert len(messages(database)) == 4
    pushing()
    assert len(followed(database)) == 11


def test_two_that_push_at_once_tell_nobody_twice(
    store: Store, pushing: PushSegments, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(push_segments, "IN_A_MESSAGE", 2)
    monkeypatch.setattr(push_segments, "AT_ONCE", 1)
    employ(store, **dict.fromkeys("abcdefgh", 600))
    assert sum(at_once(2, [pushing] * 2)) == 4
    assert len(followed(database)) == 8


def test_told_anew_a_receiver_starts_over_and_the_numbers_go_on(
    store: Store, clock: FakeClock, pushing: PushSegments, database: Database
) -> None:
    employ(store, anna=900)
    pushing()
    seeing(store, clock).start_over("CRM", WHO)
    assert pushing() == 1
    last = messages(database)[-1]
    assert (last["number"], last["restart"], len(last["joined"])) == (2, True, 1)


def test_a_segment_that_is_gone_has_no_members_and_a_renamed_one_has_them_again(
    store: Store, pushing: PushSegments, database: Database, clock: FakeClock
) -> None:
    employ(store, anna=900)
    seeing(store, clock).change(replace(WANTED, segments=()), WHO)
    pushing()
    publish(store, PLAYBOOK.replace("name: Large", "name: Very large"), NOON, 1)
    pushing()
    assert followed(database, LARGE) == set()
    assert followed(database, "Very large") == {"id-anna"}


def test_of_a_segment_that_is_not_chosen_nothing_is_told_until_it_is_again(
    store: Store, pushing: PushSegments, database: Database, clock: FakeClock
) -> None:
    employ(store, anna=900)
    pushing()
    seeing(store, clock).change(replace(WANTED, segments=("Not basic",)), WHO)
    employ(store, anna=10, ben=900)
    pushing()
    assert len(messages(database)) == 1
    seeing(store, clock).change(WANTED, WHO)
    pushing()
    assert messages(database)[-1]["restart"]
    assert followed(database) == {"id-ben"}


def test_one_that_is_off_or_wants_something_else_is_told_nothing(
    store: Store, pushing: PushSegments, clock: FakeClock
) -> None:
    employ(store, anna=900)
    see = seeing(store, clock)
    see.switch("CRM", WHO, on=False)
    assert pushing() == 0
    see.switch("CRM", WHO, on=True)
    see.change(replace(WANTED, events=("goal.met",)), WHO)
    assert pushing() == 0


def test_a_customer_whom_two_sources_know_is_one(
    store: Store, pushing: PushSegments, database: Database
) -> None:
    employ(store, anna=900)
    put(store, "Shop", NOON, a_customer(9, "anna@kontor.example", customer__plan="Team"))
    pushing()
    assert followed(database) == {"id-anna"}


def test_it_is_due_after_each_count_while_somebody_wants_it(
    store: Store, clock: FakeClock, pushing: PushSegments, url: str
) -> None:
    employ(store, anna=900)
    assert not push_is_due(store)
    CountSegments(store, clock, CountCustomers(url, processes=2))(no_one_listens)
    assert push_is_due(store)
    pushing()
    assert not push_is_due(store)
    clock.turn(hours=1)
    CountSegments(store, clock, CountCustomers(url, processes=2))(no_one_listens)
    seeing(store, clock).switch("CRM", WHO, on=False)
    assert not push_is_due(store)
