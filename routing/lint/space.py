"""What tickets can be, as far as a playbook's tests can tell them apart.

For each thing that tests look at there is a variable. Its values are the ones that the tests
name, the gaps between them, "something else" and "unknown". What cannot be told from a value, such
as whether some other text holds a phrase, is a flag: a variable of its own, with two values, and
the same one wherever the same is asked. More combinations are thought possible than there are,
never fewer: what no combination allows, no ticket does.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import Enum
from functools import cached_property
from math import inf, nextafter
from typing import Any

from routing.conditions.fields import SEGMENT, SEGMENTS, WEEKDAYS, Field
from routing.conditions.operators import OPERATORS, Looks, Takes
from routing.conditions.tree import All, Always, AnyOf, Condition, Not, Test, tests_of
from routing.conditions.values import Kind, normal
from routing.hours import Schedule
from routing.lint.boxes import EVERYTHING, MOST, NOTHING, Box, Boxes, TooMany, meet, product, union
from routing.segments.segment import Segment
from routing.tickets import Priority, Status

_NEVER_UNKNOWN = frozenset(
    {"ticket.subject", "ticket.text", "ticket.status", "ticket.tags", "ticket.opened", "segments"}
)
_DECIDED = frozenset({SEGMENT.name, SEGMENTS.name})
_CHOICES: Mapping[str, tuple[object, ...]] = {
    "ticket.status": tuple(map(str, Status)),
    "ticket.priority": tuple(map(str, Priority)),
    "time.weekday": WEEKDAYS,
    "time.hour": tuple(map(float, range(24))),
    "time.day": tuple(map(float, range(1, 32))),
    "time.month": tuple(map(float, range(1, 13))),
}
_EQUAL = frozenset({"is", "is any of"})
_UNEQUAL = frozenset({"is not", "is none of"})
_CONTAINS = OPERATORS["contains"]
_CONTAINS_ANY = OPERATORS["contains any of"]
_PHRASES = frozenset({"contains", "contains any of", "starts with", "ends with"})

NO, YES, EITHER = 1, 2, 3
"""The values of a flag, as bits."""

_MOST_PHRASES = 300
"""Tests of one text beyond which it is no longer asked which of them follow from which."""


class Mark(Enum):
    """Values that stand for no single one."""

    UNKNOWN = "unknown"
    OTHER = "something else"


@dataclass(frozen=True)
class Choice:
    """What a field is, seen in one way: one of ``values``, each of which stands for its like.

    Where there are ``cuts`` the values are them and the gaps between them; ``gaps`` has for each
    cut and gap, from below, the place of its value, None where nothing lies there.
    """

    field: Field
    looks: Looks
    values: tuple[object, ...]
    cuts: tuple[Any, ...] = ()
    gaps: tuple[int | None, ...] = ()

    @cached_property
    def full(self) -> int:
        """All values, as bits."""
        return (1 << len(self.values)) - 1

    @cached_property
    def known(self) -> int:
        """All values but the unknown one."""
        return self.full & ~1 if self.values[0] is Mark.UNKNOWN else self.full

    @cached_property
    def _places(self) -> dict[object, int]:
        return {_plain(value): place for place, value in enumerate(self.values)}

    def place(self, value: Any) -> int | None:
        """The place of the value that stands for this one; None where none does."""
        if value is None:
            return self._places.get(Mark.UNKNOWN)
        if self.gaps:
            at = bisect_left(self.cuts, value)
            is_cut = at < len(self.cuts) and self.cuts[at] == value
            return self.gaps[2 * at + is_cut]
        return self._places.get(value, self._places.get(Mark.OTHER))

    def bits(self, values: Iterable[object]) -> int:
        """These values, as bits; those that the field cannot have are passed over."""
        places = {self._places[value] for value in values if value in self._places}
        return sum(1 << place for place in places)


@dataclass(frozen=True, slots=True)
class Flag:
    """Whether a test holds, where that cannot be told from the value's choice."""

    test: Test
    full: int = EITHER


Variable = Choice | Flag


@dataclass(frozen=True, slots=True)
class _Said:
    """Where one test holds and where it fails, as boxes."""

    holds: Boxes
    fails: Boxes
    fails_or_unknown: Boxes
    holds_or_unknown: Boxes


