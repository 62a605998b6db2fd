"""The table of operators: the test, the kinds it accepts, and how it is said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from routing.conditions.values import Kind, join_or, say
from routing.tickets import Value

Operand = Value | tuple[Value, ...]


class Takes(Enum):
    """What stands on the right of an operator."""

    ONE = "one value"
    MANY = "a list of values"
    FLAG = "true"


@dataclass(frozen=True, slots=True)
class Operator:
    """One way to test a field.

    ``make`` gets the operand in normal form and returns the test over a known value in normal
    form. ``when_missing`` is the result for an unknown value: None (unknown) for all but the
    operators that ask about knowing itself.
    """

    name: str
    kinds: frozenset[Kind]
    takes: Takes
    make: Callable[[Any], Callable[[Any], bool]]
    when_missing: bool | None = None

    def says(self, field: str, operand: Operand, say: Callable[[Value | None], str] = say) -> str:
        """The test as a sentence, for example "plan is Business or Team"."""
        if self.takes is Takes.FLAG:
            return f"{field} {self.name}"
        if isinstance(operand, tuple):
            return f"{field} {self._verb()} {join_or([say(one) for one in operand])}"
        return f"{field} {self._verb()} {say(operand)}"

    def _verb(self) -> str:
        return _VERBS.get(self.name, self.name)


# "plan is any of Business" reads like a form; "plan is Business or Team" reads like a person.
_VERBS = {
    "is any of": "is",
    "is none of": "is not",
    "contains any of": "contains",
    "contains none of": "does not contain",
    "at least": "is at least",
    "at most": "is at most",
    "more than": "is more than",
    "less than": "is less than",
}


def _contains(operand: str) -> Callable[[str | frozenset[str]], bool]:
    # On text this is "the phrase stands in it"; on words it is "one of the words is this".
    return lambda value: operand in value


def _contains_any(operand: tuple[str, ...]) -> Callable[[str | frozenset[str]], bool]:
    return lambda value: any(one in value for one in operand)


def _contains_none(operand: tuple[str, ...]) -> Callable[[str | frozenset[str]], bool]:
    return lambda value: not any(one in value for one in operand)


_ALL = frozenset(Kind)
_SINGLE = frozenset({Kind.TEXT, Kind.NUMBER, Kind.YES_NO, Kind.DATE})
_TEXT = frozenset({Kind.TEXT})
_WORDY = frozenset({Kind.TEXT, Kind.WORDS})
_ORDERED = frozenset({Kind.NUMBER, Kind.DATE})

_ROWS = (
    Operator("is", _SINGLE, Takes.ONE, lambda one: lambda value: value == one),
    Operator("is not", _SINGLE, Takes.ONE, lambda one: lambda value: value != one),
    Operator("is any of", _SINGLE, Takes.MANY, lambda many: frozenset(many).__contains__),
    Operator("is none of", _SINGLE, Takes.MANY, lambda many: lambda value: value not in many),
    Operator("contains", _WORDY, Takes.ONE, _contains),
    Operator("contains any of", _WORDY, Takes.MANY, _contains_any),
    Operator("contains none of", _WORDY, Takes.MANY, _contains_none),
    Operator("starts with", _TEXT, Takes.ONE, lambda one: lambda value: value.startswith(one)),
    Operator("ends with", _TEXT, Takes.ONE, lambda one: lambda value: value.endswith(one)),
    Operator("at least", _ORDERED, Takes.ONE, lambda one: lambda value: value >= one),
    Operator("at most", _ORDERED, Takes.ONE, lambda one: lambda value: value <= one),
    Operator("more than", _ORDERED, Takes.ONE, lambda one: lambda value: value > one),
    Operator("less than", _ORDERED, Takes.ONE, lambda one: lambda value: value < one),
    Operator("is present", _ALL, Takes.FLAG, lambda _: lambda _value: True, when_missing=False),
    Operator("is missing", _ALL, Takes.FLAG, lambda _: lambda _value: False, when_missing=True),
)

OPERATORS = {operator.name: operator for operator in _ROWS}
"""Every operator by its name in the playbook."""
