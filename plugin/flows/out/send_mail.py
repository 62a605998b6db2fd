"""Mails that were promised in the database: sent, each once, whatever ends in between."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from plugin.flows.out.send_out import Tried, attempt, taken
from plugin.ports import Clock, Mail, Mailer
from plugin.records.outbox import Due
from plugin.records.work import Store

log = logging.getLogger(__name__)

LATEST = timedelta(days=1)
"""After so long without a server that takes it, a mail is given up: it is no news any more."""

FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class SendMails:
    """Sends what is due. A mail that cannot be sent is tried again for a day."""

    store: Store
    mailer: Mailer
    clock: Clock

    def __call__(self) -> int:
        """Send what is due, one after the other; returns how many mails were sent.

        Ends at the first that has to wait: the server would keep all others waiting as well.
        """
        sent = 0
        for due in taken(self.store, self.clock, lambda work: work.mails):
            tried = attempt(partial(self.mailer.send, due.thing))
            self._note(due, tried)
            if tried.again:
                break
            sent += not tried.why
        return sent

    def _note(self, due: Due[Mail], tried: Tried) -> None:
        now = self.clock.now()
        with self.store.work() as work:
            if not tried.why:
                work.mails.sent(due.key, now)
            elif tried.again and now - due.since <= LATEST:
                work.mails.failed(due.key, tried.why, now + pause(due.tries))
            else:
                work.mails.given_up(due.key, tried.why, now)
            work.commit()
        if tried.why:
            log.warning("mail %s is not sent: %s", due.key, tried.why)


def pause(tries: int) -> timedelta:
    """How long a mail waits after so many tries: it doubles up to an hour."""
    return min(FIRST_PAUSE * (1 << min(tries - 1, 10)), LONGEST_PAUSE)
