"""Who somebody is: local accounts, argon2, a rest after too many wrong passwords."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from hashlib import sha256
from math import ceil

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from plugin.pages import SignInRefused
from plugin.ports import Clock
from plugin.records import PersonRecord, Store
from plugin.views import Person, Role

TRIES = 5
REST = timedelta(minutes=15)
LASTS = timedelta(hours=12)
LEAST = 12
"""Fewest characters of a password."""


def _hasher() -> PasswordHasher:
    # The OWASP minimum for argon2id: 19 MiB, two passes. The library's own default takes 64 MiB,
    # too much for a web process that is to stay under 150 MB.
    return PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


@dataclass(frozen=True, slots=True)
class SignInPeople:
    """Checks passwords and remembers sign-ins."""

    store: Store
    clock: Clock
    hasher: PasswordHasher = field(default_factory=_hasher)

    def check(self, email: str, password: str, address: str) -> Person:
        """The person with this e-mail and password; raises SignInRefused."""
        _ = address  # tries are counted per account: addresses are cheap to change
        now = self.clock.now()
        with self.store.look() as work:
            record = work.people.by_email(email)
        if record is not None and record.locked_until is not None and record.locked_until > now:
            minutes = ceil((record.locked_until - now) / timedelta(minutes=1))
            wait = "1 minute" if minutes == 1 else f"{minutes} minutes"
            raise SignInRefused(
                f"Too many wrong passwords. Try again in {wait}, or ask your admin."
            )
        if not self._fits(record, password):
            raise SignInRefused(self._failed(record))
        if record is None:  # an unknown person's password never fits
            raise AssertionError(email)
        if record.failed:
            with self.store.work() as work:
                work.people.set_failed(record.person.id, 0, None)
                work.commit()
        return record.person

    def _fits(self, record: PersonRecord | None, password: str) -> bool:
        # An unknown address costs as much time as a known one, so it cannot be told apart.
        known = record.password_hash if record is not None else _nobody()
        try:
            fits = self.hasher.verify(known, _bytes(password))
        except (VerificationError, InvalidHashError):
            return False
        return fits and record is not None

    def _failed(self, record: PersonRecord | None) -> str:
        left = TRIES - 1 if record is None else self._count(record)
        if left <= 0:
            return "E-mail and password do not fit together. Try again in 15 minutes."
        tries = "try" if left == 1 else "tries"
        return (
            f"E-mail and password do not fit together. {left} {tries} left, then 15 minutes’ rest."
        )

    def _count(self, record: PersonRecord) -> int:
        """Count a wrong password; returns how many tries are left."""
        now = self.clock.now()
        with self.store.work() as work:
            # Read again and held, so that of many tries at once each one counts.
            fresh = work.people.by_email(record.person.email, hold=True) or record
            if fresh.locked_until is not None and fresh.locked_until > now:
                return 0
            left = TRIES - fresh.failed - 1
            until = now + REST if left <= 0 else None
            work.people.set_failed(record.person.id, 0 if until else fresh.failed + 1, until)
            work.commit()
        return left

    def start(self, person: Person) -> str:
        """Remember that this person has signed in; only a hash of the token is kept."""
        token = secrets.token_urlsafe(32)
        with self.store.work() as work:
            work.people.start(person.id, _hash(token), self.clock.now() + LASTS)
            work.commit()
        return token

    def person(self, session_token: str) -> Person | None:
        """Whoever started with this token, while it lasts."""
        with self.store.look() as work:
            return work.people.signed_in(_hash(session_token), self.clock.now())

    def end(self, session_token: str) -> None:
        """Forget the token."""
        with self.store.work() as work:
            work.people.end(_hash(session_token))
            work.commit()

    def save(self, email: str, name: str, role: Role, password: str) -> int:
        """Make or change a person. Raises ValueError for a password that is too short."""
        if len(password) < LEAST:
            raise ValueError(f"The password has {len(password)} characters; {LEAST} is the least.")
        with self.store.work() as work:
            key = work.people.save(
                email, name, role, self.hasher.hash(_bytes(password)), self.clock.now()
            )
            work.commit()
        return key


def _hash(token: str) -> str:
    return sha256(_bytes(token)).hexdigest()


def _bytes(text: str) -> bytes:
    # A terminal or a browser may hand over halves of characters; they fit nothing, that is all.
    return text.encode("utf-8", "surrogatepass")


@cache
def _nobody() -> str:
    return _hasher().hash(secrets.token_urlsafe(16))
