"""Messages that were promised to other tools: sent at least once, each always under one id."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from random import random as by_chance

from plugin.flows.out.send_out import Tried, attempt, taken
from plugin.ports import Clock, Mail, Messenger, Webhook
from plugin.records.outbox import Due
from plugin.records.receivers import ReceiverRecord
from plugin.records.work import Store, Work
from plugin.views.people import Role

log = logging.getLogger(__name__)

WAITS = tuple(
    timedelta(seconds=seconds)
    for seconds in (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
)
"""How long a message waits after each try: the schedule that Standard Webhooks proposes."""

JITTER = 0.2
"""By how much of itself a wait may be longer, so that not everything comes back at once."""

PATIENCE = timedelta(days=5)
"""A receiver that has failed for so long is switched off."""

LONGEST_REST = timedelta(minutes=15)

OURSELVES = "Deskroute"
"""Who acts where nobody does."""


@dataclass(frozen=True, slots=True)
class SendWebhooks:
    """Sends what is due. One receiver that is down keeps no other waiting."""

    store: Store
    messenger: Messenger
    clock: Clock
    # ruff: ignore[suspicious-non-cryptographic-random-usage] — nobody gains by guessing a wait
    chance: Callable[[], float] = by_chance

    def __call__(self) -> int:
        """Send what is due, one after the other; returns how many messages were taken."""
        sent = 0
        for due in taken(self.store, self.clock, lambda work: work.webhooks):
            tried = attempt(partial(self.messenger.send, due.thing, self.clock.now()))
            self._note(due, tried)
            sent += not tried.why
        return sent

    def _note(self, due: Due[Webhook], tried: Tried) -> None:
        now = self.clock.now()
        with self.store.work() as work:
            receiver = work.receivers.get(due.thing.receiver, hold=True)
            if receiver is None:
                return  # Removed meanwhile, with all its messages.
            if not tried.why:
                work.webhooks.sent(due.key, now)
            elif tried.again and due.tries <= len(WAITS):
                wait = WAITS[due.tries - 1] * (1 + JITTER * self.chance())
                work.webhooks.failed(due.key, tried.why, now + max(wait, _asked(tried)))
            else:
                work.webhooks.given_up(due.key, tried.why, now)
            after = _after(receiver, tried, now)
            work.receivers.save(after)
            if tried.gone or now - (after.failing_since or now) >= PATIENCE:
                _switch_off(work, after, tried.why, now)
            work.commit()
        if tried.why:
            log.warning("message %s to %s is not sent: %s", due.key, receiver.name, tried.why)


def _after(receiver: ReceiverRecord, tried: Tried, now: datetime) -> ReceiverRecord:
    """The receiver as it stands after a try. After each failure in a row it rests for longer."""
    if not tried.why:
        return replace(
            receiver, failures=0, failing_since=None, rests=None, told_at=now, told="taken"
        )
    failures = receiver.failures + 1
    rest = min(WAITS[0] * 2 ** min(failures - 1, 10), LONGEST_REST)
    return replace(
        receiver,
        failures=failures,
        failing_since=receiver.failing_since or now,
        rests=now + max(rest, _asked(tried)),
        told_at=now,
        told=tried.why,
    )


def _asked(tried: Tried) -> timedelta:
    """For how long a receiver asked us to stay away; a day at most."""
    return min(tried.wait, WAITS[-1])


def _switch_off(work: Work, receiver: ReceiverRecord, why: str, now: datetime) -> None:
    """Tell it nothing any more, and tell the admins so."""
    work.receivers.save(replace(receiver, enabled=False, why=why))
    work.webhooks.park(receiver.id, f"{receiver.name} is switched off. {why}", now)
    work.audit.note(OURSELVES, f"switched off the receiver {receiver.name}: {why}", now)
    text = (
        f"{receiver.name} is told nothing any more. {why}\n\n"
        "What it has missed is parked and can be replayed. Mend it, then switch it on again under "
        "Setup, Receivers."
    )
    admins = [one for one in work.people.everyone() if one.role is Role.ADMIN]
    work.mails.put(
        [
            Mail(
                f"receiver-{receiver.id}-{now:%Y%m%d%H%M%S}-{one.id}",
                one.email,
                f"The receiver {receiver.name} is switched off",
                text,
            )
            for one in admins
        ],
        now,
    )
