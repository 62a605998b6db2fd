"""Answers of all kinds, the way out, and scanners of mail that follow every link."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from itsdangerous import URLSafeSerializer
from sqlalchemy import delete
from test_survey_sending import ASKS, HEAD, MAIL, ask_by, mails, reopen, routed, rows, solve
from world import KEY, NOON, ON_SQLITE, CountingBell, House, claimed, dump, publish

from plugin.app import build_app
from plugin.flows.customers.forget import ForgetCustomers
from plugin.flows.surveys.answer_survey import AnswerSurvey
from plugin.links import SignedLinks
from plugin.pages.refusals import SurveyGone
from plugin.ports import DeskRating
from plugin.settings import Settings
from plugin.store.database import Database
from plugin.store.rows import TICKETS
from plugin.store.surveys import SURVEYS
from plugin.store.unsubscribed import UNSUBSCRIBED
from plugin.views.customers import Keeps
from plugin.views.people import Person, Role
from plugin.wiring import Deskroute

SWEEPS = 1_000
ADMIN = Person(1, "ruben@halden.example", "Ruben Haas", Role.ADMIN)
SECOND = "second_questions: {en: What should change?}, privacy: https://halden.example/p"


def answering(house: House) -> AnswerSurvey:
    return AnswerSurvey(house.store, house.links, CountingBell(), house.clock)


def asked_by(house: House, survey: str) -> str:
    """The customer was asked by mail; returns the token of the link."""
    ask_by(house, survey)
    routed(house)
    solve(house)
    assert house.handle(claimed()) == "survey sent"
    return house.links.survey(1).rpartition("/")[2]


def ticket_ratings(database: Database) -> tuple[int | None, int | None, int | None, bool]:
    with database.read() as connection:
        row = connection.execute(TICKETS.select()).one()
    return row.score, row.nps, row.ces, row.counted


def count_all(database: Database) -> None:
    with database.write() as connection:
        connection.execute(TICKETS.update().values(counted=True))


@pytest.mark.parametrize(
    ("kind", "score", "kept"),
    [("csat", 5, (5, None, None)), ("nps", 0, (None, 0, None)), ("ces", 7, (None, None, 7))],
)
def test_a_score_of_each_kind_has_its_own_place_and_is_to_be_counted(
    house: House, database: Database, kind: str, score: int, kept: tuple[int | None, ...]
) -> None:
    token = asked_by(house, f"{MAIL}, kind: {kind}, {SECOND}")
    with database.read() as connection:
        row = connection.execute(TICKETS.select()).one()
    asked = {"csat": row.surveyed, "nps": row.nps_asked, "ces": row.ces_asked}
    assert {name for name, was in asked.items() if was} == {kind}
    count_all(database)
    answer = answering(house)
    for wrong in (answer.view(token).kind.scale[0] - 1, answer.view(token).kind.scale[-1] + 1):
        with pytest.raises(SurveyGone):
            answer.answer(token, wrong, "")
    assert ticket_ratings(database) == (None, None, None, True)
    view = answer.answer(token, score, "Thanks", "Mend it\0\ud800")
    assert (view.score, view.comment, view.second) == (score, "Thanks", "Mend it?")
    assert (view.second_question, view.privacy) == (
        "What should change?",
        "https://halden.example/p",
    )
    assert ticket_ratings(database) == (*kept, False)


def test_only_satisfaction_sets_off_the_rules_for_ratings(house: House) -> None:
    low = "{field: ticket.rating, at most: 2}"
    rated = f"  - {{name: Bad, on: rated, when: {low}, then: {{tags: [bad]}}}}\n"
    text = HEAD.replace("replies: []", f"{rated}replies: []")
    publish(house.store, f"{text}surveys: [{{{MAIL}, kind: nps}}]", house.clock.now(), 1)
    routed(house)
    solve(house)
    house.handle(claimed())
    answering(house).answer(house.links.survey(1).rpartition("/")[2], 1, "")
    with house.store.look() as work:
        assert work.surveys.ratings(house.ticket().id) == []
        assert work.inbox.tally().waiting == 0


def test_of_all_ratings_of_a_ticket_the_newest_counts(house: House, database: Database) -> None:
    first = asked_by(house, MAIL)
    house.clock.turn(hours=1)
    reopen(house)
    house.handle(claimed())
    house.clock.turn(hours=1)
    solve(house, solving="s2")
    house.handle(claimed())
    second = house.links.survey(2).rpartition("/")[2]
    answer = answering(house)
    for token, score in ((second, 5), (first, 2), (first, 3)):
        house.clock.turn(minutes=1)
        answer.answer(token, score, "")
        assert ticket_ratings(database)[0] == score
    early = DeskRating("17", "current", 1, "", NOON)
    with house.store.work() as work:
        work.surveys.rated(house.ticket(), early, NOON, house.clock.now())
        work.commit()
    assert ticket_ratings(database)[0] == 3


# The way out.


def leaving_token(database: Database) -> str:
    (mail,) = mails(database)
    return str(mail.headers["List-Unsubscribe"]).rpartition("/")[2].rstrip(">")


def unsubscribed(database: Database) -> int:
    with database.read() as connection:
        return len(connection.execute(UNSUBSCRIBED.select()).all())


def test_whoever_left_is_asked_no_more_and_may_come_back(house: House, database: Database) -> None:
    asked_by(house, MAIL)
    token = leaving_token(database)
    answer = answering(house)
    assert not answer.leaving(token).gone
    for _ in range(2):
        assert answer.leave(token, gone=True).gone
    assert unsubscribed(database) == 1
    routed(house, "18")
    solve(house, "18")
    house.handle(claimed("18"))
    assert len(mails(database)) == 1
    assert [row.why for row in rows(database)] == ["", "unsubscribed"]
    assert not answer.leave(token, gone=False).gone
    routed(house, "19")
    solve(house, "19")
    house.handle(claimed("19"))
    assert len(mails(database)) == 2


def test_nothing_that_tells_who_they_are_is_kept_of_whoever_left(
    house: House, database: Database
) -> None:
    asked_by(house, MAIL)
    answering(house).leave(leaving_token(database), gone=True)
    (row,) = dump(database)["unsubscribed"]
    assert re.fullmatch(r"[0-9a-f]{64}", row[0])
    assert "lena" not in str(row)


def test_the_way_out_is_open_also_when_the_ticket_and_the_survey_are_gone(
    house: House, database: Database
) -> None:
    asked_by(house, MAIL)
    token = leaving_token(database)
    ForgetCustomers(house.store, house.clock).forget("lena@kontor.example", ADMIN)
    with database.write() as connection:
        connection.execute(delete(SURVEYS))
    house.clock.turn(days=400)
    assert answering(house).leave(token, gone=True).gone
    assert unsubscribed(database) == 1


def test_a_forgotten_customer_gets_no_mail_that_was_promised(
    house: House, database: Database
) -> None:
    asked_by(house, MAIL)
    answering(house).leave(leaving_token(database), gone=True)
    forget = ForgetCustomers(house.store, house.clock)
    seen = {line.what: line.count for line in forget.held("lena@kontor.example", ADMIN).lines}
    assert (seen["Mails to them"], seen["Wish not to be asked"]) == (1, 1)
    assert "email_hash" in forget.export("lena@kontor.example", ADMIN)
    forget.forget("lena@kontor.example", ADMIN)
    (mail,) = mails(database)
    assert mail.ended_at is not None
    assert (mail.text, mail.html, mail.headers) == ("", None, {})
    assert mail.to == "forgotten@deskroute.invalid"
    assert unsubscribed(database) == 1


def test_a_mail_lets_go_of_its_customer_when_its_ticket_does(
    house: House, database: Database
) -> None:
    asked_by(house, MAIL)
    house.clock.turn(days=40)
    ForgetCustomers(house.store, house.clock, Keeps(30, 30)).expire()
    (mail,) = mails(database)
    assert mail.to == "forgotten@deskroute.invalid"
    assert not mail.text
    assert mail.ended_at is not None


def test_a_forged_or_foreign_way_out_leads_nowhere_and_writes_nothing(
    house: House, database: Database
) -> None:
    survey = asked_by(house, MAIL)
    token = leaving_token(database)
    foreign = SignedLinks("http://elsewhere.example", ("another tenant's key" * 3,))
    mark = "0" * 64
    before = dump(database)
    for bad in (
        "",
        survey,
        token[:-1],
        f"{token}x",
        foreign.unsubscribe_token(1, mark),
        str(URLSafeSerializer(KEY, salt="survey").dumps([1, mark])),
        str(URLSafeSerializer(KEY, salt="unsubscribe").dumps([1])),
        str(URLSafeSerializer(KEY, salt="unsubscribe").dumps({"survey": 1})),
        str(URLSafeSerializer(KEY, salt="unsubscribe").dumps([mark, 1])),
        "\ud800",
    ):
        for gone in (True, False):
            with pytest.raises(SurveyGone):
                answering(house).leave(bad, gone=gone)
        with pytest.raises(SurveyGone):
            answering(house).leaving(bad)
    assert dump(database) == before


# Over HTTP.


@pytest.fixture
def page(house: House, url: str, tmp_path: Path) -> Iterator[FlaskClient]:
    settings = Settings(
        database_url=url,
        keys=(KEY,),
        data=tmp_path,
        base_url="http://deskroute.example",
        frame_origins=("https://shop.example",),
    )
    flows = Deskroute(settings, lambda: None, house.clock)  # type: ignore[arg-type]
    yield build_app(flows).test_client()
    flows.database.engine.dispose()


_METHODS = ("GET", "HEAD", "OPTIONS", "GET")
_PREFETCH: tuple[dict[str, str], ...] = (
    {},
    {"Purpose": "prefetch"},
    {"Sec-Purpose": "prefetch;prerender"},
    {"X-Moz": "prefetch"},
    {"User-Agent": "Mozilla/5.0 (compatible; SafeLinks)"},
)


def links_in(*texts: str) -> set[str]:
    found = {link for text in texts for link in re.findall(r"https?://[^\s\"<>]+", text)}
    return {link for link in found if "deskroute.example" in link}


@ON_SQLITE
def test_a_thousand_sweeps_of_scanners_rate_nothing_and_take_nobody_out(
    house: House, page: FlaskClient, database: Database
) -> None:
    asked_by(house, f"{MAIL}, kind: nps, {SECOND}")
    (mail,) = mails(database)
    links = links_in(mail.text, mail.html, *mail.headers.values())
    assert len(links) == 1 + 11 + 1
    # What a scanner finds behind a link it follows as well, and it guesses what a link may take.
    links |= {link.replace("/s/", "/w/") for link in links}
    links |= {f"{link.partition('?')[0]}?score={n}&do=leave" for link in links for n in (0, 9)}
    before = dump(database)
    every, inside = sorted(links), set()
    for sweep in range(SWEEPS):
        turn, at = divmod(sweep, len(every))
        method, headers = _METHODS[turn % len(_METHODS)], _PREFETCH[turn % len(_PREFETCH)]
        answer = page.open(every[at], method=method, headers=headers)
        assert answer.status_code == 200, (method, every[at])
        inside |= set(re.findall(r'href="(/[swu]/[^"]+)"', answer.text))
    assert inside
    assert {page.get(one).status_code for one in inside} == {200}
    assert dump(database) == before
    assert unsubscribed(database) == 0
    assert [row.score for row in rows(database)] == [None]


def test_one_click_of_a_mail_program_takes_its_customer_out(
    house: House, page: FlaskClient, database: Database
) -> None:
    asked_by(house, MAIL)
    token = leaving_token(database)
    answer = page.post(f"/u/{token}", data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    assert unsubscribed(database) == 1
    page.post(f"/u/{token}", data={"do": "again"})
    assert unsubscribed(database) == 0
    assert page.post("/u/nobody").status_code == 410


@ON_SQLITE
def test_the_widget_rates_as_the_page_does_and_only_named_sites_may_frame_it(
    house: House, page: FlaskClient
) -> None:
    token = asked_by(house, f"{MAIL}, {SECOND}")
    framed, alone = page.get(f"/w/{token}"), page.get(f"/s/{token}")
    assert (
        "frame-ancestors 'self' https://shop.example" in framed.headers["Content-Security-Policy"]
    )
    assert "X-Frame-Options" not in framed.headers
    assert alone.headers["Content-Security-Policy"].endswith("frame-ancestors 'self'")
    assert f'action="/w/{token}"' in framed.text
    assert "<script" not in framed.text
    assert 'target="_blank"' in framed.text
    answer = page.post(f"/w/{token}", data={"score": "4", "second": "All of it"})
    assert answer.status_code == 200
    assert f'href="/w/{token}"' in answer.text
    assert house.ticket().score == 4


def test_a_survey_that_is_not_of_the_playbook_any_more_can_still_be_answered(
    house: House, database: Database
) -> None:
    token = asked_by(house, f"{MAIL}, kind: ces")
    ask_by(house, f"name: Another, {ASKS}", based_on=2)
    answer = answering(house)
    assert answer.view(token).question == "How easy was it to get your request settled?"
    answer.answer(token, 6, "")
    assert ticket_ratings(database)[:3] == (None, None, 6)
