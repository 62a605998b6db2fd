"""What is held about one customer, table by table, and how it is taken out again."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import chain
from string import ascii_lowercase, ascii_uppercase
from typing import Any, NamedTuple

from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    Connection,
    LargeBinary,
    String,
    Table,
    Text,
    and_,
    bindparam,
    cast,
    delete,
    func,
    literal,
    or_,
    select,
    tuple_,
    update,
)

from plugin.records.privacy import Elsewhere, Held
from plugin.records.surveys import survey_mail
from plugin.store.audit import AUDIT, SqlAudit
from plugin.store.rows import DECISIONS, TICKETS, change_tickets, mail, table, upsert
from plugin.store.schema import (
    ApiTokenRow,
    Base,
    ConnectionRow,
    CustomerRow,
    EventRow,
    ForgottenRow,
    InboxRow,
    MailRow,
    PersonRow,
    Plain,
    ReceiverRow,
    ReplyUseRow,
    SignInRow,
    SourceRow,
    SubscriptionRow,
    SurveyRow,
    TopicTicketRow,
    UnsubscribedRow,
)
from plugin.store.vault import Vault
from routing.forgetting import FORGOTTEN, decision_without_person, facts_without_person
from routing.record import Json, decision_in, decision_out, facts_in, facts_out

CUSTOMERS = table(CustomerRow)
EVENTS = table(EventRow)
FORGOTTEN_ONES = table(ForgottenRow)
INBOX = table(InboxRow)
REPLY_USES = table(ReplyUseRow)
MAILS = table(MailRow)
SURVEYS = table(SurveyRow)
UNSUBSCRIBED = table(UnsubscribedRow)
TOPIC_TICKETS = table(TopicTicketRow)

NOBODY = "forgotten@deskroute.invalid"
"""What stands where the address stood in other texts; no mail can ever reach it (RFC 2606)."""

_LOWER = str.maketrans(ascii_uppercase, ascii_lowercase)

AT_ONCE = 500
"""Rows that one statement names."""

_OURS = frozenset(
    table(row)
    for row in (
        PersonRow,
        SignInRow,
        ConnectionRow,
        SourceRow,
        ReceiverRow,
        ApiTokenRow,
        SubscriptionRow,
    )
)
"""Tables about the people and systems of the house, not about its customers."""

_SAFE = timedelta(days=2)
"""For how long after a forgetting it is made sure that nobody wrote the person back meanwhile."""


_NOBODYS: Mapping[str, Any] = {
    "subject": FORGOTTEN,
    "text": "",
    "requester_email": None,
    "requester_name": None,
    "tags": [],
}
"""What stays of a ticket's person."""


class _Mention(NamedTuple):
    """One place where an address stands: its row by primary key, and what is said there."""

    table: Table
    column: Column[Any]
    key: tuple[Any, ...]
    said: Any


