"""Who somebody is: local accounts, argon2, a rest after too many wrong passwords."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from hashlib import sha256

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from plugin.pages.refusals import NotThere, SignInRefused
from plugin.ports import Clock, Refused
from plugin.records.people import PersonRecord
from plugin.records.work import Store
from plugin.views.people import Person, Role

TRIES = 5
REST = timedelta(minutes=15)
LASTS = timedelta(hours=12)
LEAST = 12
"""Fewest characters of a password."""

LONGEST_EMAIL, LONGEST_NAME = 254, 100
"""Most characters of an address (RFC 5321, 4.5.3.1.3 without its brackets) and of a name."""

NO = (
    "E-mail and password do not fit together, or the account rests: "
    "after five wrong passwords it does so for 15 minutes."
)
"""The one answer to every sign-in that fails, so that it tells nobody whose address is known."""

COMMAND_LINE = "command line"
"""Who acts where a command does."""

_EMAIL = re.compile(r"[^\s@]+@[^\s@]+")


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
        with self.store.look() as work:
            record = work.people.by_email(email)
        fits = self._fits(record, password)
        if record is None or self._rests(record):
            raise SignInRefused(NO)
        if not fits:
            self._count(record)
            raise SignInRefused(NO)
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

    def _rests(self, record: PersonRecord) -> bool:
        return record.locked_until is not None and record.locked_until > self.clock.now()

    def _count(self, record: PersonRecord) -> None:
        """Count a wrong password; the last one begins the rest."""
        with self.store.work() as work:
            # Read again and held, so that of many tries at once each one counts.
            fresh = work.people.by_email(record.person.email, hold=True) or record
            if self._rests(fresh):
                return
            last = fresh.failed + 1 >= TRIES
            until = self.clock.now() + REST if last else None
            work.people.set_failed(record.person.id, 0 if last else fresh.failed + 1, until)
            work.commit()

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

    def save(self, email: str, name: str, role: Role, password: str, by: str = COMMAND_LINE) -> int:
        """Make or change a person. Raises ValueError for what cannot be one, and says why.

        ``by`` is who did it, as the audit log says it.
        """
        email, name = email.strip(), name.strip()
        if len(email) > LONGEST_EMAIL or not _EMAIL.fullmatch(email):
            raise ValueError(f"“{email[:60]}” is not an e-mail address. Write it as name@company.")
        if not 0 < len(name) <= LONGEST_NAME:
            raise ValueError(
                f"The name has {len(name)} characters; it must have 1 to {LONGEST_NAME}."
            )
        if len(password) < LEAST:
            raise ValueError(f"The password has {len(password)} characters; {LEAST} is the least.")
        now, hashed = self.clock.now(), self.hasher.hash(_bytes(password))
        with self.store.work() as work:
            before = work.people.by_email(email)
            key = work.people.save(email, name, role, hashed, now)
            if before is None:
                did = f"added {email}, who signs in in the role {role}"
            elif before.person.role is not role:
                did = f"gave {email} the role {role}, was {before.person.role}, and a new password"
            else:
                did = f"gave {email}, in the role {role}, a new password"
            work.audit.note(by, did, now)
            work.commit()
        return key

    def remove(self, email: str, by: str = COMMAND_LINE) -> str:
        """Remove a person and end their sign-ins; returns their name.

        Raises NotThere if nobody signs in with this address, and Refused for the last admin.
        """
        with self.store.work() as work:
            record = work.people.by_email(email, hold=True)
            if record is None:
                raise NotThere(f"Nobody signs in as {email}. `deskroute people list` shows all.")
            admins = [one for one in work.people.everyone() if one.role is Role.ADMIN]
            if [one.id for one in admins] == [record.person.id]:
                raise Refused(f"{email} is the last admin. Add another one first.")
            work.people.remove(record.person.id)
            work.subscriptions.stop(record.person.email)
            did = f"removed {record.person.email}, who signed in in the role {record.person.role}"
            work.audit.note(by, did, self.clock.now())
            work.commit()
        return record.person.name


def _hash(token: str) -> str:
    return sha256(_bytes(token)).hexdigest()


def _bytes(text: str) -> bytes:
    # A terminal or a browser may hand over halves of characters; they fit nothing, that is all.
    return text.encode("utf-8", "surrogatepass")


@cache
def _nobody() -> str:
    return _hasher().hash(secrets.token_urlsafe(16))
