"""Past tickets, some at a time, each with the facts of its time where they are kept."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, Row, Select, Text, cast, func, select

from plugin.records.customers import TrustedSource
from plugin.store.rows import DECISIONS, TICKETS, table
from plugin.store.schema import CustomerRow, Utc
from routing.back_test.past import PastTicket
from routing.rules.turns import OPENED
from routing.tickets import Status

CUSTOMERS = table(CustomerRow)

AT_ONCE = 5_000
"""Tickets of one block; databases take some tens of thousands of values in one question."""

Json = dict[str, Any]

_PAST = (
    select(
        TICKETS.c.id,
        TICKETS.c.connection,
        TICKETS.c.desk_id,
        TICKETS.c.subject,
        TICKETS.c.text,
        TICKETS.c.requester_email,
        TICKETS.c.requester_name,
        TICKETS.c.opened_at,
        TICKETS.c.channel,
        TICKETS.c.language,
        TICKETS.c.priority,
        TICKETS.c.imported,
        TICKETS.c.queue_name,
        cast(DECISIONS.c.facts, Text).label("facts"),
    )
    .select_from(TICKETS)
    .outerjoin(DECISIONS, (DECISIONS.c.ticket_id == TICKETS.c.id) & (DECISIONS.c.turn == OPENED))
    .order_by(TICKETS.c.opened_at.desc(), TICKETS.c.id.desc())
)


class SqlPast:
    """Past tickets in one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._c = connection

    def blocks(
        self, since: datetime | None, sources: Sequence[TrustedSource], limit: int
    ) -> Iterator[list[PastTicket]]:
        """The newest ``limit`` tickets opened since then, newest first, some at a time."""
        newest = select(TICKETS.c.id).order_by(TICKETS.c.opened_at.desc(), TICKETS.c.id.desc())
        if since is not None:
            newest = newest.where(TICKETS.c.opened_at >= since)
        ids = self._c.execute(newest.limit(limit)).scalars().all()
        for first in range(0, len(ids), AT_ONCE):
            some = ids[first : first + AT_ONCE]
            yield self._read(_PAST.where(TICKETS.c.id.in_(some)), sources)

    def get(self, ticket: int, sources: Sequence[TrustedSource]) -> PastTicket | None:
        """One of them, by our id."""
        found = self._read(_PAST.where(TICKETS.c.id == ticket), sources)
        return found[0] if found else None

    def subjects(self, tickets: Collection[int]) -> dict[int, str]:
        """What tickets are about, by our id; those that are gone are left out."""
        these = TICKETS.c.id.in_(list(tickets))
        rows = self._c.execute(select(TICKETS.c.id, TICKETS.c.subject).where(these))
        return {row.id: row.subject for row in rows}

    def _read(self, query: Select[Any], sources: Sequence[TrustedSource]) -> list[PastTicket]:
        rows = self._c.execute(query).all()
        emails = {row.requester_email for row in rows if row.facts is None}
        customers = self.customers(emails - {None}, sources)
        return [_past(row, customers) for row in rows]

    def customers(
        self, emails: Collection[str], sources: Sequence[TrustedSource]
    ) -> dict[str, Json]:
        """What sources say by now of the customers with these addresses: facts as JSON.

        Of two sources that know a field, the more trusted one is believed.
        """
        place = {source.name: at for at, source in enumerate(sources)}
        trusted = {source.name: source for source in sources}
        by_email: dict[str, list[Row[*tuple[Any, ...]]]] = defaultdict(list)
        for some in _parts(sorted(emails)):
            rows = self._c.execute(
                select(
                    CUSTOMERS.c.email,
                    CUSTOMERS.c.source,
                    func.coalesce(CUSTOMERS.c.checked_at, CUSTOMERS.c.as_of, type_=Utc()).label(
                        "as_of"
                    ),
                    cast(CUSTOMERS.c.facts, Text).label("facts"),
                )
                .where(CUSTOMERS.c.email.in_(some), CUSTOMERS.c.source.in_(list(place)))
                .order_by(CUSTOMERS.c.id)
            )
            for row in rows:
                by_email[row.email].append(row)
        return {
            email: _together(sorted(rows, key=lambda row: place[row.source]), trusted)
            for email, rows in by_email.items()
        }


def _parts(values: Sequence[str]) -> Iterable[Sequence[str]]:
    return (values[at : at + AT_ONCE] for at in range(0, len(values), AT_ONCE))


def _past(row: Row[*tuple[Any, ...]], customers: Mapping[str, Json]) -> PastTicket:
    # Where an imported ticket ended is told by its file; where it began nobody knows.
    ended = row.queue_name if row.imported else None
    if row.facts is not None:
        return PastTicket(row.id, orjson.loads(row.facts), as_then=True, ended_in=ended)
    opened = row.opened_at.isoformat()
    facts = {
        "ticket": {
            "connection": row.connection,
            "id": row.desk_id,
            "subject": row.subject,
            "text": row.text,
            "requester_email": row.requester_email,
            "requester_name": row.requester_name,
            "opened_at": opened,
            "channel": row.channel,
            "status": Status.OPEN.value,
            "priority": row.priority,
            "queue": None,
            "agent": None,
            "tags": [],
        },
        "now": opened,
        "language": row.language,
        "customer": customers.get(row.requester_email, {}),
        "loads": {},
        "last_agent": None,
        "silent": [],
    }
    return PastTicket(row.id, facts, as_then=False, ended_in=ended)


def _together(rows: Sequence[Row[*tuple[Any, ...]]], trusted: Mapping[str, TrustedSource]) -> Json:
    """What several sources say of one customer, the most trusted first."""
    known: Json = {}
    first: Json = {}
    for row in reversed(rows):
        said = _said(row, trusted[row.source])
        known |= said
        first |= {name: said[name] for name in trusted[row.source].first_for & said.keys()}
    return known | first


def _said(row: Row[*tuple[Any, ...]], source: TrustedSource) -> Json:
    said = {}
    for name, cell in orjson.loads(row.facts).items():
        value, as_of = cell, row.as_of
        if isinstance(cell, dict) and "is" in cell:
            value, as_of = cell["is"], datetime.fromisoformat(cell["as_of"])
        said[name] = {"value": value, "source": row.source, "as_of": as_of.isoformat()}
        if source.fresh_for is not None:
            said[name]["fresh_until"] = (as_of + source.fresh_for).isoformat()
    return said
