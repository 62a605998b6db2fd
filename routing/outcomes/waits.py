"""Many waits at once, as columns: one code for exact tickets and for roll-ups that count them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from routing.outcomes.figures import Wait

Floats = NDArray[np.float64]
Places = NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Waits:
    """How long many things took, in three columns of one length.

    ``seconds`` is how long, ``ended`` whether it has happened by then (else it still waits), and
    ``counts`` of how many tickets a place speaks: 1 where they are not grouped. Where seconds are
    ``rounded``, of what ended and what still waits at one place either may have been the longer.
    Raises ValueError for columns of different lengths.
    """

    seconds: Floats
    ended: NDArray[np.bool_]
    counts: NDArray[np.int64]
    rounded: bool = False

    def __post_init__(self) -> None:
        if not len(self.seconds) == len(self.ended) == len(self.counts):
            raise ValueError("seconds, ended and counts must be of one length")

    @classmethod
    def of(cls, waits: Iterable[Wait]) -> Waits:
        """These waits, each counted once, in their order."""
        every = list(waits)
        return cls(
            seconds=np.array([wait.seconds for wait in every], dtype=np.float64),
            ended=np.array([wait.happened for wait in every], dtype=np.bool_),
            counts=np.ones(len(every), dtype=np.int64),
        )

    def __add__(self, other: Waits) -> Waits:
        """Both together."""
        return Waits(
            np.concatenate((self.seconds, other.seconds)),
            np.concatenate((self.ended, other.ended)),
            np.concatenate((self.counts, other.counts)),
            self.rounded or other.rounded,
        )

    @property
    def n(self) -> int:
        """How many there are."""
        return int(self.counts.sum())

    @property
    def waiting(self) -> int:
        """How many of them have not happened."""
        return int(self.counts[~self.ended].sum())


def as_waits(waits: Waits | Iterable[Wait]) -> Waits:
    """The columns of these waits; columns stay what they are."""
    return waits if isinstance(waits, Waits) else Waits.of(waits)
