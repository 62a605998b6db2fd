"""The steps of a form that can be undone, carried by the form itself, so it needs no script.

The page keeps nothing of a draft. What came before stands in one hidden input, packed, and is read
like everything a browser sends: as pairs of names and values, with a limit to all of it.
"""

from __future__ import annotations

import binascii
import json
import zlib
from base64 import b64decode, b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

Pairs = tuple[tuple[str, str], ...]
"""One state of a form."""

MOST_STEPS = 30
"""Steps back that are kept."""

MOST_BYTES = 400_000
"""All states together, unpacked; older ones are let go before it is more."""

MOST_PACKED = 40_000
"""The hidden input, in characters."""


@dataclass(frozen=True, slots=True)
class History:
    """``now`` is the state that the page shows; ``past`` and ``future`` have the nearest last."""

    past: tuple[Pairs, ...] = ()
    now: Pairs = ()
    future: tuple[Pairs, ...] = ()

    def then(self, state: Pairs) -> History:
        """With one more step; a state that is the same makes none."""
        if state == self.now:
            return self
        past = (*self.past, self.now) if self.now else self.past
        return History(past[-MOST_STEPS:], state)

    def back(self) -> History:
        """One step back; the same where there is none."""
        if not self.past:
            return self
        return History(self.past[:-1], self.past[-1], (*self.future, self.now))

    def forward(self) -> History:
        """Forward again after a step back; the same where there is none."""
        if not self.future:
            return self
        return History((*self.past, self.now), self.future[-1], self.future[:-1])

    def packed(self) -> str:
        """As the value of an input; the oldest steps are let go where it would grow too long."""
        past, future = ([*map(_written, states)] for states in (self.past, self.future))
        now = _written(self.now)
        while True:
            text = f"[[{','.join(past)}],{now},[{','.join(future)}]]".encode()
            fits = len(text) <= MOST_BYTES
            packed = b64encode(zlib.compress(text)).decode() if fits else ""
            if fits and len(packed) <= MOST_PACKED:
                return packed
            if not past and not future:
                return ""
            past, future = past[1:], future[1:]


def unpacked(text: str) -> History:
    """What ``packed`` made; whatever else it is, nothing was done yet."""
    if not text or len(text) > MOST_PACKED:
        return History()
    try:
        opened = zlib.decompressobj().decompress(b64decode(text, validate=True), MOST_BYTES)
        past, now, future = json.loads(opened)
        states = _states(past), _pairs(now), _states(future)
    except (binascii.Error, zlib.error, ValueError, TypeError, RecursionError):
        return History()
    return History(*states)


def changed(before: Pairs, after: Pairs) -> list[str]:
    """The names whose values differ, in the order of the form."""
    names = dict.fromkeys(name for name, _ in (*before, *after))
    return [name for name in names if _values(before, name) != _values(after, name)]


def _written(state: Pairs) -> str:
    return json.dumps(state, separators=(",", ":"))


def _values(pairs: Pairs, name: str) -> list[str]:
    return [value for one, value in pairs if one == name]


def _states(found: Iterable[Any]) -> tuple[Pairs, ...]:
    return tuple(_pairs(one) for one in found)[-MOST_STEPS:]


def _pairs(found: Iterable[Any]) -> Pairs:
    return tuple((str(name), str(value)) for name, value in found)
