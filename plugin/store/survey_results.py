"""What came of surveys: how many were sent and answered, with which scores and what words."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from sqlalchemy import Connection, func, or_, select

from plugin.records.page import Page
from plugin.records.surveys import SurveyTally
from plugin.store.rows import TICKETS
from plugin.store.schema import WAITING
from plugin.store.surveys import OF_THE_DESK, SURVEYS
from plugin.views.surveys import SurveyComment
from routing.surveys.survey import Kind


class SqlSurveyResults:
    """The results of surveys, in one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._c = connection

    def tallies(self, since: datetime) -> list[SurveyTally]:
        """What came of surveys about tickets solved since then, by survey and segment."""
        of = (SURVEYS.c.name, SURVEYS.c.kind, SURVEYS.c.channel, SURVEYS.c.segment)
        rows = self._c.execute(
            select(
                *of,
                SURVEYS.c.score,
                func.count().label("many"),
                func.count().filter(SURVEYS.c.sent_at.is_not(None)).label("sent"),
                func.count().filter(WAITING).label("waiting"),
            )
            .where(SURVEYS.c.solved_at >= since)
            .group_by(*of, SURVEYS.c.score)
            .order_by(*of, SURVEYS.c.score)
        )
        found = defaultdict(list)
        for row in rows:
            found[row.name, row.kind, row.channel, row.segment].append(row)
        return [
            SurveyTally(
                name=name,
                kind=Kind(kind),
                channel=channel,
                segment=segment,
                sent=sum(one.sent for one in some),
                waiting=sum(one.waiting for one in some),
                not_asked=sum(
                    one.many - one.sent - one.waiting for one in some if one.score is None
                ),
                scores={one.score: one.many for one in some if one.score is not None},
            )
            for (name, kind, channel, segment), some in found.items()
        ]

    def reasons(self, since: datetime) -> dict[str, int]:
        """Why surveys were not asked since then, and how often each."""
        rows = self._c.execute(
            select(SURVEYS.c.why, func.count().label("many"))
            .where(SURVEYS.c.solved_at >= since, func.length(SURVEYS.c.why) > 0)
            .where(SURVEYS.c.channel != OF_THE_DESK)
            .group_by(SURVEYS.c.why)
        )
        return {row.why: row.many for row in rows}

    def comments(self, page: Page) -> list[SurveyComment]:
        """What customers wrote, the newest first."""
        said = func.length(SURVEYS.c.comment) + func.length(SURVEYS.c.second) > 0
        wanted = (
            select(SURVEYS, TICKETS.c.connection, TICKETS.c.desk_id, TICKETS.c.subject)
            .where(SURVEYS.c.ticket_id == TICKETS.c.id, SURVEYS.c.score.is_not(None), said)
            .order_by(SURVEYS.c.answered_at.desc(), SURVEYS.c.id.desc())
            .limit(page.limit)
        )
        if page.before is not None:
            last = select(SURVEYS.c.answered_at).where(SURVEYS.c.id == page.before)
            at = self._c.execute(last).scalar()
            then = (SURVEYS.c.answered_at == at) & (SURVEYS.c.id < page.before)
            wanted = wanted.where(or_(SURVEYS.c.answered_at < at, then))
        return [
            SurveyComment(
                id=row.id,
                survey=row.name,
                kind=Kind(row.kind),
                segment=row.segment,
                agent=row.agent_name,
                score=row.score,
                comment=row.comment,
                second=row.second,
                at=row.answered_at,
                connection=row.connection,
                ticket=row.desk_id,
                subject=row.subject,
            )
            for row in self._c.execute(wanted)
        ]
