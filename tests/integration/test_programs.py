"""Programs and their tokens, over both databases."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from world import KEY, Command, FakeClock, House, claimed

from plugin.app import build_app
from plugin.flows.people.admit_programs import A_MINUTE, AdmitPrograms, Turnstile
from plugin.flows.people.tell_programs import TellPrograms
from plugin.pages.refusals import BadToken, BadWish, NotThere, TooOften
from plugin.records.page import Page
from plugin.records.work import Store
from plugin.settings import Settings
from plugin.store.database import Database
from plugin.store.tokens import TOKENS
from plugin.views.programs import NewToken, Scope
from plugin.wiring import Deskroute

WHO = "ruben@halden.example"


def wanted(name: str = "Grafana", days: int | None = None, *scopes: str) -> NewToken:
    return NewToken(name, scopes or (Scope.KPIS, Scope.PLAYBOOK), days)


def test_a_token_gets_in_and_only_its_hash_is_kept(
    store: Store, clock: FakeClock, database: Database
) -> None:
    admit = AdmitPrograms(store, clock)
    token = admit.add(wanted(), WHO)
    program = admit.admit(token)
    assert (program.name, program.scopes) == ("Grafana", {Scope.KPIS, Scope.PLAYBOOK})
    with database.read() as connection:
        row = connection.execute(select(TOKENS)).one()
    assert token not in str(tuple(row))
    assert token.removeprefix("deskroute_") not in str(tuple(row))


@pytest.mark.parametrize("forged", ["", "deskroute_", "deskroute_" + "x" * 600, "x", "\udcff", "é"])
def test_a_forged_one_does_not(store: Store, clock: FakeClock, forged: str) -> None:
    admit = AdmitPrograms(store, clock)
    token = admit.add(wanted(), WHO)
    for one in (forged, f"deskroute_{forged}", token[:-1], token.swapcase(), f"{token}x"):
        with pytest.raises(BadToken):
            admit.admit(one)


def test_neither_does_one_that_is_revoked_or_too_old(store: Store, clock: FakeClock) -> None:
    admit = AdmitPrograms(store, clock)
    revoked, old = admit.add(wanted(), WHO), admit.add(wanted("Old", 30), WHO)
    admit.revoke("Grafana", WHO)
    with pytest.raises(BadToken):
        admit.admit(revoked)
    assert admit.admit(old)
    clock.turn(days=30)
    with pytest.raises(BadToken):
        admit.admit(old)
    assert [line.expired for line in admit.every()] == [True]
    with pytest.raises(NotThere):
        admit.revoke("Grafana", WHO)


def test_it_is_kept_only_by_the_hour_when_a_token_was_used(store: Store, clock: FakeClock) -> None:
    admit = AdmitPrograms(store, clock)
    token = admit.add(wanted(), WHO)
    first = clock.turn(minutes=1)
    admit.admit(token)
    clock.turn(minutes=59)
    admit.admit(token)
    assert admit.every()[0].used_at == first
    clock.turn(minutes=1)
    admit.admit(token)
    assert admit.every()[0].used_at == clock.now()


def test_a_token_may_ask_so_often_a_minute_and_another_is_not_kept_waiting(
    store: Store, clock: FakeClock
) -> None:
    admit = AdmitPrograms(store, clock)
    token, other = admit.add(wanted(), WHO), admit.add(wanted("Other"), WHO)
    for _ in range(A_MINUTE):
        admit.admit(token)
    with pytest.raises(TooOften) as caught:
        admit.admit(token)
    assert caught.value.retry_after == pytest.approx(0.5)
    assert admit.admit(other)
    clock.turn(seconds=0.5)
    assert admit.admit(token)
    with pytest.raises(TooOften):
        admit.admit(token)


def test_a_clock_that_goes_back_gives_nothing_away(clock: FakeClock) -> None:
    turnstile = Turnstile(most=1)
    assert turnstile.wait(1, clock.now()) == 0
    clock.turn(hours=-1)
    assert turnstile.wait(1, clock.now()) == 60


@pytest.mark.parametrize(
    ("one", "why"),
    [
        (NewToken("", (Scope.KPIS,), None), "Name it"),
        (NewToken("a/b", (Scope.KPIS,), None), "Name it"),
        (NewToken("x", (), None), "at least one thing"),
        (NewToken("x", ("write-all",), None), "and nothing else"),
        (NewToken("x", (Scope.KPIS,), 0), "between 1 and"),
        (NewToken("x", (Scope.KPIS,), 9_999_999), "between 1 and"),
        (NewToken("there", (Scope.KPIS,), None), "already"),
    ],
)
def test_what_cannot_be_made_is_refused_in_words(
    store: Store, clock: FakeClock, one: NewToken, why: str
) -> None:
    admit = AdmitPrograms(store, clock)
    admit.add(wanted("there"), WHO)
    with pytest.raises(BadWish, match=why):
        admit.add(one, WHO)


def test_making_and_revoking_is_noted_without_the_token(store: Store, clock: FakeClock) -> None:
    admit = AdmitPrograms(store, clock)
    token = admit.add(wanted(), WHO)
    admit.revoke("Grafana", WHO)
    with store.look() as work:
        lines = [line.did for line in work.audit.lines(Page(), "")]
    assert lines == [
        "revoked the API token Grafana",
        "made the API token Grafana: read-kpis, read-playbook",
    ]
    assert token not in str(lines)


def test_programs_are_told_of_segments_and_decisions(house: House) -> None:
    tell = TellPrograms(house.store)
    told = tell.segments()
    assert (told.playbook, told.version) == ("Halden Books", 1)
    assert [(one.name, one.goal, one.customers) for one in told.segments] == [
        ("Enterprise", "CSAT at least 90 %", None)
    ]
    house.handle(claimed())
    (decision,) = tell.decisions("17", None).decisions
    assert (decision.desk, decision.ticket, decision.queue) == ("demo", "17", "General")
    assert tell.decisions("17", "demo").decisions == (decision,)
    assert tell.decisions("17", "other").decisions == ()
    assert tell.decisions("nothing", None).decisions == ()
    assert tell.tally().received == 0


def test_the_whole_way_over_http(url: str, command: Command) -> None:
    made = command("tokens", "add", "Grafana", "--scope", "read-deliveries")
    token = made.output.strip()
    assert token.startswith("deskroute_")
    settings = Settings(database_url=url, keys=(KEY,))
    client: FlaskClient = build_app(Deskroute(settings, lambda: None)).test_client()
    headers = {"Authorization": f"Bearer {token}"}
    answer = client.get("/api/v1/deliveries/tally", headers=headers)
    assert answer.get_json() == {"received": 0, "done": 0, "waiting": 0, "parked": 0}
    assert client.get("/api/v1/segments", headers=headers).status_code == 403
    assert "Grafana" in command("tokens", "list").output
    assert token not in command("tokens", "list").output
    assert command("tokens", "revoke", "Grafana").exit_code == 0
    assert client.get("/api/v1/deliveries/tally", headers=headers).status_code == 401
    assert command("tokens", "add", "a/b", "--scope", "read-kpis").exit_code == 1
