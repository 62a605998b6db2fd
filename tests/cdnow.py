"""The CDNOW purchases of Fader and Hardie, as they come with the package ``lifetimes``.

23,570 customers who bought first in early 1997, and all 69,659 purchases until mid-1998. Only the
data files are used, so the package itself is never imported.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.metadata import distribution
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Purchase:
    customer: str
    on: date
    dollars: float


@cache
def purchases() -> tuple[Purchase, ...]:
    """Every purchase of every customer."""
    lines = _file("CDNOW_master.txt").read_text("ascii").splitlines()[1:]
    cells = (line.split() for line in lines)
    return tuple(
        Purchase(customer, date.fromisoformat(day), float(dollars))
        for customer, day, _, dollars in cells
    )


@cache
def revenue() -> dict[str, float]:
    """What each customer spent in all, in dollars."""
    spent: dict[str, float] = defaultdict(float)
    for one in purchases():
        spent[one.customer] += one.dollars
    return dict(spent)


@cache
def tenth() -> dict[str, Floats]:
    """The published sample of 2,357 customers in the first 39 weeks, by column.

    ``x`` repeat purchases, ``t_x`` weeks from the first to the last, ``T`` weeks from the first
    to the end, ``zbar`` mean dollars of a repeat purchase.
    """
    with _file("cdnow_customers_summary_with_transactions.csv").open(encoding="ascii") as file:
        rows = list(csv.DictReader(file))
    return {
        name: np.array([float(row[name]) for row in rows]) for name in ("x", "t_x", "T", "zbar")
    }


def _file(name: str) -> Path:
    return Path(str(distribution("lifetimes").locate_file(f"lifetimes/datasets/{name}")))
