"""Topics of tickets, found anew and kept as a report: what recurs, and what grows.

It reads the texts of very many tickets, so commands run it, in a process of their own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from plugin.ports import Clock
from plugin.records.issues import IssueTicket
from plugin.records.work import Store, Work
from routing.playbook import Playbook
from routing.topics.corpus import Written
from routing.topics.find import Found, Tickets, find
from routing.topics.issues import Counted, issues
from routing.topics.report import IssueReport
from routing.topics.weeks import COMPARED, WEEK, spans

MOST_TICKETS = 100_000
"""Tickets that are read at most: of more, a part of this size."""


@dataclass(frozen=True, slots=True)
class FindIssues:
    """Looks for topics in the tickets of the last weeks."""

    store: Store
    clock: Clock

    def __call__(self) -> IssueReport:
        """Find them now, and keep them for the pages."""
        now = self.clock.now()
        with self.store.work() as work:
            work.issues.begin(now)
            work.commit()
        # Weeks end with a day, so that the same tickets are in them all day.
        until = now.replace(hour=0, minute=0, second=0, microsecond=0)
        with self.store.look() as work:
            report, found = _look(work, until)
        report = replace(report, made_at=self.clock.now())
        with self.store.work() as work:
            # A customer who is being forgotten just now is forgotten before or after, not between.
            work.decisions.lock()
            work.issues.keep(report, found.tickets)
            work.commit()
        return report


def _look(work: Work, until: datetime) -> tuple[IssueReport, Found]:
    latest = work.issues.latest()
    last = None if latest is None else latest.report
    every = work.issues.count(spans(until))
    share = min(1.0, MOST_TICKETS / max(every, 1))
    replies = work.issues.replies(until - COMPARED * WEEK)
    ours = _our_tags(work.playbooks.live())
    texts, counted = Tickets(), list[Counted]()
    for one in work.issues.tickets(spans(until), share):
        texts.add(_written(one), (tag for tag in one.tags if tag not in ours))
        counted.append(_counted(one, replies.get(one.id, ())))
    known = {} if last is None else {one.id: one for one in last.topics}
    first = 1 if last is None else last.next_id
    found = find(texts, known, first)
    told, judged = issues(counted, found.tickets, until)
    words = [found.tickets[one.id] for one in found.topics if one.is_words]
    report = IssueReport(
        made_at=until,
        until=until,
        began=min((one.opened_at for one in counted), default=None),
        tickets=len(counted),
        every=every,
        other=len(counted) - sum(map(len, words)),
        judged=judged,
        topics=found.topics,
        issues=told,
        next_id=max((one.id + 1 for one in found.topics), default=first),
    )
    return report, found


def _our_tags(playbook: Playbook | None) -> frozenset[str]:
    """The tags that rules give: where a ticket was sent is not what it is about."""
    rules = () if playbook is None else playbook.rules
    return frozenset(tag for rule in rules for tag in rule.then.tags)


def _written(one: IssueTicket) -> Written:
    return Written(one.id, one.language, one.email, one.name, one.subject, one.text, one.topic)


def _counted(one: IssueTicket, replies: Iterable[str]) -> Counted:
    return Counted(
        ticket=one.id,
        opened_at=one.opened_at,
        segment=one.segment,
        desk=one.desk,
        replies=tuple(replies),
        answered=one.answered,
        solved=one.solved,
    )
