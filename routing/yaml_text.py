"""YAML 1.2 text into plain values, with the line of each, and nothing that can hurt.

Plain scalars follow the YAML 1.2 core schema, so ``country: NO`` stays Norway and ``state: on``
stays a word. Aliases and tags are refused: a playbook needs neither, and a few lines of aliases
can stand for a billion values.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import yaml

from routing.errors import Invalid, Problem

MAX_CHARACTERS = 10_000_000
"""Longest text that is read."""

MAX_DEPTH = 250
"""Deepest nesting that is read."""

Plain = str | int | float | bool | None | list["Plain"] | dict[str, "Plain"]
Path = tuple[str | int, ...]

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INT = re.compile(r"[-+]?[0-9]{1,30}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]{1,3})?")
_UNWRITABLE = re.compile(r"[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_WORDS: dict[str, bool | None] = {
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}


@dataclass(frozen=True, slots=True)
class Document:
    """A YAML text as plain values; ``lines`` gives the line, from 1, of each path."""

    value: Plain
    lines: Mapping[Path, int]

    def place(self, problem: Problem) -> Problem:
        """The same problem with the line of the nearest thing that is written."""
        path = problem.path
        while path and path not in self.lines:
            path = path[:-1]
        return Problem(problem.path, problem.message, self.lines.get(path, 1))


def read_yaml(text: str) -> Document:
    """Read a YAML text. Raises Invalid with the line of what cannot be read."""
    if len(text) > MAX_CHARACTERS:
        raise Invalid((Problem((), f"The text is longer than {MAX_CHARACTERS:,} characters."),))
    if (problem := _unwritable(text)) is not None:
        raise Invalid((problem,))
    try:
        _refuse_hazards(text)
        node = yaml.compose(text, Loader=_Loader)
    except yaml.YAMLError as error:
        raise Invalid((_unreadable(error),)) from None
    reader = _Reader()
    value = None if node is None else reader.read(node, ())
    if reader.problems:
        raise Invalid(tuple(reader.problems))
    return Document(value, reader.lines)


def _unwritable(text: str) -> Problem | None:
    # The C reader names no line for these, and fails outside YAML's own errors for half a pair.
    found = _UNWRITABLE.search(text)
    if found is None:
        return None
    line = text.count("\n", 0, found.start()) + 1
    return Problem((), f"It holds the character U+{ord(found[0]):04X}. Take it out.", line)


def _refuse_hazards(text: str) -> None:
    # Composing recurses in C, where too deep a nesting would end the process, so it is counted
    # on the flat stream of events first.
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                raise Invalid(
                    (Problem((), f"Nested deeper than {MAX_DEPTH} levels.", _line(event)),)
                )
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        elif isinstance(event, yaml.AliasEvent):
            told = f"The alias *{event.anchor} is not read. Write it out."
            raise Invalid((Problem((), told, _line(event)),))
        if (tag := getattr(event, "tag", None)) is not None:
            told = f"The tag {tag} is not read. Leave it out."
            raise Invalid((Problem((), told, _line(event)),))


def _line(written: yaml.Event | yaml.Node) -> int:
    return written.start_mark.line + 1 if written.start_mark else 1


def _unreadable(error: yaml.YAMLError) -> Problem:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    what = getattr(error, "problem", None) or "it holds a character that YAML does not allow"
    return Problem((), f"Not readable as YAML: {what}.", mark.line + 1 if mark else None)


class _Reader:
    def __init__(self) -> None:
        self.lines: dict[Path, int] = {}
        self.problems: list[Problem] = []

    def read(self, node: yaml.Node, path: Path) -> Plain:
        self.lines[path] = _line(node)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.read(one, (*path, place)) for place, one in enumerate(node.value)]
        text = str(node.value)
        self._refuse_nul(text, path, self.lines[path])
        # libyaml marks a plain scalar with "", the pure reader with None.
        plain = isinstance(node, yaml.ScalarNode) and not node.style
        return _scalar(text) if plain else text

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Plain]:
        values: dict[str, Plain] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            line = _line(key_node)
            self._refuse_nul(key, path, line)
            if not isinstance(key_node, yaml.ScalarNode):
                self.problems.append(Problem(path, "A key must be one word or phrase.", line))
            elif key in values:
                self.problems.append(Problem((*path, key), "It is written twice.", line))
            values[key] = self.read(value_node, (*path, key))
            self.lines[*path, key] = line
        return values

    def _refuse_nul(self, text: str, path: Path, line: int) -> None:
        # Written as an escape it is fine YAML, but no database keeps it.
        if "\0" in text:
            self.problems.append(Problem(path, "It holds a NUL character.", line))


def _scalar(text: str) -> str | int | float | bool | None:
    if text in _WORDS:
        return _WORDS[text]
    if _INT.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    return text
