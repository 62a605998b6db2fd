"""Mails that were promised in the database: sent, each once, whatever ends in between."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta

from plugin.ports import Clock, Mail, Mailer, Refused, Unavailable
from plugin.records import Store

log = logging.getLogger(__name__)

HOLD = timedelta(seconds=60)
"""How long one worker may take to send a mail before another may try."""

AT_ONCE = 50
"""Mails taken at one time."""

LATEST = timedelta(days=1)
"""After so long without a server that takes it, a mail is given up: it is no news any more."""


@dataclass(frozen=True, slots=True)
class SendMails:
    """Sends what is due. A mail that cannot be sent is tried again for a day."""

    store: Store
    mailer: Mailer
    clock: Clock

    def __call__(self) -> int:
        """Send what is due; returns how many mails were sent."""
        now = self.clock.now()
        with self.store.work() as work:
            due = work.mails.take(now, now + HOLD, AT_ONCE)
            work.commit()
        sent = 0
        for key, mail, since in due:
            sent += self._send(key, mail, give_up=now - since > LATEST)
        return sent

    def _send(self, key: int, mail: Mail, *, give_up: bool) -> bool:
        why, again = "", True
        try:
            self.mailer.send(mail)
        except Refused as refused:
            why, again = refused.reason, False
        except Unavailable as unavailable:
            why = unavailable.reason
        now = self.clock.now()
        with self.store.work() as work:
            if not why:
                work.mails.sent(key, now)
            elif again and not give_up:
                work.mails.failed(key, why, now)
            else:
                work.mails.given_up(key, why, now)
            work.commit()
        if why:
            log.warning("mail %s is not sent: %s", key, why)
        return not why
