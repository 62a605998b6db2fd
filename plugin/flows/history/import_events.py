"""Past tickets from a log with one row for each update of a ticket."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice

from plugin.flows.history.import_tickets import TICKET_COLUMNS, TicketReader, tells_of_replies
from plugin.flows.history.keep_past import KeepPast, ReadTicket
from plugin.flows.import_rows import BATCH, ImportReport, Line, Row, moment, passed_over, text
from plugin.ports import Clock
from plugin.records.tickets import PastTicket
from plugin.records.work import Store
from routing.events import (
    LOGGED,
    Actor,
    Event,
    TicketMoved,
    TicketOpened,
    TicketReopened,
    TicketReplied,
    TicketSolved,
)
from routing.outcomes.outcome import fold
from routing.tickets import Priority, Status, TicketRef

_TOLD_OTHERWISE = {
    "id": "the desk's own id of the ticket (needed)",
    "subject": "its subject; else its id",
    "opened_at": "when it was opened; else its first row",
    "queue": "the queue it is in; a change is a move by a person",
    "agent": "who solved it, or has it, by name",
    "solved_at": "the last solving, where a column tells it; else the states do",
    "first_solved_at": None,
    "reopens": "how often it was opened again; else the states tell it",
    "transfers": "how often it was moved; else the queues tell it",
}
EVENT_COLUMNS: Mapping[str, str] = {
    "at": "when the row was written (needed)",
    "sequence": "what orders rows of the same time",
    "state": "the state of the ticket from then on",
    **{
        name: said
        for name, says in TICKET_COLUMNS.items()
        if (said := _TOLD_OTHERWISE.get(name, says)) is not None
    },
}
"""What a log may tell, by column. Of what stands in several rows the last one counts."""

MOST_ROWS = 10_000
"""Rows of one ticket."""

Cells = dict[str, str]
"""What a row of a log tells, by column, without what is missing."""

Waiting = tuple[str, int, Cells]
"""A row with the ticket it is of and its line."""

Together = Callable[[Iterable[Waiting], int], Iterator[tuple[str, int, list[tuple[int, Cells]]]]]
"""Puts rows of one ticket together, wherever they stand: its key, how many rows it has, and the
first ones of them, at most so many. They wait on disk: of a long log memory holds little."""


Tell = Callable[[int], None]
"""Hears of how many rows more the tickets are done."""


@dataclass(frozen=True, slots=True)
class LogTerms:
    """How a log says things: in which states a ticket is solved, and how it says “unknown”.

    ``priorities`` are its words for them. All are in lower case.
    """

    solved: frozenset[str] = frozenset({"solved", "resolved", "closed"})
    missing: frozenset[str] = frozenset({"", "?"})
    priorities: Mapping[str, Priority] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ImportEvents:
    """Makes tickets, with what happened to them, of a log. Importing it again changes nothing."""

    store: Store
    clock: Clock
    together: Together

    def __call__(
        self,
        connection: str,
        rows: Iterable[Line],
        terms: LogTerms,
        tell: Tell = lambda _: None,
        *,
        dry: bool,
    ) -> ImportReport:
        """Import the tickets of a log. Rows may stand in any order, and more than once.

        A ticket with a row that cannot be read is refused as a whole: half a history would tell
        something else. ``changed`` of the report counts tickets. With ``dry`` everything is read
        and nothing is kept. All rows are read before the first ticket is kept; ``tell`` hears how
        it goes from there. Raises BadColumns.
        """
        report = ImportReport()
        now = self.clock.now()
        keep = KeepPast(self.store, now, dry)
        columns: set[str] = set()
        logs = self.together(self._cells(rows, terms, report, columns), MOST_ROWS)
        while some := list(islice(logs, BATCH)):
            # All rows have been read by now, so all their columns are known.
            replies = tells_of_replies(columns)
            tickets = TicketReader(connection, now, terms.priorities, replies_told=replies)
            reader = LogReader(tickets, terms)
            read = []
            for key, count, told in some:
                try:
                    read.append(reader.read(key, count, told))
                except BadLog as bad:
                    report.refuse(bad.line, str(bad), count)
            keep(read, report)
            tell(sum(count for _, count, _ in some))
        return report.in_order()

    @staticmethod
    def _cells(
        rows: Iterable[Line], terms: LogTerms, report: ImportReport, columns: set[str]
    ) -> Iterator[Waiting]:
        """What rows tell, of which ``columns``; one without a ticket is refused in the report."""
        for line, row in rows:
            report.read += 1
            if isinstance(row, str):
                report.refuse(line, row)
                continue
            if not columns:
                report.unknown_columns = passed_over(row, ("id", "at"), EVENT_COLUMNS)
            # A line of JSON may have columns that the first one left out.
            told = {name: text(row, name) for name in row if name in EVENT_COLUMNS}
            columns.update(told)
            cells = {n: cell for n, cell in told.items() if cell.casefold() not in terms.missing}
            if "id" in cells:
                yield cells["id"], line, cells
            else:
                report.refuse(line, "It has no id.")


class BadLog(ValueError):
    """Rows of which no ticket can be made: the line of the one at fault, and why."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(why)
        self.line = line