class SqlPrivacy:
    """Holding and forgetting in one transaction."""

    def __init__(self, connection: Connection, vault: Vault, audit: SqlAudit) -> None:
        self._c = connection
        self._vault = vault
        self._audit = audit

    def forgotten(self, emails: Collection[str]) -> dict[str, datetime]:
        """Which of these addresses were forgotten, and when, by the address in lower case."""
        if self._c.execute(select(FORGOTTEN_ONES.c.at).limit(1)).first() is None:
            return {}
        marks = {
            mark: address for address in map(mail, emails) for mark in self._vault.marks(address)
        }
        found: dict[str, datetime] = {}
        for some in _batches(list(marks)):
            rows = self._c.execute(
                select(FORGOTTEN_ONES).where(FORGOTTEN_ONES.c.email_hash.in_(some))
            )
            for row in rows:
                address = marks[row.email_hash]
                found[address] = max(row.at, found.get(address, row.at))
        return found

    def held(self, email: str) -> Held:
        """Everything that is held about the customer with this address."""
        address = mail(email)
        tickets = self._rows(TICKETS, TICKETS.c.requester_email == address)
        ids = [row["id"] for row in tickets]
        decisions = self._rows_of(DECISIONS, DECISIONS.c.ticket_id, ids)
        return Held(
            tickets=tickets,
            events=self._rows_of(EVENTS, EVENTS.c.ticket_id, ids),
            decisions=decisions,
            replies=self._rows_of(
                REPLY_USES, REPLY_USES.c.decision_id, [row["id"] for row in decisions]
            ),
            surveys=self._rows_of(SURVEYS, SURVEYS.c.ticket_id, ids),
            mails=self._rows(MAILS, func.lower(MAILS.c.to) == address),
            unsubscribed=self._rows(
                UNSUBSCRIBED, UNSUBSCRIBED.c.email_hash.in_(self._vault.marks(address))
            ),
            deliveries=self._rows(INBOX, self._deliveries_of(email)),
            customers=self._rows(CUSTOMERS, _customer(address)),
            elsewhere=tuple(
                Elsewhere(found.table.name, found.column.name, str(found.key[0]))
                for found in self._mentions(email)
                if not self._is_theirs(found, set(ids))
            ),
        )

    def forget(self, email: str, now: datetime) -> Held:
        """Take the customer out of every table; what was held is returned once more.

        Only a keyed hash of the address stays, so that nothing old brings them back.
        """
        address = mail(email)
        held = self.held(email)
        mark = self._vault.marks(address)[0]
        self._c.execute(
            upsert(self._c, ForgottenRow)
            .values(email_hash=mark, at=now)
            .on_conflict_do_update(index_elements=["email_hash"], set_={"at": now})
        )
        self._blank_tickets([row["id"] for row in held.tickets], now)
        self._c.execute(delete(CUSTOMERS).where(_customer(address)))
        self._blank_mails(func.lower(MAILS.c.to) == address, now)
        for found in list(self._mentions(email)):
            self._mask(found, _pattern(email), now)
        return held

    def readmit(self, email: str) -> bool:
        """Let a forgotten address be known again; False if it was not forgotten."""
        marks = self._vault.marks(mail(email))
        gone = delete(FORGOTTEN_ONES).where(FORGOTTEN_ONES.c.email_hash.in_(marks))
        return self._c.execute(gone).rowcount > 0

    def forget_again(self, now: datetime) -> int:
        """Take out whom a worker wrote back while they were being forgotten; returns how many."""
        recent = self._c.execute(
            select(func.min(FORGOTTEN_ONES.c.at, type_=FORGOTTEN_ONES.c.at.type)).where(
                FORGOTTEN_ONES.c.at > now - _SAFE
            )
        ).scalar_one()
        if recent is None:
            return 0
        since = recent - timedelta(hours=1)
        rows = self._c.execute(
            select(TICKETS.c.id, TICKETS.c.requester_email, TICKETS.c.opened_at).where(
                TICKETS.c.read_at >= since, TICKETS.c.requester_email.is_not(None)
            )
        ).all()
        gone = self.forgotten({row.requester_email for row in rows})
        back = [
            row.id
            for row in rows
            if row.requester_email in gone and row.opened_at < gone[row.requester_email]
        ]
        self._blank_tickets(back, now)
        return len(back)

    def empty_deliveries(self, connection: str, desk_id: str) -> None:
        """Empty the bodies of all deliveries about a ticket."""
        mine = (INBOX.c.connection == connection) & (INBOX.c.ticket == desk_id)
        self._c.execute(update(INBOX).where(mine).values(body=b"", tries=[]))

    def expire_tickets(self, before: datetime, limit: int, now: datetime) -> int:
        """Take the person out of tickets solved before; returns how many there were."""
        old = or_(
            TICKETS.c.solved_at < before,
            # Nobody tells us when an imported ticket is solved.
            and_(TICKETS.c.imported, TICKETS.c.solved_at.is_(None), TICKETS.c.opened_at < before),
        )
        whole = or_(TICKETS.c.requester_email.is_not(None), TICKETS.c.subject != FORGOTTEN)
        ids = self._c.execute(select(TICKETS.c.id).where(old, whole).limit(limit)).scalars().all()
        self._blank_tickets(ids, now)
        return len(ids)

    def expire_deliveries(self, before: datetime, limit: int) -> int:
        """Empty the bodies of deliveries done before; returns how many there were."""
        old = (
            select(INBOX.c.id)
            .where(INBOX.c.state == "done", INBOX.c.finished_at < before)
            .where(func.length(INBOX.c.body) > 0)
            .limit(limit)
        )
        emptied = update(INBOX).where(INBOX.c.id.in_(old)).values(body=b"", tries=[])
        return self._c.execute(emptied).rowcount

    def _rows(self, of: Table, where: ColumnElement[bool]) -> tuple[Json, ...]:
        rows = self._c.execute(select(of).where(where).order_by(*of.primary_key.columns))
        return tuple({k: _plain(value) for k, value in row.items()} for row in rows.mappings())

    def _rows_of(self, of: Table, column: Column[Any], ids: Sequence[int]) -> tuple[Json, ...]:
        return tuple(chain.from_iterable(self._rows(of, column.in_(s)) for s in _batches(ids)))

    def _deliveries_of(self, email: str) -> ColumnElement[bool]:
        theirs = select(TICKETS.c.connection, TICKETS.c.desk_id).where(
            TICKETS.c.requester_email == mail(email)
        )
        about = tuple_(INBOX.c.connection, INBOX.c.ticket).in_(theirs)
        return or_(about, self._has(INBOX.c.body, email))

    def _blank_tickets(self, every: Sequence[int], now: datetime) -> None:
        for ids in _batches(every):
            self._blank_decisions(ids)
            self._blank_moves(ids, now)
            theirs = select(TICKETS.c.connection, TICKETS.c.desk_id).where(TICKETS.c.id.in_(ids))
            about = tuple_(INBOX.c.connection, INBOX.c.ticket).in_(theirs)
            self._c.execute(update(INBOX).where(about).values(body=b"", tries=[]))
            # Why it waits or is parked may quote what could not be read.
            unfinished = about & (INBOX.c.state != "done")
            self._c.execute(update(INBOX).where(unfinished).values(why=FORGOTTEN))
            asked = SURVEYS.c.ticket_id.in_(ids)
            surveys = self._c.execute(select(SURVEYS.c.id).where(asked)).scalars()
            self._blank_mails(MAILS.c.key.in_([survey_mail(survey) for survey in surveys]), now)
            self._c.execute(update(SURVEYS).where(asked).values(comment="", second=""))
            self._c.execute(delete(TOPIC_TICKETS).where(TOPIC_TICKETS.c.ticket_id.in_(ids)))
            change_tickets(self._c, [{"this": ticket, **_NOBODYS} for ticket in ids])

    def _blank_mails(self, theirs: ColumnElement[bool], now: datetime) -> None:
        """Send none of these mails any more, and keep nothing of what was sent."""
        unsent = theirs & MAILS.c.ended_at.is_(None)
        self._c.execute(update(MAILS).where(unsent).values(ended_at=now, why=FORGOTTEN))
        self._c.execute(
            update(MAILS)
            .where(theirs)
            .values({"to": NOBODY, "subject": FORGOTTEN, "text": "", "html": None, "headers": {}})
        )

    def _blank_decisions(self, tickets: Sequence[int]) -> None:
        rows = self._c.execute(
            select(
                DECISIONS.c.id, DECISIONS.c.facts, DECISIONS.c.decision, DECISIONS.c.written
            ).where(DECISIONS.c.ticket_id.in_(tickets))
        ).all()
        blanked = [
            {
                "this": row.id,
                "facts": facts_out(facts_without_person(facts_in(row.facts))),
                "decision": decision_out(decision_without_person(decision_in(row.decision))),
                "written": [[what, done, ""] for what, done, *_ in row.written],
                # A source that answers late must not be asked about them any more.
                "degraded": [],
                "replaced": [],
            }
            for row in rows
        ]
        if blanked:
            self._c.execute(update(DECISIONS).where(DECISIONS.c.id == bindparam("this")), blanked)

    def _blank_moves(self, tickets: Sequence[int], now: datetime) -> None:
        """Take out what people wrote when they moved these tickets by hand."""
        refs = self._c.execute(
            select(TICKETS.c.connection, TICKETS.c.desk_id).where(TICKETS.c.id.in_(tickets))
        )
        begins = {f"moved ticket {row.connection}/{row.desk_id}" for row in refs}
        notes = self._c.execute(select(AUDIT).where(AUDIT.c.did.startswith("moved ticket "))).all()
        for note in notes:
            did, from_there, _ = note.did.partition(" from ")
            if from_there and did in begins:
                self._audit.mask(note.id, _without_from, now)

    def _mentions(self, email: str) -> Iterator[_Mention]:
        """Each place, in all tables but those about our own people, where the address stands."""
        for of in Base.metadata.sorted_tables:
            if of in _OURS:
                continue
            keys = list(of.primary_key.columns)
            for column in _texts(of):
                rows = self._c.execute(
                    select(*keys, column.label("found")).where(self._has(column, email))
                ).all()
                for row in rows:
                    yield _Mention(of, column, tuple(row[: len(keys)]), row.found)

    def _has(self, column: Column[Any], email: str) -> ColumnElement[bool]:
        if not isinstance(column.type, LargeBinary):
            said = func.lower(cast(column, Text))
            return or_(*(said.contains(one, autoescape=True) for one in _spellings(email)))
        if self._c.dialect.name == "postgresql":
            said = func.lower(func.encode(column, "escape"))
            return or_(*(func.strpos(said, _escaped(one)) > 0 for one in _spellings(email)))
        said = func.lower(cast(column, Text))
        return or_(*(func.instr(said, literal(one)) > 0 for one in _spellings(email)))

    def _is_theirs(self, found: _Mention, tickets: set[int]) -> bool:
        """Whether this place belongs to the rows that are shown as the customer's own anyway."""
        if found.table in {INBOX, CUSTOMERS}:
            return True
        if found.table is MAILS:
            return found.column.name == "to"
        if found.table is TICKETS:
            return found.key[0] in tickets
        if found.table in {DECISIONS, EVENTS, SURVEYS}:
            of = select(found.table.c.ticket_id).where(found.table.c.id == found.key[0])
            return self._c.execute(of).scalar_one() in tickets
        return False

    def _mask(self, found: _Mention, address: re.Pattern[str], now: datetime) -> None:
        if found.table is AUDIT:
            # Its lines are chained: only the log itself may rewrite them.
            self._audit.mask(found.key[0], lambda did: str(_masked(did, address)), now)
            return
        keys = zip(found.table.primary_key.columns, found.key, strict=True)
        this = and_(*(column == value for column, value in keys))
        said = b"" if isinstance(found.said, bytes) else _masked(found.said, address)
        self._c.execute(update(found.table).where(this).values({found.column.name: said}))


