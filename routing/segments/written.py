"""A segment in the playbook's YAML text: changed, added, moved, renamed; the rest stays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from routing.segments.references import references
from routing.yaml_edit import (
    Entry,
    added,
    changed,
    edited,
    entries,
    merged,
    moved,
    place_of,
    put,
    renamed,
)
from routing.yaml_text import Plain, read_yaml

KEYS = ("name", "model", "owner", "when", "persona", "goal")
"""What an entry says, in the order in which it is written; other keys are left alone."""

_GROUP = "segments"


def with_segment(text: str, name: str | None, said: Mapping[str, Any], place: int) -> str:
    """The playbook's text with one segment changed, or added where ``name`` is None.

    ``name`` is what it is called in the text; if ``said`` has another one, rules and replies
    follow. ``said`` maps KEYS to plain values; what is empty is left out. ``place`` is where it
    stands among the segments, from 0. Raises Invalid where there is no such segment any more, or
    where a program cannot edit the text.
    """
    document = read_yaml(text).value
    segments = entries(document, _GROUP)
    at = None if name is None else place_of(segments, _GROUP, name)
    entry = merged({} if at is None else segments[at], said, KEYS)
    place = min(place, len(segments) - (at is not None))

    def edit(text: str) -> str:
        if at is None:
            return moved(added(text, _GROUP, entry), _GROUP, len(segments), place)
        wrote = changed(text, _GROUP, at, segments[at], entry)
        old, new = str(segments[at]["name"]).strip(), str(entry["name"])
        if old != new:
            wrote = renamed(wrote, references(read_yaml(wrote).value, old), new)
        return moved(wrote, _GROUP, at, place)

    return edited(text, _GROUP, edit, _wanted(document, at, entry, place))


def _wanted(document: Plain, at: int | None, entry: Entry, place: int) -> Plain:
    assert isinstance(document, dict)  # it has a list of segments
    rest = entries(document, _GROUP)
    was = None if at is None else str(rest.pop(at)["name"]).strip()
    rest.insert(place, entry)
    done: Any = {**document, _GROUP: rest}
    if was is not None and was != entry["name"]:
        for path in list(references(done, was)):
            done = put(done, path, entry["name"])
    return done  # type: ignore[no-any-return]
