"""Waits as whole numbers, so that very many of them are counted instead of sorted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.integer[Any]]
Lengths = NDArray[np.float64]

ENDED, STOPPED, GOING, STATES = 0, 1, 2, 3
"""How a wait stands: it came to its end; it ended without; it goes on with time."""

STEP = 1.015
"""How many times as long each mark is as the one before: what lies between is off by 0.75 %."""

PARTS_IN_BITS = 4
"""Two to this power are the parts of a mark: what is told apart by them is off by 0.05 %."""

LONG = 67.5
"""Seconds from which on a step is longer than one."""

LONGEST = 10 * 366 * 86_400
"""Seconds of the longest length; what takes longer counts as this long."""


class Scale(Protocol):
    """Which waits are told apart: each has a place from 0 to below ``size``.

    Of ``rough``, which tells fewer apart and may be the scale itself, the place is the same
    without its last ``bits``.
    """

    @property
    def size(self) -> int:
        """How many places there are; a whole number of those that are one length."""
        ...

    @property
    def bits(self) -> int:
        """By how many bits its places are longer than those of the rough scale."""
        ...

    @property
    def rough(self) -> Scale:
        """The scale that tells fewer apart."""
        ...

    def places(self, lengths: Lengths, states: Codes | int) -> Codes:
        """The places of waits, by how many seconds they took and how they stand."""
        ...

    def lengths(self, places: Codes) -> Lengths:
        """How many seconds the waits at these places took."""
        ...

    def states(self, places: Codes) -> Codes:
        """How the waits at these places stand."""
        ...


@dataclass(frozen=True, slots=True)
class Seconds:
    """Every whole second is told apart."""

    size: int = (LONGEST + 1) * STATES
    bits: int = 0

    @property
    def rough(self) -> Scale:
        """Itself."""
        return self

    def places(self, lengths: Lengths, states: Codes | int) -> Codes:
        """STATES for each second, and how it stands."""
        return (np.minimum(lengths, LONGEST) // 1 * STATES + states).astype(np.uint32)

    def lengths(self, places: Codes) -> Lengths:
        """The seconds."""
        return (places // STATES).astype(np.float64)

    def states(self, places: Codes) -> Codes:
        """How they stand."""
        return places % STATES


@dataclass(frozen=True, slots=True, eq=False)
class Marks:
    """Each length is taken for the mark that is nearest to it by ratio, and for a part of that.

    ``marks`` has the seconds of each mark, in 2 to the power of ``bits`` parts one after another.
    The first ones are whole seconds, until a step is longer than one. A place says the mark, then
    how the wait stands, then the part.
    """

    marks: Lengths
    bits: int

    @property
    def size(self) -> int:
        """How many places there are."""
        return len(self.marks) * STATES

    @property
    def rough(self) -> Scale:
        """The marks without their parts."""
        return ROUGH

    def places(self, lengths: Lengths, states: Codes | int) -> Codes:
        """Where the nearest parts of marks have waits that stand so."""
        long = np.clip(lengths, LONG, LONGEST)
        steps = np.floor(np.log(long / LONG) / np.log(STEP) * (1 << self.bits)).astype(np.int64)
        mark, part = self._apart(steps)
        # A whole second is no longer one in parts: all of it is the first part.
        mark += np.where(lengths < LONG, np.rint(lengths), np.ceil(LONG)).astype(np.int64)
        return (((mark * STATES + states) << self.bits) + part).astype(np.uint16)

    def lengths(self, places: Codes) -> Lengths:
        """The seconds of these parts."""
        mark_and_state, part = self._apart(places.astype(np.int64))
        lengths: Lengths = self.marks[(mark_and_state // STATES << self.bits) + part]
        return lengths

    def states(self, places: Codes) -> Codes:
        """How they stand."""
        return (places >> self.bits) % STATES

    def _apart(self, codes: Codes) -> tuple[Codes, Codes]:
        """A number, and in which of its parts it is."""
        return codes >> self.bits, codes & ((1 << self.bits) - 1)


def _marks(bits: int) -> Marks:
    seconds = np.repeat(np.arange(np.ceil(LONG)), 1 << bits)
    marks = int(np.log(LONGEST / LONG) / np.log(STEP)) + 1
    parts = np.arange(marks << bits) / (1 << bits)
    middle = 0.5 / (1 << bits)
    return Marks(np.concatenate([seconds, LONG * STEP ** (parts + middle)]), bits)


EXACT = Seconds()

ROUGH = _marks(0)
"""The scale of what is counted for many tickets: exact up to a minute, then in steps of 1.5 %."""

FINE = _marks(PARTS_IN_BITS)
"""The scale of the columns: the same with sixteen parts of each step, for groups of few tickets."""
