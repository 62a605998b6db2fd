"""Past tickets from a file with one row for each."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from plugin.flows.history.keep_past import KeepPast, ReadTicket
from plugin.flows.import_rows import (
    BATCH,
    ImportReport,
    Line,
    Row,
    count,
    moment,
    passed_over,
    promised,
    rating,
    readable,
    text,
)
from plugin.ports import Clock
from plugin.records.tickets import PastTicket
from plugin.records.work import Store
from routing.languages import NAMES
from routing.outcomes.outcome import Outcome
from routing.tickets import Priority, Status, Ticket, TicketRef

TICKET_COLUMNS: Mapping[str, str] = {
    "id": "the desk's own id of the ticket (needed)",
    "subject": "its subject (needed)",
    "opened_at": "when it was opened (needed)",
    "text": "the first message",
    "requester_email": "who asked",
    "requester_name": "their name",
    "customer_id": "their id among the imported customers",
    "channel": "web, mail, chat, phone or api",
    "language": "two letters like en; else it is recognised",
    "tags": "words for it, separated by commas",
    "queue": "the queue that solved it, by name",
    "agent": "the agent who solved it, by name",
    "priority": "low, normal, high or urgent",
    "first_reply_at": "the first public reply by a person",
    "public_replies": "how many of these there were",
    "first_solved_at": "the first solving; else the last one",
    "solved_at": "the last solving; empty while it is open",
    "reopens": "how often it was opened again",
    "transfers": "how often people moved it to another queue",
    "first_reply_target": "the time promised for the first reply, like 30 min",
    "resolution_target": "the time promised for the solving, like 2 d",
    "rating": "1 to 5",
    "nps": "likely to recommend, 0 to 10",
    "ces": "how easy it was, 1 to 7",
}
"""What a file of tickets may tell, by column."""


@dataclass(frozen=True, slots=True)
class ImportTickets:
    """Takes past tickets over. Importing the same rows again changes nothing."""

    store: Store
    clock: Clock

    def __call__(self, connection: str, rows: Iterable[Line], *, dry: bool) -> ImportReport:
        """Import tickets of one desk; their segments are worked out by the live playbook.

        With ``dry`` everything is read and nothing is kept. Raises BadColumns.
        """
        report = ImportReport()
        now = self.clock.now()
        reader, keep = TicketReader(connection, now), KeepPast(self.store, now, dry)
        checked = False
        for batch in readable(rows, report, BATCH):
            if batch and not checked:
                needed = ("id", "subject", "opened_at")
                report.unknown_columns = passed_over(batch[0][1], needed, TICKET_COLUMNS)
                told = any(tells_of_replies(row) for _, row in batch)
                reader = replace(reader, replies_told=told)
                checked = True
            read = []
            for line, row in batch:
                try:
                    past = reader.read(row)
                except ValueError as error:
                    report.refuse(line, str(error))
                else:
                    read.append(ReadTicket(line, past, text(row, "customer_id") or None))
            keep(read, report)
        return report.in_order()


@dataclass(frozen=True, slots=True)
class TicketReader:
    """Reads rows of past tickets; ``now`` is when, for a ticket cannot come from the future.

    ``priorities`` are a desk's own words for them, in lower case. Where the file has nothing of
    replies, they were not ``replies_told``: then nobody knows how many there were.
    """

    connection: str
    now: datetime
    priorities: Mapping[str, Priority] = field(default_factory=dict)
    replies_told: bool = True

    def read(self, row: Row) -> PastTicket:
        """One past ticket. Raises ValueError with a sentence for people."""
        key = text(row, "id")
        if not key:
            raise ValueError("It has no id.")
        outcome = self._outcome(row)
        words = (word.strip() for word in text(row, "tags").split(","))
        ticket = Ticket(
            ref=TicketRef(self.connection, key[:100]),
            subject=text(row, "subject")[:1000],
            text=text(row, "text")[:100_000],
            requester_email=text(row, "requester_email").casefold() or None,
            requester_name=text(row, "requester_name") or None,
            opened_at=outcome.opened_at,
            channel=text(row, "channel").casefold() or None,
            status=Status.OPEN if outcome.solved_at is None else Status.SOLVED,
            priority=self._priority(row),
            tags=frozenset(word[:120] for word in words if word),
        )
        return PastTicket(
            ticket=ticket,
            outcome=outcome,
            language=_language(row),
            segment=None,
            queue_name=text(row, "queue") or None,
            agent_name=text(row, "agent") or None,
            score=rating(row, "rating", 1, 5),
            nps=rating(row, "nps", 0, 10),
            ces=rating(row, "ces", 1, 7),
            first_reply_target=promised(row, "first_reply_target"),
            resolution_target=promised(row, "resolution_target"),
        )

    def opened(self, row: Row) -> datetime:
        """When it was opened. Raises ValueError."""
        opened = moment(row, "opened_at")
        if opened is None:
            raise ValueError("It has no opened_at.")
        if opened > self.now + timedelta(days=1):
            raise ValueError(f"It was opened in the future: {opened.isoformat()}.")
        return opened

    def _outcome(self, row: Row) -> Outcome:
        opened = self.opened(row)
        replied, solved = moment(row, "first_reply_at"), moment(row, "solved_at")
        first = moment(row, "first_solved_at") or solved
        times = (("first_reply_at", replied), ("solved_at", solved), ("first_solved_at", first))
        for name, at in times:
            if at is not None and at < opened:
                raise ValueError(f"Its {name} is before its opened_at.")
        if first is not None and solved is not None and solved < first:
            raise ValueError("Its solved_at is before its first_solved_at.")
        return Outcome(
            opened_at=opened,
            first_reply_at=replied,
            first_solved_at=first,
            solved_at=solved,
            public_replies=self._replies(row, replied),
            reopens=count(row, "reopens") or 0,
            transfers=count(row, "transfers") or 0,
        )

    def _replies(self, row: Row, first: datetime | None) -> int | None:
        if not self.replies_told:
            return None
        told = count(row, "public_replies")
        return int(first is not None) if told is None else told

    def _priority(self, row: Row) -> Priority | None:
        told = text(row, "priority").casefold()
        if not told or told == "?":
            return None
        if told in self.priorities:
            return self.priorities[told]
        if told not in set(Priority):
            raise ValueError(f"“{told}” is no priority. Known: {', '.join(Priority)}.")
        return Priority(told)


def tells_of_replies(columns: Collection[str]) -> bool:
    """Whether a file with these columns says which replies there were."""
    return "first_reply_at" in columns or "public_replies" in columns


def _language(row: Row) -> str | None:
    told = text(row, "language").casefold()
    if not told or told == "?":
        return None
    if told not in NAMES:
        raise ValueError(f"“{told[:40]}” is no language. Write two letters, like en.")
    return told
