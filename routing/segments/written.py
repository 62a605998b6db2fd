"""A segment in the playbook's YAML text: changed, added, moved, renamed; the rest stays as it is.

Only what changes is written anew: comments and layout of everything else stay byte for byte. What
came out is read again and compared with what it must say, so a text that is laid out in a way this
module does not foresee is refused and never spoilt.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import yaml

from routing.errors import Invalid, Problem
from routing.segments.references import put, references
from routing.yaml_text import Path, Plain, read_yaml
from routing.yaml_write import flow, scalar

KEYS = ("name", "model", "owner", "when", "persona", "goal")
"""What an entry says, in the order in which it is written; other keys are left alone."""

Entry = dict[str, Plain]

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Edit(NamedTuple):
    """New text in place of a span of the old."""

    start: int
    end: int
    text: str


def with_segment(text: str, name: str | None, said: Mapping[str, Any], place: int) -> str:
    """The playbook's text with one segment changed, or added where ``name`` is None.

    ``name`` is what it is called in the text; if ``said`` has another one, rules and replies
    follow. ``said`` maps KEYS to plain values; what is empty is left out. ``place`` is where it
    stands among the segments, from 0. Raises Invalid where there is no such segment any more, or
    where a program cannot edit the text.
    """
    document = read_yaml(text).value
    segments = _segments_of(document)
    at = _place_of(segments, name)
    entry = _entry({} if at is None else segments[at], said)
    place = min(place, len(segments) - (at is not None))
    wanted = _wanted(document, at, entry, place)
    try:
        wrote = _edited(text, segments, at, entry, place)
        fits = read_yaml(wrote).value == wanted
    except (yaml.YAMLError, Invalid):
        fits = False
    if not fits:
        raise _refused("segments", "The text is laid out in a way that only a person can edit.")
    return wrote


def _edited(text: str, segments: Sequence[Entry], at: int | None, entry: Entry, place: int) -> str:
    if at is None:
        return _moved(_added(text, entry), len(segments), place)
    wrote = _changed(text, at, segments[at], entry)
    old, new = str(segments[at]["name"]).strip(), str(entry["name"])
    if old != new:
        wrote = _renamed(wrote, old, new)
    return _moved(wrote, at, place)


def _refused(where: str, why: str) -> Invalid:
    return Invalid((Problem((where,), f"{why} Change it in the playbook’s text."),))


# What the text must say in the end.


def _segments_of(document: Plain) -> list[Entry]:
    found = document.get("segments") if isinstance(document, dict) else None
    segments = [] if found is None else found
    if not isinstance(document, dict) or not isinstance(segments, list):
        raise _refused("segments", "The playbook has no list of segments.")
    if not all(isinstance(one, dict) for one in segments):
        raise _refused("segments", "One of the segments is no map of keys and values.")
    return [one for one in segments if isinstance(one, dict)]


def _place_of(segments: Sequence[Entry], name: str | None) -> int | None:
    if name is None:
        return None
    for at, one in enumerate(segments):
        if str(one.get("name")).strip() == name:
            return at
    raise Invalid((Problem(("segments",), f"There is no segment “{name}” any more."),))


def _entry(was: Entry, said: Mapping[str, Any]) -> Entry:
    """The entry as it should be: what is said of it, and what nobody here knows."""
    plain: Entry = json.loads(json.dumps({key: said[key] for key in KEYS if said.get(key)}))
    return {**plain, **{key: value for key, value in was.items() if key not in KEYS}}


def _wanted(document: Plain, at: int | None, entry: Entry, place: int) -> Plain:
    assert isinstance(document, dict)  # it has a list of segments
    rest = _segments_of(document)
    was = None if at is None else str(rest.pop(at)["name"]).strip()
    rest.insert(place, entry)
    done: Any = {**document, "segments": rest}
    if was is not None and was != entry["name"]:
        for path in list(references(done, was)):
            done = put(done, path, entry["name"])
    return done  # type: ignore[no-any-return]


# Where things stand in the text.


def _root(text: str) -> yaml.MappingNode:
    root = yaml.compose(text, Loader=_LOADER)
    assert isinstance(root, yaml.MappingNode)  # it has been read as a map
    return root


def _find(node: yaml.Node, path: Path) -> yaml.Node | None:
    for step in path:
        found: yaml.Node | None = None
        if isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            found = node.value[step]
        elif isinstance(node, yaml.MappingNode):
            found = next((value for key, value in node.value if key.value == step), None)
        if found is None:
            return None
        node = found
    return node


def _list(text: str) -> yaml.SequenceNode | None:
    node = _find(_root(text), ("segments",))
    return node if isinstance(node, yaml.SequenceNode) else None


def _start(node: yaml.Node) -> int:
    return int(node.start_mark.index)


def _end(node: yaml.Node, text: str) -> int:
    """Where a node's own text ends. The mark of a block stands where the next thing begins."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _end(last[1] if isinstance(last, tuple) else last, text)
    return len(text[: int(node.end_mark.index)].rstrip())


def _line_start(text: str, at: int) -> int:
    return text.rfind("\n", 0, at) + 1


def _line_end(text: str, at: int) -> int:
    """The end of the line, behind a comment that may stand there, before its break."""
    end = text.find("\n", at)
    return len(text) if end < 0 else end


