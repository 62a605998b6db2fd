"""Surveys: one per solving, credited to who solved it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, or_, select, update

from plugin.records import StoredSurvey, StoredTicket
from plugin.store.rows import (
    TICKET_COLUMNS,
    TICKETS,
    change_tickets,
    stored_ticket,
    table,
    upsert,
)
from plugin.store.schema import SurveyRow, clean

SURVEYS = table(SurveyRow)


class SqlSurveys:
    """Surveys in one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._c = connection

    def ask(self, ticket: StoredTicket, solving: str, solved_at: datetime, now: datetime) -> int:
        """Keep a survey, credited as the ticket stands now."""
        self._c.execute(
            upsert(self._c, SurveyRow)
            .values(
                ticket_id=ticket.id,
                solving=solving[:200],
                solved_at=solved_at,
                language=ticket.language,
                segment=ticket.segment,
                queue_name=ticket.queue_name,
                agent_name=ticket.agent_name,
                rule=ticket.rule,
                playbook=ticket.playbook,
                created_at=now,
                comment="",
            )
            .on_conflict_do_nothing()
        )
        mine = (SURVEYS.c.ticket_id == ticket.id) & (SURVEYS.c.solving == solving[:200])
        return int(self._c.execute(select(SURVEYS.c.id).where(mine)).scalar_one())

    def hold(self, survey: int, now: datetime, until: datetime) -> bool:
        """Be the only one to send it until then."""
        return (
            self._c.execute(
                update(SURVEYS)
                .where(
                    SURVEYS.c.id == survey,
                    SURVEYS.c.sent_at.is_(None),
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
        """The survey has reached the desk."""
        ticket = self._c.execute(
            update(SURVEYS)
            .where(SURVEYS.c.id == survey)
            .values(sent_at=now)
            .returning(SURVEYS.c.ticket_id)
        ).scalar_one()
        change_tickets(self._c, [{"this": ticket, "surveyed": True}])

    def get(self, survey: int) -> StoredSurvey | None:
        """A survey by its id."""
        row = self._c.execute(select(SURVEYS).where(SURVEYS.c.id == survey)).one_or_none()
        if row is None:
            return None
        ticket = self._c.execute(select(*TICKET_COLUMNS).where(TICKETS.c.id == row.ticket_id)).one()
        return StoredSurvey(
            id=row.id,
            ticket=stored_ticket(ticket),
            solved_at=row.solved_at,
            language=row.language,
            agent_name=row.agent_name,
            sent_at=row.sent_at,
            score=row.score,
            comment=row.comment,
        )

    def ratings(self, ticket: int) -> list[tuple[str, int, datetime]]:
        """The scores that were given for a ticket, by a key of each, and when, oldest first."""
        rows = self._c.execute(
            select(SURVEYS.c.id, SURVEYS.c.score, SURVEYS.c.answered_at)
            .where(SURVEYS.c.ticket_id == ticket, SURVEYS.c.score.is_not(None))
            .order_by(SURVEYS.c.answered_at)
        )
        return [(str(row.id), row.score, row.answered_at) for row in rows]

    def answer(self, survey: int, score: int, comment: str, now: datetime) -> None:
        """Keep the customer's answer; a later one takes the place of an earlier one."""
        ticket = self._c.execute(
            update(SURVEYS)
            .where(SURVEYS.c.id == survey)
            .values(score=score, comment=clean(comment), answered_at=now)
            .returning(SURVEYS.c.ticket_id)
        ).scalar_one()
        change_tickets(self._c, [{"this": ticket, "score": score}])
