"""Conditions: all / any / not over tests, read from a document with every problem at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as made
from datetime import timedelta
from difflib import get_close_matches

from routing.conditions.durations import read_duration
from routing.conditions.fields import Field, Fields
from routing.conditions.operators import (
    OPERATORS,
    Change,
    Check,
    Looks,
    Operand,
    Operator,
    Takes,
    usable,
)
from routing.conditions.patterns import compile_pattern
from routing.conditions.values import Kind, read_value
from routing.errors import Invalid, Problem
from routing.hours import Schedule
from routing.tickets import Value

MAX_DEPTH = 100
"""Deepest nesting that is read; deeper ones are refused, not crashed on."""


@dataclass(frozen=True, slots=True)
class Always:
    """Holds for every ticket."""


@dataclass(frozen=True, slots=True)
class Test:
    """One operator on one field, with what follows from them worked out once.

    ``operand`` is as written. ``passes`` tests what the operator looks at, where that is known;
    ``slot`` names the place of that in a row; ``sentence`` is the test in words.
    """

    __test__ = False  # or pytest takes it for a test case

    field: Field
    operator: Operator
    operand: Operand
    against: Operand = made(init=False, repr=False, compare=False)
    passes: Check = made(init=False, repr=False, compare=False)
    slot: str = made(init=False, repr=False, compare=False)
    sentence: str = made(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        against = self.operator.against(self.operand)
        object.__setattr__(self, "against", against)
        object.__setattr__(self, "passes", self.operator.make(against))
        object.__setattr__(self, "slot", slot_name(self.field.name, self.operator.looks))
        says = self.operator.says(self.field.says, self.operand, self.field.say)
        object.__setattr__(self, "sentence", says)


def slot_name(field: str, looks: Looks) -> str:
    """The place in a row of what an operator sees that looks at a field in this way."""
    return field if looks is Looks.VALUE else f"{field} {looks.value}"


@dataclass(frozen=True, slots=True)
class All:
    """Holds when every part does."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Holds when at least one part does."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """Holds when its part certainly does not; the opposite of unknown is unknown."""

    part: Condition


Condition = Always | Test | All | AnyOf | Not
Path = tuple[str | int, ...]


def read_condition(raw: object, fields: Fields, path: Path = ()) -> Condition:
    """Read a condition from a document of maps and lists.

    Raises Invalid with every problem in it, each with the path to it.
    """
    reader = _Reader(fields)
    condition = reader.read(raw, path, 0)
    if reader.problems:
        raise Invalid(tuple(reader.problems))
    return condition


def tests_of(condition: Condition) -> Iterator[Test]:
    """Every test in the condition, from left to right."""
    match condition:
        case Test():
            yield condition
        case All(parts) | AnyOf(parts):
            for part in parts:
                yield from tests_of(part)
        case Not(part):
            yield from tests_of(part)
        case Always():
            return


