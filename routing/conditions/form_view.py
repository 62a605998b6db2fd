"""What a template needs to know to show a condition as a form; ``form`` says how it is named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from routing.conditions.document import Document, bare, group_of, test_of
from routing.conditions.durations import PATTERN as DURATION
from routing.conditions.fields import Field, Fields
from routing.conditions.form import ROOT, written
from routing.conditions.operators import OPERATORS, Takes, usable
from routing.conditions.values import Kind, read_value

Type = Literal["text", "number", "date", "datetime-local", "lines", "select"]


@dataclass(frozen=True, slots=True)
class Input:
    """One input of a test.

    ``name`` is its name in the form. ``type`` says how to show it: ``lines`` is a textarea, all
    others are the types of HTML. ``label`` is for people; ``choices``, where there are any, are
    all or the usual values. ``step`` is for numbers and ``pattern`` a regular expression, or
    empty.
    """

    name: str
    label: str
    type: Type
    value: str
    choices: tuple[str, ...] = ()
    pattern: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Node:
    """One node of the tree, as a template shows it.

    ``kind`` is what it is. A group has ``group`` and ``parts``; a test has ``field``, the name of
    its field (empty: none chosen yet), ``operator`` with the names to choose from, and ``inputs``.
    ``first`` and ``last`` say whether it can be moved up and down; the root can't be moved.
    """

    place: str
    kind: Literal["always", "group", "test"]
    negated: bool = False
    group: Literal["all", "any"] = "all"
    parts: tuple[Node, ...] = ()
    field: str = ""
    operator: str = ""
    operators: tuple[str, ...] = ()
    inputs: tuple[Input, ...] = ()
    first: bool = True
    last: bool = True


def form_of(
    document: Document,
    fields: Fields,
    choices: Mapping[str, Sequence[str]] | None = None,
    place: str = ROOT,
) -> Node:
    """The document as nodes. ``choices`` adds to the known values of fields, by field name.

    What it can't read, such as a field that is gone, is shown as it is written.
    """
    return _Shown(fields, choices or {}).node(document, place)


def fields_by_group(fields: Fields) -> dict[str, tuple[Field, ...]]:
    """The fields under their headings, in the order of the table, for a select with optgroups."""
    groups: dict[str, list[Field]] = {}
    for field in fields.values():
        groups.setdefault(field.group, []).append(field)
    return {group: tuple(those) for group, those in groups.items()}


class _Shown:
    def __init__(self, fields: Fields, choices: Mapping[str, Sequence[str]]) -> None:
        self.fields = fields
        self.choices = choices

    def node(
        self, document: Document, place: str, *, first: bool = True, last: bool = True
    ) -> Node:
        inner, negated = bare(document)
        group = group_of(inner)
        if group is not None:
            parts = inner[group]
            count = len(parts)
            return Node(
                place,
                "group",
                negated,
                group,
                tuple(
                    self.node(one, f"{place}.{at}", first=at == 0, last=at == count - 1)
                    for at, one in enumerate(parts)
                ),
                first=first,
                last=last,
            )
        if not isinstance(inner, Mapping):
            return Node(place, "always", negated, first=first, last=last)
        name, operator, operand = test_of(inner)
        field = self.fields.get(name)
        names = tuple(one.name for one in usable(field.kind)) if field is not None else ()
        inputs = self._inputs(field, operator, operand, place) if field is not None else ()
        return Node(
            place,
            "test",
            negated,
            field=name,
            operator=operator,
            operators=names,
            inputs=inputs,
            first=first,
            last=last,
        )

    def _inputs(
        self, field: Field, operator: str, operand: object, place: str
    ) -> tuple[Input, ...]:
        known = OPERATORS.get(operator)
        if known is None:
            return ()
        type_: Type = _TYPES.get(known.takes) or _TYPES_OF_KIND[field.kind]
        return tuple(
            Input(
                name=name,
                label=_LABELS.get(known.takes, name.rpartition(".")[2]),
                type=type_,
                value=_local(value) if type_ == "datetime-local" else value,
                choices=self._choices(field, known.takes),
                pattern=DURATION if known.takes is Takes.SPAN else "",
                hint=_HINTS.get(known.takes) or ("UTC" if type_ == "datetime-local" else ""),
            )
            for name, value in written(place, known.takes, operand)
        )

    def _choices(self, field: Field, takes: Takes) -> tuple[str, ...]:
        if takes is Takes.SCHEDULE:
            return tuple(self.fields.schedules)
        if takes in {Takes.SPAN, Takes.PATTERN}:
            return ()
        usual = ("yes", "no") if field.kind is Kind.YES_NO else field.choices
        return tuple(self.choices.get(field.name, usual))


_TYPES: Mapping[Takes, Type] = {
    Takes.MANY: "lines",
    Takes.SPAN: "text",
    Takes.PATTERN: "text",
    Takes.SCHEDULE: "select",
}
_TYPES_OF_KIND: Mapping[Kind, Type] = {
    Kind.TEXT: "text",
    Kind.WORDS: "text",
    Kind.NUMBER: "number",
    Kind.YES_NO: "select",
    Kind.DATE: "date",
    Kind.MOMENT: "datetime-local",
}
_LABELS = {
    Takes.MANY: "values",
    Takes.SPAN: "how long",
    Takes.PATTERN: "pattern",
    Takes.SCHEDULE: "schedule",
}
_HINTS = {Takes.MANY: "one a line", Takes.SPAN: "30 d"}


def _local(value: str) -> str:
    """A moment as its input wants it, in UTC; what is none stays as it is."""
    with suppress(ValueError):
        moment = read_value(Kind.MOMENT, value)
        if isinstance(moment, datetime):
            return f"{moment:%Y-%m-%dT%H:%M}"
    return value