def _items(node: yaml.SequenceNode, text: str) -> list[tuple[int, int]]:
    """The lines of each entry, with the comment lines right above it."""
    spans = []
    for one in node.value:
        start = _line_start(text, text.rfind("-", 0, _start(one)))
        while start > 0 and text[_line_start(text, start - 1) :].lstrip(" ").startswith("#"):
            start = _line_start(text, start - 1)
        spans.append((start, _line_end(text, _end(one, text))))
    return spans


def _apply(text: str, edits: Sequence[_Edit]) -> str:
    for edit in sorted(edits, reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text


# The edits.


def _changed(text: str, at: int, was: Entry, entry: Entry) -> str:
    """The entry with its keys one by one as they should be; those that are right stay."""
    node = _find(_root(text), ("segments", at))
    assert isinstance(node, yaml.MappingNode)  # it has been read as a map
    if was == entry:
        return text
    if node.flow_style:
        return _apply(text, [_Edit(_start(node), _end(node, text), flow(dict(entry)))])
    indent = " " * int(node.start_mark.column)
    stale = [
        place
        for place, (key, _) in enumerate(node.value)
        if key.value not in entry or entry[key.value] != was[key.value]
    ]
    edits = [_edit_of(node, place, entry, indent, text) for place in stale]
    new = "".join(
        f"\n{indent}{_pair(key, value, indent)}" for key, value in entry.items() if key not in was
    )
    end = _line_end(text, _end(node, text))
    return _apply(text, [*edits, _Edit(end, end, new)])


def _edit_of(node: yaml.MappingNode, place: int, entry: Entry, indent: str, text: str) -> _Edit:
    """One key of an entry gets another value, or goes."""
    key, value = node.value[place]
    end = _end(value, text)
    if key.value in entry:
        colon = text.index(":", int(key.end_mark.index)) + 1
        written = _pair(key.value, entry[key.value], indent)
        return _Edit(colon, end, written[len(key.value) + 1 :])
    if place + 1 < len(node.value):
        return _Edit(_start(key), _start(node.value[place + 1][0]), "")
    return _Edit(_line_end(text, _end(node.value[place - 1][1], text)), end, "")


def _added(text: str, entry: Entry) -> str:
    """A new entry at the end of the list, which is made where there is none."""
    node = _list(text)
    if node is not None and node.value:
        at = _end(node.value[-1], text)
        if node.flow_style:
            return _apply(text, [_Edit(at, at, f", {flow(dict(entry))}")])
        column = int(node.value[-1].start_mark.column)
        dash = text.rfind("-", 0, _start(node.value[-1]))
        indent = dash - _line_start(text, dash)
        at = _line_end(text, at)
        item = _item(entry, " " * indent, " " * max(column, indent + 2))
        return _apply(text, [_Edit(at, at, f"\n\n{item}")])
    block = f"segments:\n{_item(entry, '  ', '    ')}"
    for key, value in _root(text).value:
        if key.value == "segments":
            end = max(_end(value, text), int(key.end_mark.index) + 1)
            return _apply(text, [_Edit(_start(key), end, block)])
    return f"{text.rstrip()}\n\n{block}\n"


def _renamed(text: str, old: str, new: str) -> str:
    root = _root(text)
    nodes = [_find(root, path) for path in references(read_yaml(text).value, old)]
    found = [node for node in nodes if node is not None]
    return _apply(text, [_Edit(_start(node), _end(node, text), scalar(new)) for node in found])


def _moved(text: str, at: int, place: int) -> str:
    """The entry at another place, with its lines and the comments right above them."""
    node = None if at == place else _list(text)
    if node is None:
        return text
    if node.flow_style:
        spans = [(_start(one), _end(one, text)) for one in node.value]
    else:
        spans = _items(node, text)
    entries = [text[start:end] for start, end in spans]
    entries.insert(place, entries.pop(at))
    return _apply(text, [_Edit(*span, one) for span, one in zip(spans, entries, strict=True)])


# How an entry is written.


def _item(entry: Entry, indent: str, inner: str) -> str:
    pairs = [_pair(key, value, inner) for key, value in entry.items()]
    return f"{indent}-{' ' * (len(inner) - len(indent) - 1)}" + f"\n{inner}".join(pairs)


def _pair(key: str, value: Plain, indent: str) -> str:
    """A key with its value: a persona and a group of conditions as blocks, all else on a line."""
    if key == "when" and _is_group(value):
        return f"{key}:\n{_group(value, indent + '  ')}"
    if key == "persona" and isinstance(value, dict):
        lines = (f"\n{indent}  {scalar(name)}: {flow(one)}" for name, one in value.items())
        return f"{key}:{''.join(lines)}"
    return f"{key}: {flow(value)}"


def _is_group(value: Plain) -> bool:
    if not isinstance(value, dict) or len(value) != 1:
        return False
    ((join, parts),) = value.items()
    return (join in {"all", "any"} and bool(parts)) or (join == "not" and _is_group(parts))


def _group(value: Plain, indent: str) -> str:
    """A group as a block, with each test in it on a line."""
    assert isinstance(value, dict)  # it is a group
    ((join, parts),) = value.items()
    if not isinstance(parts, list):
        return f"{indent}{join}:\n{_group(parts, indent + '  ')}"
    lines = [f"{indent}{join}:"]
    for part in parts:
        said = _group(part, f"{indent}    ").lstrip() if _is_group(part) else flow(part)
        lines.append(f"{indent}  - {said}")
    return "\n".join(lines)
