"""A connection for ratings only: signed webhooks through the door to the tickets they are about."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from world import KEY, NOON, ON_SQLITE, PLAYBOOK, FakeClock, publish

from plugin.app import build_app
from plugin.desks.signatures import SCHEMES, sign
from plugin.records.connections import ConnectionRecord
from plugin.records.tickets import PastTicket
from plugin.records.work import Store
from plugin.settings import Settings
from plugin.store.database import Database
from plugin.store.rows import TICKETS
from plugin.store.surveys import SURVEYS
from plugin.wiring import Deskroute
from routing.outcomes.outcome import Outcome
from routing.tickets import Status, Ticket, TicketRef

SECRET = "a-webhook-secret-of-24-characters-or-more"
SOLVED = NOON - timedelta(days=1)


def past(connection: str, key: str) -> PastTicket:
    ticket = Ticket(
        ref=TicketRef(connection, key),
        subject="Cannot sign in",
        text="",
        requester_email="lena@kontor.example",
        opened_at=SOLVED - timedelta(hours=2),
        status=Status.SOLVED,
    )
    outcome = Outcome(ticket.opened_at, first_solved_at=SOLVED, solved_at=SOLVED)
    return PastTicket(ticket, outcome, "en", "Enterprise", "General", "Mara Lindqvist", None)


@pytest.fixture
def flows(url: str, store: Store, clock: FakeClock, tmp_path: Path) -> Iterator[Deskroute]:
    publish(store, PLAYBOOK, clock.now())
    with store.work() as work:
        for make in ("zendesk", "chatwoot"):
            record = ConnectionRecord(make, f"{make}-ratings", make, {}, {"webhook": SECRET})
            work.connections.save_desk(record, NOON)
            work.tickets.add_past([past(make, "311")], NOON)
        work.commit()
    settings = Settings(database_url=url, keys=(KEY,), data=tmp_path)
    made = Deskroute(settings, lambda: None, clock)  # type: ignore[arg-type]
    yield made
    made.database.engine.dispose()


@pytest.fixture
def door(flows: Deskroute) -> FlaskClient:
    return build_app(flows).test_client()


def zendesk(score: str, at: str, ticket: str = "311") -> bytes:
    rating = {"ticket_id": ticket, "score": score, "comment": "So.", "updated_at": at}
    return json.dumps({"satisfaction_rating": rating}).encode()


def chatwoot(rating: object, ticket: int = 311) -> bytes:
    answer = {"rating": rating, "feedback_message": "So."}
    return json.dumps(
        {
            "event": "message_updated",
            "id": 5,
            "content_type": "input_csat",
            "content_attributes": {"submitted_values": {"csat_survey_response": answer}},
            "conversation": {"id": ticket},
        }
    ).encode()


def send(door: FlaskClient, make: str, body: bytes, clock: FakeClock, secret: str = SECRET) -> int:
    headers = sign(SCHEMES[make], secret, body, delivery_id="d", at=clock.now())
    return door.post(f"/webhooks/{make}", data=body, headers=headers).status_code


def scores(database: Database) -> dict[str, int | None]:
    with database.read() as connection:
        return {row.connection: row.score for row in connection.execute(TICKETS.select())}


def test_a_signed_rating_is_kept_with_its_ticket_and_credited(
    flows: Deskroute, door: FlaskClient, database: Database, clock: FakeClock
) -> None:
    assert send(door, "zendesk", zendesk("good", "2026-03-02T11:00:00Z"), clock) == 202
    assert send(door, "chatwoot", chatwoot(2), clock) == 202
    flows.work_off(5)
    assert scores(database) == {"zendesk": 5, "chatwoot": 2}
    with database.read() as connection:
        rows = connection.execute(SURVEYS.select()).all()
        assert not connection.execute(TICKETS.select()).first().counted  # type: ignore[union-attr]
    for row in rows:
        assert (row.segment, row.queue_name) == ("Enterprise", "General")
        assert (row.agent_name, row.comment) == ("Mara Lindqvist", "So.")
        assert (row.channel, row.sent_at) == ("desk", None)


def test_ratings_told_in_any_order_and_again_leave_the_newest(
    flows: Deskroute, door: FlaskClient, database: Database, clock: FakeClock
) -> None:
    new, old = zendesk("bad", "2026-03-02T11:00:00Z"), zendesk("good", "2026-03-02T10:00:00Z")
    for body in (new, old, new, old):
        assert send(door, "zendesk", body, clock) == 202
        clock.turn(seconds=1)
    flows.work_off(5)
    assert scores(database)["zendesk"] == 1
    # Chatwoot says no time: what came last is the newest.
    for rating in (1, 5, 1):
        assert send(door, "chatwoot", chatwoot(rating), clock) == 202
        clock.turn(seconds=1)
    flows.work_off(5)
    assert scores(database)["chatwoot"] == 1


@ON_SQLITE
def test_what_is_not_signed_or_makes_no_sense_is_not_taken(
    flows: Deskroute, door: FlaskClient, database: Database, clock: FakeClock
) -> None:
    good = zendesk("good", "2026-03-02T11:00:00Z")
    assert send(door, "zendesk", good, clock, "another-secret-of-24-characters-or-more") == 401
    assert door.post("/webhooks/zendesk", data=good).status_code == 401
    assert send(door, "zendesk", b'{"satisfaction_rating": 5}', clock) == 400
    assert send(door, "chatwoot", chatwoot(6), clock) == 400
    # It is signed for one connection; the other has a desk of another make.
    headers = sign(SCHEMES["chatwoot"], SECRET, good, delivery_id="d", at=clock.now())
    assert door.post("/webhooks/chatwoot", data=good, headers=headers).status_code == 202
    flows.work_off(5)
    assert set(scores(database).values()) == {None}


@ON_SQLITE
def test_other_news_is_taken_and_done_at_once(
    flows: Deskroute, door: FlaskClient, clock: FakeClock
) -> None:
    assert send(door, "chatwoot", b'{"event": "message_created", "id": 1}', clock) == 202
    with flows.store.look() as work:
        assert (work.inbox.tally().done, work.inbox.tally().waiting) == (1, 0)


def test_a_rating_of_an_unknown_ticket_waits_then_is_parked_and_can_be_replayed(
    flows: Deskroute, door: FlaskClient, database: Database, clock: FakeClock
) -> None:
    assert send(door, "chatwoot", chatwoot(3, ticket=999), clock) == 202
    flows.work_off(5)
    with flows.store.look() as work:
        shown = work.inbox.show(1)
    assert shown is not None
    assert shown[0].line.state == "waiting"
    assert "Ticket 999 of chatwoot is not known yet" in shown[0].line.why
    clock.turn(hours=2)
    flows.work_off(5)
    with flows.store.work() as work:
        shown = work.inbox.show(1)
        assert shown is not None
        assert shown[0].line.state == "parked"
        assert "Import it, then replay" in shown[0].line.why
        work.tickets.add_past([past("chatwoot", "999")], NOON)
        work.inbox.replay(None, clock.now())
        work.commit()
    flows.work_off(5)
    with database.read() as connection:
        rated = connection.execute(TICKETS.select().where(TICKETS.c.desk_id == "999")).one()
    assert rated.score == 3


@ON_SQLITE
def test_nothing_else_is_asked_of_such_a_desk(flows: Deskroute) -> None:
    desk = flows.desks.named("zendesk")
    assert list(desk.recent()) == []
    desk.check()