@dataclass(slots=True)
class Space:
    """The variables of a playbook, and its conditions as boxes over them."""

    segments: Sequence[Segment]
    variables: list[Variable] = field(default_factory=list)
    full: list[int] = field(default_factory=list)
    _choices: dict[str, int] = field(default_factory=dict)
    _flags: dict[tuple[object, ...], int] = field(default_factory=dict)
    _said: dict[tuple[object, ...], _Said] = field(default_factory=dict)
    _kin: dict[int, tuple[int, ...]] = field(default_factory=dict)
    _follows: dict[tuple[int, int], Box] = field(default_factory=dict)
    _members: dict[tuple[int, int], Boxes] = field(default_factory=dict)

    @classmethod
    def of(cls, segments: Sequence[Segment], conditions: Iterable[Condition]) -> Space:
        """The space in which these segments, and rules with these conditions, are told apart."""
        space = cls(segments)
        looked: dict[str, list[Test]] = defaultdict(list)
        for condition in (*(segment.when for segment in segments), *conditions):
            for test in tests_of(condition):
                looked[test.slot].append(test)
        if SEGMENT.name in looked:
            # Whoever is in a primary segment is in it, and in none before.
            for segment in segments:
                looked[SEGMENTS.name].append(Test(SEGMENTS, _CONTAINS, segment.name))
        for slot, tests in looked.items():
            if tests[0].operator.looks is not Looks.CHANGE:
                space._choices[slot] = space._add(_choice(tests, segments))
        for tests in looked.values():
            for test in tests:
                with suppress(TooMany):
                    space.boxes(test)
        space._relate()
        return space

    def boxes(self, condition: Condition, *, holds: bool = True, certain: bool = True) -> Boxes:
        """Where a condition certainly holds or fails, or where it does so or is unknown.

        Raises TooMany.
        """
        match condition:
            case Always():
                return EVERYTHING if holds else NOTHING
            case Not(part):
                return self.boxes(part, holds=not holds, certain=certain)
            case All(parts) | AnyOf(parts):
                each = (self.boxes(part, holds=holds, certain=certain) for part in parts)
                return product(each) if isinstance(condition, All) is holds else union(each)
            case Test():
                whole = _spelled_out(condition)
                if whole is not condition:
                    return self.boxes(whole, holds=holds, certain=certain)
                said = self._test(condition)
                if certain:
                    return said.holds if holds else said.fails
                return said.holds_or_unknown if holds else said.fails_or_unknown

    def possible(self, box: Box) -> list[Box]:
        """The box without what is known to be impossible, in one or several boxes.

        A customer is in a segment just where its condition holds; a text that holds a phrase
        holds its parts; what is unknown is so in every way of looking at it.
        """
        first = self._propagated(box)
        if first is None:
            return []
        boxes = [first]
        for option in self._memberships(first):
            if len(option) == 1 or len(boxes) * len(option) <= MOST:
                pairs = (meet(one, other) for one in boxes for other in option)
                boxes = [met for met in pairs if met is not None]
        return [one for box in boxes if (one := self._propagated(box)) is not None]

    def _add(self, variable: Variable) -> int:
        self.variables.append(variable)
        self.full.append(variable.full)
        return len(self.variables) - 1

    def _flag(self, test: Test) -> int:
        key = _asked(test)
        if key not in self._flags:
            self._flags[key] = self._add(Flag(test))
        return self._flags[key]

    def _test(self, test: Test) -> _Said:
        key = _asked(test)
        known = self._said.get(key)
        if known is None:
            known = self._said[key] = self._work_out(test)
        return known

    def _work_out(self, test: Test) -> _Said:
        if test.operator.looks is Looks.CHANGE:
            yes, no = ({self._flag(test): YES},), ({self._flag(test): NO},)
            return _Said(yes, no, no, yes)
        variable = self._choices[test.slot]
        choice = self.variables[variable]
        assert isinstance(choice, Choice)
        sure, unsure = _passing(test, choice)
        unknown = choice.full & ~choice.known
        missing = test.operator.when_missing
        not_sure = choice.known & ~sure & ~unsure

        def boxes(certain: int, flag: int) -> Boxes:
            plain = {variable: certain}
            flagged = {variable: unsure, self._flag(test): flag} if unsure else {}
            parts = [plain] if certain else []
            return tuple(map(self._freed, [*parts, flagged] if unsure else parts))

        return _Said(
            holds=boxes(sure | (unknown if missing is True else 0), YES),
            fails=boxes(not_sure | (unknown if missing is False else 0), NO),
            fails_or_unknown=boxes(not_sure | (0 if missing is True else unknown), NO),
            holds_or_unknown=boxes(sure | (0 if missing is False else unknown), YES),
        )

    def _freed(self, box: Box) -> Box:
        """The box without the variables it leaves free."""
        return {name: bits for name, bits in box.items() if bits != self.full[name]}

    def _relate(self) -> None:
        by_field: dict[str, list[int]] = defaultdict(list)
        by_text: dict[str, list[int]] = defaultdict(list)
        for place, variable in enumerate(self.variables):
            if isinstance(variable, Choice) and variable.values[0] is Mark.UNKNOWN:
                by_field[variable.field.name].append(place)
            if isinstance(variable, Flag) and variable.test.field.kind is Kind.TEXT:
                by_text[variable.test.slot].append(place)
        for kin in by_field.values():
            self._kin |= {one: tuple(kin) for one in kin if len(kin) > 1}
        for flags in by_text.values():
            self._follow(flags)
        for segment in self.segments:
            self._relate_segment(segment)

    def _follow(self, flags: Sequence[int]) -> None:
        if len(flags) > _MOST_PHRASES:
            return
        tests = {place: self.variables[place].test for place in flags}  # type: ignore[union-attr]  # flags have one
        follows = {
            one: [other for other in flags if other != one and _implies(tests[one], tests[other])]
            for one in flags
        }
        for one in flags:
            self._follows[one, YES] = dict.fromkeys(follows[one], YES)
            self._follows[one, NO] = {other: NO for other in flags if one in follows[other]}

    def _relate_segment(self, segment: Segment) -> None:
        name = normal(segment.name)
        namesakes = [one for one in self.segments if normal(one.name) == name]
        flag = self._flags.get((SEGMENTS.name, "contains", name))
        if flag is None or len(namesakes) > 1:
            return
        for value, holds, certain in ((YES, True, True), (NO, False, False)):
            try:
                boxes = self.boxes(segment.when, holds=holds, certain=certain)
            except TooMany:
                continue
            self._members[flag, value] = boxes

    def _propagated(self, box: Box) -> Box | None:
        """The box with what follows at once; None where that cannot be."""
        found: Box | None = box
        for variable, values in box.items():
            if found is not None and (variable, values) in self._follows:
                found = meet(found, self._follows[variable, values])
            if found is not None and variable in self._kin:
                found = self._with_kin(found, variable, values)
        return found

    def _with_kin(self, box: Box, variable: int, values: int) -> Box | None:
        kin = (one for one in self._kin[variable] if one != variable)
        if values == 1:
            return meet(box, dict.fromkeys(kin, 1))
        return box if values & 1 else meet(box, {one: self.full[one] & ~1 for one in kin})

    def _memberships(self, box: Box) -> Iterator[Boxes]:
        """What the segments named in a box say of the customer, each as a choice of boxes."""
        flags = {name: bits for name, bits in box.items() if (name, bits) in self._members}
        primary = self._choices.get(SEGMENT.name)
        values = 0 if primary is None else box.get(primary, 0)
        if values.bit_count() == 1:
            flags |= self._standing(values.bit_length() - 1)
            yield (dict(flags),)
        named = [self._members[one] for one in flags.items() if one in self._members]
        yield from sorted(named, key=len)

    def _standing(self, value: int) -> dict[int, int]:
        """Which segments a customer is in, and not in, whose primary one has this place."""
        names = [normal(segment.name) for segment in self.segments]
        # The first value is that there is none.
        before, own = (names, None) if value == 0 else (names[: value - 1], names[value - 1])
        flags = {(name, NO) for name in before} | ({(own, YES)} if own else set())
        found = ((self._flags.get((SEGMENTS.name, "contains", n)), bits) for n, bits in flags)
        return {flag: bits for flag, bits in found if flag is not None}


