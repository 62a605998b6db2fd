"""Lengths of time of many tickets: how long each took, and whether it has come to its end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Waits:
    """``counts`` tickets each waited ``seconds``; ``ended`` says whether it came to its end."""

    seconds: NDArray[np.float64]
    ended: NDArray[np.bool_]
    counts: NDArray[np.int64]

    def __add__(self, other: Waits) -> Waits:
        def both(one: NDArray[Any], two: NDArray[Any]) -> NDArray[Any]:
            return np.concatenate([one, two])

        return Waits(
            both(self.seconds, other.seconds),
            both(self.ended, other.ended),
            both(self.counts, other.counts),
        )
