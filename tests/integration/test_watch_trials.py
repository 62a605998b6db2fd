"""Shadows and canaries on real rows: what is counted for each, and the end of one that harms."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta

import pytest
from world import NOON, PLAYBOOK, House, a_reading, claimed, publish

from plugin.flows.playbook.watch_trials import WatchTrials
from plugin.records.work import Store, Work
from routing.rules.rule import State
from routing.tickets import TicketRef

CANARY = """
  - name: Everybody to Priority
    when: always
    then: {queue: Priority}
    state: canary
    canary: {share: 50, guards: [transfers]}
  - name: The rest
    when: always
    then: {queue: General}
"""
SHADOW = """
  - name: Everybody to Priority
    when: always
    then: {queue: Priority}
    state: shadow
"""


def go_live(house: House, rules: str, based_on: int = 1) -> None:
    text = PLAYBOOK.replace("replies: []", f"{rules.strip(chr(10))}\nreplies: []")
    publish(house.store, text, NOON, based_on=based_on)


def live_state(store: Store) -> tuple[int, State, str]:
    with store.look() as work:
        playbook = work.playbooks.live()
        assert playbook is not None
        rule = playbook.rule("Everybody to Priority")
        return playbook.version, rule.state, work.playbooks.versions()[0].by


def route(house: House, count: int) -> None:
    for number in range(100, 100 + count):
        house.desk.add(a_reading(str(number)))
        house.handle(claimed(str(number)))


def move_on(house: House, number: int, to: str) -> None:
    """A person moves a ticket away from where it was sent."""
    house.desk.tickets[str(number)] = replace(house.desk.tickets[str(number)], queue=to)
    house.clock.turn(minutes=1)
    house.handle(claimed(str(number)))


@pytest.fixture
def watch(house: House) -> WatchTrials:
    return WatchTrials(house.store, house.clock)


def test_a_canary_whose_tickets_are_moved_on_is_turned_off_by_a_version_of_ours(
    house: House, watch: WatchTrials
) -> None:
    go_live(house, CANARY)
    route(house, 80)
    assert watch() == ()
    for number in range(100, 180):
        if house.desk.tickets[str(number)].queue == "2":
            move_on(house, number, "1")
    assert watch() == ("Everybody to Priority",)
    assert live_state(house.store) == (3, State.OFF, "Deskroute")
    with house.store.look() as work:
        note = work.playbooks.versions()[0].note
        text = work.playbooks.text(3)
    assert note.startswith("Stopped the canary “Everybody to Priority”. Moved on 100.0 % with it")
    assert text is not None
    assert "canary:" not in text
    # The next ticket goes by it, and nothing is stopped twice.
    house.desk.add(a_reading("300"))
    house.handle(claimed("300"))
    assert house.desk.tickets["300"].queue == "1"
    assert watch() == ()


class PublishedBetween:
    """A store in which somebody publishes after the canaries were looked at."""

    def __init__(self, house: House, rules: str) -> None:
        self._house = house
        self._rules = rules

    def look(self) -> AbstractContextManager[Work]:
        return self._house.store.look()

    def work(self) -> AbstractContextManager[Work]:
        go_live(self._house, self._rules, based_on=2)
        return self._house.store.work()


MENDED = CANARY.replace("when: always", "when: {field: ticket.subject, contains: sign in}", 1)
REMOVED = CANARY[CANARY.index("  - name: The rest") :]


@pytest.mark.parametrize("rules", [MENDED, REMOVED], ids=["mended", "removed"])
def test_a_canary_that_somebody_mends_or_removes_meanwhile_is_left_to_them(
    house: House, rules: str
) -> None:
    go_live(house, CANARY)
    route(house, 80)
    for number in range(100, 180):
        if house.desk.tickets[str(number)].queue == "2":
            move_on(house, number, "1")
    assert WatchTrials(PublishedBetween(house, rules), house.clock)() == ()
    with house.store.look() as work:
        newest = work.playbooks.versions()[0]
    assert (newest.version, newest.by) == (3, "Ines Moreau")


def test_a_canary_whose_tickets_stay_goes_on_and_says_how_it_does(
    house: House, watch: WatchTrials
) -> None:
    go_live(house, CANARY)
    route(house, 90)
    for number in range(100, 103):
        move_on(house, number, "1")
    assert watch() == ()
    assert live_state(house.store)[1] is State.CANARY
    counted, guard = watch.told()["Everybody to Priority"]
    assert counted.startswith("Canary: fired for ")
    assert guard.endswith("no harm shown.")


def test_few_tickets_say_how_many_are_lacking(house: House, watch: WatchTrials) -> None:
    go_live(house, CANARY)
    route(house, 4)
    assert "too few to tell" in watch.told()["Everybody to Priority"][1]


def test_only_tickets_since_the_trial_began_count(house: House, watch: WatchTrials) -> None:
    go_live(house, CANARY)
    route(house, 6)
    other = CANARY.replace("queue: Priority", "queue: Priority, priority: high", 1)
    go_live(house, other, based_on=2)
    (counted, _) = watch.told()["Everybody to Priority"]
    assert counted == "Canary: fired for 0 tickets, watched 0 others."
    go_live(house, other.replace("share: 50", "share: 60"), based_on=3)
    house.desk.add(a_reading("400"))
    house.handle(claimed("400"))
    go_live(house, other.replace("share: 50", "share: 70"), based_on=4)
    counted = watch.told()["Everybody to Priority"][0]
    assert ("1 tickets" in counted) or ("1 others" in counted)


def test_a_shadow_is_counted_beside_where_its_tickets_ended(
    house: House, watch: WatchTrials
) -> None:
    go_live(house, SHADOW)
    route(house, 5)
    move_on(house, 100, "2")
    move_on(house, 101, "2")
    counted, ended = watch.told()["Everybody to Priority"]
    assert counted == "Shadow: would have fired for 5 tickets."
    told = "2 ended in Priority all the same, 3 stayed where they were sent"
    assert ended == f"5 of them went elsewhere: {told}."


def test_a_shadow_is_not_counted_among_rules_that_fired(house: House) -> None:
    go_live(house, SHADOW)
    route(house, 3)
    with house.store.look() as work:
        assert work.decisions.fired(NOON - timedelta(days=1)) == {}
        stored = work.tickets.find("demo", "100")
    assert stored is not None
    assert stored.ticket.ref == TicketRef("demo", "100")


def test_without_a_playbook_there_is_nothing_to_watch(store: Store, house: House) -> None:
    watch = WatchTrials(store, house.clock)
    assert watch() == ()
