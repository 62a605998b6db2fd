"""Issues over a real database: found, kept, shown with their tickets, and forgotten."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, insert, select, update
from world import KEY, NOON, ON_SQLITE, PLAYBOOK, Command, FakeClock, dump, publish

from plugin.app import build_app
from plugin.flows.customers.forget import ForgetCustomers
from plugin.flows.results import find_issues
from plugin.flows.results.find_issues import FindIssues
from plugin.flows.results.measure import Measure
from plugin.flows.results.see_issues import AGAIN, FRESH, LONGEST, SeeIssues, issues_are_due
from plugin.flows.results.see_topic import SeeTopic
from plugin.pages.refusals import NotThere
from plugin.records.tickets import PastTicket
from plugin.records.work import Store
from plugin.settings import Settings
from plugin.store.database import Database
from plugin.store.issues import REPLY_USES, TOPIC_TICKETS
from plugin.store.rows import DECISIONS, TICKETS
from plugin.views.customers import Keeps
from plugin.views.issues import IssuesAsked, LookState
from plugin.views.people import Person, Role
from plugin.wiring import Deskroute
from routing.events import Gone
from routing.outcomes.outcome import Outcome
from routing.tickets import Status, Ticket, TicketRef
from routing.topics.report import Among, IssueReport, Kind, Part, Topic
from routing.topics.weeks import WEEK

LENA = "lena@kontor.example"
ADMIN = Person(1, "ruben@halden.example", "Ruben Haas", Role.ADMIN)
FEED = "Bank feed stops after renewed consent"
OFTEN = (
    "Printer jams on thick paper",
    "Parcel was sent to the old street",
    "Colour of the curtain is wrong",
    "Bicycle pump has no valve",
)
PASSWORD = "a-long-password-of-the-tests"


def a_past(
    key: int,
    subject: str,
    opened_at: datetime,
    *,
    email: str | None = None,
    name: str = "Ann Other",
    text: str = "",
    segment: str | None = "Shops",
    desk: str = "demo",
    tags: Sequence[str] = (),
    gone: Gone | None = None,
) -> PastTicket:
    ticket = Ticket(
        ref=TicketRef(desk, str(key)),
        subject=subject,
        text=text,
        requester_email=email or f"customer{key}@shop.example",
        requester_name=name,
        opened_at=opened_at,
        status=Status.SOLVED,
        tags=frozenset(tags),
    )
    outcome = Outcome(
        opened_at=opened_at,
        first_reply_at=opened_at + timedelta(hours=1),
        first_solved_at=opened_at + timedelta(hours=2),
        solved_at=opened_at + timedelta(hours=2),
        public_replies=1,
        gone=gone,
    )
    return PastTicket(ticket, outcome, "en", segment, "General", None, None)


def some_tickets(now: datetime = NOON) -> list[PastTicket]:
    """15 weeks of four topics that stay as they are, and a fifth that comes up in one segment."""
    often = [
        a_past(at, OFTEN[at % 4], now - WEEK * (15 * at / 480) - timedelta(days=1),
               segment="Shops" if at % 3 else "Enterprise", tags=["wish"] if at % 8 == 0 else [])
        for at in range(480)
    ]  # fmt: skip
    feed = [
        a_past(1_000 + at, FEED, now - timedelta(days=1, hours=8 * at), text="Since Monday.")
        for at in range(70)
    ]
    return [*often, *feed]


def keep(store: Store, past: Sequence[PastTicket]) -> None:
    with store.work() as work:
        work.tickets.add_past(past, NOON)
        work.commit()


def count(database: Database) -> int:
    with database.read() as connection:
        return connection.execute(select(func.count()).select_from(TOPIC_TICKETS)).scalar_one()


@pytest.fixture
def lived(store: Store) -> Store:
    keep(store, some_tickets())
    return store


def found(store: Store, clock: FakeClock) -> IssueReport:
    return FindIssues(store, clock)()


def seeing(store: Store, clock: FakeClock) -> SeeIssues:
    return SeeIssues(store, clock, lambda: None)


def topic_of(store: Store, clock: FakeClock) -> SeeTopic:
    return SeeTopic(store, clock, Measure(store, clock))


def called(report: IssueReport, name: str) -> Topic:
    return next(one for one in report.topics if one.name == name)


# The look.


def test_what_grows_is_found_with_its_tickets_and_nothing_else(
    lived: Store, clock: FakeClock
) -> None:
    report = found(lived, clock)
    (issue,) = report.growing()
    topic = report.topic(issue.topic)
    assert topic is not None
    assert (topic.name, issue.among) == (FEED, Among(Part.SEGMENT, "Shops"))
    assert (issue.recent, issue.before, issue.by_hand) == (70, 0, 70)
    assert {one.name for one in report.topics} == {*OFTEN, FEED, "wish"}
    assert (report.tickets, report.every, report.other) == (550, 550, 0)
    view = topic_of(lived, clock)(topic.id, Among(), None)
    assert {line.subject for line in view.lines} == {FEED}
    assert len(view.lines) == 50
    assert view.more
    assert view.kpis.tickets == 70
    assert topic_of(lived, clock)(topic.id, Among(Part.SEGMENT, None), None).kpis.tickets == 0
    older = topic_of(lived, clock)(topic.id, Among(), view.lines[-1].id)
    assert len(older.lines) == 20
    opened = [line.opened_at for line in (*view.lines, *older.lines)]
    assert opened == sorted(opened, reverse=True)


def test_tags_of_the_desk_are_topics_and_those_of_our_rules_are_not(
    lived: Store, clock: FakeClock
) -> None:
    report = found(lived, clock)
    assert called(report, "wish").kind is Kind.TAG
    assert called(report, "wish").tickets == 60
    publish(lived, PLAYBOOK.replace("tags: [enterprise]", "tags: [wish]"), NOON)
    assert not [one for one in found(lived, clock).topics if one.kind is Kind.TAG]


def test_the_next_day_topics_are_the_same_and_only_what_differs_is_written(
    lived: Store, clock: FakeClock, database: Database
) -> None:
    one = found(lived, clock)
    before = dump(database)["topic_tickets"]
    clock.turn(days=1)
    keep(lived, [a_past(2_000, FEED, NOON + timedelta(hours=1))])
    two = found(lived, clock)
    assert {topic.id: topic.name for topic in two.topics} == {
        topic.id: topic.name for topic in one.topics
    }
    assert two.next_id == one.next_id
    assert two.tickets == 551
    after = dump(database)["topic_tickets"]
    assert len(set(after) ^ set(before)) == 1


def test_merged_tickets_are_left_out(lived: Store, clock: FakeClock) -> None:
    keep(lived, [a_past(3_000, FEED, NOON - WEEK, gone=Gone.MERGED)])
    assert found(lived, clock).tickets == 550


def test_of_too_many_tickets_a_part_is_read_that_stays_the_same(
    lived: Store, clock: FakeClock, monkeypatch: pytest.MonkeyPatch, database: Database
) -> None:
    monkeypatch.setattr(find_issues, "MOST_TICKETS", 275)
    report = found(lived, clock)
    assert report.every == 550
    assert 240 <= report.tickets <= 310
    inside = {ticket for _, ticket in dump(database)["topic_tickets"]}
    monkeypatch.setattr(find_issues, "MOST_TICKETS", 400)
    found(lived, clock)
    assert inside <= {ticket for _, ticket in dump(database)["topic_tickets"]}


def test_replies_that_were_inserted_are_told_with_how_many_they_solved(
    lived: Store, clock: FakeClock, database: Database
) -> None:
    with database.write() as connection:
        ids = list(
            connection.execute(select(TICKETS.c.id).where(TICKETS.c.subject == FEED)).scalars()
        )
        for ticket in ids[:12]:
            made = connection.execute(
                insert(DECISIONS).values(
                    ticket_id=ticket, playbook=1, decided_at=NOON, facts={}, decision={},
                    degraded=[], written=[],
                )
            )  # fmt: skip
            row = {"decision_id": made.inserted_primary_key[0], "reply": "Renew the consent"}
            connection.execute(insert(REPLY_USES).values(**row, position=1, by="x", at=NOON))
        connection.execute(update(TICKETS).where(TICKETS.c.id.in_(ids[:3])).values(solved_at=None))
    (issue,) = found(lived, clock).growing()
    assert issue.reply is not None
    assert (issue.reply.name, issue.reply.used, issue.reply.solved) == ("Renew the consent", 12, 9)
    assert issue.by_hand == 58


def test_hostile_texts_are_read_and_break_nothing(store: Store, clock: FakeClock) -> None:
    hostile = ("", "\0\0", "<img src=x onerror=alert(1)>", "x" * 1_000_000, "🙂" * 99, "\u202eevil")
    keep(store, [a_past(at, hostile[at % 6], NOON - WEEK, text="\0" * 10) for at in range(120)])
    report = found(store, clock)
    assert report.tickets == 120
    assert all("<" not in one.name for one in report.topics)


def test_of_too_few_tickets_nothing_is_made(store: Store, clock: FakeClock) -> None:
    keep(store, some_tickets()[:80])
    assert found(store, clock).topics == ()
    assert seeing(store, clock).view(IssuesAsked()).state is LookState.TOO_FEW


# When it is due, and how it stands.


@ON_SQLITE
def test_it_is_due_once_a_day_and_earlier_only_where_there_were_too_few(
    store: Store, clock: FakeClock
) -> None:
    assert not issues_are_due(store, clock)
    keep(store, some_tickets()[:80])
    assert not issues_are_due(store, clock)
    found(store, clock)
    keep(store, some_tickets())
    assert not issues_are_due(store, clock)
    clock.turn(seconds=AGAIN.total_seconds())
    assert issues_are_due(store, clock)
    found(store, clock)
    clock.turn(seconds=FRESH.total_seconds() - 1)
    assert not issues_are_due(store, clock)
    clock.turn(seconds=1)
    assert issues_are_due(store, clock)


def test_a_look_that_does_not_end_says_so_and_the_last_report_stays(
    lived: Store, clock: FakeClock
) -> None:
    see = seeing(lived, clock)
    assert see.view(IssuesAsked()).state is LookState.NONE
    with lived.work() as work:
        work.issues.begin(clock.now())
        work.commit()
    assert see.view(IssuesAsked()).state is LookState.RUNNING
    clock.turn(seconds=LONGEST.total_seconds())
    assert see.view(IssuesAsked()).state is LookState.BROKEN
    report = found(lived, clock)
    assert see.view(IssuesAsked()).state is LookState.DONE
    clock.turn(hours=1)
    with lived.work() as work:
        work.issues.begin(clock.now())
        work.commit()
    view = see.view(IssuesAsked())
    assert (view.state, view.report) == (LookState.RUNNING, report)


# Forgetting.


def test_of_a_forgotten_customer_nothing_is_left_in_topics(
    lived: Store, clock: FakeClock, database: Database
) -> None:
    secret = "Xylophone of Lena Vogt hums, write to lena@kontor.example"
    keep(
        lived,
        [
            a_past(5_000 + at, secret if at % 2 else FEED, NOON - timedelta(days=3, hours=at),
                   email=LENA, name="Lena Vogt")
            for at in range(40)
        ],
    )  # fmt: skip
    found(lived, clock)
    with database.read() as connection:
        theirs = set(
            connection.execute(
                select(TICKETS.c.id).where(TICKETS.c.requester_email == LENA)
            ).scalars()
        )
    assert any(ticket in theirs for _, ticket in dump(database)["topic_tickets"])
    assert not _traces(database, "issue_reports")
    ForgetCustomers(lived, clock, Keeps(0, 0)).forget(LENA, ADMIN)
    assert not any(ticket in theirs for _, ticket in dump(database)["topic_tickets"])
    assert not _traces(database, "issue_reports", "topic_tickets", "tickets")
    report = found(lived, clock)
    assert report.tickets == 550  # what was forgotten is not read again
    assert not any(ticket in theirs for _, ticket in dump(database)["topic_tickets"])
    assert "[forgotten]" not in json.dumps([one.name for one in report.topics])


def _traces(database: Database, *tables: str) -> list[str]:
    said = [str(row).casefold() for name in tables for row in dump(database)[name]]
    return [row for row in said if any(one in row for one in ("xylophone", "lena", "vogt"))]


def test_whoever_is_forgotten_while_topics_are_looked_for_is_in_none(
    lived: Store, clock: FakeClock, database: Database
) -> None:
    report = found(lived, clock)
    topic = called(report, FEED)
    with database.read() as connection:
        first = connection.execute(
            select(TICKETS.c.id, TICKETS.c.requester_email).where(TICKETS.c.subject == FEED)
        ).first()
    assert first is not None
    ForgetCustomers(lived, clock, Keeps(0, 0)).forget(first.requester_email, ADMIN)
    before = count(database)
    with lived.work() as work:
        rows = {
            (topic.id, ticket)
            for number, ticket in dump(database)["topic_tickets"]
            if number == topic.id
        }
        work.issues.keep(report, {topic.id: [first.id, *(ticket for _, ticket in rows)]})
        work.commit()
    assert (topic.id, first.id) not in dump(database)["topic_tickets"]
    assert count(database) < before


# Pages and commands.


@pytest.fixture
def client(url: str, tmp_path: Path, clock: FakeClock) -> Iterator[FlaskClient]:
    settings = Settings(database_url=url, keys=(KEY,), data=tmp_path)
    flows = Deskroute(settings, lambda: None, clock)
    flows.sign_in.save("lead@halden.example", "Ines Moreau", Role.LEAD, PASSWORD)
    client = build_app(flows).test_client()
    page = client.get("/sign-in").text
    token = page.partition('name="csrf_token" value="')[2].partition('"')[0]
    who = {"email": "lead@halden.example", "password": PASSWORD, "csrf_token": token}
    assert client.post("/sign-in", data=who).status_code == 303
    yield client
    flows.database.engine.dispose()


def test_the_pages_show_what_was_found(client: FlaskClient, lived: Store, clock: FakeClock) -> None:
    assert "Not looked for yet" in client.get("/issues").text
    assert "Issues that grow" not in client.get("/").text
    report = found(lived, clock)
    topic = called(report, FEED)
    html = client.get("/issues").text
    assert html.index(FEED) < html.index(OFTEN[0])
    assert "none yet, 70 written by hand" in html
    assert "new, " in html
    overview = client.get("/").text
    assert "Issues that grow" in overview
    assert FEED in overview
    of_one = client.get(f"/issues/{topic.id}?among=segment:Shops").text
    assert f"<h1>{FEED}</h1>" in of_one
    assert of_one.count(FEED) > 50
    assert client.get(f"/issues/{topic.id}?among=segment:Enterprise").status_code == 200
    assert client.get("/issues/99999").status_code == 404
    assert client.get("/issues/99999999999999999999").status_code == 404


@ON_SQLITE
def test_what_an_address_says_wrongly_is_as_if_it_said_nothing(
    client: FlaskClient, lived: Store, clock: FakeClock
) -> None:
    topic = found(lived, clock).topics[0].id
    for asked in ("among=x:y", "among=segment:%00", "language=%ff", "reply=x", "among=desk:",
                  "before=x", "before=99999999999999999999", "all=1"):  # fmt: skip
        assert client.get(f"/issues?{asked}").status_code == 200
        assert client.get(f"/issues/{topic}?{asked}").status_code == 200


@ON_SQLITE
def test_filters_leave_only_what_fits(client: FlaskClient, lived: Store, clock: FakeClock) -> None:
    found(lived, clock)
    assert FEED not in client.get("/issues?among=segment:Enterprise").text
    assert OFTEN[0] in client.get("/issues?among=segment:Enterprise").text
    assert "No such topics" in client.get("/issues?language=de").text
    assert FEED in client.get("/issues?language=en&reply=none").text


@ON_SQLITE
def test_hostile_tags_and_subjects_are_shown_as_text(
    client: FlaskClient, lived: Store, clock: FakeClock
) -> None:
    tag = "<script>alert(1)</script>"
    keep(lived, [a_past(7_000 + at, FEED, NOON - WEEK, tags=[tag, "=1+1"]) for at in range(30)])
    report = found(lived, clock)
    html = client.get("/issues").text
    assert tag not in html
    assert "&lt;script&gt;" in html
    assert client.get(f"/issues/{called(report, tag).id}").status_code == 200
    rows = list(csv.reader(StringIO(client.get("/issues.csv").text)))
    assert "'=1+1" in {row[0] for row in rows}


def test_the_table_has_a_row_for_each_topic_in_each_scope(
    client: FlaskClient, lived: Store, clock: FakeClock
) -> None:
    assert client.get("/issues.csv").status_code == 404
    report = found(lived, clock)
    text = client.get("/issues.csv").text.lstrip("\ufeff")
    rows = list(csv.DictReader(StringIO(text)))
    assert len(rows) == len(report.issues)
    assert rows[0]["topic"] == FEED
    assert rows[0]["grows"] == "yes"
    assert client.get("/issues.xlsx").data[:2] == b"PK"


def test_commands_find_and_list(lived: Store, command: Command) -> None:
    # The command's clock is the real one, so the tickets are moved to its weeks.
    assert "Run `deskroute issues find`" in command("issues", "list").output
    keep(lived, some_tickets(datetime.now(NOON.tzinfo)))
    done = command("issues", "find")
    assert done.exit_code == 0, done.output
    assert "6 topics" in done.output
    assert "Bank feed" in command("issues", "list").output
    told = json.loads(command("issues", "list", "--json").stdout)
    assert {topic[2] for topic in told["topics"]} >= {FEED}
    assert command("issues", "list", "--csv").stdout.lstrip("\ufeff").startswith("topic,from")


@ON_SQLITE
def test_a_topic_that_is_gone_is_not_there(lived: Store, clock: FakeClock) -> None:
    with pytest.raises(NotThere):
        topic_of(lived, clock)(1, Among(), None)
