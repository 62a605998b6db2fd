"""Groups found in the data, written as conditions that a lead can read, edit and publish.

Customers are grouped by k-means over their numeric fields; a shallow decision tree then learns to
tell the groups apart, and its paths are the conditions. What the tree cannot say in a few tests is
lost on purpose, and how much that is stands beside each rule. Needs scikit-learn, so the web never
loads it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import floor, inf, log10

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.metrics import silhouette_score
from sklearn.tree import DecisionTreeClassifier

from routing.population.groups import (
    LEAST_CUSTOMERS,
    LEAST_FIELDS,
    LEAST_GROUPS,
    LEAST_KNOWN,
    MOST_FIELDS,
    MOST_GROUPS,
    Group,
    Groups,
    NoGroups,
)

Floats = NDArray[np.float64]
Labels = NDArray[np.intp]

MOST_CUSTOMERS = 10_000
"""A random part of this size is grouped; larger ones give the same groups, only later."""

MOST_COMPARED = 2_000
"""Customers whose distances to each other are measured, for the silhouette."""

LEAST_SILHOUETTE = 0.25
"""Groups below this do not stand apart: "no substantial structure has been found", L. Kaufman and
P. J. Rousseeuw, "Finding Groups in Data", 1990.
"""

MOST_TESTS = 3
"""Tests on one path of the tree."""

LEAST_LEAF = 0.02
"""The share of customers a path must lead to."""

MOST_MOVED = 0.01
"""The share of customers that a threshold, when it is rounded, may move to the other side."""

_WIDEST = 3.0
_SKEWED = 1.0


def find_groups(
    fields: Sequence[str], values: Floats, seed: int = 1, count: int | None = None
) -> Groups:
    """The groups in ``values``, one row per customer and one column per field; NaN is unknown.

    With ``count`` they are so many, else as many as stand apart best. The same values and seed
    give the same groups. Raises NoGroups.
    """
    used, rows, left_out = _usable(fields, values)
    rows = _sample(rows, MOST_CUSTOMERS, seed)
    even = _evened(rows)
    best = _best(rows, even, seed, count)
    groups = [
        _group(used, rows, even, best.labels == number, best.paths_to(number))
        for number in np.unique(best.labels).tolist()
    ]
    with_rule = [one for one in groups if one.document]
    return Groups(
        groups=tuple(sorted(with_rule, key=lambda one: -one.customers)),
        customers=len(rows),
        silhouette=best.silhouette,
        agreement=best.agreement,
        left_out=left_out,
        without_rule=tuple(sorted(one.customers for one in groups if not one.document)),
    )


def _usable(fields: Sequence[str], values: Floats) -> tuple[list[str], Floats, dict[str, str]]:
    """The fields that tell something, the customers of whom all of them are known, and the rest."""
    if len(values) < LEAST_CUSTOMERS:
        raise NoGroups(
            f"{len(values)} customers are known; {LEAST_CUSTOMERS} are needed to find groups."
        )
    left_out: dict[str, str] = {}
    places = []
    for place, name in enumerate(fields):
        known = values[~np.isnan(values[:, place]), place]
        if len(known) < LEAST_KNOWN * len(values):
            left_out[name] = f"known of {len(known) / len(values):.0%} of customers"
        elif known.min() == known.max():
            left_out[name] = "the same for everybody"
        else:
            places.append(place)
    if not LEAST_FIELDS <= len(places) <= MOST_FIELDS:
        unused = "; ".join(f"{name}: {why}" for name, why in left_out.items())
        raise NoGroups(
            f"{len(places)} fields can be used; it takes {LEAST_FIELDS} to {MOST_FIELDS}."
            + (f" Not used: {unused}." if unused else "")
        )
    chosen = values[:, places]
    rows = chosen[~np.isnan(chosen).any(axis=1)]
    if len(rows) < LEAST_CUSTOMERS:
        raise NoGroups(
            f"All {len(places)} fields are known of {len(rows)} customers; {LEAST_CUSTOMERS} are "
            "needed. Name fewer fields."
        )
    constant = [
        fields[place]
        for place, column in zip(places, rows.T, strict=True)
        if column.min() == column.max()
    ]
    if constant:
        raise NoGroups(
            f"Among customers of whom all fields are known, {', '.join(constant)} is the same for "
            "everybody. Leave it out."
        )
    return [fields[place] for place in places], rows, left_out


def _sample(rows: Floats, most: int, seed: int) -> Floats:
    if len(rows) <= most:
        return rows
    return rows[np.sort(np.random.default_rng(seed).choice(len(rows), most, replace=False))]


def _evened(rows: Floats) -> Floats:
    """Fields of one size: mean 0, deviation 1, nothing far outside.

    What nearly all have little of and a few very much, such as revenue, is taken by its
    logarithm, or those few would be a group and all others the other one.
    """
    columns = []
    for column in rows.T:
        skew = float((((column - column.mean()) / column.std()) ** 3).mean())
        told = np.log1p(column) if skew > _SKEWED and column.min() >= 0 else column
        columns.append((told - told.mean()) / told.std())
    even: Floats = np.clip(np.column_stack(columns), -_WIDEST, _WIDEST)
    return even


def _best(rows: Floats, even: Floats, seed: int, wanted: int | None) -> _Grouping:
    """The grouping whose groups stand apart best, of those in which each can be told by a rule."""
    counts = range(LEAST_GROUPS, MOST_GROUPS + 1) if wanted is None else (wanted,)
    tried = [
        grouping for count in counts if (grouping := _grouped(rows, even, count, seed)) is not None
    ]
    if wanted is not None and not tried:
        raise NoGroups(
            f"Of {wanted} groups one has fewer than {LEAST_LEAF:.0%} of the customers. "
            "Ask for fewer groups."
        )
    apart = max((one.silhouette for one in tried), default=0.0)
    if apart < LEAST_SILHOUETTE:
        raise NoGroups(
            f"These customers form no {'' if wanted is None else f'{wanted} '}groups that stand "
            f"apart (silhouette {apart:.2f}; {LEAST_SILHOUETTE} is needed). Try other fields"
            f"{'.' if wanted is None else ', or another number of groups.'}"
        )
    return max(tried, key=lambda one: (one.is_told, one.silhouette * one.agreement))


def _grouped(rows: Floats, even: Floats, count: int, seed: int) -> _Grouping | None:
    """So many groups and their rules; None where one of the groups is too small to mean much."""
    labels: Labels = KMeans(count, n_init=5, random_state=seed).fit_predict(even)
    sizes = np.bincount(labels, minlength=2)
    if sizes.min() < LEAST_LEAF * len(even):
        return None
    compared = MOST_COMPARED if len(even) > MOST_COMPARED else None
    apart = silhouette_score(even, labels, sample_size=compared, random_state=seed)
    paths = _merged(_tree(rows, labels, seed))
    found = np.full(len(rows), -1, dtype=np.intp)
    for path in paths:
        found[path.catches(rows)] = path.group
    return _Grouping(labels, float(apart), tuple(paths), float((found == labels).mean()))


@dataclass(frozen=True, slots=True)
class _Path:
    """A path of the tree: each field's place with the bounds (more than, at most) it sets."""

    group: int
    bounds: Mapping[int, tuple[float, float]]

    def catches(self, rows: Floats) -> NDArray[np.bool_]:
        caught = np.ones(len(rows), dtype=np.bool_)
        for place, (over, most) in self.bounds.items():
            caught &= (rows[:, place] > over) & (rows[:, place] <= most)
        return caught

    def tests(self, fields: Sequence[str]) -> list[dict[str, object]]:
        tests: list[dict[str, object]] = []
        for place, (over, most) in sorted(self.bounds.items()):
            if over > -inf:
                tests.append({"field": fields[place], "more than": _plain(over)})
            if most < inf:
                tests.append({"field": fields[place], "at most": _plain(most)})
        return tests


