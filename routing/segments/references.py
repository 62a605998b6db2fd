"""Where the rules, replies, surveys and cases of a playbook's document name a segment."""

from __future__ import annotations

from collections.abc import Iterator

from routing.conditions.fields import SEGMENT, SEGMENTS
from routing.yaml_text import Path, Plain

_FIELDS = frozenset({SEGMENT.name, SEGMENTS.name})
_GROUPS = frozenset({"all", "any", "not"})


def references(document: Plain, name: str) -> Iterator[Path]:
    """The path to each text that means the segment; conditions compare without case."""
    if not isinstance(document, dict):
        return
    for key, inner in (("rules", "when"), ("replies", "segments"), ("surveys", "segments")):
        entries = document.get(key)
        for at, one in enumerate(entries if isinstance(entries, list) else []):
            if isinstance(one, dict) and inner in one:
                found = _in_condition if key == "rules" else _in_operand
                yield from ((key, at, inner, *path) for path in found(one[inner], name))
    cases = document.get("cases")
    for at, one in enumerate(cases if isinstance(cases, list) else []):
        expect = one.get("expect") if isinstance(one, dict) else None
        if isinstance(expect, dict):
            found_there = _in_operand(expect.get("segment"), name)
            yield from (("cases", at, "expect", "segment", *path) for path in found_there)


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
