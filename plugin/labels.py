"""How groups of tickets are named for people."""

from __future__ import annotations

from collections.abc import Iterable

from routing.languages import language_name
from routing.outcomes.dimensions import Dimension
from routing.outcomes.question import Label

_NO_LABEL = {
    Dimension.SEGMENT: "Everyone else",
    Dimension.QUEUE: "No queue",
    Dimension.AGENT: "Nobody",
    Dimension.RULE: "No rule",
    Dimension.CHANNEL: "Unknown channel",
    Dimension.LANGUAGE: "Unknown language",
}


def label_says(label: Label, dimension: Dimension) -> str:
    """A group as it is named on pages."""
    if label is None:
        return _NO_LABEL.get(dimension, "Unknown")
    return language_name(label) if dimension is Dimension.LANGUAGE else label


def names_of(labels: Iterable[Label], dimension: Dimension) -> dict[Label, str]:
    """The same of several groups, no two of them with one name."""
    names: dict[Label, str] = {}
    for label in labels:
        said = label_says(label, dimension)
        if said in names.values():
            said = f"{said} ({len(names) + 1})"
        names[label] = said
    return names