def _asked(test: Test) -> tuple[object, ...]:
    """What a test asks, the same for tests that ask the same."""
    operand = test.operand.name if isinstance(test.operand, Schedule) else test.against
    return test.slot, test.operator.name, operand


def _spelled_out(test: Test) -> Condition:
    """A test of several words or phrases as tests of one each, where that says the same."""
    name, operand = test.operator.name, test.operand
    if not isinstance(operand, tuple) or not name.startswith("contains"):
        return test
    if name == "contains none of":
        return Not(Test(test.field, _CONTAINS_ANY, operand))
    singly = tuple(Test(test.field, _CONTAINS, one) for one in operand if one is not None)
    if name == "contains all of":
        return All(singly)
    return AnyOf(singly) if test.field.kind is Kind.WORDS or len(operand) == 1 else test


def _passing(test: Test, choice: Choice) -> tuple[int, int]:
    """The values with which a test passes, and those with which a flag has to say."""
    operator = test.operator
    if operator.takes is Takes.SCHEDULE:
        return 0, choice.known
    if operator.name in _EQUAL | _UNEQUAL:
        against: Any = test.against
        named = choice.bits(against if isinstance(against, tuple) else (against,))
        return (named if operator.name in _EQUAL else choice.known & ~named), 0
    sure = unsure = 0
    for place, value in enumerate(choice.values):
        if value is Mark.OTHER:
            if operator.takes is not Takes.FLAG:
                unsure |= 1 << place
            elif test.passes(None):
                sure |= 1 << place
        elif value is not Mark.UNKNOWN and test.passes(_plain(value)):
            sure |= 1 << place
    return sure, unsure


