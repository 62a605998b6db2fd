"""Views of what goes out, rich and empty, and flows that hand them out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

from plugin.pages.refusals import (
    BadReceiver,
    BadSubscription,
    BadToken,
    BadWish,
    NotThere,
    StopGone,
    TooOften,
)
from plugin.spreadsheet import Column, Kind, Table
from plugin.views.deliveries import Tally
from plugin.views.exports import ExportForm
from plugin.views.mails import MailKind, MyMails, Subscription
from plugin.views.people import Person, Role
from plugin.views.programs import NewToken, Program, Scope, TokenLine, ToldDecisions, ToldSegments
from plugin.views.receivers import NewReceiver, ReceiverLine, ReceiverView, WebhookLine

NOW = datetime(2026, 11, 20, 11, 22, 4, tzinfo=UTC)
SECRET = "whsec_c2hvd24gb25jZSwgdGhlbiBuZXZlciBhZ2Fpbg=="


_NEWSLETTER = ReceiverLine(
    name="Newsletter",
    url="https://news.example.com/in",
    events=("segment.members",),
    segments=(),
    enabled=False,
    why="Newsletter answered 410 Gone: it wants no messages any more.",
    failing_since=None,
    told_at=NOW - timedelta(days=2),
    told="Newsletter answered 410 Gone: it wants no messages any more.",
    waiting=0,
    parked=1,
)


class Notes(Protocol):
    """What keeps what a flow was asked."""

    def note(self, *what: object) -> None: ...


def receiver_lines() -> tuple[ReceiverLine, ...]:
    return (
        ReceiverLine(
            name="CRM",
            url="https://crm.example.com/hooks/deskroute",
            events=("goal.met", "goal.missed", "segment.members"),
            segments=("Enterprise EMEA",),
            enabled=True,
            why="",
            failing_since=NOW - timedelta(hours=3),
            told_at=NOW - timedelta(minutes=4),
            told="CRM answered 503 Service Unavailable.",
            waiting=12,
            parked=2,
            old_secret_until=NOW + timedelta(hours=20),
        ),
        _NEWSLETTER,
        replace(_NEWSLETTER, name="Chat", enabled=True, why="", told_at=None, told="", parked=0),
    )


def receiver_view() -> ReceiverView:
    messages = tuple(
        WebhookLine(
            id=number,
            event=f"evt_{number:032x}",
            type="segment.members",
            at=NOW - timedelta(minutes=number),
            state=state,
            tries=tries,
            due=NOW + timedelta(minutes=5),
            why=why,
        )
        for number, (state, tries, why) in enumerate(
            (
                ("waiting", 3, "CRM answered 503 Service Unavailable."),
                ("parked", 10, "CRM did not answer within 10 s."),
                ("done", 1, ""),
            ),
            7,
        )
    )
    return ReceiverView(receiver_lines()[0], messages, older=7)


class FakeReceivers:
    """The flow behind the pages of receivers."""

    def __init__(self, notes: Notes) -> None:
        self.note = notes.note

    def every(self) -> tuple[ReceiverLine, ...]:
        return receiver_lines()

    def segments(self) -> tuple[str, ...]:
        return ("VIP by hand", "Enterprise EMEA")

    def view(self, name: str, before: int | None) -> ReceiverView:
        self.note("receiver", name, before)
        if name not in {line.name for line in receiver_lines()}:
            raise NotThere(f"There is no receiver “{name}”.")
        return receiver_view()

    def add(self, wanted: NewReceiver, by: str) -> str:
        self.note("add receiver", wanted, by)
        if not wanted.url.startswith("https://"):
            raise BadReceiver(wanted, "The address must begin with https:// and name a host.")
        return SECRET

    def change(self, wanted: NewReceiver, by: str) -> None:
        self.note("change receiver", wanted, by)
        if not wanted.events:
            raise BadReceiver(wanted, "Choose at least one event that it is told of.")

    def test(self, name: str, by: str) -> str:
        self.note("test receiver", name, by)
        return "CRM answered 404 Not Found."

    def renew_secret(self, name: str, by: str) -> str:
        self.note("renew secret", name, by)
        return SECRET

    def switch(self, name: str, by: str, *, on: bool) -> None:
        self.note("switch receiver", name, by, on)

    def replay(self, name: str, by: str, message: int | None = None) -> int:
        self.note("replay messages", name, by, message)
        return 2

    def start_over(self, name: str, by: str) -> None:
        self.note("start over", name, by)

    def remove(self, name: str, by: str) -> None:
        self.note("remove receiver", name, by)


TOKEN = "deskroute_shown-once-and-never-again"
PROGRAM = Program(1, "Grafana", frozenset(Scope))


def token_lines() -> tuple[TokenLine, ...]:
    may = (Scope.KPIS, Scope.TICKETS)
    made, day = NOW - timedelta(days=20), timedelta(days=1)
    return (
        TokenLine(
            "Grafana", may, "ruben@halden.example", made, NOW - day, NOW + day, expired=False
        ),
        TokenLine("Old script", may[:1], "ruben@halden.example", made, None, NOW, expired=True),
        TokenLine("Warehouse", may, "command line", made, None, None, expired=False),
    )


class FakeTokens:
    """The flow behind the API's guard and the page of tokens."""

    def __init__(self, notes: Notes) -> None:
        self.note = notes.note

    def admit(self, token: str) -> Program:
        if token == "busy":
            raise TooOften(2.5)
        if token != TOKEN:
            raise BadToken
        return PROGRAM

    def every(self) -> tuple[TokenLine, ...]:
        return token_lines()

    def add(self, wanted: NewToken, by: str) -> str:
        self.note("add token", wanted, by)
        if not wanted.scopes:
            raise BadWish(wanted, "Choose at least one thing that it may read.")
        return TOKEN

    def revoke(self, name: str, by: str) -> None:
        self.note("revoke", name, by)


