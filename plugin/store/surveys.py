"""Surveys: one per solving, credited to who solved it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, bindparam, func, or_, select, text, update

from plugin.ports import DeskRating
from plugin.records.surveys import PlannedSurvey, StoredSurvey
from plugin.records.tickets import StoredTicket
from plugin.records.turns import DueTicket
from plugin.store.rows import (
    TICKET_COLUMNS,
    TICKETS,
    change_tickets,
    mail,
    stored_ticket,
    table,
    upsert,
)
from plugin.store.schema import WAITING, SurveyRow, clean
from routing.surveys.survey import Kind
from routing.tickets import TicketRef

SURVEYS = table(SurveyRow)

OF_THE_DESK = "desk"
"""The channel of a rating that the desk asked for, and what the surveys of a desk are called."""

_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:email, 20260311))")

_ASKED = {Kind.CSAT: "surveyed", Kind.NPS: "nps_asked", Kind.CES: "ces_asked"}
_COLUMNS = {Kind.CSAT: TICKETS.c.score, Kind.NPS: TICKETS.c.nps, Kind.CES: TICKETS.c.ces}
"""Where a ticket has its rating of each kind."""

_THEIRS = (SURVEYS.c.ticket_id == TICKETS.c.id) & (TICKETS.c.requester_email == bindparam("email"))


class SqlSurveys:
    """Surveys in one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._c = connection

    def plan(self, ticket: StoredTicket, planned: PlannedSurvey, now: datetime) -> int:
        """Keep a survey, credited as the ticket stands now."""
        solving = planned.solving[:200]
        self._c.execute(
            upsert(self._c, SurveyRow)
            .values(
                **_credit(ticket),
                agent_name=planned.agent,
                solving=solving,
                solved_at=planned.solved_at,
                name=planned.name,
                kind=planned.kind.value,
                channel=planned.channel,
                created_at=now,
                due_at=planned.due_at,
                why=planned.why,
                comment="",
                second="",
            )
            .on_conflict_do_nothing()
        )
        mine = (SURVEYS.c.ticket_id == ticket.id) & (SURVEYS.c.solving == solving)
        return int(self._c.execute(select(SURVEYS.c.id).where(mine)).scalar_one())

    def lock(self, email: str) -> None:
        """Let nobody else ask this customer until this transaction ends."""
        if self._c.dialect.name != "sqlite":  # there, a writing transaction is alone already
            self._c.execute(_LOCK, {"email": mail(email)})

    def last_asked(self, email: str, besides: int) -> datetime | None:
        """When a customer was sent a survey last, but for this one."""
        newest = func.max(SURVEYS.c.sent_at, type_=SURVEYS.c.sent_at.type)
        asked = select(newest).where(_THEIRS, SURVEYS.c.id != besides)
        at: datetime | None = self._c.execute(asked, {"email": mail(email)}).scalar_one()
        return at

    def is_asked(self, email: str, besides: int, now: datetime) -> bool:
        """Whether somebody is sending another survey to this customer at this moment."""
        held = (SURVEYS.c.held_until > now) & SURVEYS.c.sent_at.is_(None)
        asked = select(SURVEYS.c.id).where(_THEIRS, held, SURVEYS.c.id != besides).limit(1)
        return self._c.execute(asked, {"email": mail(email)}).first() is not None

    def hold(self, survey: int, now: datetime, until: datetime) -> bool:
        """Be the only one to send it until then."""
        return (
            self._c.execute(
                update(SURVEYS)
                .where(
                    SURVEYS.c.id == survey,
                    WAITING,
                    or_(SURVEYS.c.held_until.is_(None), SURVEYS.c.held_until <= now),
                )
                .values(held_until=until)
            ).rowcount
            > 0
        )

    def let_go(self, survey: int) -> None:
        """Let others send it at once."""
        self._c.execute(update(SURVEYS).where(SURVEYS.c.id == survey).values(held_until=None))

    def sent(self, survey: int, now: datetime) -> None:
        """The survey is on its way to the customer."""
        row = self._c.execute(
            update(SURVEYS)
            .where(SURVEYS.c.id == survey)
            .values(sent_at=now)
            .returning(SURVEYS.c.ticket_id, SURVEYS.c.kind)
        ).one()
        change_tickets(self._c, [{"this": row.ticket_id, _ASKED[Kind(row.kind)]: True}])

    def not_asked(self, survey: int, why: str) -> None:
        """The survey is not asked any more."""
        self._c.execute(update(SURVEYS).where(SURVEYS.c.id == survey, WAITING).values(why=why))

    def call_off(self, ticket: int, but: str | None, why: str) -> int:
        """Call off the surveys of a ticket that wait, but for one solving."""
        others = SURVEYS.c.ticket_id == ticket
        if but is not None:
            others &= SURVEYS.c.solving != but[:200]
        return self._c.execute(update(SURVEYS).where(others, WAITING).values(why=why)).rowcount

    def due(self, after: datetime, until: datetime) -> list[tuple[int, DueTicket]]:
        """Surveys that became due in this span and wait, with their tickets, the oldest first."""
        rows = self._c.execute(
            select(SURVEYS.c.id, SURVEYS.c.due_at, TICKETS.c.connection, TICKETS.c.desk_id)
            .where(SURVEYS.c.ticket_id == TICKETS.c.id, WAITING)
            .where(SURVEYS.c.due_at > after, SURVEYS.c.due_at <= until)
            .order_by(SURVEYS.c.due_at, SURVEYS.c.id)
        )
        return [
            (row.id, DueTicket(TicketRef(row.connection, row.desk_id), row.due_at)) for row in rows
        ]

    def get(self, survey: int) -> StoredSurvey | None:
        """A survey by its id."""
        row = self._c.execute(select(SURVEYS).where(SURVEYS.c.id == survey)).one_or_none()
        if row is None:
            return None
        ticket = self._c.execute(select(*TICKET_COLUMNS).where(TICKETS.c.id == row.ticket_id)).one()
        return StoredSurvey(
            id=row.id,
            ticket=stored_ticket(ticket),
            name=row.name,
            kind=Kind(row.kind),
            solved_at=row.solved_at,
            language=row.language,
            agent_name=row.agent_name,
            due_at=row.due_at,
            sent_at=row.sent_at,
            score=row.score,
            comment=row.comment,
            second=row.second,
            why=row.why,
        )

    def ratings(self, ticket: int) -> list[tuple[str, int, datetime]]:
        """The scores from 1 to 5 given for a ticket, by a key of each, and when, oldest first."""
        rows = self._c.execute(
            select(SURVEYS.c.id, SURVEYS.c.score, SURVEYS.c.answered_at)
            .where(SURVEYS.c.ticket_id == ticket, SURVEYS.c.score.is_not(None))
            .where(SURVEYS.c.kind == Kind.CSAT.value)
            .order_by(SURVEYS.c.answered_at)
        )
        return [(str(row.id), row.score, row.answered_at) for row in rows]

    def answer(self, survey: int, score: int, comment: str, second: str, now: datetime) -> None:
        """Keep the customer's answer; a later one takes the place of an earlier one."""
        row = self._c.execute(
            update(SURVEYS)
            .where(SURVEYS.c.id == survey)
            .values(score=score, comment=clean(comment), second=clean(second), answered_at=now)
            .returning(SURVEYS.c.ticket_id, SURVEYS.c.kind)
        ).one()
        self._take_over(row.ticket_id, Kind(row.kind))

    def rated(self, ticket: StoredTicket, rating: DeskRating, at: datetime, now: datetime) -> bool:
        """Keep a rating that the desk asked for, given ``at``; False if it is known, or older."""
        new = upsert(self._c, SurveyRow).values(
            **_credit(ticket),
            agent_name=ticket.agent_name,
            solving=f"{OF_THE_DESK}:{rating.key}"[:200],
            solved_at=ticket.outcome.solved_at or at,
            name=OF_THE_DESK,
            kind=Kind.CSAT.value,
            channel=OF_THE_DESK,
            created_at=now,
            why="asked by the desk",
            answered_at=at,
            score=rating.score,
            comment=clean(rating.comment),
            second="",
        )
        told = new.excluded
        # Of two at the same moment the better one counts, so that every order agrees.
        is_later = or_(
            SURVEYS.c.answered_at < told.answered_at,
            (SURVEYS.c.answered_at == told.answered_at) & (SURVEYS.c.score < told.score),
        )
        kept = self._c.execute(
            new.on_conflict_do_update(
                index_elements=["ticket_id", "solving"],
                set_={name: told[name] for name in ("answered_at", "score", "comment")},
                where=is_later,
            )
        ).rowcount
        if kept > 0:
            self._take_over(ticket.id, Kind.CSAT)
        return kept > 0

    def _take_over(self, ticket: int, kind: Kind) -> None:
        """Let the ticket have the newest of its ratings, which have to be counted anew."""
        newest = (
            select(SURVEYS.c.score)
            .where(SURVEYS.c.ticket_id == ticket, SURVEYS.c.kind == kind.value)
            .where(SURVEYS.c.score.is_not(None))
            .order_by(SURVEYS.c.answered_at.desc(), SURVEYS.c.solving, SURVEYS.c.id)
            .limit(1)
        )
        score = self._c.execute(newest).scalar_one_or_none()
        change_tickets(self._c, [{"this": ticket, _COLUMNS[kind].name: score}])


def _credit(ticket: StoredTicket) -> dict[str, object]:
    """To what a rating is credited: the ticket as it stands now."""
    return {
        "ticket_id": ticket.id,
        "language": ticket.language,
        "segment": ticket.segment,
        "queue_name": ticket.queue_name,
        "rule": ticket.rule,
        "playbook": ticket.playbook,
    }
