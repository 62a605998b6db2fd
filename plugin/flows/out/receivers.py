"""Receivers of our webhooks, as admins see and keep them."""

from __future__ import annotations

import json
import re
import secrets
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from plugin.flows.out.send_out import attempt
from plugin.pages.refusals import BadReceiver, NotThere
from plugin.ports import EVENTS, Clock, Jobs, Messenger, Refused, Webhook
from plugin.records.page import Page
from plugin.records.receivers import ReceiverRecord, Secret, good
from plugin.records.work import Store, Work
from plugin.views.receivers import NewReceiver, ReceiverLine, ReceiverView

OVERLAP = timedelta(days=1)
"""How long the secret before the newest counts: both sign meanwhile."""

MOST = 50
"""Most receivers. Each news is written down for each of them."""

_NAME = re.compile(r"\w[\w .-]{0,59}")

A_PAGE = 50

TEST = "test"
"""The type of the message that a test sends; no receiver has to want it."""


@dataclass(frozen=True, slots=True)
class SeeReceivers:
    """The receivers' page and commands."""

    store: Store
    messenger: Messenger
    jobs: Jobs
    clock: Clock

    def every(self) -> tuple[ReceiverLine, ...]:
        """All of them, by name."""
        now = self.clock.now()
        with self.store.look() as work:
            counts = work.webhooks.counts()
            return tuple(_line(one, counts, now) for one in work.receivers.every())

    def segments(self) -> tuple[str, ...]:
        """The segments whose members can be told."""
        with self.store.look() as work:
            live = work.playbooks.live()
        return () if live is None else tuple(one.name for one in live.segments)

    def view(self, name: str, before: int | None) -> ReceiverView:
        """One with what it was told, newest first. Raises NotThere."""
        with self.store.look() as work:
            receiver = _known(work, name)
            found = work.webhooks.lines(receiver.id, Page(before, A_PAGE + 1))
            line = _line(receiver, work.webhooks.counts(), self.clock.now())
        shown = tuple(found[:A_PAGE])
        return ReceiverView(line, shown, shown[-1].id if len(found) > A_PAGE else None)

    def add(self, wanted: NewReceiver, by: str) -> str:
        """Keep a new one; returns its secret, which is told this once. Raises BadReceiver."""
        self._check(wanted)
        now, secret = self.clock.now(), new_secret()
        record = ReceiverRecord(
            name=wanted.name,
            url=wanted.url,
            secrets=(Secret(secret),),
            events=frozenset(wanted.events),
            segments=wanted.segments,
            by=by,
            created_at=now,
        )
        with self.store.work() as work:
            if len(work.receivers.every()) >= MOST:
                raise BadReceiver(wanted, f"There are {MOST} receivers already, which is the most.")
            if not work.receivers.add(record):
                raise BadReceiver(wanted, f"There is a receiver “{wanted.name}” already.")
            work.audit.note(by, f"added the receiver {wanted.name} at {_host(wanted.url)}", now)
            work.commit()
        return secret

    def change(self, wanted: NewReceiver, by: str) -> None:
        """Change where it is and what it wants. Raises BadReceiver, NotThere."""
        self._check(wanted)

        def changed(record: ReceiverRecord) -> ReceiverRecord:
            events, segments = frozenset(wanted.events), wanted.segments
            return replace(record, url=wanted.url, events=events, segments=segments, rests=None)

        self._change(wanted.name, by, f"changed the receiver {wanted.name}", changed)

    def test(self, name: str, by: str) -> str:
        """Send a message of the type ``test`` now; why it was not taken, or empty."""
        now = self.clock.now()
        with self.store.look() as work:
            receiver = _known(work, name)
        body = {"type": TEST, "timestamp": now.isoformat(), "data": {"receiver": name}}
        message = Webhook(
            receiver=name,
            url=receiver.url,
            secrets=good(receiver.secrets, now),
            id=f"test_{secrets.token_hex(16)}",
            body=json.dumps(body, separators=(",", ":")).encode(),
        )
        tried = attempt(lambda: self.messenger.send(message, now))
        told = tried.why or "took a test"
        self._change(
            name,
            by,
            f"tested the receiver {name}",
            # What it is still to be told need not wait any longer, if it answers again.
            lambda one: replace(
                one, told_at=now, told=told, rests=one.rests if tried.why else None
            ),
        )
        self.jobs.ring()
        return tried.why

    def renew_secret(self, name: str, by: str) -> str:
        """A new secret, told this once; the one before counts for another day. Raises NotThere."""
        secret, until = new_secret(), self.clock.now() + OVERLAP

        def renewed(record: ReceiverRecord) -> ReceiverRecord:
            # Never more than two: each one signs, and headers have an end.
            old = replace(record.secrets[0], until=until)
            return replace(record, secrets=(Secret(secret), old))

        self._change(name, by, f"renewed the secret of the receiver {name}", renewed)
        return secret

    def switch(self, name: str, by: str, *, on: bool) -> None:
        """Tell it everything that happens from now on, or nothing. Raises NotThere."""
        did = f"switched {'on' if on else 'off'} the receiver {name}"
        why = "" if on else f"Switched off by {by}."

        def switched(record: ReceiverRecord) -> ReceiverRecord:
            fresh = replace(record, failures=0, failing_since=None, rests=None)
            return replace(fresh, enabled=on, why=why)

        with self.store.work() as work:
            receiver = _known(work, name, hold=True)
            work.receivers.save(switched(receiver))
            if not on:
                work.webhooks.park(receiver.id, why, self.clock.now())
            work.audit.note(by, did, self.clock.now())
            work.commit()

    def replay(self, name: str, by: str, message: int | None = None) -> int:
        """Try what it has missed again, all or one of it; returns how many. Raises NotThere."""
        with self.store.work() as work:
            receiver = _known(work, name, hold=True)
            if not receiver.enabled:
                raise Refused(f"{name} is switched off. Switch it on first.")
            count = work.webhooks.replay(receiver.id, self.clock.now(), message)
            did = f"replayed {count} parked messages to {name}"
            work.audit.note(by, did, self.clock.now())
            work.commit()
        self.jobs.ring()
        return count

    def start_over(self, name: str, by: str) -> None:
        """Tell it all members of its segments anew, after the next count. Raises NotThere."""
        with self.store.work() as work:
            work.pushes.start_over(_known(work, name, hold=True).id)
            did = f"started over with the segments of the receiver {name}"
            work.audit.note(by, did, self.clock.now())
            work.commit()

    def remove(self, name: str, by: str) -> None:
        """Remove it with all that it was still to be told. Raises NotThere."""
        with self.store.work() as work:
            _known(work, name, hold=True)
            work.receivers.remove(name)
            work.audit.note(by, f"removed the receiver {name}", self.clock.now())
            work.commit()

    def _change(
        self, name: str, by: str, did: str, change: Callable[[ReceiverRecord], ReceiverRecord]
    ) -> None:
        with self.store.work() as work:
            work.receivers.save(change(_known(work, name, hold=True)))
            work.audit.note(by, did, self.clock.now())
            work.commit()

    def _check(self, wanted: NewReceiver) -> None:
        """Raises BadReceiver."""
        unknown = next((one for one in wanted.events if one not in EVENTS), None)
        if not _NAME.fullmatch(wanted.name):
            why = "Name it with letters, digits, blanks, dots and dashes, 60 at most."
        elif unknown is not None:
            why = f"There is no event “{unknown[:60]}”. There are {', '.join(EVENTS)}."
        elif not wanted.events:
            why = "Choose at least one event that it is told of."
        else:
            try:
                self.messenger.check(wanted.url)
            except Refused as refused:
                raise BadReceiver(wanted, refused.reason) from None
            return
        raise BadReceiver(wanted, why)


def new_secret() -> str:
    """A secret as Standard Webhooks writes it: 32 random bytes in base64 after ``whsec_``."""
    return f"whsec_{b64encode(secrets.token_bytes(32)).decode()}"


def _known(work: Work, name: str, *, hold: bool = False) -> ReceiverRecord:
    receiver = work.receivers.get(name, hold=hold)
    if receiver is None:
        raise NotThere(f"There is no receiver “{name}”.")
    return receiver


def _host(url: str) -> str:
    # Of an address the path may hold a secret.
    return url.partition("://")[2].partition("/")[0][:200]


def _line(
    receiver: ReceiverRecord, counts: dict[int, tuple[int, int]], now: datetime
) -> ReceiverLine:
    waiting, parked = counts.get(receiver.id, (0, 0))
    until = next((one.until for one in receiver.secrets[1:]), None)
    return ReceiverLine(
        name=receiver.name,
        url=receiver.url,
        events=tuple(sorted(receiver.events)),
        segments=receiver.segments,
        enabled=receiver.enabled,
        why=receiver.why,
        failing_since=receiver.failing_since,
        told_at=receiver.told_at,
        told=receiver.told,
        waiting=waiting,
        parked=parked,
        old_secret_until=until if until is not None and until > now else None,
    )
