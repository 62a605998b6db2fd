"""Programs that ask over the API: their tokens, and how often they may come."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from threading import Lock

from plugin.pages.refusals import BadToken, BadWish, NotThere, TooOften
from plugin.ports import Clock
from plugin.records.tokens import TokenRecord
from plugin.records.work import Store
from plugin.views.programs import NewToken, Program, Scope, TokenLine

PREFIX = "deskroute_"
"""How every token begins, so that it is known for one where it should not be: in a file, a log."""

A_MINUTE = 120
"""Questions that one token may ask a minute, of one web process."""

COARSE = timedelta(hours=1)
"""How exactly it is kept when a token was last used: no question costs a write of its own."""

LONGEST = 512
"""Most characters of a token that are looked at."""

_NAME = re.compile(r"\w[\w .-]{0,59}")

MOST_DAYS = 3_650


@dataclass(slots=True)
class Turnstile:
    """How often each token came of late: a bucket that fills by itself (token bucket)."""

    most: int = A_MINUTE
    _left: dict[int, tuple[float, datetime]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def wait(self, token: int, now: datetime) -> float:
        """Let one through and return 0, or return the seconds after which there is room again."""
        with self._lock:
            left, at = self._left.get(token, (float(self.most), now))
            filled = max(0.0, (now - at).total_seconds()) * self.most / 60
            left = min(float(self.most), left + filled)
            if left < 1:
                self._left[token] = (left, now)
                return (1 - left) * 60 / self.most
            self._left[token] = (left - 1, now)
            return 0.0


@dataclass(frozen=True, slots=True)
class AdmitPrograms:
    """Lets programs in, and keeps their tokens."""

    store: Store
    clock: Clock
    turnstile: Turnstile = field(default_factory=Turnstile)

    def admit(self, token: str) -> Program:
        """The program with this token. Raises BadToken and TooOften."""
        now = self.clock.now()
        if not token.startswith(PREFIX) or len(token) > LONGEST:
            raise BadToken
        with self.store.look() as work:
            record = work.tokens.by_hash(_hash(token))
        if record is None or _is_over(record, now):
            raise BadToken
        wait = self.turnstile.wait(record.id, now)
        if wait:
            raise TooOften(wait)
        if record.used_at is None or now - record.used_at >= COARSE:
            with self.store.work() as work:
                work.tokens.used(record.id, now)
                work.commit()
        return Program(record.id, record.name, record.scopes)

    def every(self) -> tuple[TokenLine, ...]:
        """All of them, by name."""
        now = self.clock.now()
        with self.store.look() as work:
            return tuple(
                TokenLine(
                    name=one.name,
                    scopes=tuple(sorted(one.scopes)),
                    by=one.by,
                    created_at=one.created_at,
                    used_at=one.used_at,
                    expires_at=one.expires_at,
                    expired=_is_over(one, now),
                )
                for one in work.tokens.every()
            )

    def add(self, wanted: NewToken, by: str) -> str:
        """Make one; it is told this once. Raises BadWish."""
        now, token = self.clock.now(), PREFIX + secrets.token_urlsafe(32)
        record = TokenRecord(
            name=wanted.name,
            scopes=_scopes(wanted),
            by=by,
            created_at=now,
            expires_at=None if wanted.days is None else now + timedelta(days=wanted.days),
        )
        with self.store.work() as work:
            if not work.tokens.add(record, _hash(token)):
                raise BadWish(wanted, f"There is a token “{wanted.name}” already.")
            may = ", ".join(sorted(record.scopes))
            work.audit.note(by, f"made the API token {wanted.name}: {may}", now)
            work.commit()
        return token

    def revoke(self, name: str, by: str) -> None:
        """Let nobody in by it any more. Raises NotThere."""
        with self.store.work() as work:
            if not work.tokens.remove(name):
                raise NotThere(f"There is no token “{name}”.")
            work.audit.note(by, f"revoked the API token {name}", self.clock.now())
            work.commit()


def _scopes(wanted: NewToken) -> frozenset[Scope]:
    """Raises BadWish where anything that is wanted cannot be had."""
    if not _NAME.fullmatch(wanted.name):
        why = "Name it with letters, digits, blanks, dots and dashes, 60 at most."
    elif not wanted.scopes:
        why = "Choose at least one thing that it may read."
    elif any(one not in set(Scope) for one in wanted.scopes):
        why = f"A token may {', '.join(Scope)}, and nothing else."
    elif wanted.days is not None and not 1 <= wanted.days <= MOST_DAYS:
        why = f"It lasts between 1 and {MOST_DAYS:,} days, or for ever."
    else:
        return frozenset(map(Scope, wanted.scopes))
    raise BadWish(wanted, why)


def _is_over(record: TokenRecord, now: datetime) -> bool:
    return record.expires_at is not None and record.expires_at <= now


def _hash(token: str) -> str:
    # A plain hash suffices: 256 random bits cannot be guessed.
    return sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
