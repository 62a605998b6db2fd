"""Who belongs to a segment, as keys of 64 bits: compared with before, and packed to be kept.

A key is a customer's row number and, in its lower half, a mark of the id that their source knows
them by. Where a row's number is given to another customer later, the mark tells them apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from zlib import compress, crc32, decompress

import numpy as np
from numpy.typing import NDArray

Keys = NDArray[np.uint64]
"""Keys in ascending order, each once."""

NOBODY: Keys = np.zeros(0, dtype=np.uint64)

_HALF = np.uint64(32)
_LOWER = np.uint64(0xFFFF_FFFF)


def unsorted_keys(rows: Sequence[int], ids: Sequence[str]) -> Keys:
    """The keys of customers, in their order, by row numbers below 2**32 and their sources' ids."""
    numbers = np.array(rows, dtype=np.uint64)
    if len(numbers) and numbers.max() > _LOWER:
        raise ValueError("a customer's row number has more than 32 bits")
    marks = np.fromiter((crc32(one.encode()) for one in ids), np.uint64, len(ids))
    return (numbers << _HALF) | marks


def rows_of(keys: Keys) -> list[int]:
    """The row numbers of keys."""
    return [int(one) for one in keys >> _HALF]


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """Who is no longer in a segment, and who is new in it."""

    left: Keys
    joined: Keys

    def __len__(self) -> int:
        return len(self.left) + len(self.joined)

    def part(self, first: int, most: int) -> Change:
        """So many of it from there on, counted from 0, those who left before those who joined."""
        behind = max(0, first - len(self.left))
        left = self.left[first : first + most]
        return Change(left, self.joined[behind : behind + most - len(left)])


def change(before: Keys, after: Keys) -> Change:
    """What has to happen to ``before`` so that it becomes ``after``."""
    return Change(_without(before, after), _without(after, before))


def applied(before: Keys, changed: Change) -> Keys:
    """``before`` after a part of a change."""
    return np.union1d(_without(before, changed.left), changed.joined)


def _without(these: Keys, those: Keys) -> Keys:
    # Both are in order, which numpy's own set operations make no use of.
    if not len(those):
        return these
    places = np.minimum(np.searchsorted(those, these), len(those) - 1)
    kept: Keys = these[those[places] != these]
    return kept


def pack(keys: Keys) -> bytes:
    """Keys to be kept: about 5 bytes each. Steps between row numbers are small, marks are not."""
    rows = (keys >> _HALF).astype("<u4")
    steps = np.diff(rows, prepend=np.zeros(1, dtype="<u4")).astype("<u4")
    return compress(steps.tobytes() + (keys & _LOWER).astype("<u4").tobytes(), 1)


def unpack(packed: bytes) -> Keys:
    """Keys as they were packed; nothing is nobody."""
    if not packed:
        return NOBODY
    steps, marks = np.frombuffer(decompress(packed), dtype="<u4").reshape(2, -1)
    rows = np.cumsum(steps.astype(np.uint64), dtype=np.uint64)
    return (rows << _HALF) | marks.astype(np.uint64)
