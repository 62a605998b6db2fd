"""Topics of tickets: what they are looked for in, and what was found."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, delete, func, insert, or_, select

from plugin.records.issues import IssueLook, IssueTicket
from plugin.store.rows import DECISIONS, TICKETS, table, upsert
from plugin.store.schema import IssueReportRow, ReplyUseRow, TopicTicketRow
from routing.forgetting import FORGOTTEN
from routing.topics.report import IssueReport, report_in, report_out
from routing.topics.words import SUBJECT, TEXT

REPORTS = table(IssueReportRow)
REPLY_USES = table(ReplyUseRow)
TOPIC_TICKETS = table(TopicTicketRow)

_ONLY = 1
"""The id of the only row of the report."""

_READ, _WRITTEN = 10_000, 2_000
"""Rows that are read, and written, at once."""

# Knuth's multiplicative hash, over 2**32: the tickets of a smaller share are among those of a
# larger one, so that hardly any ticket comes or goes as their number changes.
_SPREAD, _RANGE = 2_654_435_761, 2**32

_C = TICKETS.c
_COLUMNS = (
    _C.id,
    _C.connection,
    _C.language,
    _C.segment,
    _C.requester_email,
    _C.requester_name,
    func.substr(_C.subject, 1, SUBJECT).label("subject"),
    func.substr(_C.text, 1, TEXT).label("text"),
    _C.tags,
    _C.opened_at,
    _C.public_replies,
    _C.solved_at,
)
_REMOVE = delete(TOPIC_TICKETS).where(
    TOPIC_TICKETS.c.topic == bindparam("of"), TOPIC_TICKETS.c.ticket_id == bindparam("this")
)
_FORGOTTEN = and_(_C.requester_email.is_(None), _C.subject == FORGOTTEN)

Spans = Sequence[tuple[datetime, datetime]]


class SqlIssues:
    """Topics of tickets in one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._c = connection

    def count(self, spans: Spans) -> int:
        """How many tickets were opened in these spans; merged and deleted ones are left out."""
        counted = select(func.count()).select_from(TICKETS).where(_opened(spans))
        return int(self._c.execute(counted).scalar_one())

    def tickets(self, spans: Spans, share: float) -> Iterator[IssueTicket]:
        """Them, or about such a share of them (0 to 1), the same ones each time, by their id."""
        latest = self.latest()
        topics: dict[int, int] = {}
        if latest is not None and latest.report is not None:
            words = [one.id for one in latest.report.topics if one.is_words]
            inside = select(TOPIC_TICKETS).where(TOPIC_TICKETS.c.topic.in_(words))
            topics = {row.ticket_id: row.topic for row in self._c.execute(inside)}
        query = select(*_COLUMNS).where(_opened(spans)).order_by(_C.id)
        if share < 1:
            query = query.where(_C.id * _SPREAD % _RANGE < int(share * _RANGE))
        query, after = query.limit(_READ), 0
        while rows := self._c.execute(query.where(_C.id > after)).all():
            yield from (_ticket(row, topics.get(row.id)) for row in rows)
            after = rows[-1].id

    def replies(self, since: datetime) -> dict[int, tuple[str, ...]]:
        """The replies that were inserted in tickets opened since then, by our id."""
        used = (
            select(DECISIONS.c.ticket_id, REPLY_USES.c.reply)
            .distinct()
            .join(DECISIONS, DECISIONS.c.id == REPLY_USES.c.decision_id)
            .join(TICKETS, _C.id == DECISIONS.c.ticket_id)
            .where(_C.opened_at >= since)
        )
        found: dict[int, list[str]] = defaultdict(list)
        for row in self._c.execute(used):
            found[row.ticket_id].append(row.reply)
        return {ticket: tuple(sorted(names)) for ticket, names in found.items()}

    def latest(self) -> IssueLook | None:
        """The last look; None if there was none yet."""
        row = self._c.execute(select(REPORTS)).one_or_none()
        if row is None:
            return None
        return IssueLook(row.started_at, None if row.report is None else report_in(row.report))

    def last(self) -> tuple[datetime, int] | None:
        """When the last look began, and how many topics are kept; None before the first."""
        row = self._c.execute(select(REPORTS.c.started_at, REPORTS.c.topics)).one_or_none()
        return None if row is None else (row.started_at, row.topics)

    def begin(self, now: datetime) -> None:
        """A look begins."""
        self._c.execute(
            upsert(self._c, IssueReportRow)
            .values(id=_ONLY, started_at=now, topics=0, report=None)
            .on_conflict_do_update(index_elements=["id"], set_={"started_at": now})
        )

    def keep(self, report: IssueReport, tickets: Mapping[int, Collection[int]]) -> None:
        """Keep what was found, and the tickets (our ids) of each topic, in the place of before.

        Only what differs is written: from one day to the next that is little. Whoever was
        forgotten meanwhile is left out.
        """
        values = {"topics": len(report.topics), "report": report_out(report)}
        self._c.execute(
            upsert(self._c, IssueReportRow)
            .values(id=_ONLY, started_at=report.made_at, **values)
            .on_conflict_do_update(index_elements=["id"], set_=values)
        )
        before = {(row.topic, row.ticket_id) for row in self._c.execute(select(TOPIC_TICKETS))}
        now = {(topic, ticket) for topic, inside in tickets.items() for ticket in inside}
        gone = [{"of": topic, "this": ticket} for topic, ticket in sorted(before - now)]
        if gone:
            self._c.execute(_REMOVE, gone)
        for some in _some(now - before):
            there = set(
                self._c.execute(
                    select(_C.id).where(_C.id.in_({ticket for _, ticket in some}), ~_FORGOTTEN)
                ).scalars()
            )
            rows = [{"topic": one, "ticket_id": ticket} for one, ticket in some if ticket in there]
            if rows:
                self._c.execute(insert(TOPIC_TICKETS), rows)


def _opened(spans: Spans) -> ColumnElement[bool]:
    within = (and_(_C.opened_at >= since, _C.opened_at < until) for since, until in spans)
    return and_(_C.gone.is_(None), ~_FORGOTTEN, or_(*within))


def _ticket(row: Any, topic: int | None) -> IssueTicket:
    return IssueTicket(
        id=row.id,
        desk=row.connection,
        language=row.language,
        segment=row.segment,
        email=row.requester_email,
        name=row.requester_name,
        subject=row.subject,
        text=row.text,
        tags=tuple(tag for tag in row.tags if isinstance(tag, str)),
        opened_at=row.opened_at,
        answered=bool(row.public_replies),
        solved=row.solved_at is not None,
        topic=topic,
    )


def _some(pairs: Iterable[tuple[int, int]]) -> Iterator[Sequence[tuple[int, int]]]:
    left = iter(sorted(pairs))
    while some := list(islice(left, _WRITTEN)):
        yield some
