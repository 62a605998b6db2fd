"""Lengths of time as whole numbers, so that very many of them are counted instead of sorted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.integer[Any]]
Lengths = NDArray[np.float64]

STEP = 1.015
"""How many times as long each mark is as the one before: what lies between is off by 0.75 %."""

LONGEST = 10 * 366 * 86_400
"""Seconds of the longest length; what takes longer counts as this long."""


class Scale(Protocol):
    """Which lengths of time are told apart; each has a code from 0 to below ``size``."""

    @property
    def size(self) -> int:
        """How many there are."""
        ...

    def codes(self, lengths: Lengths) -> Codes:
        """The codes of lengths in seconds."""
        ...

    def lengths(self, codes: Codes) -> Lengths:
        """The lengths in seconds of codes."""
        ...


@dataclass(frozen=True, slots=True)
class Seconds:
    """Every whole second is told apart."""

    size: int = LONGEST + 1

    def codes(self, lengths: Lengths) -> Codes:
        """A length's code is its seconds."""
        return np.minimum(lengths, LONGEST).astype(np.uint32)

    def lengths(self, codes: Codes) -> Lengths:
        """A code's length is itself."""
        return codes.astype(np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class Marks:
    """Each length is taken for the mark that is nearest to it by ratio."""

    marks: Lengths

    @property
    def size(self) -> int:
        """How many marks there are."""
        return len(self.marks)

    def codes(self, lengths: Lengths) -> Codes:
        """The nearest marks."""
        borders = np.sqrt(np.maximum(self.marks[:-1], 0.25) * self.marks[1:])
        return np.searchsorted(borders, lengths).astype(np.uint16)

    def lengths(self, codes: Codes) -> Lengths:
        """The lengths of marks."""
        return self.marks[codes]


def _marks() -> Lengths:
    steps = int(np.ceil(np.log(LONGEST) / np.log(STEP)))
    grown = STEP ** np.arange(steps + 1)
    # Up to where a step is longer than a second, each second has its mark.
    seconds = np.arange(np.ceil(1 / (STEP - 1)) + 1)
    return np.concatenate([seconds, grown[grown > seconds[-1] * STEP**0.5]])


EXACT = Seconds()

FINE = Marks(_marks())
"""The scale of the roll-ups: exact up to a minute, then in steps of 1.5 %."""