def _plain(value: Any) -> Any:
    return normal(value) if isinstance(value, str) else value


def _choice(tests: Sequence[Test], segments: Sequence[Segment]) -> Choice:
    """The choice between the values that tests of one slot tell apart."""
    of, looks = tests[0].field, tests[0].operator.looks
    never_unknown = of.name in _NEVER_UNKNOWN or of.clock is not None
    first = () if never_unknown else (Mark.UNKNOWN,)
    if looks is Looks.FRESHNESS:
        # What is read from the ticket, the clock or the playbook does not age.
        ages = of.read is None and of.name not in _DECIDED
        return Choice(of, looks, (*first, True, *([False] if ages else [])))
    if looks is Looks.VALUE:
        if of.name in _CHOICES:
            return Choice(of, looks, (*first, *_CHOICES[of.name]))
        if of == SEGMENT:
            return Choice(of, looks, (*first, *(segment.name for segment in segments)))
        if of.kind is Kind.YES_NO:
            return Choice(of, looks, (*first, True, False))
        if of.kind in {Kind.TEXT, Kind.WORDS}:
            return Choice(of, looks, (*first, *_named(tests), Mark.OTHER))
    return _ordered(of, looks, first, tests)


def _named(tests: Sequence[Test]) -> Iterator[object]:
    """The values that tests name, once each, as they are written first."""
    named: dict[object, object] = {}
    for test in tests:
        if test.operator.name in _EQUAL | _UNEQUAL:
            operand = test.operand
            for one in operand if isinstance(operand, tuple) else (operand,):
                named.setdefault(_plain(one), one)
    return iter(named.values())


def _ordered(of: Field, looks: Looks, first: tuple[object, ...], tests: Sequence[Test]) -> Choice:
    cuts: set[Any] = set()
    for test in tests:
        operand: Any = test.against
        if test.operator.takes in {Takes.ONE, Takes.MANY, Takes.RANGE}:
            cuts |= set(operand) if isinstance(operand, tuple) else {operand}
        elif test.operator.takes is Takes.SPAN:
            cuts |= {operand, timedelta(0), -operand}
    ordered = tuple(sorted(cuts))
    values, gaps = list(first), list[int | None]()
    days = of.kind is Kind.DATE
    for below, above in zip((None, *ordered), (*ordered, None), strict=True):
        inside = _between(below, above, days=days) if ordered else _anything(of, looks)
        gaps.append(None if inside is None else len(values))
        values += [] if inside is None else [inside]
        if above is not None:
            gaps.append(len(values))
            values.append(above)
    return Choice(of, looks, tuple(values), ordered, tuple(gaps))


def _anything(of: Field, looks: Looks) -> object:
    if looks is Looks.AGE:
        return timedelta(0)
    samples = {Kind.NUMBER: 1.0, Kind.DATE: date(2026, 1, 1)}
    return samples.get(of.kind, datetime.fromisoformat("2026-01-01T12:00:00+00:00"))


_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


def _between(below: Any, above: Any, *, days: bool) -> Any:
    """A plain value between two, either of which may be missing; None where there is none."""
    if isinstance(below if below is not None else above, float):
        return _number_between(-inf if below is None else below, inf if above is None else above)
    step = _DAY if days else _HOUR
    try:
        inside = above - step if below is None else below + step
    except OverflowError:
        return None
    if below is None or above is None or inside < above:
        return inside
    # Moments and ages lie closer together than an hour; days do not.
    between = below + (above - below) / 2
    return None if days or not below < between < above else between


def _number_between(below: float, above: float) -> float | None:
    near = above - 1 if below == -inf else float(below // 1 + 1)
    nearest = nextafter(above, -inf) if below == -inf else nextafter(below, inf)
    found = (one for one in (near, below / 2 + above / 2, nearest) if below < one < above)
    return next(found, None)


def _implies(one: Test, other: Test) -> bool:
    """Whether a text that passes the first test passes the second for the phrases in them."""
    if one.operator.name not in _PHRASES or not other.operator.name.startswith("contains"):
        return False
    wanted = _phrases(other)
    return all(any(part in phrase for part in wanted) for phrase in _phrases(one))


def _phrases(test: Test) -> tuple[str, ...]:
    against: Any = test.against
    return against if isinstance(against, tuple) else (against,)