@dataclass(frozen=True, slots=True, eq=False)
class _Grouping:
    """One way to group all customers, with the paths of the tree that tell the groups apart."""

    labels: Labels
    silhouette: float
    paths: tuple[_Path, ...]
    agreement: float

    @property
    def is_told(self) -> bool:
        """Whether each group has a rule."""
        return {path.group for path in self.paths} == set(self.labels.tolist())

    def paths_to(self, group: int) -> list[_Path]:
        """The paths that lead to one group."""
        return [path for path in self.paths if path.group == group]


@dataclass(frozen=True, slots=True)
class _Node:
    """A node of the tree: a leaf if ``place`` is None, else a question with its two answers."""

    group: int
    place: int | None = None
    threshold: float = 0.0
    low: _Node | None = None
    high: _Node | None = None


def _tree(rows: Floats, labels: Labels, seed: int) -> _Node:
    least = max(2, round(LEAST_LEAF * len(rows)))
    made = DecisionTreeClassifier(
        max_depth=MOST_TESTS, min_samples_leaf=least, random_state=seed
    ).fit(rows, labels)
    raw, classes = made.tree_, made.classes_

    def node(number: int, inside: NDArray[np.bool_]) -> _Node:
        group = int(classes[int(np.argmax(raw.value[number][0]))])
        if raw.children_left[number] == -1:
            return _Node(group)
        place = int(raw.feature[number])
        threshold = _readable(float(raw.threshold[number]), rows[inside, place])
        under = rows[:, place] <= threshold
        low = node(int(raw.children_left[number]), inside & under)
        high = node(int(raw.children_right[number]), inside & ~under)
        # Two answers that mean the same need no question.
        if low.place is None and high.place is None and low.group == high.group:
            return _Node(low.group)
        return _Node(group, place, threshold, low, high)

    return node(0, np.ones(len(rows), dtype=np.bool_))


