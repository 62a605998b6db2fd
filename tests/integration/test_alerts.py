"""Alerts: told once when a goal is clearly missed, and once when it is met again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from test_exports import past
from test_receivers import HERE, Silence
from world import KEY, NOON, PLAYBOOK, FakeClock, at_once, counted, publish

from plugin.flows.out.alerts import EVERY, CheckAlerts, alerts_are_due
from plugin.flows.out.my_mails import SeeMyMails
from plugin.flows.out.receivers import SeeReceivers
from plugin.flows.results.measure import Measure
from plugin.links import SignedLinks
from plugin.ports import Mail
from plugin.receivers import Messages
from plugin.records.work import Store
from plugin.staff_letters import StaffLetters
from plugin.store.database import Database
from plugin.store.webhooks import WEBHOOKS
from plugin.views.mails import MailKind, Subscription
from plugin.views.people import Role
from plugin.views.receivers import NewReceiver

LINKS = SignedLinks("https://d.example", (KEY,))
INES, RUBEN = "ines@halden.example", "ruben@halden.example"


def checking(store: Store, clock: FakeClock) -> CheckAlerts:
    counted(store, clock)
    return CheckAlerts(store, clock, StaffLetters(), LINKS, Measure(store, clock))


def rated(store: Store, good: int, bad: int, opened: datetime = NOON - timedelta(days=1)) -> None:
    """So many tickets of Enterprise with good ratings, and with bad ones."""
    scores = [5] * good + [1] * bad
    begin = int(opened.timestamp())
    with store.work() as work:
        work.tickets.add_past(
            [
                past(begin + n, opened - timedelta(minutes=n), score=score)
                for n, score in enumerate(scores)
            ],
            NOON,
        )
        work.commit()


def mails(store: Store) -> list[Mail]:
    far, later = datetime(2099, 1, 1, tzinfo=UTC), datetime(2099, 1, 2, tzinfo=UTC)
    with store.work() as work:
        return [due.thing for due in iter(lambda: work.mails.take(far, later), None)]


@pytest.fixture
def readers(published: Store, clock: FakeClock) -> Store:
    """Ines owns the segment, and Ruben has asked for alerts."""
    with published.work() as work:
        work.people.save(INES, "Ines Moreau", Role.LEAD, "x", NOON)
        work.people.save(RUBEN, "Ruben Haas", Role.ADMIN, "x", NOON)
        work.people.save("mara@halden.example", "Mara Lindqvist", Role.AGENT, "x", NOON)
        work.commit()
    mine = SeeMyMails(published, clock, LINKS)
    mine.keep(Subscription(RUBEN, MailKind.ALERT), RUBEN)
    mine.keep(Subscription("mara@halden.example", MailKind.ALERT), RUBEN)
    wanted = NewReceiver("CRM", "http://127.0.0.1:9/", ("goal.missed", "goal.met"))
    SeeReceivers(published, Messages(HERE), Silence(), clock).add(wanted, RUBEN)
    return published


def told(database: Database) -> list[tuple[str, str]]:
    with database.read() as connection:
        rows = connection.execute(select(WEBHOOKS.c.type, WEBHOOKS.c.body).order_by(WEBHOOKS.c.id))
        return [tuple(row) for row in rows]


def test_a_goal_that_is_clearly_missed_is_told_once_and_once_when_it_is_met(
    readers: Store, clock: FakeClock, database: Database
) -> None:
    rated(readers, 20, 20)
    check = checking(readers, clock)
    assert (check(), check()) == ((1, 0), (0, 0))
    assert {(one.to, one.subject) for one in mails(readers)} == {
        (INES, "Enterprise misses its goal"),
        (RUBEN, "Enterprise misses its goal"),
    }
    ((kind, body),) = told(database)
    assert kind == "goal.missed"
    assert '"goal":"CSAT at least 90 %"' in body
    assert '"n":40' in body
    assert '"value":0.5' in body
    # Better, but not met: nothing is told.
    rated(readers, 200, 10, NOON - timedelta(hours=2))
    counted(readers, clock)
    assert check() == (0, 0)
    rated(readers, 300, 0, NOON - timedelta(hours=1))
    counted(readers, clock)
    assert (check(), check()) == ((0, 1), (0, 0))
    assert len(mails(readers)) == 4
    assert [kind for kind, _ in told(database)] == ["goal.missed", "goal.met"]
    with readers.look() as work:
        assert work.alerts.running() == []


def test_who_owns_a_segment_is_told_why_and_who_asked_can_stop(
    readers: Store, clock: FakeClock
) -> None:
    rated(readers, 20, 20)
    checking(readers, clock)()
    owner, asked = sorted(mails(readers), key=lambda one: one.to)
    assert "because you own this segment" in owner.text
    assert owner.headers == {}
    assert "because you asked for alerts" in asked.text
    assert asked.headers["List-Unsubscribe"].startswith("<https://d.example/stop/")
    assert "CSAT ≥ 90" in owner.text
    assert "n = 40" in owner.text


@pytest.mark.parametrize(("good", "bad"), [(35, 5), (0, 29), (0, 0)])
def test_what_is_not_clear_or_too_little_is_not_told(
    readers: Store, clock: FakeClock, good: int, bad: int
) -> None:
    rated(readers, good, bad)
    assert checking(readers, clock)() == (0, 0)
    assert mails(readers) == []


def test_only_the_last_four_weeks_count(readers: Store, clock: FakeClock) -> None:
    rated(readers, 0, 50, NOON - timedelta(days=28, minutes=1))
    assert checking(readers, clock)() == (0, 0)


def test_two_that_look_at_once_tell_it_once(
    readers: Store, clock: FakeClock, database: Database
) -> None:
    rated(readers, 20, 20)
    begun = at_once(2, [checking(readers, clock)] * 4)
    assert sum(count for count, _ in begun) == 1
    assert len(mails(readers)) == 2
    assert len(told(database)) == 1


def test_a_missed_goal_that_is_taken_out_of_the_playbook_ends_without_a_word(
    readers: Store, clock: FakeClock, database: Database
) -> None:
    rated(readers, 20, 20)
    checking(readers, clock)()
    publish(readers, PLAYBOOK.replace("    goal: CSAT at least 90 %\n", ""), NOON, 1)
    assert alerts_are_due(readers, clock)
    checking(readers, clock)()
    with readers.look() as work:
        assert work.alerts.running() == []
    assert [kind for kind, _ in told(database)] == ["goal.missed"]
    assert not alerts_are_due(readers, clock)


def test_goals_are_looked_at_once_an_hour(readers: Store, clock: FakeClock) -> None:
    assert alerts_are_due(readers, clock)
    checking(readers, clock)()
    assert not alerts_are_due(readers, clock)
    clock.at += EVERY
    assert alerts_are_due(readers, clock)


def test_without_a_playbook_there_is_nothing_to_look_at(store: Store, clock: FakeClock) -> None:
    assert not alerts_are_due(store, clock)
    assert checking(store, clock)() == (0, 0)


def test_an_alert_comes_back_from_the_database_as_it_began(
    readers: Store, clock: FakeClock
) -> None:
    rated(readers, 20, 20)
    checking(readers, clock)()
    with readers.look() as work:
        (alert,) = work.alerts.running()
    stood = alert.standing
    assert (alert.segment, stood.now, stood.n) == ("Enterprise", 0.5, 40)
    assert stood.high is not None
    assert stood.high < 0.9
    assert alert.began_at == clock.now()
