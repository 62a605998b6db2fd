"""Tickets that say the same, in groups; those that fit none stay without.

The densest group first: the ticket most like many others takes them along (a canopy, as McCallum,
Nigam & Ungar, KDD 2000, begin). Then each ticket goes to the group whose mean it is nearest to,
again and again (spherical k-means, Dhillon & Modha, Machine Learning 42, 2001). How many groups
there are follows from the tickets. Who was grouped before is where the next grouping begins, so
groups stay what they were; only what fits none of them makes new ones. Nothing is drawn by chance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from routing.topics.corpus import Numbers, Vectors

ALIKE = 0.3
"""Cosine from which on two tickets, or a ticket and a group, are about the same.

The best of 0.25 to 0.40 on 10,003 questions of 77 kinds and on 4,514 of 27 (``docs/issues.md``).
"""

LEAST = 10
"""Tickets of the smallest group."""

MOST = 300
"""Groups of one language."""

_SEEDS = 8
"""Tickets, alike one of them, that begin a group."""

_SAMPLE = 4_000
"""Tickets that are compared with each other at once: 16 million cosines in 64 MB."""

_LEARNED_FROM = 20_000
"""Tickets from which means are learned; all others only go to the nearest."""

_ROUNDS = 3
"""Times that new groups are looked for among the tickets that fit none."""

_STEPS = 8
"""Steps after which groups have settled: later ones move under a hundredth of the tickets."""

_AT_ONCE = 10_000

OTHER = -1
"""The group of tickets that fit none."""

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Groups:
    """The group of each ticket, or OTHER, and how near it is to the group's mean (0 to 1)."""

    labels: Numbers
    near: Floats


def group(vectors: Vectors, before: Sequence[int], first: int = 0) -> Groups:
    """Group the rows; ``before`` tells the group that each one had, or OTHER.

    Groups from before keep their numbers, new ones are counted from ``first``.
    """
    every = vectors.shape[0]
    learned = np.arange(0, every, max(1, -(-every // _LEARNED_FROM)))
    rows = vectors[learned]
    labels = np.asarray(before, dtype=np.int64)[learned]
    for _ in range(_ROUNDS):
        labels = _settle(rows, labels, steps=2)
        fresh = _begun(rows, np.flatnonzero(labels == OTHER), MOST - len(np.unique(labels)))
        if not fresh:
            break
        for members in fresh:
            labels[members] = first
            first += 1
    labels = _settle(rows, labels, steps=_STEPS)
    return _without_small(_nearest(vectors, *_means(rows, labels)))


def _begun(rows: Vectors, free: Numbers, most: int) -> list[Numbers]:
    """New groups among the free tickets, the densest first."""
    step = max(1, -(-len(free) // _SAMPLE))
    looked = free[::step]
    some = rows[looked]
    near = (some @ some.T).toarray() >= ALIKE
    left = near.sum(axis=1)
    is_open = np.ones(len(looked), dtype=bool)
    found: list[Numbers] = []
    while len(found) < most and len(looked):
        densest = int(left.argmax())
        if left[densest] < max(_SEEDS / step, 3):
            break
        members = near[densest] & is_open
        found.append(looked[members])
        is_open &= ~members
        left -= near[:, members].sum(axis=1)
    return found


def _settle(rows: Vectors, labels: Numbers, steps: int) -> Numbers:
    for _ in range(steps):
        if not (labels != OTHER).any():
            break
        moved = _nearest(rows, *_means(rows, labels)).labels
        if (moved == labels).all():
            break
        labels = moved
    return labels


def _means(rows: Vectors, labels: Numbers) -> tuple[Numbers, Floats]:
    """The groups there are, and the direction of each one's mean as a column."""
    inside = np.flatnonzero(labels != OTHER)
    numbers, places = np.unique(labels[inside], return_inverse=True)
    ones = np.ones(len(inside), dtype=np.float32)
    sums = sparse.csr_matrix((ones, (places, inside)), (len(numbers), rows.shape[0])) @ rows
    means = sums.toarray()
    lengths = np.linalg.norm(means, axis=1, keepdims=True)
    return numbers, np.ascontiguousarray((means / np.where(lengths > 0, lengths, 1)).T)


def _nearest(rows: Vectors, numbers: Numbers, means: Floats) -> Groups:
    labels = np.full(rows.shape[0], OTHER, dtype=np.int64)
    near = np.zeros(rows.shape[0], dtype=np.float32)
    for first in range(0, rows.shape[0] if len(numbers) else 0, _AT_ONCE):
        cosines = rows[first : first + _AT_ONCE] @ means
        best = cosines.argmax(axis=1)
        here = slice(first, first + len(best))
        near[here] = cosines[np.arange(len(best)), best]
        labels[here] = np.where(near[here] >= ALIKE, numbers[best], OTHER)
    return Groups(labels, near)


def _without_small(found: Groups) -> Groups:
    numbers, sizes = np.unique(found.labels, return_counts=True)
    small = np.isin(found.labels, numbers[sizes < LEAST])
    return Groups(np.where(small, OTHER, found.labels), found.near)