def _without_from(did: str) -> str:
    return did.partition(" from ")[0]


def _customer(address: str) -> ColumnElement[bool]:
    # Without an id of its own, a customer is known by the address.
    return or_(CUSTOMERS.c.email == address, CUSTOMERS.c.external_id == address)


def _texts(of: Table) -> list[Column[Any]]:
    """The columns of a table in which a customer's address can stand.

    ``by`` names one of our own people, and what is unique is an id that a desk has given.
    """
    unique = {
        column
        for constraint in of.constraints
        if constraint is not of.primary_key
        for column in getattr(constraint, "columns", ())
    }
    return [
        column
        for column in of.columns
        if isinstance(column.type, Plain | String | JSON | LargeBinary)
        and column.name != "by"
        and column not in unique
        and not column.primary_key
    ]


def _spellings(email: str) -> list[str]:
    """The address as ``lower`` leaves it of a text, also of JSON.

    SQLite lowers only the letters of ASCII, and of ß there are two spellings.
    """
    plain = [mail(email), email.strip().lower(), email.strip().upper()]
    every = [*plain, *(json.dumps(one)[1:-1] for one in plain)]
    return list(dict.fromkeys(one.translate(_LOWER) for one in every))


def _escaped(text: str) -> str:
    """A text as PostgreSQL's ``encode(…, 'escape')`` writes its bytes."""
    return "".join(
        chr(byte)
        if byte not in {0, 92} and byte < 128
        else "\\\\"
        if byte == 92
        else f"\\{byte:03o}"
        for byte in text.encode()
    )


def _pattern(email: str) -> re.Pattern[str]:
    return re.compile("|".join(re.escape(one) for one in _spellings(email)), re.IGNORECASE)


def _masked(value: Any, address: re.Pattern[str]) -> Any:
    if isinstance(value, str):
        return address.sub(NOBODY, value)
    if isinstance(value, Mapping):
        return {address.sub(NOBODY, k): _masked(inner, address) for k, inner in value.items()}
    return [_masked(inner, address) for inner in value] if isinstance(value, list) else value


def _plain(value: object) -> object:
    """A column's value as JSON has it."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bytes | memoryview):
        text = bytes(value).decode("utf-8", "replace")
        try:
            return json.loads(text)
        except ValueError:
            return text
    return value


def _batches(ids: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (ids[first : first + AT_ONCE] for first in range(0, len(ids), AT_ONCE))
