"""Surveys: one question for each solving, an answer only by the button, a link only from us."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from threading import Barrier, BrokenBarrierError

import pytest
from flask.testing import FlaskClient
from itsdangerous import URLSafeSerializer
from sqlalchemy import delete
from world import (
    KEY,
    NOON,
    OLD_KEY,
    ON_SQLITE,
    PLAYBOOK,
    CountingBell,
    CrashingStore,
    House,
    Killed,
    a_reading,
    at_once,
    claimed,
    dump,
    publish,
)

from plugin.app import build_app
from plugin.flows.surveys.answer_survey import AnswerSurvey
from plugin.links import SignedLinks
from plugin.pages.refusals import SurveyGone
from plugin.ports import Busy, Unavailable
from plugin.settings import Settings
from plugin.store.database import Database
from plugin.store.surveys import SURVEYS
from plugin.wiring import Deskroute
from routing.events import Actor, TicketReopened, TicketSolved
from routing.tickets import Status, TicketRef

REF = TicketRef("demo", "17")
LINK = "http://deskroute.example/s/"


def solve(house: House, *, key: str = "s1", minutes: float = 10) -> None:
    at = NOON + timedelta(minutes=minutes)
    told = (*house.desk.events["17"], _solved(at, key))
    house.desk.add(a_reading("17", *told, status=Status.SOLVED, agent="5"))
    house.clock.at = max(house.clock.at, at)


def _solved(at: object, key: str) -> TicketSolved:
    return TicketSolved(ticket=REF, at=at, key=key, by=Actor.AGENT, agent="5")  # type: ignore[arg-type]


def reopen(house: House, *, minutes: float = 20) -> None:
    at = NOON + timedelta(minutes=minutes)
    event = TicketReopened(ticket=REF, at=at, key=f"ro{minutes}", by=Actor.CUSTOMER)
    house.desk.add(a_reading("17", *house.desk.events["17"], event, agent="5"))
    house.clock.at = at


@pytest.fixture
def asked(house: House) -> House:
    """A house whose customer has been asked how it was."""
    house.handle(claimed())
    house.clock.turn(minutes=1)
    solve(house)
    assert house.handle(claimed()) == "survey sent"
    return house


def token(house: House, which: int = -1) -> str:
    text = house.desk.replies[which][1]
    return text.partition(LINK)[2].split()[0]


def answering(house: House, links: SignedLinks | None = None) -> AnswerSurvey:
    return AnswerSurvey(house.store, links or house.links, CountingBell(), house.clock)


# Asking.


def test_a_solved_ticket_asks_its_customer_in_their_language_once(asked: House) -> None:
    ((ticket, text, mark),) = asked.desk.replies
    assert (ticket, mark) == ("17", "Halden Books 1")
    assert text.startswith(f"How was our help?\n{LINK}")
    for _ in range(3):
        assert not asked.handle(claimed())
    assert len(asked.desk.replies) == 1


def test_a_ticket_that_is_solved_again_is_asked_about_again(asked: House) -> None:
    reopen(asked)
    asked.handle(claimed())
    assert len(asked.desk.replies) == 1
    solve(asked, key="s2", minutes=30)
    asked.handle(claimed())
    asked.handle(claimed())
    assert len(asked.desk.replies) == 2
    assert token(asked, 0) != token(asked, 1)


def test_a_ticket_that_we_did_not_route_is_not_asked_about(house: House) -> None:
    solve(house)
    house.handle(claimed())
    assert house.desk.replies == []


def test_a_playbook_without_a_question_asks_nobody(house: House) -> None:
    house.handle(claimed())
    silent = PLAYBOOK.partition("survey:")[0]
    publish(house.store, silent, house.clock.now(), based_on=1)
    house.clock.turn(minutes=1)
    solve(house)
    house.handle(claimed())
    assert house.desk.replies == []


@pytest.mark.parametrize("point", ["before reply", "after reply"])
@pytest.mark.parametrize("trouble", [Killed(), Unavailable("The desk is down.")])
def test_a_worker_that_ends_while_it_asks_does_not_ask_twice(
    house: House, point: str, trouble: BaseException
) -> None:
    house.handle(claimed())
    house.clock.turn(minutes=1)
    solve(house)
    house.desk.trouble[point] = trouble
    with pytest.raises(type(trouble)):
        house.handle(claimed())
    house.clock.turn(minutes=1)
    house.handle(claimed())
    assert len(house.desk.replies) == 1
    assert house.ticket().surveyed


@pytest.mark.parametrize("kept", [False, True], ids=["before the commit", "after the commit"])
def test_a_worker_killed_at_any_transaction_asks_once(house: House, *, kept: bool) -> None:
    house.handle(claimed())
    house.clock.turn(minutes=1)
    solve(house)
    for at in range(1, 6):
        crashing = CrashingStore(house.store, at, kept=kept)
        with suppress(Killed):
            house.handling(crashing)(claimed())  # type: ignore[arg-type]
        house.clock.turn(seconds=60)
    house.handle(claimed())
    assert len(house.desk.replies) == 1


def test_two_workers_with_two_deliveries_of_one_solving_ask_once(house: House) -> None:
    house.handle(claimed())
    house.clock.turn(minutes=1)
    solve(house)
    meet = Barrier(2)

    def between() -> None:
        # Whoever is about to write waits a moment for the other to come as far.
        with suppress(BrokenBarrierError):
            meet.wait(0.3)

    house.desk.between = between

    def work_on() -> None:
        with suppress(Busy):
            house.handle(claimed())

    at_once(2, [work_on] * 2)
    house.handle(claimed())
    assert len(house.desk.replies) == 1


def test_a_rating_is_credited_to_who_solved_it_and_not_to_who_holds_it_later(
    asked: House, database: Database
) -> None:
    reopen(asked)
    asked.handle(claimed())
    with database.read() as connection:
        row = connection.execute(SURVEYS.select()).one()
    assert (row.agent_name, row.queue_name) == ("Mara Lindqvist", "General")


# Answering.


def test_a_customer_sees_what_they_are_asked_about(asked: House) -> None:
    view = answering(asked).view(token(asked))
    assert view.question == "How was our help?"
    assert view.subject == "Cannot sign in"
    assert (view.first_name, view.solved_by) == ("Lena", "Mara")
    assert (view.score, view.comment, view.answered) == (None, "", False)
    assert view.open_until == NOON + timedelta(minutes=10, days=14)


def test_an_answer_is_kept_and_a_later_one_takes_its_place(asked: House) -> None:
    answer = answering(asked)
    assert answer.answer(token(asked), 5, "Quick and friendly").score == 5
    view = answer.answer(token(asked), 2, "It broke again\0\ud800")
    assert (view.score, view.comment, view.answered) == (2, "It broke again?", True)
    assert asked.ticket().score == 2


@pytest.mark.parametrize("score", [0, 6, -1, 10**30])
def test_a_score_that_is_none_is_not_kept(asked: House, database: Database, score: int) -> None:
    before = dump(database)
    with pytest.raises(SurveyGone, match="1 to 5"):
        answering(asked).answer(token(asked), score, "")
    assert dump(database) == before


@ON_SQLITE
def test_a_comment_of_any_length_is_kept_up_to_a_bound(asked: House) -> None:
    view = answering(asked).answer(token(asked), 4, "x" * 1_000_000)
    assert len(view.comment) == 4_000


def test_a_link_is_open_for_as_long_as_it_says_and_no_longer(asked: House) -> None:
    solved_at = NOON + timedelta(minutes=10)
    asked.clock.at = solved_at + timedelta(days=14)
    assert answering(asked).view(token(asked)).score is None
    asked.clock.turn(seconds=1)
    with pytest.raises(SurveyGone) as gone:
        answering(asked).view(token(asked))
    assert gone.value.reason == "This link was open until 16 March 2026."
    with pytest.raises(SurveyGone):
        answering(asked).answer(token(asked), 5, "")
    assert asked.ticket().score is None


def bad_tokens(good: str) -> list[str]:
    payload, _, signature = good.partition(".")
    swapped = "B" if signature[0] != "B" else "C"
    foreign = SignedLinks("http://elsewhere.example", ("another tenant's key" * 3,))
    return [
        "",
        ".",
        "1",
        payload,
        f"{payload}.",
        f".{signature}",
        good[:-1],
        good[1:],
        f"{payload}.{swapped}{signature[1:]}",
        f"Mg.{signature}",
        f"{good}.{signature}",
        f"{good}x",
        foreign.survey(1).rpartition("/")[2],
        "é",
        "\ud800",
        "\0",
        "a" * 100_000,
        "eyJhbGciOiJub25lIn0.MQ.",
    ]


def test_a_forged_foreign_or_cut_link_leads_nowhere_and_writes_nothing(
    asked: House, database: Database
) -> None:
    before = dump(database)
    answer = answering(asked)
    for bad in bad_tokens(token(asked)):
        with pytest.raises(SurveyGone):
            answer.view(bad)
        with pytest.raises(SurveyGone):
            answer.answer(bad, 1, "")
    assert dump(database) == before


@ON_SQLITE
def test_a_token_of_another_purpose_under_the_same_key_is_no_survey(asked: House) -> None:
    for salt in ("itsdangerous", "web sessions", "cookie-session", ""):
        with pytest.raises(SurveyGone):
            answering(asked).view(str(URLSafeSerializer(KEY, salt=salt).dumps(1)))


def test_a_link_signed_with_an_older_key_is_still_read_after_a_rotation(asked: House) -> None:
    old = SignedLinks("http://deskroute.example", (OLD_KEY,))
    rotated = SignedLinks("http://deskroute.example", (KEY, OLD_KEY))
    sent = old.survey(1).rpartition("/")[2]
    assert answering(asked, rotated).view(sent).subject == "Cannot sign in"
    new = rotated.survey(1).rpartition("/")[2]
    assert answering(asked, SignedLinks("", (KEY,))).view(new).subject == "Cannot sign in"
    with pytest.raises(SurveyGone):
        answering(asked, SignedLinks("", (KEY,))).view(sent)


def test_a_survey_that_is_gone_says_so(asked: House, database: Database) -> None:
    with database.write() as connection:
        connection.execute(delete(SURVEYS))
    with pytest.raises(SurveyGone, match="no longer kept"):
        answering(asked).view(token(asked))


# The page.


@pytest.fixture
def page(asked: House, url: str, tmp_path: Path) -> Iterator[FlaskClient]:
    settings = Settings(database_url=url, keys=(KEY,), data=tmp_path)
    flows = Deskroute(settings, lambda: None, asked.clock)  # type: ignore[arg-type]
    yield build_app(flows).test_client()
    flows.database.engine.dispose()


def test_opening_the_page_over_and_over_rates_nothing(
    asked: House, page: FlaskClient, database: Database
) -> None:
    before = dump(database)
    link = f"/s/{token(asked)}"
    for number in range(20):
        # What scanners of mail do: open every link, with every score, and look for more.
        for address in (link, f"{link}?score={number % 7}"):
            answer = page.open(address, method="HEAD" if number % 2 else "GET")
            assert answer.status_code == 200
    assert dump(database) == before


def test_the_button_rates(asked: House, page: FlaskClient) -> None:
    answer = page.post(f"/s/{token(asked)}", data={"score": "4", "comment": "Thanks"})
    assert answer.status_code == 200
    assert asked.ticket().score == 4


@ON_SQLITE
def test_a_button_that_says_no_score_rates_nothing(
    asked: House, page: FlaskClient, database: Database
) -> None:
    before = dump(database)
    for data in ({}, {"score": ""}, {"score": "6"}, {"score": "4.5"}, {"score": "٤"}):
        assert page.post(f"/s/{token(asked)}", data=data).status_code == 422
    assert dump(database) == before


@ON_SQLITE
def test_a_bad_link_is_410_whoever_opens_it(asked: House, page: FlaskClient) -> None:
    for bad in bad_tokens(token(asked)):
        if not bad or "\ud800" in bad:
            continue
        for method in ("GET", "POST"):
            answer = page.open(f"/s/{bad}", method=method, data={"score": "5"})
            assert answer.status_code == 410, bad[:80]
    assert page.get("/s/%ff").status_code == 410
    assert asked.ticket().score is None
