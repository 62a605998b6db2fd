"""Tickets from before Deskroute: placed by the live playbook, and kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from plugin.flows.customers.worked_out import UPLOADED
from plugin.flows.import_rows import ImportReport, refuse_forgotten
from plugin.ports import Requester
from plugin.records.tickets import PastTicket
from plugin.records.work import Store, Work
from routing.decide import primary_segment
from routing.languages import recognise
from routing.outcomes.worked import worked
from routing.playbook import Playbook
from routing.tickets import Fact, Facts


@dataclass(frozen=True, slots=True)
class ReadTicket:
    """A ticket as a file tells of it, in ``rows`` rows of which ``line`` is the first.

    ``customer_id`` is what the customer's own systems call who asked, where the file says so.
    """

    line: int
    past: PastTicket
    customer_id: str | None = None
    rows: int = 1


@dataclass(frozen=True, slots=True)
class KeepPast:
    """Keeps past tickets with the segment, language and hours that they would have had.

    With ``dry`` all but the keeping is done. ``now`` is when, for all of them.
    """

    store: Store
    now: datetime
    dry: bool

    def __call__(self, read: Sequence[ReadTicket], report: ImportReport) -> None:
        """Keep some; who was forgotten is refused in the report."""
        with self.store.look() as work:
            playbook = work.playbooks.live()
            placed = _placed(read, playbook, work)
            emails = {one.past.ticket.requester_email for one in placed} - {None}
            forgotten = work.privacy.forgotten([email for email in emails if email])
        past = []
        for one in placed:
            ticket = one.past.ticket
            try:
                refuse_forgotten(ticket.requester_email, forgotten, ticket.opened_at)
            except ValueError as error:
                report.refuse(one.line, str(error), one.rows)
            else:
                past.append(one.past)
        if past and not self.dry:
            with self.store.work() as work:
                report.changed += work.tickets.add_past(past, self.now)
                work.commit()


def _placed(read: Sequence[ReadTicket], playbook: Playbook | None, work: Work) -> list[ReadTicket]:
    customers = _customers(read, work)
    return [
        replace(one, past=_in_place(one.past, facts, playbook))
        for one, facts in zip(read, customers, strict=True)
    ]


def _customers(read: Sequence[ReadTicket], work: Work) -> list[Mapping[str, Fact]]:
    """What the uploaded sources know of who asked; of two sources the first one's counts."""
    whos = [Requester(one.past.ticket.requester_email, one.customer_id) for one in read]
    known: list[dict[str, Fact]] = [{} for _ in read]
    for source in reversed(work.connections.sources()):
        if source.kind == UPLOADED:
            found = work.customers.find_all(source.name, whos)
            known = [facts | (said or {}) for facts, said in zip(known, found, strict=True)]
    return list(known)


def _in_place(
    past: PastTicket, customer: Mapping[str, Fact], playbook: Playbook | None
) -> PastTicket:
    email = customer.get("customer.email")
    if past.ticket.requester_email is None and email is not None:
        ticket = replace(past.ticket, requester_email=str(email.value).casefold())
        past = replace(past, ticket=ticket)
    if playbook is None:
        return past
    ticket = past.ticket
    told = past.language or recognise(f"{ticket.subject}\n{ticket.text}", playbook.languages)
    facts = Facts(ticket=ticket, now=ticket.opened_at, language=told, customer=customer)
    return replace(
        past,
        language=told,
        segment=primary_segment(facts, playbook),
        worked=worked(past.outcome, playbook.hours_of(past.queue_name)),
    )
