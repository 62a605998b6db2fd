"""Conditions over one ticket: compiled to closures for speed, walked for the explanation.

Truth has three values. A condition *holds*, *fails*, or, where a value it needs is missing,
is *unknown*; unknown never counts as either. Each condition is compiled into two closures, one
that says whether it certainly holds and one whether it certainly fails, so ``not`` is a swap.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as made
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple

from routing.conditions.fields import Field, looked_at
from routing.conditions.operators import Looks
from routing.conditions.tree import All, Always, AnyOf, Condition, Not, Test, tests_of
from routing.conditions.unrolled import numbered, unrolled
from routing.conditions.values import HELD_AS, Kind, normal
from routing.tickets import Fact, Facts, Value

Row = list[Any]
"""What tests see of one ticket, a slot for each; None is unknown."""

Check = Callable[[Row], bool]


@dataclass(frozen=True, slots=True)
class Compiled:
    """A condition as two closures over a row."""

    holds: Check
    fails: Check


class Slot(NamedTuple):
    """One slot of a row: which field, looked at how."""

    field: Field
    looks: Looks

    @property
    def plain(self) -> bool:
        """Whether it holds the value of a customer fact as it was told."""
        field = self.field
        return field.read is None and field.derived is None and self.looks is Looks.VALUE


@dataclass(frozen=True, slots=True)
class Layout:
    """What stands in which slot of a row.

    ``slots`` has the place of each by the slot's name, ``places`` all places of a field. The plain
    slots come first: ``read`` makes a view with these alone, ``rest`` are all others.
    """

    plan: tuple[Slot, ...]
    slots: Mapping[str, int]
    places: Mapping[str, tuple[int, ...]]
    rest: tuple[Slot, ...]
    read: Callable[[Facts], View] = made(repr=False, compare=False)

    @classmethod
    def of(cls, conditions: Iterable[Condition]) -> Layout:
        """The layout that serves these conditions: all that their tests look at, once."""
        tests = {test.slot: test for one in conditions for test in tests_of(one)}
        used = {name: Slot(test.field, test.operator.looks) for name, test in tests.items()}
        plan = dict(sorted(used.items(), key=lambda item: not item[1].plain))
        plain = [slot.field for slot in plan.values() if slot.plain]
        places: dict[str, tuple[int, ...]] = {}
        for place, slot in enumerate(plan.values()):
            places[slot.field.name] = (*places.get(slot.field.name, ()), place)
        slots = MappingProxyType({name: place for place, name in enumerate(plan)})
        return cls(
            plan=tuple(plan.values()),
            slots=slots,
            places=MappingProxyType(places),
            read=_reader_of(plain, slots),
            rest=tuple(plan.values())[len(plain) :],
        )

    @property
    def fields(self) -> tuple[Field, ...]:
        """Every field that the conditions use, once."""
        return tuple({slot.field.name: slot.field for slot in self.plan}.values())

    def view(self, facts: Facts) -> View:
        """One ticket's values in their slots; what is unknown is None."""
        view = self.read(facts)
        for field, looks in self.rest:
            fact = field.fact(facts)
            view.row.append(looked_at(field, looks, fact, facts))
            view.facts.append(fact)
        return view

    def put(self, view: View, field: Field, fact: Fact | None) -> None:
        """Set a field that was decided on the way, such as the segment."""
        for place in self.places.get(field.name, ()):
            view.row[place] = looked_at(field, self.plan[place].looks, fact, view.known)
            view.facts[place] = fact


def _reader_of(fields: Sequence[Field], slots: Mapping[str, int]) -> Callable[[Facts], View]:
    """What makes a view of these customer facts; straight code, for every ticket needs it."""
    lines = ["fact_of = facts.customer.get"]
    for n, field in enumerate(fields):
        lines += [
            f"fact{n} = fact_of(name{n})",
            f"if fact{n} is None: value{n} = None",
            f"elif type(value{n} := fact{n}.value) is held{n}: value{n} = {_as_normal(field, n)}",
            f"else: fact{n}, value{n} = read_again(field{n}, facts)",
        ]
    row = ", ".join(f"value{n}" for n in range(len(fields)))
    known = ", ".join(f"fact{n}" for n in range(len(fields)))
    lines.append(f"return View(slots, [{row}], [{known}], facts)")
    constants = numbered(
        field=fields,
        name=[field.name for field in fields],
        held=[HELD_AS[field.kind] for field in fields],
    )
    shared = {"View": View, "slots": slots, "normal": normal, "read_again": _read_again}
    return unrolled("facts", lines, constants | shared)


def _as_normal(field: Field, n: int) -> str:
    """``normal`` in place: most values are text, and most others are their own normal form."""
    if field.kind is Kind.TEXT:
        return f"value{n}.strip().casefold()"
    return f"normal(value{n})" if field.kind is Kind.WORDS else f"value{n}"


def _read_again(field: Field, facts: Facts) -> tuple[Fact | None, Value | None]:
    """A fact that was learned when its field had another kind."""
    fact = field.fact(facts)
    return fact, None if fact is None else normal(fact.value)