class _Reader:
    """Walks a document; keeps going after a problem, so that all of them are found."""

    def __init__(self, fields: Fields) -> None:
        self.fields = fields
        self.problems: list[Problem] = []

    def read(self, raw: object, path: Path, depth: int) -> Condition:
        if depth > MAX_DEPTH:
            return self._refuse(path, f"Nested deeper than {MAX_DEPTH} levels. Flatten it.")
        if raw == "always":
            return Always()
        if not isinstance(raw, Mapping):
            return self._refuse(
                path,
                "A condition is a test like {field: customer.plan, is: Business}, "
                "a group (all, any, not), or the word always.",
            )
        for key in ("all", "any", "not"):
            if key in raw:
                return self._group(key, raw, path, depth)
        return self._test(raw, path)

    def _group(self, key: str, raw: Mapping[object, object], path: Path, depth: int) -> Condition:
        if len(raw) > 1:
            others = ", ".join(sorted(str(other) for other in raw if other != key))
            self._refuse(path, f"“{key}” stands alone in its group; move {others} into it.")
        inner = raw[key]
        if key == "not":
            return Not(self.read(inner, (*path, "not"), depth + 1))
        if not isinstance(inner, Sequence) or isinstance(inner, str) or not inner:
            return self._refuse((*path, key), f"“{key}” takes a list of at least one condition.")
        parts = tuple(
            self.read(part, (*path, key, place), depth + 1) for place, part in enumerate(inner)
        )
        return All(parts) if key == "all" else AnyOf(parts)

    def _test(self, raw: Mapping[object, object], path: Path) -> Condition:
        name = raw.get("field")
        if not name:
            return self._refuse(path, "The test has no field. Write field: and its name.")
        field = self.fields.get(str(name))
        if field is None:
            return self._refuse((*path, "field"), _unknown("field", str(name), list(self.fields)))
        keys = [str(key) for key in raw if key != "field"]
        if len(keys) != 1:
            return self._refuse(
                path,
                f"The test of {name} needs exactly one operator, for example is: or at least:."
                + (f" It has {len(keys)}: {', '.join(keys)}." if keys else ""),
            )
        operator = OPERATORS.get(keys[0])
        if operator is None:
            return self._refuse(path, _unknown("operator", keys[0], list(OPERATORS)))
        if field.kind not in operator.kinds:
            names = ", ".join(one.name for one in usable(field.kind))
            return self._refuse(
                path,
                f"“{operator.name}” does not work on {name}, which holds {field.kind.value}. "
                f"Use one of: {names}.",
            )
        operand = self._operand(field, operator, raw[keys[0]], (*path, keys[0]))
        return Always() if operand is None else Test(field, operator, operand)

    def _operand(self, field: Field, operator: Operator, raw: object, path: Path) -> Operand | None:
        match operator.takes:
            case Takes.FLAG:
                if raw is not True:
                    self._refuse(path, f"“{operator.name}” takes the value true.")
                return True
            case Takes.ONE:
                return self._value(field, raw, path)
            case Takes.MANY:
                return self._many(operator, field, raw, path)
            case Takes.RANGE:
                return self._range(operator, field, raw, path)
            case Takes.SPAN:
                return self._span(field, raw, path)
            case Takes.PATTERN:
                return self._pattern(raw, path)
            case Takes.SCHEDULE:
                return self._schedule(raw, path)
            case Takes.CHANGE:
                return self._change(field, raw, path)

    def _many(
        self, operator: Operator, field: Field, raw: object, path: Path
    ) -> tuple[Value, ...] | None:
        if not isinstance(raw, Sequence) or isinstance(raw, str) or not raw:
            self._refuse(path, f"“{operator.name}” takes a list of at least one value.")
            return None
        many = [self._value(field, one, (*path, place)) for place, one in enumerate(raw)]
        return tuple(one for one in many if one is not None)

    def _range(
        self, operator: Operator, field: Field, raw: object, path: Path
    ) -> tuple[Value, ...] | None:
        if not isinstance(raw, Sequence) or isinstance(raw, str) or len(raw) != 2:
            self._refuse(path, f"“{operator.name}” takes two values, like [10, 20].")
            return None
        ends = self._many(operator, field, raw, path)
        if ends is None or len(ends) < 2:
            return None
        if not operator.make(ends)(ends[0]):
            self._refuse(path, "The first value is larger than the second. Swap them.")
        return ends

    def _span(self, field: Field, raw: object, path: Path) -> timedelta | None:
        try:
            span = read_duration(raw)
        except ValueError as error:
            self._refuse(path, str(error))
            return None
        if field.kind is Kind.DATE and span % timedelta(days=1):
            self._refuse(path, f"{field.name} is known by the day. Write days, like 2 d.")
        return span

    def _pattern(self, raw: object, path: Path) -> str | None:
        if not isinstance(raw, str) or not raw:
            self._refuse(path, "Write a pattern, like INV-[0-9]+.")
            return None
        try:
            compile_pattern(raw)
        except ValueError as error:
            self._refuse(path, str(error))
            return None
        return raw

    def _schedule(self, raw: object, path: Path) -> Schedule | None:
        schedule = self.fields.schedules.get(str(raw))
        if schedule is None:
            known = list(self.fields.schedules)
            told = _unknown("schedule", str(raw), known) if known else "There are no schedules yet."
            self._refuse(path, told)
        return schedule

    def _change(self, field: Field, raw: object, path: Path) -> Change | None:
        if raw is True:
            return Change()
        if not isinstance(raw, Mapping) or not raw or not {*raw} <= {"from", "to"}:
            self._refuse(path, "“has changed” takes true, or {from: …, to: …} with one or both.")
            return None
        sides = {str(side): self._value(field, one, (*path, side)) for side, one in raw.items()}
        return Change(sides.get("from"), sides.get("to"))

    def _value(self, field: Field, raw: object, path: Path) -> Value | None:
        # A single word is what one looks for inside a set of words.
        kind = Kind.TEXT if field.kind is Kind.WORDS else field.kind
        try:
            value = read_value(kind, raw)
        except ValueError as error:
            self._refuse(path, str(error))
            return None
        if value is None:
            self._refuse(path, "The value is empty. To ask for no value, use is missing: true.")
        return value

    def _refuse(self, path: Path, message: str) -> Condition:
        self.problems.append(Problem(path, message))
        return Always()


def _unknown(what: str, name: str, known: list[str]) -> str:
    near = get_close_matches(name, known, n=1)
    hint = f" Did you mean {near[0]}?" if near else f" Known: {', '.join(known)}."
    return f"There is no {what} “{name}”.{hint}"
