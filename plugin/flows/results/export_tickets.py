"""One row per ticket with everything that is measured, as a table that goes out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from plugin.ports import Clock, Refused
from plugin.records.results import TicketRow
from plugin.records.work import Store, Work
from plugin.spreadsheet import Column, Kind, Table
from plugin.views.exports import ExportForm
from plugin.views.people import Person, Role

BATCH = 2_000
"""Tickets that are read at once."""

AGENTS = "agents_in_reports"
"""The house's setting whether reports may name agents."""

LAST_DAYS = 30
"""What the form proposes."""

Read = Callable[[TicketRow], object]


def _after(of: TicketRow, at: datetime | None) -> timedelta | None:
    """The calendar time from opening until then."""
    return None if at is None else max(timedelta(0), at - of.outcome.opened_at)


def _seconds(count: int | None) -> timedelta | None:
    return None if count is None else timedelta(seconds=count)


def _one_touch(one: TicketRow) -> bool | None:
    """Unknown before it is solved, and where nobody counted its replies."""
    return None if one.outcome.first_solved_at is None else one.outcome.one_touch


_SUBJECT = "subject"
_AGENT = "agent"

_EVERY: tuple[tuple[str, Kind, Read], ...] = (
    ("desk", Kind.TEXT, lambda one: one.connection),
    ("ticket", Kind.TEXT, lambda one: one.desk_id),
    (_SUBJECT, Kind.TEXT, lambda one: one.subject),
    ("channel", Kind.TEXT, lambda one: one.channel),
    ("language", Kind.TEXT, lambda one: one.language),
    ("segment", Kind.TEXT, lambda one: one.segment),
    ("queue", Kind.TEXT, lambda one: one.queue),
    (_AGENT, Kind.TEXT, lambda one: one.agent),
    ("rule", Kind.TEXT, lambda one: one.rule),
    ("playbook", Kind.NUMBER, lambda one: one.playbook),
    ("opened_at", Kind.MOMENT, lambda one: one.outcome.opened_at),
    ("first_reply_at", Kind.MOMENT, lambda one: one.outcome.first_reply_at),
    ("first_solved_at", Kind.MOMENT, lambda one: one.outcome.first_solved_at),
    ("solved_at", Kind.MOMENT, lambda one: one.outcome.solved_at),
    ("first_reply", Kind.DURATION, lambda one: _after(one, one.outcome.first_reply_at)),
    ("first_resolution", Kind.DURATION, lambda one: _after(one, one.outcome.first_solved_at)),
    ("resolution", Kind.DURATION, lambda one: _after(one, one.outcome.solved_at)),
    ("first_reply_worked", Kind.DURATION, lambda one: _seconds(one.worked[0])),
    ("first_resolution_worked", Kind.DURATION, lambda one: _seconds(one.worked[1])),
    ("resolution_worked", Kind.DURATION, lambda one: _seconds(one.worked[2])),
    ("first_reply_target", Kind.DURATION, lambda one: _seconds(one.targets[0])),
    ("resolution_target", Kind.DURATION, lambda one: _seconds(one.targets[1])),
    ("public_replies", Kind.NUMBER, lambda one: one.outcome.public_replies),
    ("reopens", Kind.NUMBER, lambda one: one.outcome.reopens),
    ("transfers", Kind.NUMBER, lambda one: one.outcome.transfers),
    ("one_touch", Kind.YES_NO, _one_touch),
    ("surveyed", Kind.YES_NO, lambda one: one.surveyed),
    ("score", Kind.NUMBER, lambda one: one.score),
    ("nps", Kind.NUMBER, lambda one: one.nps),
    ("ces", Kind.NUMBER, lambda one: one.ces),
    ("nps_asked", Kind.YES_NO, lambda one: one.nps_asked),
    ("ces_asked", Kind.YES_NO, lambda one: one.ces_asked),
    ("gone", Kind.TEXT, lambda one: one.gone),
    ("imported", Kind.YES_NO, lambda one: one.imported),
)


def may_name_agents(work: Work) -> bool:
    """Whether reports may name agents here."""
    return work.house.get(AGENTS) == "on"


@dataclass(frozen=True, slots=True)
class ExportTickets:
    """Tickets as a table. What a ticket says, and who asked, never go out this way."""

    store: Store
    clock: Clock

    def form(self) -> ExportForm:
        """What the page asks, with the last days proposed."""
        until = self.clock.now().date()
        with self.store.look() as work:
            agents = may_name_agents(work)
        return ExportForm(until - timedelta(days=LAST_DAYS), until, agents)

    def table(self, since: datetime, until: datetime, person: Person) -> Table:
        """The tickets opened in [since, until), oldest first; that they were taken is noted.

        Subjects are for admins, and agents' names are there where the house allows it. Raises
        Refused where the period is none.
        """
        if until <= since:
            raise Refused("The period ends before it begins.")
        with self.store.work() as work:
            agents = may_name_agents(work)
            did = (
                f"exported the tickets opened from {since:%Y-%m-%d %H:%M} to {until:%Y-%m-%d %H:%M}"
            )
            work.audit.note(person.email, did, self.clock.now())
            work.commit()
        hidden = set() if agents else {_AGENT}
        if not person.role.may(Role.ADMIN):
            hidden.add(_SUBJECT)
        shown = [one for one in _EVERY if one[0] not in hidden]
        return Table(
            name=f"tickets-{since:%Y-%m-%d}-to-{until:%Y-%m-%d}",
            columns=tuple(Column(name, kind) for name, kind, _ in shown),
            rows=([read(one) for _, _, read in shown] for one in self._rows(since, until)),
        )

    def allow_agents(self, by: str, *, allowed: bool) -> None:
        """Say whether reports may name agents."""
        with self.store.work() as work:
            work.house.set(AGENTS, "on" if allowed else "off")
            did = f"{'allowed' if allowed else 'forbade'} agents' names in reports"
            work.audit.note(by, did, self.clock.now())
            work.commit()

    def _rows(self, since: datetime, until: datetime) -> Iterator[TicketRow]:
        after: tuple[datetime, int] | None = None
        while True:
            # Each batch in a look of its own: whoever reads slowly holds no transaction open.
            with self.store.look() as work:
                some = work.ticket_rows.some(since, until, after, BATCH)
            yield from some
            if len(some) < BATCH:
                return
            after = some[-1].outcome.opened_at, some[-1].id