def compile_condition(condition: Condition, layout: Layout) -> Compiled:
    """Turn a condition into closures over rows of this layout."""
    match condition:
        case Always():
            return Compiled(lambda _: True, lambda _: False)
        case Test():
            return _compile_test(condition, layout.slots[condition.slot])
        case Not(part):
            inner = compile_condition(part, layout)
            return Compiled(inner.fails, inner.holds)
        case All(parts):
            inners = [compile_condition(part, layout) for part in parts]
            return Compiled(_every([i.holds for i in inners]), _some([i.fails for i in inners]))
        case AnyOf(parts):
            inners = [compile_condition(part, layout) for part in parts]
            return Compiled(_some([i.holds for i in inners]), _every([i.fails for i in inners]))


def _compile_test(test: Test, slot: int) -> Compiled:
    passes = test.passes
    if test.operator.when_missing is None:
        return Compiled(
            lambda row: (value := row[slot]) is not None and passes(value),
            lambda row: (value := row[slot]) is not None and not passes(value),
        )
    missing = test.operator.when_missing
    return Compiled(
        lambda row: missing if (value := row[slot]) is None else passes(value),
        lambda row: not missing if (value := row[slot]) is None else not passes(value),
    )


# Groups of two and three are by far the most common, and a plain `and` is three times as quick
# as a loop over a list.
def _every(checks: list[Check]) -> Check:
    if len(checks) == 1:
        return checks[0]
    if len(checks) == 2:
        a, b = checks
        return lambda row: a(row) and b(row)
    if len(checks) == 3:
        a, b, c = checks
        return lambda row: a(row) and b(row) and c(row)
    return lambda row: all(check(row) for check in checks)


def _some(checks: list[Check]) -> Check:
    if len(checks) == 1:
        return checks[0]
    if len(checks) == 2:
        a, b = checks
        return lambda row: a(row) or b(row)
    if len(checks) == 3:
        a, b, c = checks
        return lambda row: a(row) or b(row) or c(row)
    return lambda row: any(check(row) for check in checks)


class Seen(NamedTuple):
    """One test as it came out: ``result`` None is unknown; ``value`` is what was seen."""

    sentence: str
    result: bool | None
    value: Value | None = None
    source: str | None = None
    as_of: datetime | None = None


@dataclass(slots=True)  # Not frozen: one is made for every ticket, at a third of the price.
class View:
    """One ticket as an explanation sees it: its row, and behind each value the fact it is from.

    ``known`` is all that was known when the row was made.
    """

    slots: Mapping[str, int]
    row: Row
    facts: list[Fact | None]
    known: Facts


def judge(condition: Condition, view: View) -> tuple[bool | None, tuple[Seen, ...]]:
    """Whether the condition holds (None: unknown), with the tests that decided it.

    When a group fails, only the first part that failed is named; when it holds, every part that
    had a say is.
    """
    # The commonest first: a decision asks this for every rule.
    if type(condition) is All:
        return _judge_group(condition.parts, view, decisive=False)
    if type(condition) is AnyOf:
        return _judge_group(condition.parts, view, decisive=True)
    if type(condition) is Test:
        result = truth(condition, view)
        return result, (_seen(condition, result, view),)
    if type(condition) is Not:
        result, tests = judge(condition.part, view)
        return None if result is None else not result, tuple(_negated(one) for one in tests)
    return True, ()


def truth(condition: Condition, view: View) -> bool | None:
    """Whether the condition holds; None when that is unknown."""
    if type(condition) is Test:
        value = view.row[view.slots[condition.slot]]
        return condition.operator.when_missing if value is None else condition.passes(value)
    if type(condition) is All:
        return _group_truth(condition.parts, view, decisive=False)
    if type(condition) is AnyOf:
        return _group_truth(condition.parts, view, decisive=True)
    if type(condition) is Not:
        inner = truth(condition.part, view)
        return None if inner is None else not inner
    return True


def _group_truth(parts: tuple[Condition, ...], view: View, *, decisive: bool) -> bool | None:
    """One decisive part settles the group; else it is unknown if any part is."""
    unknown = False
    for part in parts:
        result = truth(part, view)
        if result is decisive:
            return decisive
        unknown = unknown or result is None
    return None if unknown else not decisive


def _judge_group(
    parts: tuple[Condition, ...], view: View, *, decisive: bool
) -> tuple[bool | None, tuple[Seen, ...]]:
    """A group that one part settled is explained by that part, any other by all its parts."""
    row, slots = view.row, view.slots
    results = []
    for part in parts:
        # A test is worked out on the spot: nearly all parts are tests, and a call costs as much.
        if type(part) is Test:
            value = row[slots[part.slot]]
            result = part.operator.when_missing if value is None else part.passes(value)
        else:
            result = truth(part, view)
        if result is decisive:
            return judge(part, view)
        results.append(result)
    common = None if None in results else not decisive
    tests: tuple[Seen, ...] = ()
    for part, result in zip(parts, results, strict=True):
        if result is common:
            tests += judge(part, view)[1]
    return common, tests


def _seen(test: Test, result: bool | None, view: View) -> Seen:
    fact = view.facts[view.slots[test.slot]]
    if fact is None:
        return Seen(test.sentence, result)
    return Seen(test.sentence, result, fact.value, fact.source, fact.as_of)


def _negated(seen: Seen) -> Seen:
    result = None if seen.result is None else not seen.result
    return seen._replace(sentence=f"not: {seen.sentence}", result=result)
