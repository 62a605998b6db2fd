"""Mails that were promised in the database: sent, each once, whatever ends in between."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta

from plugin.ports import Clock, Mail, Mailer, Refused, Unavailable
from plugin.records import Store

log = logging.getLogger(__name__)

HOLD = timedelta(minutes=3)
"""How long a mail is one worker's: longer than any task lives, so that it is not sent twice."""

SPAN = timedelta(seconds=20)
"""After so long no other mail is begun: routing waits for the same workers."""

LATEST = timedelta(days=1)
"""After so long without a server that takes it, a mail is given up: it is no news any more."""


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
        until = self.clock.now() + SPAN
        while (now := self.clock.now()) < until:
            with self.store.work() as work:
                due = work.mails.take(now, now + HOLD, 1)
                work.commit()
            if not due:
                break
            ((key, mail, since),) = due
            why, again = self._try(mail)
            self._note(key, why, again=again and now - since <= LATEST)
            if again:
                break
            sent += not why
        return sent

    def _try(self, mail: Mail) -> tuple[str, bool]:
        """Why it is not sent, empty if it is; and whether trying again can help."""
        try:
            self.mailer.send(mail)
        except Refused as refused:
            return refused.reason, False
        except Unavailable as unavailable:
            return unavailable.reason, True
        except Exception as error:  # ruff: ignore[blind-except] — one odd mail keeps no other back
            # Its name only: what it says may repeat the mail.
            return f"It cannot be sent: {type(error).__name__}.", False
        return "", False

    def _note(self, key: int, why: str, *, again: bool) -> None:
        now = self.clock.now()
        with self.store.work() as work:
            if not why:
                work.mails.sent(key, now)
            elif again:
                work.mails.failed(key, why, now)
            else:
                work.mails.given_up(key, why, now)
            work.commit()
        if why:
            log.warning("mail %s is not sent: %s", key, why)
