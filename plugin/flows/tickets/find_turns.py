"""Tickets for which it is time: a wait is over, an agent was silent too long, a survey is due."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from plugin.ports import Clock, Delivery, Jobs, Notice
from plugin.records.turns import DueTicket
from plugin.records.work import Store, Work
from routing.playbook import Playbook
from routing.rules.occasions import waits
from routing.rules.turns import LATEST
from routing.tickets import TicketRef, Trigger

TURN = "turn"
"""The kind of a delivery that we send ourselves because something is due for a ticket."""

LATEST_SURVEY = timedelta(days=7)
"""A survey that is overdue for longer is not asked any more: nobody remembers."""

AT_ONCE = 1_000
"""Tickets that are looked up in the inbox together."""


@dataclass(frozen=True, slots=True)
class FindTurns:
    """Puts tickets for which it is time through the same door as all others.

    So each is retried, parked and counted like any delivery. Nothing is scheduled: what is due is
    found by when it began, also after hours in which nobody looked.
    """

    store: Store
    jobs: Jobs
    clock: Clock

    def __call__(self) -> int:
        """Look; returns how many deliveries were put."""
        now = self.clock.now()
        with self.store.look() as work:
            playbook = work.playbooks.live()
        if playbook is None:
            return 0
        due = list(self._due(playbook, now))
        put = sum(
            self._put(due[first : first + AT_ONCE], now) for first in range(0, len(due), AT_ONCE)
        )
        if put:
            self.jobs.ring()
        return put

    def _due(self, playbook: Playbook, now: datetime) -> Iterator[tuple[str, DueTicket]]:
        with self.store.look() as work:
            for wait in waits(playbook.rules):
                seconds = int(wait.total_seconds())
                for one in work.turns.waiting(now - wait - LATEST, now - wait):
                    yield f"waiting:{one.ref.id}:{_second(one.since)}:{seconds}", one
            if any(rule.then.hand_back for rule in playbook.rules):
                for one in work.turns.to_hand_back(now - LATEST, now):
                    yield f"handed back:{one.ref.id}:{_second(one.since)}", one
            hour = _second(now) // 3_600
            for survey, one in work.surveys.due(now - LATEST_SURVEY, now):
                # Once more each hour, should a clock that is behind have found it too early.
                yield f"survey:{survey}:{hour}", one

    def _put(self, due: Sequence[tuple[str, DueTicket]], now: datetime) -> int:
        put = 0
        with self.store.work() as work:
            for connection in sorted({one.ref.connection for _, one in due}):
                mine = {key: one for key, one in due if one.ref.connection == connection}
                known = work.inbox.known(connection, mine.keys())
                new = {key: one for key, one in mine.items() if key not in known}
                for key, one in new.items():
                    put_turn(work, key, one.ref, now)
                put += len(new)
            work.commit()
        return put


def put_turn(work: Work, key: str, ticket: TicketRef, now: datetime) -> None:
    """Put what happened to a ticket through the door, once for each key."""
    body = json.dumps({"ticket": ticket.id}).encode()
    work.inbox.put(Delivery(ticket.connection, body, {}, now), Notice(key, TURN, ticket.id))


def put_rated(work: Work, key: str, ticket: TicketRef, now: datetime) -> None:
    """Let the rules for ratings be tried, where there are any; of one key the first counts."""
    playbook = work.playbooks.live()
    if playbook is not None and any(rule.on is Trigger.RATED for rule in playbook.rules):
        put_turn(work, f"rated:{key}", ticket, now)


def _second(at: datetime) -> int:
    return int((at - datetime(1970, 1, 1, tzinfo=at.tzinfo)) // timedelta(seconds=1))
