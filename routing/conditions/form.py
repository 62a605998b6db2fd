"""A condition as the pairs of an HTML form and back, without JavaScript.

A condition is a tree of nodes. Each has a *place*, the name its inputs begin with: the root is
``when``, the parts of a group at ``when`` are ``when.0``, ``when.1``, and so on to any depth. The
pairs (name, value) of a form, where *place* stands for such a name:

=================  =============================================================================
place.not          ``yes`` where the node is negated (a checkbox)
place.always       ``yes``: the node is the word ``always``
place.group        ``all`` or ``any``: the node is a group; its parts are place.0, place.1, …
place.field        the node is a test of this field
place.op           the operator's name
place.value        the operand: one value; a list, one a line or between commas; a time like 30 d;
                   a pattern; a schedule's name; nothing where the operator takes ``true``
place.low .high    the operand of ``between``
place.from .to     the operand of ``has changed``; empty is any
=================  =============================================================================

How a page uses it, with ``form_of`` of ``form_view`` and ``act`` of ``form_edit``::

    form = form_of(document, playbook.fields, {"segment": names})     # what the template shows
    document = from_pairs(request.form.items(multi=True), playbook.fields)
    document = act(document, request.form["do"])         # one of the buttons, if pressed
    try: condition = read_condition(document, playbook.fields)
    except Invalid as error: told = {place_of(p.path): p.message for p in error.problems}

A *document* is what the YAML file holds: maps, lists, text, numbers. Twice negated is not negated:
apart from that ``from_pairs(to_pairs(document))`` is the document, up to how a value is written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice, takewhile

from routing.conditions.document import (
    ALWAYS,
    GROUPS,
    Document,
    bare,
    group_of,
    test_of,
)
from routing.conditions.fields import Field, Fields
from routing.conditions.operators import OPERATORS, Takes
from routing.conditions.tree import MAX_DEPTH
from routing.conditions.values import Kind, read_value

Pairs = list[tuple[str, str]]

ROOT = "when"
"""The place of the root, unless a page has several conditions."""

MAX_PAIRS = 20_000
"""Pairs of a form that are read; what comes after them is left out."""


def to_pairs(document: Document, place: str = ROOT) -> Pairs:
    """The document as the pairs of a form."""
    inner, negated = bare(document)
    pairs: Pairs = [(f"{place}.not", "yes")] if negated else []
    group = group_of(inner)
    if group is not None:
        pairs.append((f"{place}.group", group))
        for at, part in enumerate(inner[group]):
            pairs += to_pairs(part, f"{place}.{at}")
        return pairs
    if not isinstance(inner, Mapping):
        return [*pairs, (f"{place}.always", "yes")]
    name, operator, operand = test_of(inner)
    pairs.append((f"{place}.field", name))
    pairs.append((f"{place}.op", operator))
    known = OPERATORS.get(operator)
    return [*pairs, *written(place, known.takes if known else Takes.ONE, operand)]


def written(place: str, takes: Takes, operand: object) -> Pairs:
    """An operand as the pairs of its inputs; what is missing is empty."""
    match takes:
        case Takes.FLAG:
            return []
        case Takes.MANY:
            return [(f"{place}.value", _as_lines(operand))]
        case Takes.RANGE:
            ends = [*operand, None, None] if isinstance(operand, list | tuple) else [None, None]
            return [(f"{place}.low", _as_text(ends[0])), (f"{place}.high", _as_text(ends[1]))]
        case Takes.CHANGE:
            sides = operand if isinstance(operand, Mapping) else {}
            return [(f"{place}.{side}", _as_text(sides.get(side))) for side in ("from", "to")]
        case _:
            return [(f"{place}.value", _as_text(operand))]


def _as_text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _as_lines(operand: object) -> str:
    many = operand if isinstance(operand, list | tuple) else [operand]
    lines = "\n".join(_as_text(one) for one in many)
    # A value with a comma in it is one line, not two values: the line's end says so.
    return f"{lines}\n" if "," in lines and "\n" not in lines else lines


def from_pairs(pairs: Iterable[tuple[str, str]], fields: Fields, place: str = ROOT) -> Document:
    """The document that a form's pairs say.

    Pairs of other names are left out. A value that can't be read as its field's kind stays text,
    so that ``read_condition`` tells what is wrong with it. Anything can come in: what is no tree
    is an empty test, and parts deeper than MAX_DEPTH are left out.
    """
    tree = _Branch()
    for name, value in islice(pairs, MAX_PAIRS):
        steps = name.split(".")
        if len(steps) <= MAX_DEPTH + 2 and name.startswith(f"{place}."):
            tree.put(name[len(place) + 1 :].split("."), value)
    return tree.document(fields)


class _Branch:
    """One node of the form: its own inputs, and its parts by number."""

    def __init__(self) -> None:
        self.inputs: dict[str, str] = {}
        self.parts: dict[int, _Branch] = {}

    def put(self, steps: list[str], value: str) -> None:
        branch = self
        for step in steps[:-1]:
            if re.fullmatch(r"[0-9]{1,6}", step) is None:
                return
            branch = branch.parts.setdefault(int(step), _Branch())
        branch.inputs[steps[-1]] = value

    def document(self, fields: Fields) -> Document:
        inner = self._bare(fields)
        return {"not": inner} if self.inputs.get("not") else inner

    def _bare(self, fields: Fields) -> Document:
        group = self.inputs.get("group")
        if group in GROUPS:
            return {group: [self.parts[at].document(fields) for at in sorted(self.parts)]}
        if self.inputs.get("always"):
            return ALWAYS
        field, operator = self.inputs.get("field", ""), self.inputs.get("op", "")
        if not operator:
            return {"field": field}
        return {"field": field, operator: self._operand(fields.get(field), operator)}

    def _operand(self, field: Field | None, operator: str) -> Document:
        known = OPERATORS.get(operator)
        takes = known.takes if known else Takes.ONE
        kind = Kind.TEXT if field is None or field.kind is Kind.WORDS else field.kind
        match takes:
            case Takes.FLAG:
                return True
            case Takes.MANY:
                return [_typed(one, kind) for one in _listed(self.inputs.get("value", ""))]
            case Takes.RANGE:
                return [_typed(self.inputs.get(end, ""), kind) for end in ("low", "high")]
            case Takes.CHANGE:
                sides = {side: self.inputs.get(side, "").strip() for side in ("from", "to")}
                return {side: _typed(one, kind) for side, one in sides.items() if one} or True
            case Takes.ONE:
                return _typed(self.inputs.get("value", ""), kind)
            case _:
                return self.inputs.get("value", "").strip()


def _listed(text: str) -> list[str]:
    parts = text.splitlines() if "\n" in text or "\r" in text else text.split(",")
    return [part.strip() for part in parts if part.strip()]


def _typed(text: str, kind: Kind) -> Document:
    """A value as the YAML file would write it."""
    text = text.strip()
    if kind not in {Kind.NUMBER, Kind.YES_NO}:
        return text
    try:
        value = read_value(kind, text)
    except ValueError:
        return text
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return int(value)
    return text if value is None else value


def place_of(path: Sequence[str | int], place: str = ROOT) -> str:
    """The node to which the path of a problem leads; the path begins inside the condition."""
    known = takewhile(lambda step: isinstance(step, int) or step in {*GROUPS, "not"}, path)
    return ".".join([place, *(str(step) for step in known if isinstance(step, int))])