def _readable(threshold: float, values: Floats) -> float:
    """The threshold with as few digits as leave nearly everybody on their side."""
    if not threshold or not len(values):
        return threshold
    size = floor(log10(abs(threshold)))
    for digits in range(1, 7):
        step = 10.0 ** (size + 1 - digits)
        # Between whole numbers 1.5 means no more than 1, and reads worse.
        for rounded in (floor(threshold / step) * step, round(threshold / step) * step):
            low, high = min(rounded, threshold), max(rounded, threshold)
            moved = ((values > low) & (values <= high)).mean()
            if moved <= MOST_MOVED:
                return float(f"{rounded:.{digits}g}")
    return threshold


def _merged(root: _Node) -> list[_Path]:
    paths: list[_Path] = []

    def walk(node: _Node, bounds: dict[int, tuple[float, float]]) -> None:
        if node.place is None or node.low is None or node.high is None:
            paths.append(_Path(node.group, bounds))
            return
        over, most = bounds.get(node.place, (-inf, inf))
        walk(node.low, {**bounds, node.place: (over, min(most, node.threshold))})
        walk(node.high, {**bounds, node.place: (max(over, node.threshold), most)})

    walk(root, {})
    return paths


def _group(
    fields: Sequence[str],
    rows: Floats,
    even: Floats,
    inside: NDArray[np.bool_],
    paths: Sequence[_Path],
) -> Group:
    caught = np.zeros(len(rows), dtype=np.bool_)
    for path in paths:
        caught |= path.catches(rows)
    right = int((caught & inside).sum())
    means = rows[inside].mean(axis=0)
    far = dict(zip(fields, even[inside].mean(axis=0).tolist(), strict=True))
    return Group(
        document=_document(fields, paths),
        customers=int(inside.sum()),
        precision=right / max(1, int(caught.sum())),
        recall=right / int(inside.sum()),
        means=dict(zip(fields, means.tolist(), strict=True)),
        far=dict(sorted(far.items(), key=lambda one: -abs(one[1]))),
    )


def _document(fields: Sequence[str], paths: Sequence[_Path]) -> dict[str, object]:
    """One condition for all paths; empty where there is none that asks anything."""
    ways = [_all(tests) for tests in (path.tests(fields) for path in _joined(paths)) if tests]
    if len(ways) <= 1:
        return ways[0] if ways else {}
    return {"any": ways}


def _joined(paths: Sequence[_Path]) -> list[_Path]:
    """The same customers in fewer paths: two that differ only in where a field is cut are one."""
    left = list(paths)
    for first, second in combinations(left, 2):
        one = _join(first, second)
        if one is not None:
            rest = [path for path in left if path is not first and path is not second]
            return _joined([*rest, one])
    return left


def _join(first: _Path, second: _Path) -> _Path | None:
    everywhere = (-inf, inf)
    places = first.bounds.keys() | second.bounds.keys()
    apart = [
        place
        for place in places
        if first.bounds.get(place, everywhere) != second.bounds.get(place, everywhere)
    ]
    if len(apart) != 1:
        return None
    place = apart[0]
    (low, cut), (from_cut, high) = sorted(
        (first.bounds.get(place, everywhere), second.bounds.get(place, everywhere))
    )
    if cut != from_cut:
        return None
    bounds = {**first.bounds, place: (low, high)}
    if bounds[place] == everywhere:
        del bounds[place]
    return _Path(first.group, bounds)


def _all(tests: list[dict[str, object]]) -> dict[str, object]:
    return tests[0] if len(tests) == 1 else {"all": tests}


def _plain(number: float) -> float:
    """A whole number without a point, as people write it."""
    return int(number) if number.is_integer() else number
