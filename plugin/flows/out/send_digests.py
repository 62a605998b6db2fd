"""The digests of a week: found when they are due, written, and promised as mails once each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from itertools import starmap
from typing import Protocol
from zoneinfo import ZoneInfo

from plugin.flows.out.my_mails import stop_headers
from plugin.ports import Clock, Composed, Links, Mail
from plugin.records.work import Store, Work
from plugin.views.mails import MailKind, Subscription
from plugin.views.people import Role
from routing.recurring import latest, week_before, week_name


class Digest(Protocol):
    """Writes what one subscriber is told of one week."""

    def __call__(self, wanted: Subscription, since: datetime, until: datetime) -> Composed:
        """The digest of the tickets opened in [since, until)."""
        ...


def digest_is_due(store: Store, clock: Clock) -> bool:
    """Whether any digest has to be written."""
    with store.look() as work:
        return next(_due(work, clock.now()), None) is not None


def _due(work: Work, now: datetime) -> Iterator[tuple[Subscription, datetime, str]]:
    """Whose digest is due, since when, and the key of its mail.

    After we were away only the last one is: nobody reads the weeks before. Of two processes that
    find the same, the key lets one mail through.
    """
    wanted = work.subscriptions.every(MailKind.DIGEST)
    moments = [latest(one.weekday, one.hour, ZoneInfo(one.zone), now) for one in wanted]
    keys = list(starmap(_key, zip(wanted, moments, strict=True)))
    known = work.mails.known(keys) if keys else set()
    for one, at, key in zip(wanted, moments, keys, strict=True):
        new = one.since is not None and one.since > at
        if key not in known and not new and may_have(work, one.email):
            yield one, at, key


def _key(wanted: Subscription, at: datetime) -> str:
    """By the reader and not the subscription: who ends it and asks again gets no second one."""
    reader = sha256(wanted.email.encode()).hexdigest()[:32]
    return f"digest-{reader}-{week_name(at, ZoneInfo(wanted.zone))}"


def may_have(work: Work, email: str) -> bool:
    """Whether KPIs may be sent there: to leads and admins, and to addresses that an admin named."""
    known = work.people.by_email(email)
    return known is None or known.person.role.may(Role.LEAD)


@dataclass(frozen=True, slots=True)
class SendDigests:
    """Writes each digest that is due, and promises it as a mail."""

    store: Store
    clock: Clock
    digest: Digest
    links: Links

    def __call__(self) -> int:
        """Write what is due; returns how many were written."""
        with self.store.look() as work:
            due = list(_due(work, self.clock.now()))
        for wanted, at, key in due:
            since, until = week_before(at, ZoneInfo(wanted.zone))
            told = self.digest(wanted, since, until)
            mail = Mail(
                key=key,
                to=wanted.email,
                subject=told.subject,
                text=told.text,
                html=told.html,
                headers=stop_headers(self.links.stop(wanted.id)),
                pictures=told.pictures,
            )
            with self.store.work() as work:
                work.mails.put([mail], self.clock.now())
                work.commit()
        return len(due)
