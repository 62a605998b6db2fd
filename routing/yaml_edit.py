"""The entries of a list in a YAML text: changed, added, moved, taken out; the rest stays as it is.

Only what changes is written anew: comments and layout of everything else stay byte for byte. What
came out is read again and compared with what it must say, so a text that is laid out in a way this
module does not foresee is refused and never spoilt.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import yaml

from routing.errors import Invalid, Problem
from routing.yaml_text import Path, Plain, read_yaml
from routing.yaml_write import flow, scalar

Entry = dict[str, Plain]

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_BLANK = re.compile(r"\r?\n([ \t]*\r?\n)*")
_BLOCKS = frozenset({"persona", "ticket", "customer"})
"""Keys whose map is written with a line for each of its keys; others stand on one line."""


class _Edit(NamedTuple):
    """New text in place of a span of the old."""

    start: int
    end: int
    text: str


def entries(document: Plain, group: str) -> list[Entry]:
    """The entries of the document's list ``group``. Raises Invalid where it is no such list."""
    found = document.get(group) if isinstance(document, dict) else None
    listed = [] if found is None else found
    if not isinstance(document, dict) or not isinstance(listed, list):
        raise refused(group, f"The playbook has no list of {group}.")
    if not all(isinstance(one, dict) for one in listed):
        raise refused(group, f"One of the {group} is no map of keys and values.")
    return [one for one in listed if isinstance(one, dict)]


def place_of(listed: Sequence[Entry], group: str, name: str) -> int:
    """The place, from 0, of the entry with this name. Raises Invalid where it is gone."""
    for at, one in enumerate(listed):
        if str(one.get("name")).strip() == name:
            return at
    raise Invalid((Problem((group,), f"There is no {group[:-1]} “{name}” any more."),))


def merged(was: Entry, said: Mapping[str, Any], keys: Sequence[str]) -> Entry:
    """The entry as it should be: what is said of it for ``keys``, and what nobody here knows.

    What is empty is left out.
    """
    plain: Entry = json.loads(json.dumps({key: said[key] for key in keys if said.get(key)}))
    return {**plain, **{key: value for key, value in was.items() if key not in keys}}


def refused(where: str, why: str) -> Invalid:
    """What a person is told where a program cannot edit the text."""
    return Invalid((Problem((where,), f"{why} Change it in the playbook’s text."),))


def put(value: Any, path: Path, new: Plain) -> Any:
    """A copy of plain values with another one at a path."""
    if not path:
        return new
    step, *rest = path
    copy: Any = list(value) if isinstance(value, list) else dict(value)
    copy[step] = put(value[step], tuple(rest), new)
    return copy


def edited(text: str, group: str, edit: Callable[[str], str], wanted: Plain) -> str:
    """The text after an edit. Raises Invalid, unless it then says exactly what is wanted."""
    try:
        wrote = edit(text)
        fits = read_yaml(wrote).value == wanted
    except (yaml.YAMLError, Invalid):
        fits = False
    if not fits:
        raise refused(group, "The text is laid out in a way that only a person can edit.")
    return wrote


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


def _list(text: str, group: str) -> yaml.SequenceNode | None:
    node = _find(_root(text), (group,))
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
    """Where each entry stands: on its lines, with the comment lines right above it."""
    if node.flow_style:
        return [(_start(one), _end(one, text)) for one in node.value]
    spans = []
    for one in node.value:
        start = _line_start(text, text.rfind("-", 0, _start(one)))
        while start > 0 and text[_line_start(text, start - 1) :].lstrip(" ").startswith("#"):
            start = _line_start(text, start - 1)
        spans.append((start, _line_end(text, _end(one, text))))
    return spans


