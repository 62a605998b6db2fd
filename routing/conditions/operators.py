"""The table of operators: the test, the kinds it accepts, what it looks at, how it is said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import Any, NamedTuple

from routing.conditions.durations import say_duration
from routing.conditions.patterns import compile_pattern
from routing.conditions.values import Kind, join_or, normal, say
from routing.hours import Schedule
from routing.tickets import Value


class Change(NamedTuple):
    """From what to what a value changed; None asks for any value."""

    before: Value | None = None
    after: Value | None = None


Operand = Value | tuple[Value, ...] | timedelta | Schedule | Change


class Takes(Enum):
    """What stands on the right of an operator."""

    ONE = "one value"
    MANY = "a list of values"
    RANGE = "two values: [from, to]"
    SPAN = "a time, like 30 d"
    PATTERN = "a pattern"
    SCHEDULE = "a schedule's name"
    CHANGE = "true, or {from: …, to: …}"
    FLAG = "true"


class Looks(Enum):
    """What an operator looks at, and in which form the row has it."""

    VALUE = "value"
    """The value in normal form."""

    AGE = "age"
    """How long ago it is, as a timedelta, below zero for what is to come; whole days for dates."""

    FRESHNESS = "freshness"
    """Whether the value is still fresh, as a bool."""

    CHANGE = "change"
    """A Change to the value in normal form; None where this event did not touch it."""


Check = Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class Operator:
    """One way to test a field.

    ``make`` gets the operand as ``against`` gives it and returns the test over what the operator
    looks at. ``when_missing`` is the result where that is unknown: None (unknown) for all but
    the operators that ask about knowing itself, and for what did not change.
    """

    name: str
    kinds: frozenset[Kind]
    takes: Takes
    make: Callable[[Any], Check]
    looks: Looks = Looks.VALUE
    when_missing: bool | None = None

    def against(self, operand: Operand) -> Operand:
        """The operand in the form ``make`` wants: values in normal form."""
        if isinstance(operand, Change):
            return Change(*map(_normal_side, operand))
        if isinstance(operand, tuple):
            return tuple(normal(one) for one in operand if one is not None)
        # A pattern is no text: in normal form \D would be \d.
        if isinstance(operand, timedelta | Schedule) or self.takes is Takes.PATTERN:
            return operand
        return normal(operand)

    def says(self, field: str, operand: Operand, say: Callable[[Value | None], str] = say) -> str:
        """The test as a sentence, for example "plan is Business or Team"."""
        verb = _VERBS.get(self.name, self.name)
        match operand:
            case _ if self.takes is Takes.FLAG:
                return f"{field} {self.name}"
            case Change():
                return f"{field} {verb}{_said_change(operand, say)}"
            case tuple() if self.takes is Takes.RANGE:
                return f"{field} {verb} {join_or([say(one) for one in operand], 'and')}"
            case tuple():
                last = "and" if self.name == "contains all of" else "or"
                return f"{field} {verb} {join_or([say(one) for one in operand], last)}"
            case timedelta():
                return f"{field} {verb} {say_duration(operand)}"
            case Schedule():
                return f"{field} {verb} of {operand.name}"
            case _:
                return f"{field} {verb} {say(operand)}"


def _normal_side(side: Value | None) -> Value | None:
    return None if side is None else normal(side)


def _said_change(change: Change, say: Callable[[Value | None], str]) -> str:
    before = "" if change.before is None else f" from {say(change.before)}"
    return before if change.after is None else f"{before} to {say(change.after)}"


# "plan is any of Business" reads like a form; "plan is Business or Team" reads like a person.
_VERBS = {
    "is any of": "is",
    "is none of": "is not",
    "contains any of": "contains",
    "contains all of": "contains",
    "contains none of": "does not contain",
    "at least": "is at least",
    "at most": "is at most",
    "more than": "is more than",
    "less than": "is less than",
    "between": "is between",
    "before": "is before",
    "after": "is after",
    "within the last": "is within the last",
    "older than": "is longer ago than",
    "within the next": "is within the next",
}


def _contains(operand: str) -> Check:
    # On text this is "the phrase stands in it"; on words it is "one of the words is this".
    return lambda value: operand in value


def _contains_any(operand: tuple[str, ...]) -> Check:
    return lambda value: any(one in value for one in operand)


def _contains_all(operand: tuple[str, ...]) -> Check:
    return lambda value: all(one in value for one in operand)


def _contains_none(operand: tuple[str, ...]) -> Check:
    return lambda value: not any(one in value for one in operand)


def _between(ends: tuple[Any, Any]) -> Check:
    low, high = ends
    return lambda value: low <= value <= high


_NOW = timedelta(0)


def _within_last(span: timedelta) -> Check:
    return lambda age: _NOW <= age <= span


def _within_next(span: timedelta) -> Check:
    return lambda age: -span <= age <= _NOW


def _has_changed(wanted: Change) -> Check:
    def passes(change: Change) -> bool:
        before, after = change
        if before == after:
            return False
        return _was(wanted.before, before, after) and _was(wanted.after, after, before)

    return passes


def _was(wanted: Value | None, there: Value | None, other: Value | None) -> bool:
    """Whether one side of a change is what was asked for; of words, one that came or went."""
    if wanted is None:
        return True
    if isinstance(there, frozenset):
        return wanted in there and not (isinstance(other, frozenset) and wanted in other)
    return wanted == there


_ALL = frozenset(Kind)
_SINGLE = frozenset({Kind.TEXT, Kind.NUMBER, Kind.YES_NO, Kind.DATE})
_TEXT = frozenset({Kind.TEXT})
_WORDY = frozenset({Kind.TEXT, Kind.WORDS})
_DATED = frozenset({Kind.DATE, Kind.MOMENT})
_ORDERED = _DATED | {Kind.NUMBER}
_MOMENT = frozenset({Kind.MOMENT})

_ROWS = (
    Operator("is", _SINGLE, Takes.ONE, lambda one: lambda value: value == one),
    Operator("is not", _SINGLE, Takes.ONE, lambda one: lambda value: value != one),
    Operator("is any of", _SINGLE, Takes.MANY, lambda many: frozenset(many).__contains__),
    Operator("is none of", _SINGLE, Takes.MANY, lambda many: lambda value: value not in many),
    Operator("contains", _WORDY, Takes.ONE, _contains),
    Operator("contains any of", _WORDY, Takes.MANY, _contains_any),
    Operator("contains all of", _WORDY, Takes.MANY, _contains_all),
    Operator("contains none of", _WORDY, Takes.MANY, _contains_none),
    Operator("starts with", _TEXT, Takes.ONE, lambda one: lambda value: value.startswith(one)),
    Operator("ends with", _TEXT, Takes.ONE, lambda one: lambda value: value.endswith(one)),
    Operator("matches", _TEXT, Takes.PATTERN, compile_pattern),
    Operator("at least", _ORDERED, Takes.ONE, lambda one: lambda value: value >= one),
    Operator("at most", _ORDERED, Takes.ONE, lambda one: lambda value: value <= one),
    Operator("more than", _ORDERED, Takes.ONE, lambda one: lambda value: value > one),
    Operator("less than", _ORDERED, Takes.ONE, lambda one: lambda value: value < one),
    Operator("between", _ORDERED, Takes.RANGE, _between),
    Operator("before", _DATED, Takes.ONE, lambda one: lambda value: value < one),
    Operator("after", _DATED, Takes.ONE, lambda one: lambda value: value > one),
    Operator("within the last", _DATED, Takes.SPAN, _within_last, Looks.AGE),
    Operator("older than", _DATED, Takes.SPAN, lambda span: lambda age: age > span, Looks.AGE),
    Operator("within the next", _DATED, Takes.SPAN, _within_next, Looks.AGE),
    Operator("is in working time", _MOMENT, Takes.SCHEDULE, lambda schedule: schedule.is_open),
    Operator("is present", _ALL, Takes.FLAG, lambda _: lambda _value: True, when_missing=False),
    Operator("is missing", _ALL, Takes.FLAG, lambda _: lambda _value: False, when_missing=True),
    Operator("is fresh", _ALL, Takes.FLAG, lambda _: lambda fresh: fresh, Looks.FRESHNESS),
    Operator("is stale", _ALL, Takes.FLAG, lambda _: lambda fresh: not fresh, Looks.FRESHNESS),
    Operator(
        "has changed",
        _ALL,
        Takes.CHANGE,
        _has_changed,
        Looks.CHANGE,
        when_missing=False,
    ),
)

OPERATORS = {operator.name: operator for operator in _ROWS}
"""Every operator by its name in the playbook."""


def usable(kind: Kind) -> tuple[Operator, ...]:
    """The operators that work on a kind, in the order of the table."""
    return tuple(operator for operator in _ROWS if kind in operator.kinds)
