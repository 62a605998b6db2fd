"""Conditions: all / any / not over tests, read from a document with every problem at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as made
from difflib import get_close_matches

from routing.conditions.fields import Field, Fields
from routing.conditions.operators import OPERATORS, Operand, Operator, Takes
from routing.conditions.values import Kind, normal, read_value
from routing.errors import Invalid, Problem
from routing.tickets import Value

MAX_DEPTH = 100
"""Deepest nesting that is read; deeper ones are refused, not crashed on."""


@dataclass(frozen=True, slots=True)
class Always:
    """Holds for every ticket."""


@dataclass(frozen=True, slots=True)
class Test:
    """One operator on one field, with what follows from them worked out once.

    ``operand`` is as written. ``passes`` tests a known value in normal form; ``sentence`` is
    the test in words.
    """

    __test__ = False  # or pytest takes it for a test case

    field: Field
    operator: Operator
    operand: Operand
    against: Operand = made(init=False, repr=False, compare=False)
    passes: Callable[[Value], bool] = made(init=False, repr=False, compare=False)
    sentence: str = made(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        one = self.operand
        against = tuple(normal(v) for v in one) if isinstance(one, tuple) else normal(one)
        object.__setattr__(self, "against", against)
        object.__setattr__(self, "passes", self.operator.make(against))
        object.__setattr__(
            self, "sentence", self.operator.says(self.field.says, one, self.field.say)
        )


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
        if name is None:
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
            usable = [one.name for one in OPERATORS.values() if field.kind in one.kinds]
            return self._refuse(
                path,
                f"“{operator.name}” does not work on {name}, which holds {field.kind.value}. "
                f"Use one of: {', '.join(usable)}.",
            )
        operand = self._operand(field, operator, raw[keys[0]], (*path, keys[0]))
        return Always() if operand is None else Test(field, operator, operand)

    def _operand(self, field: Field, operator: Operator, raw: object, path: Path) -> Operand | None:
        if operator.takes is Takes.FLAG:
            if raw is not True:
                self._refuse(path, f"“{operator.name}” takes the value true.")
            return True
        if operator.takes is Takes.ONE:
            return self._value(field, raw, path)
        if not isinstance(raw, Sequence) or isinstance(raw, str) or not raw:
            self._refuse(path, f"“{operator.name}” takes a list of at least one value.")
            return None
        many = [self._value(field, one, (*path, place)) for place, one in enumerate(raw)]
        return tuple(one for one in many if one is not None)

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