def _apply(text: str, edits: Iterable[_Edit]) -> str:
    for edit in sorted(edits, reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text


# The edits.


def changed(text: str, group: str, at: int, was: Entry, entry: Entry) -> str:
    """The entry with its keys one by one as they should be; those that are right stay."""
    node = _find(_root(text), (group, at))
    assert isinstance(node, yaml.MappingNode)  # it has been read as a map
    return _apply(text, _changes(node, was, entry, text))


def _changes(node: yaml.MappingNode, was: Entry, entry: Entry, text: str) -> list[_Edit]:
    if was == entry:
        return []
    kept = [place for place, (key, _) in enumerate(node.value) if key.value in entry]
    if node.flow_style or not kept:
        return [_Edit(_start(node), _end(node, text), flow(dict(entry)))]
    indent = " " * int(node.start_mark.column)
    edits = []
    for place in range(kept[-1] + 1):
        key, value = node.value[place]
        if key.value not in entry:
            edits.append(_Edit(_start(key), _start(node.value[place + 1][0]), ""))
        elif entry[key.value] != was[key.value]:
            edits += _changes_of((key, value), was[key.value], entry[key.value], indent, text)
    end = _line_end(text, _end(node.value[kept[-1]][1], text))
    if kept[-1] + 1 < len(node.value):
        edits.append(_Edit(end, _end(node, text), ""))
    new = "".join(
        f"\n{indent}{_pair(key, value, indent)}" for key, value in entry.items() if key not in was
    )
    end = _line_end(text, _end(node, text))
    return [*edits, _Edit(end, end, new)]


def _changes_of(
    pair: tuple[yaml.Node, yaml.Node], was: Plain, value: Plain, indent: str, text: str
) -> list[_Edit]:
    """Another value for a key: a map of lines changes line by line, all else is written anew."""
    key, node = pair
    plain_map = isinstance(node, yaml.MappingNode) and not node.flow_style and key.value != "when"
    if plain_map and isinstance(was, dict) and isinstance(value, dict) and was.keys() & value:
        assert isinstance(node, yaml.MappingNode)
        return _changes(node, was, value, text)
    colon = text.index(":", int(key.end_mark.index)) + 1
    written = _pair(key.value, value, indent)
    return [_Edit(colon, _end(node, text), written[len(key.value) + 1 :])]


def added(text: str, group: str, entry: Entry) -> str:
    """A new entry at the end of the list, which is made where there is none."""
    node = _list(text, group)
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
    block = f"{group}:\n{_item(entry, '  ', '    ')}"
    for key, value in _root(text).value:
        if key.value == group:
            end = max(_end(value, text), int(key.end_mark.index) + 1)
            return _apply(text, [_Edit(_start(key), end, block)])
    return f"{text.rstrip()}\n\n{block}\n"


def renamed(text: str, paths: Iterable[Path], new: str) -> str:
    """Another text at each of these paths."""
    root = _root(text)
    found = [node for node in (_find(root, path) for path in paths) if node is not None]
    return _apply(text, [_Edit(_start(node), _end(node, text), scalar(new)) for node in found])


def moved(text: str, group: str, at: int, place: int) -> str:
    """The entry at another place, with its lines and the comments right above them."""
    if at == place:
        return text
    node = _list(text, group)
    order = list(range(len(node.value) if node is not None else 0))
    order.insert(place, order.pop(at))
    return arranged(text, group, order)


def arranged(text: str, group: str, order: Sequence[int]) -> str:
    """The entries in this order, given by their places from 0; what is not named is taken out.

    A comment right above an entry belongs to it.
    """
    node = _list(text, group)
    if node is None or list(order) == list(range(len(node.value))):
        return text
    spans = _items(node, text)
    if not order:
        key = next(key for key, _ in _root(text).value if key.value == group)
        colon = text.index(":", int(key.end_mark.index)) + 1
        return _apply(text, [_Edit(colon, _end(node, text), " []")])
    kept = sorted(order)
    edits = [
        _Edit(*spans[to], text[slice(*spans[place])]) for to, place in zip(kept, order, strict=True)
    ]
    gone = [place for place in range(len(spans)) if place not in set(order)]
    return _apply(text, [*edits, *(_gone(spans, place, kept[0], node, text) for place in gone)])


def _gone(
    spans: Sequence[tuple[int, int]], at: int, first: int, node: yaml.SequenceNode, text: str
) -> _Edit:
    """An entry taken out, with what parts it from the next one; ``first`` is the first to stay."""
    start, end = spans[at]
    if not node.flow_style:
        following = _BLANK.match(text, end)
        return _Edit(start, end if following is None else following.end(), "")
    if at < first:
        return _Edit(start, spans[at + 1][0], "")
    return _Edit(spans[at - 1][1], end, "")


# How an entry is written.


def _item(entry: Entry, indent: str, inner: str) -> str:
    pairs = [_pair(key, value, inner) for key, value in entry.items()]
    return f"{indent}-{' ' * (len(inner) - len(indent) - 1)}" + f"\n{inner}".join(pairs)


def _pair(key: str, value: Plain, indent: str) -> str:
    """A key with its value: groups of conditions and some maps as blocks, all else on a line."""
    if key == "when" and _is_group(value):
        return f"{key}:\n{_group(value, indent + '  ')}"
    if key in _BLOCKS and isinstance(value, dict):
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
