"""The tickets behind a number."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, or_, select, true

from plugin.records.page import Page
from plugin.store.measured_days import having_labels, in_topic
from plugin.store.rows import DECISION_COLUMNS, TICKETS
from plugin.views.results import Having, ResultLine
from routing.outcomes.dimensions import Dimension
from routing.outcomes.promise import Kept, answered, kept

_C = TICKETS.c
_HAVING: Mapping[Having, ColumnElement[bool]] = {
    Having.ALL: true(),
    Having.RATED: _C.score.is_not(None),
    Having.UNHAPPY: _C.score < 4,
    Having.ASKED: _C.surveyed,
    Having.UNANSWERED: and_(
        _C.first_reply_at.is_(None), _C.solved_at.is_(None), _C.public_replies.is_not(None)
    ),
    Having.OPEN: _C.solved_at.is_(None),
    Having.SOLVED: _C.first_solved_at.is_not(None),
    Having.PROMISED: or_(_C.first_reply_target.is_not(None), _C.resolution_target.is_not(None)),
    Having.TRANSFERRED: _C.transfers > 0,
    Having.REOPENED: and_(_C.reopens > 0, _C.first_solved_at.is_not(None)),
    Having.TOUCHES_KNOWN: and_(_C.first_solved_at.is_not(None), _C.public_replies.is_not(None)),
    Having.ONE_TOUCH: and_(
        _C.solved_at.is_not(None), _C.public_replies == 1, _C.reopens == 0, _C.transfers == 0
    ),
}
"""As ``routing.outcomes`` counts them, said to a database."""


class SqlResultLines:
    """Lists of tickets in one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._c = connection

    def __call__(
        self,
        since: datetime,
        until: datetime,
        only: Mapping[Dimension, str | None],
        having: Having,
        page: Page,
    ) -> list[ResultLine]:
        """Tickets opened in a span with these labels, newest first; merged and deleted left out."""
        opened = and_(_C.opened_at >= since, _C.opened_at < until)
        return self._lines([opened, *having_labels(only), _HAVING[having]], page)

    def of_topic(
        self,
        topic: int,
        since: datetime,
        until: datetime,
        only: Mapping[Dimension, str | None],
        page: Page,
    ) -> list[ResultLine]:
        """The same of one topic, by its number in the report on issues."""
        opened = and_(_C.opened_at >= since, _C.opened_at < until)
        return self._lines([opened, *having_labels(only), in_topic(topic)], page)

    def _lines(self, where: Iterable[ColumnElement[bool]], page: Page) -> list[ResultLine]:
        query = (
            select(*TICKETS.c, *DECISION_COLUMNS)
            .where(_C.gone.is_(None), *where)
            .order_by(_C.opened_at.desc(), _C.id.desc())
            .limit(page.limit)
        )
        if page.before is not None:
            last = select(_C.opened_at).where(_C.id == page.before).scalar_subquery()
            older = or_(_C.opened_at < last, and_(_C.opened_at == last, _C.id < page.before))
            query = query.where(older)
        return [_line(row) for row in self._c.execute(query)]


def _line(row: Any) -> ResultLine:
    return ResultLine(
        id=row.id,
        decision=row.decision,
        connection=row.connection,
        ticket=row.desk_id,
        subject=row.subject,
        segment=row.segment,
        queue=row.queue_name,
        channel=row.channel,
        opened_at=row.opened_at,
        first_reply=None if row.first_reply_at is None else row.first_reply_at - row.opened_at,
        resolution=None if row.solved_at is None else row.solved_at - row.opened_at,
        score=row.score,
        reopens=row.reopens,
        transfers=row.transfers,
        promises=tuple(_promises(row)),
    )


def _promises(row: Any) -> Iterator[Kept]:
    """How each promise stands that the row can tell of; what is still open may be late by now."""
    if row.schedule is None:
        ends = (row.first_reply_at, row.first_solved_at, row.solved_at)
        took = [None if end is None else int((end - row.opened_at).total_seconds()) for end in ends]
    else:
        took = [row.first_reply_worked, row.first_solved_worked, row.solved_worked]
    reply, first, last = took
    for promised, done in (
        (row.first_reply_target, answered(reply, first)),
        (row.resolution_target, last),
    ):
        stands = kept(promised, done, 0)
        if stands is not None:
            yield stands
