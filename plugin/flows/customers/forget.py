"""What is held about a customer: seen, exported, forgotten, and let go when it is old."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

from plugin.pages.refusals import NotThere
from plugin.ports import Clock, Reading, Refused
from plugin.records.privacy import Held
from plugin.records.work import Store, Work
from plugin.spreadsheet import as_csv as csv_of
from plugin.views.customers import HeldLine, HeldView, Keeps
from plugin.views.people import Person
from routing.forgetting import ticket_without_person

BATCH = 500
"""Rows that are let go in one transaction."""

SPAN = 60.0
"""Seconds for which old rows are let go at a time; the rest follows an hour later."""

_ADDRESS = re.compile(r"[^@\s\x00-\x1f]{1,64}@[^@\s\x00-\x1f]{1,255}")

_WORDS: Mapping[str, tuple[str, str]] = {
    "tickets": ("Tickets", "Subject, text, name, address and tags go; times, queue, rating stay"),
    "events": ("Events of their tickets", "Stay: they name nobody"),
    "decisions": ("Decisions", "Facts and the values seen go; segment, rule and queue stay"),
    "replies": ("Replies inserted for them", "Stay: they name nobody"),
    "surveys": ("Surveys", "What they wrote goes, the rating stays"),
    "mails": ("Mails to them", "Address and text go; none is sent any more"),
    "unsubscribed": ("Wish not to be asked", "Stays, as a keyed hash of the address"),
    "deliveries": ("Deliveries from desks", "The body goes"),
    "customers": ("Records of customer sources", "Go"),
    "elsewhere": ("Other places with the address", "The address goes, the rest stays"),
}


@dataclass(frozen=True, slots=True)
class Expired:
    """What was let go because of its age; ``again`` are tickets of customers forgotten before."""

    tickets: int
    deliveries: int
    messages: int
    again: int


@dataclass(frozen=True, slots=True)
class ForgetCustomers:
    """Everything that is held about one customer, by their e-mail address."""

    store: Store
    clock: Clock
    days: Keeps = field(default=Keeps(0, 0))

    def keeps(self) -> Keeps:
        """For how long things are kept."""
        return self.days

    def held(self, email: str, person: Person) -> HeldView:
        """What is held about a customer; that somebody looked is noted. Raises Refused."""
        address = _address(email)
        with self.store.work() as work:
            view = _view(work, address, work.privacy.held(address))
            work.audit.note(person.email, "looked up what is held about a customer", self._now())
            work.commit()
        return view

    def export(self, email: str, person: Person, *, as_csv: bool = False) -> str:
        """All that is held, as a JSON or CSV text; that it was exported is noted.

        Raises Refused if the address is none, and NotThere if nothing is held.
        """
        address = _address(email)
        with self.store.work() as work:
            held = work.privacy.held(address)
            if not any(asdict(held).values()):
                raise NotThere("Nothing is held about this address.")
            work.audit.note(person.email, "exported what is held about a customer", self._now())
            work.commit()
        told = asdict(held)
        if as_csv:
            return csv_of([("table", "row", "field", "value"), *_cells(told)])
        about = {"customer": address, "exported_at": self._now().isoformat(), **told}
        return json.dumps(about, indent=2, ensure_ascii=False, default=str)

    def forget(self, email: str, person: Person) -> HeldView:
        """Take a customer out of every table, in one transaction; what was held is said once more.

        Counts, times and outcomes stay. What is read or imported later about tickets from before
        this moment does not bring them back. Raises Refused.
        """
        address = _address(email)
        with self.store.work() as work:
            # Whoever decides a ticket of theirs just now comes before or after, not in between.
            work.decisions.lock()
            view = _view(work, address, work.privacy.forget(address, self._now()))
            counted = ", ".join(
                f"{one.count} {one.what.lower()}" for one in view.lines if one.count
            )
            did = f"forgot a customer: {counted or 'nothing was held'}"
            work.audit.note(person.email, did, self._now())
            work.commit()
        return view

    def readmit(self, email: str, person: Person) -> None:
        """Let a forgotten customer be known again from now on. Raises Refused, NotThere."""
        address = _address(email)
        with self.store.work() as work:
            if not work.privacy.readmit(address):
                raise NotThere("This address was not forgotten.")
            work.audit.note(person.email, "let a forgotten customer be known again", self._now())
            work.commit()

    def expire(self) -> Expired:
        """Let go of what is older than it may be kept, as far as a minute suffices."""
        until = monotonic() + SPAN
        with self.store.work() as work:
            again = work.privacy.forget_again(self._now())
            work.commit()
        return Expired(
            tickets=self._expire(_old_tickets, self.days.tickets, until),
            deliveries=self._expire(_old_deliveries, self.days.deliveries, until),
            messages=self._expire(_old_messages, self.days.deliveries, until),
            again=again,
        )

    def _expire(
        self, some_of: Callable[[Work, datetime, datetime], int], days: int, until: float
    ) -> int:
        if not days:
            return 0
        before = self._now() - timedelta(days=days)
        gone = 0
        while monotonic() < until:
            with self.store.work() as work:
                some = some_of(work, before, self._now())
                work.commit()
            gone += some
            if some < BATCH:
                break
        return gone

    def _now(self) -> datetime:
        return self.clock.now()


def _old_tickets(work: Work, before: datetime, now: datetime) -> int:
    return work.privacy.expire_tickets(before, BATCH, now)


def _old_deliveries(work: Work, before: datetime, now: datetime) -> int:
    _ = now
    return work.privacy.expire_deliveries(before, BATCH)


def _old_messages(work: Work, before: datetime, now: datetime) -> int:
    _ = now
    return work.webhooks.expire(before, BATCH)


def without_forgotten(readings: Sequence[Reading], store: Store) -> list[Reading]:
    """Readings as they may be kept: of a ticket from before its customer was forgotten, nobody.

    What the desk has sent about such a ticket is emptied, too.
    """
    emails = [one.ticket.requester_email for one in readings if one.ticket.requester_email]
    with store.look() as work:
        if not emails or not work.privacy.forgotten(emails):
            return list(readings)
        gone = [one for one in readings if _is_forgotten(work, one)]
    with store.work() as work:
        for one in gone:
            work.privacy.empty_deliveries(one.ticket.ref.connection, one.ticket.ref.id)
        work.commit()
    return [
        replace(one, ticket=ticket_without_person(one.ticket), facts={}) if one in gone else one
        for one in readings
    ]


def _is_forgotten(work: Work, reading: Reading) -> bool:
    ticket = reading.ticket
    if ticket.requester_email is None:
        return False
    times = work.privacy.forgotten([ticket.requester_email]).values()
    return any(ticket.opened_at < at for at in times)


def _address(raw: str) -> str:
    address = raw.strip().lower()
    if _ADDRESS.fullmatch(address) is None:
        raise Refused(f"“{raw.strip()[:60]}” is not an e-mail address.")
    return address


def _view(work: Work, address: str, held: Held) -> HeldView:
    counts = {name: len(rows) for name, rows in asdict(held).items()}
    names = {row["requester_name"] for row in held.tickets if row["requester_name"]}
    return HeldView(
        email=address,
        names=tuple(sorted(names)),
        lines=tuple(HeldLine(what, counts[name], goes) for name, (what, goes) in _WORDS.items()),
        signs_in=work.people.by_email(address) is not None,
        forgotten_at=next(iter(work.privacy.forgotten([address]).values()), None),
    )


def _cells(held: Mapping[str, Any]) -> Iterator[tuple[str, object, str, object]]:
    """One line for each value of each row, so that rows of all shapes fit in one table."""
    for name, rows in held.items():
        for place, row in enumerate(rows, 1):
            for column, value in row.items():
                yield name, row.get("id", place), column, _said(value)


def _said(value: object) -> object:
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, default=str)
    return value
