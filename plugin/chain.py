"""The audit log's chain: each line carries the hash of the one before, so what is changed shows.

A line's hash is taken over the hash before it and over a digest of its words, not the words
themselves. So a forgotten customer can be taken out of the words without breaking the chain: a
later line of the chain says which line was rewritten, and to what.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256

FIRST = "0" * 64
"""What stands in the first line in place of the hash of the one before."""


@dataclass(frozen=True, slots=True)
class Link:
    """One line of the log. ``at`` is aware UTC.

    ``words`` is the digest of ``salt`` and ``did`` as they were written. ``masks`` says of earlier
    lines, by their hash, that they were rewritten since, with the digest of what they say now;
    such a line has no salt any more, so that nobody can try out what it said.
    """

    id: int
    at: datetime
    by: str
    did: str
    salt: str
    words: str
    previous: str
    hash: str
    masks: Mapping[str, str]


def words_of(salt: str, did: str) -> str:
    """The digest of what a line says."""
    return sha256(f"{salt}\n{did}".encode()).hexdigest()


def hash_of(previous: str, at: datetime, by: str, words: str, masks: Mapping[str, str]) -> str:
    """The hash of a line: SHA-256 over its canonical form, a JSON list without blanks."""
    moment = at.astimezone(UTC).isoformat(timespec="microseconds")
    told = [previous, moment, by, words, dict(sorted(masks.items()))]
    return sha256(json.dumps(told, separators=(",", ":")).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Break:
    """Where the chain is not whole: the line (None: behind the last) and why, in a sentence."""

    line: int | None
    why: str


@dataclass(slots=True)
class Walk:
    """A walk along the chain from its first line; feed it every line in order, then ask it."""

    lines: int = 0
    last: str = FIRST
    seen: bool = False
    broken: Break | None = None
    awaited: str | None = None
    _before: int | None = None
    _reworded: dict[str, tuple[int, str]] = field(default_factory=dict)
    _masks: dict[str, str] = field(default_factory=dict)

    def feed(self, link: Link) -> None:
        """Take the next line."""
        self.lines += 1
        if self.broken is None and link.previous != self.last:
            behind = "the beginning" if self._before is None else f"line {self._before}"
            why = f"Line {link.id} does not follow {behind}: what stood between was taken out, or "
            self.broken = Break(link.id, f"{why}something was put in.")
        made = hash_of(link.previous, link.at, link.by, link.words, link.masks)
        if self.broken is None and made != link.hash:
            why = f"Line {link.id} was changed: its time, its person or its hash."
            self.broken = Break(link.id, why)
        if words_of(link.salt, link.did) != link.words:
            self._reworded[link.hash] = (link.id, words_of("", link.did))
        if self.broken is None and (back := link.masks.keys() - self._reworded.keys()):
            why = (
                f"Line {link.id} took who was forgotten out of another one, which names them again"
            )
            self.broken = Break(link.id, f"{why}: {min(back)}.")
        # Rewritten more than once, a line says what the last of these says.
        self._masks.update(link.masks)
        self.seen = self.seen or link.hash == self.awaited
        self.last, self._before = link.hash, link.id

    def end(self, count: int, head: str) -> Break | None:
        """Where it is broken; None if it is whole. ``count`` and ``head`` are what was kept."""
        every = self._reworded.items()
        reworded = [line for one, (line, says) in every if self._masks.get(one) != says]
        if reworded and (self.broken is None or min(reworded) < (self.broken.line or 0)):
            return Break(min(reworded), f"Line {min(reworded)} says other words than were written.")
        if self.broken is None and (count, head) != (self.lines, self.last):
            missing = f"{count:,} lines were written, and {self.lines:,} are there"
            return Break(None, f"Lines at the end were taken out or put in: {missing}.")
        if self.broken is None and self.awaited is not None and not self.seen:
            return Break(None, f"The hash {self.awaited} is in no line: the chain is another one.")
        return self.broken
