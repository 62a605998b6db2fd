"""Chance that can be repeated: each part of the data has its own seeded source of numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import timedelta
from random import Random


def dice(seed: int, part: str) -> Random:
    """A source of numbers for one part of the data, the same for the same seed and part."""
    return Random(f"{part} {seed}")  # ruff: ignore[suspicious-non-cryptographic-random-usage] - sample data, nothing secret hangs on it


def weighted(rng: Random, weights: Mapping[str, float]) -> str:
    """One of the keys, as often as its weight says."""
    return rng.choices(list(weights), list(weights.values()))[0]


def around(rng: Random, median: float, spread: float) -> float:
    """A log-normal number; ``spread`` is the standard deviation of its logarithm."""
    return rng.lognormvariate(math.log(median), spread)


def minutes(count: float) -> timedelta:
    """A duration in whole seconds."""
    return timedelta(seconds=round(count * 60))