class FakeToPrograms:
    """What programs are told."""

    def __init__(self, notes: Notes) -> None:
        self.note = notes.note

    def segments(self) -> ToldSegments:
        self.note("api segments")
        return ToldSegments("Halden Books", 41, ())

    def decisions(self, ticket: str, desk: str | None) -> ToldDecisions:
        self.note("api decisions", ticket, desk)
        return ToldDecisions(())

    def tally(self) -> Tally:
        self.note("api tally")
        return Tally(3, 1, 1, 1)


class FakeExports:
    """The flow behind the page of exports."""

    def __init__(self, notes: Notes) -> None:
        self.note = notes.note

    def form(self) -> ExportForm:
        return ExportForm(NOW.date() - timedelta(days=30), NOW.date(), agents=False)

    def table(self, since: datetime, until: datetime, person: Person) -> Table:
        self.note("export tickets", since, until, person)
        columns = (Column("ticket"), Column("opened_at", Kind.MOMENT))
        return Table("tickets-2026", columns, iter([("=1+1", NOW), ("17", NOW)]))

    def allow_agents(self, by: str, *, allowed: bool) -> None:
        self.note("allow agents", by, allowed)


class FakeMails:
    """The flow behind the page of one's own mails."""

    def __init__(self, notes: Notes) -> None:
        self.note = notes.note

    def view(self, person: Person) -> MyMails:
        offered = tuple(MailKind) if person.role.may(Role.LEAD) else ()
        digest = Subscription(
            person.email, MailKind.DIGEST, 0, 8, "Europe/Berlin", ("VIP by hand",)
        )
        segments = ("VIP by hand", "Enterprise EMEA")
        return MyMails(person.email, offered, digest, None, segments, ("Enterprise EMEA",))

    def save(self, wanted: Subscription, person: Person) -> None:
        self.note("save mails", wanted, person)
        if wanted.zone == "Mars":
            raise BadSubscription("“Mars” is not a time zone. Write it like Europe/Berlin.")

    def stop(self, kind: MailKind, person: Person) -> None:
        self.note("stop mails", kind, person)

    def of_link(self, token: str) -> Subscription:
        if token != "good":
            raise StopGone
        return Subscription("ines@halden.example", MailKind.DIGEST)

    def stop_by_link(self, token: str) -> Subscription:
        found = self.of_link(token)
        self.note("stop by link", token)
        return found
