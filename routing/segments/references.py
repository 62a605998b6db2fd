"""Where the rules and replies of a playbook's document name a segment."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from routing.conditions.fields import SEGMENT, SEGMENTS
from routing.yaml_text import Path, Plain

_FIELDS = frozenset({SEGMENT.name, SEGMENTS.name})
_GROUPS = frozenset({"all", "any", "not"})


def references(document: Plain, name: str) -> Iterator[Path]:
    """The path to each text that means the segment; conditions compare without case."""
    if not isinstance(document, dict):
        return
    for key, inner in (("rules", "when"), ("replies", "segments")):
        entries = document.get(key)
        for at, one in enumerate(entries if isinstance(entries, list) else []):
            if isinstance(one, dict) and inner in one:
                found = _in_condition if key == "rules" else _in_operand
                yield from ((key, at, inner, *path) for path in found(one[inner], name))


def _in_condition(condition: Plain, name: str) -> Iterator[Path]:
    if isinstance(condition, list):
        for at, one in enumerate(condition):
            yield from ((at, *path) for path in _in_condition(one, name))
    if not isinstance(condition, dict):
        return
    asks = condition.get("field") in _FIELDS
    for key, value in condition.items():
        if key in _GROUPS:
            yield from ((key, *path) for path in _in_condition(value, name))
        elif asks and key != "field":
            yield from ((key, *path) for path in _in_operand(value, name))


def _in_operand(value: Plain, name: str) -> Iterator[Path]:
    if isinstance(value, str):
        if value.strip().casefold() == name.casefold():
            yield ()
    elif isinstance(value, list):
        for at, one in enumerate(value):
            yield from ((at, *path) for path in _in_operand(one, name))
    elif isinstance(value, dict):  # has changed: {from: …, to: …}
        for key, one in value.items():
            yield from ((key, *path) for path in _in_operand(one, name))


def put(value: Any, path: Path, new: Plain) -> Any:
    """A copy of plain values with another one at a path."""
    if not path:
        return new
    step, *rest = path
    copy: Any = list(value) if isinstance(value, list) else dict(value)
    copy[step] = put(value[step], tuple(rest), new)
    return copy