@dataclass(frozen=True, slots=True)
class LogReader:
    """Reads the rows of one ticket, in whatever order they stand."""

    tickets: TicketReader
    terms: LogTerms

    def read(self, key: str, count: int, told: Sequence[tuple[int, Cells]]) -> ReadTicket:
        """One past ticket of ``count`` rows. Raises BadLog."""
        first = min(line for line, _ in told)
        if count > len(told):
            raise BadLog(
                first, f"Ticket {key[:100]} has {count:,} rows; {MOST_ROWS:,} is the most."
            )
        updates = _in_order(told)
        last: Cells = {}
        for one in updates:
            last |= one.cells
        try:
            past = self._past(key, updates, last)
        except ValueError as error:
            raise BadLog(first, f"Ticket {key[:100]}: {error}") from None
        return ReadTicket(first, past, last.get("customer_id"), count)

    def _past(self, key: str, updates: Sequence[_Update], last: Cells) -> PastTicket:
        opened = min((one.opened_at for one in updates if one.opened_at), default=updates[0].at)
        row = {**last, "subject": last.get("subject", key), "opened_at": opened}
        # All but its times; those are worked out of what happened.
        past = self.tickets.read({k: v for k, v in row.items() if k not in _TIMES})
        events = tuple(self._events(past.ticket.ref, updates, opened, last))
        outcome = fold(opened, events)
        counted = {name for name in ("public_replies", "reopens", "transfers") if name in last}
        outcome = replace(outcome, **{name: getattr(past.outcome, name) for name in counted})
        if not self.tickets.replies_told:
            outcome = replace(outcome, public_replies=None)
        status = Status.OPEN if outcome.solved_at is None else Status.SOLVED
        ticket = replace(past.ticket, status=status)
        return replace(past, ticket=ticket, outcome=outcome, events=events)

    def _events(
        self, ref: TicketRef, updates: Sequence[_Update], opened: datetime, last: Cells
    ) -> Iterator[Event]:
        yield TicketOpened(ticket=ref, at=opened, key=f"{LOGGED}opened", by=Actor.CUSTOMER)
        replied = _time_after(opened, last, "first_reply_at")
        if replied is not None:
            key, agent = f"{LOGGED}replied", last.get("agent")
            yield TicketReplied(
                ticket=ref, at=replied, key=key, by=Actor.AGENT, agent=agent, public=True
            )
        yield from _moves(ref, updates, opened)
        changes = list(self._changes(ref, updates, opened))
        before = list(changes)
        while before and isinstance(before[-1], TicketSolved):
            before.pop()
        solved = _time_after(opened, last, "solved_at")
        if solved is None or (before and solved < before[-1].at):
            # A column that is behind the states tells of an earlier solving.
            yield from changes
            return
        # A column tells the time better than the row in which the state was seen to have changed.
        yield from before
        key = f"{LOGGED}{len(updates):06}:solved"
        yield TicketSolved(ticket=ref, at=solved, key=key, by=Actor.AGENT, agent=last.get("agent"))

    def _changes(
        self, ref: TicketRef, updates: Sequence[_Update], opened: datetime
    ) -> Iterator[TicketSolved | TicketReopened]:
        """Solvings and reopenings, as the states tell them."""
        done, agent = False, None
        for place, one in enumerate(updates):
            agent = one.cells.get("agent", agent)
            state = one.cells.get("state")
            if state is None or (state.casefold() in self.terms.solved) is done:
                continue
            done, at = not done, max(one.at, opened)
            key = f"{LOGGED}{place:06}:{'solved' if done else 'reopened'}"
            kind = TicketSolved if done else TicketReopened
            yield kind(
                ticket=ref,
                at=at,
                key=key,
                by=Actor.AGENT if done else Actor.DESK,
                agent=agent if done else None,
            )


_TIMES = frozenset({"first_reply_at", "first_solved_at", "solved_at"})


@dataclass(frozen=True, slots=True)
class _Update:
    """One row: when it was written, and what it says."""

    at: datetime
    opened_at: datetime | None
    cells: Cells


def _in_order(told: Sequence[tuple[int, Cells]]) -> list[_Update]:
    """The rows, each once, in an order that their own words give them. Raises BadLog."""
    updates = []
    for line, cells in told:
        try:
            at = moment(cells, "at")
            opened_at = moment(cells, "opened_at")
        except ValueError as error:
            raise BadLog(line, str(error)) from None
        if at is None:
            raise BadLog(line, "It has no at.")
        updates.append(_Update(at, opened_at, cells))
    once = {tuple(sorted(one.cells.items())): one for one in updates}
    ordered = sorted(once.items(), key=lambda one: (one[1].at, _sequence(one[1]), one[0]))
    return [update for _, update in ordered]


def _sequence(update: _Update) -> tuple[int, str]:
    """What is counted up sorts as a number."""
    told = update.cells.get("sequence", "").lstrip("0")
    return len(told), told


def _moves(ref: TicketRef, updates: Sequence[_Update], opened: datetime) -> Iterator[TicketMoved]:
    """Changes of queue. Where a row does not tell one, the ticket stays where it was."""
    before: str | None = None
    for place, one in enumerate(updates):
        queue = one.cells.get("queue", before)
        if before is not None and queue != before:
            yield TicketMoved(
                ticket=ref,
                at=max(one.at, opened),
                key=f"{LOGGED}{place:06}:moved",
                by=Actor.AGENT,
                queue_before=before,
                queue=queue,
            )
        before = queue


def _time_after(opened: datetime, row: Row, name: str) -> datetime | None:
    """When something happened, by a column. Raises ValueError where that is before the opening."""
    at = moment(row, name)
    if at is not None and at < opened:
        raise ValueError(f"Its {name} is before its opened_at.")
    return at
