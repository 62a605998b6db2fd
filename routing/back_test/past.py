"""Past tickets with their facts, turned into columns.

A ticket comes as ``routing.record.facts_out`` writes its facts: what a decision stores.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from routing.conditions.fields import Field
from routing.record import ticket_in
from routing.tickets import Facts, TicketRef, Value

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PastTicket:
    """One past ticket: our id (None for one from a file) and its facts as JSON.

    ``as_then`` says that the customer's facts are those of its time. ``ended_in`` is the queue in
    which people solved it, where that is known.
    """

    id: int | None
    facts: Json
    as_then: bool
    ended_in: str | None = None

    @property
    def ref(self) -> TicketRef:
        """Which ticket it is."""
        ticket = self.facts["ticket"]
        return TicketRef(ticket["connection"], ticket["id"])

    @property
    def name(self) -> str:
        """The desk's own id of it."""
        name: str = self.facts["ticket"]["id"]
        return name

    @property
    def subject(self) -> str:
        """What it is about."""
        subject: str = self.facts["ticket"]["subject"]
        return subject

    @property
    def opened_at(self) -> datetime:
        """When it was opened."""
        return datetime.fromisoformat(self.facts["ticket"]["opened_at"])


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """Some tickets in columns, as ``routing.conditions.columns.Table.build`` wants them.

    ``nows`` is when each was decided, or opened.
    """

    size: int
    nows: Sequence[datetime]
    values: Mapping[str, Sequence[object | None]]
    fresh_until: Mapping[str, Sequence[datetime | None]]


def columns_of(tickets: Sequence[PastTicket], fields: Iterable[Field]) -> Columns:
    """What tickets say of these fields; the clock is left to the table."""
    asked = [field for field in fields if field.clock is None]
    read = [field for field in asked if field.read is not None]
    told = [field for field in asked if field.read is None]
    names = dict.fromkeys(
        name for field in told for name in ((field.derived.of,) if field.derived else ())
    )
    names |= dict.fromkeys(field.name for field in told)
    customers: list[Json] = [one.facts["customer"] for one in tickets]
    values: dict[str, Sequence[object | None]] = {}
    fresh_until = {}
    for name in names:
        facts = [customer.get(name) for customer in customers]
        values[name] = [None if fact is None else fact["value"] for fact in facts]
        ends = [None if fact is None else fact.get("fresh_until") for fact in facts]
        if any(ends):
            fresh_until[name] = [
                None if end is None else datetime.fromisoformat(end) for end in ends
            ]
    values |= _read(tickets, read)
    nows = [datetime.fromisoformat(one.facts["now"]) for one in tickets]
    return Columns(len(tickets), nows, values, fresh_until)


def _read(
    tickets: Sequence[PastTicket], fields: Sequence[Field]
) -> dict[str, Sequence[Value | None]]:
    """What stands in the ticket itself, read just as it is for one ticket."""
    if not fields:
        return {}
    facts = [_without_customer(one.facts) for one in tickets]
    return {
        field.name: [field.read(one) for one in facts] for field in fields if field.read is not None
    }


def _without_customer(raw: Json) -> Facts:
    return Facts(
        ticket=ticket_in(raw["ticket"]),
        now=datetime.fromisoformat(raw["now"]),
        language=raw["language"],
    )
