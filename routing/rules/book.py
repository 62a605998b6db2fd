"""Which rules fire for a ticket, quickly, however many there are.

Most rules ask "is this field one of these values" or "is it at least this much". For each field
so asked, the rules that a value leaves in play are one number, a bit per rule; an ``&`` over the
fields leaves the few rules worth trying, so 2,000 rules cost little more than 200. Of those, what
the numbers did not settle is tried, in order; most rules have nothing left to try.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, NamedTuple

from routing.conditions.evaluate import Check, Layout, Row, compile_condition
from routing.conditions.tree import All, Condition, Test
from routing.conditions.unrolled import numbered, unrolled
from routing.rules.canary import takes_part
from routing.rules.rule import After, Rule, State
from routing.tickets import Facts, Trigger, Value

_EQUAL = frozenset({"is", "is any of"})
_LOWER = frozenset({"at least", "more than", "after"})
_UPPER = frozenset({"at most", "less than", "before"})
_LIMITS = _LOWER | _UPPER | {"between"}
_STRICT = frozenset({"less than", "before"})
_CUT_CLEAN = _STRICT | {"at least"}
"""Limits that one cut settles: all values below it pass, or none does."""
_MOST_CUTS = 64


class RuleBook:
    """Ordered rules, compiled, of which those of one trigger that may have an effect are tried.

    The others are kept for the explanation, and so that every rule has the place it is known by.
    """

    def __init__(
        self, rules: Sequence[Rule], layout: Layout, trigger: Trigger = Trigger.OPENED
    ) -> None:
        self.rules = tuple(rules)
        self._stops = [rule.after is After.STOP for rule in rules]
        live = [place for place, rule in enumerate(rules) if rule.may_act and rule.on is trigger]
        self._canaries = [place for place in live if rules[place].state is State.CANARY]
        self._waiting = [place for place in live if rules[place].waits is not None]
        asked = {place: _must_hold(rules[place].when) for place in live}
        values = tuple(_values_asked(asked, layout))
        limits = tuple(_limits_asked(asked, layout))
        self._in_play = _masks(_bits(live), values, limits)
        cuts = {layout.plan[one.slot].field.name: frozenset(one.cuts) for one in limits}
        self._left = [_left_to_try(rule.when, cuts, layout) for rule in rules]

    def held(self, facts: Facts) -> int:
        """The rules that have no effect on these facts whatever they ask, as bits by place.

        Those are canaries for other tickets, rules for another wait, and what has fired before.
        """
        rules = self.rules
        held = [at for at in self._canaries if not takes_part(rules[at], facts.ticket.ref)]
        held += [at for at in self._waiting if rules[at].waits != facts.waited]
        if facts.spent:
            held += [at for at, rule in enumerate(rules) if rule.name in facts.spent]
        return _bits(held)

    def fired(self, row: Row, held: int = 0) -> tuple[int, ...]:
        """The places (from 0) of the rules that fire, in order, up to the first that stops.

        Those of ``held``, bits by place, are passed over.
        """
        fired = []
        in_play = self._in_play(row) & ~held
        while in_play:
            first = in_play & -in_play
            place = first.bit_length() - 1
            left = self._left[place]
            if left is None or left(row):
                fired.append(place)
                if self._stops[place]:
                    break
            in_play ^= first
        return tuple(fired)


class _Values(NamedTuple):
    """What the values of one field leave in play: ``by_value(value, others)``.

    ``others`` are the rules that do not ask this field for a value: all that is left by a value
    which no rule names, or by an unknown one.
    """

    slot: int
    others: int
    by_value: Callable[[Value | None, int], int]


class _Limits(NamedTuple):
    """What an ordered value leaves in play: ``between[i]`` for values below ``cuts[i]``.

    The cuts are some of the limits that rules name, so a rule can be left in play in vain. What
    is not a number has no order; it is refused where values are read and where they are kept.
    """

    slot: int
    others: int
    cuts: tuple[Any, ...]
    between: tuple[int, ...]


def _masks(live: int, values: Sequence[_Values], limits: Sequence[_Limits]) -> Callable[[Row], int]:
    """What gives the rules worth trying, as bits by place; straight code, for every ticket."""
    lines = ["in_play = live"]
    lines += [f"in_play &= by_value{n}(row[{v.slot}], unnamed{n})" for n, v in enumerate(values)]
    for n, limit in enumerate(limits):
        left = f"between{n}[bisect(cuts{n}, value)]"
        lines += [
            f"value = row[{limit.slot}]",
            f"in_play &= others{n} if value is None else {left}",
        ]
    lines.append("return in_play")
    constants = numbered(
        by_value=[one.by_value for one in values],
        unnamed=[one.others for one in values],
        others=[one.others for one in limits],
        cuts=[one.cuts for one in limits],
        between=[one.between for one in limits],
    )
    return unrolled("row", lines, constants | {"live": live, "bisect": bisect_right})


def _must_hold(when: Condition) -> list[Test]:
    """The tests without which a condition cannot hold."""
    return [part for part in _parts(when) if isinstance(part, Test)]


def _parts(when: Condition) -> tuple[Condition, ...]:
    return when.parts if isinstance(when, All) else (when,)


def _left_to_try(
    when: Condition, cuts: Mapping[str, AbstractSet[Any]], layout: Layout
) -> Check | None:
    """What decides whether a rule in play fires; None where being in play does."""
    tests = _must_hold(when)
    # A list without a value has no number: nothing but trying it says that it never holds.
    values = [test for test in _first_of(_EQUAL, tests).values() if _named(test)]
    limits = [
        test
        for test in _first_of(_LIMITS, tests).values()
        if test.operator.name in _CUT_CLEAN and test.against in cuts.get(test.field.name, ())
    ]
    settled = {id(test) for test in (*values, *limits)}
    left = tuple(part for part in _parts(when) if id(part) not in settled)
    return compile_condition(All(left), layout).holds if left else None


def _values_asked(asked: Mapping[int, list[Test]], layout: Layout) -> Iterator[_Values]:
    by_field: dict[str, dict[Value, list[int]]] = defaultdict(lambda: defaultdict(list))
    for place, tests in asked.items():
        for field, test in _first_of(_EQUAL, tests).items():
            for value in _named(test):
                by_field[field][value].append(place)
    for field, by_value in by_field.items():
        others = _bits(asked) & ~_bits({place for places in by_value.values() for place in places})
        # The values of one long list leave the same rules in play: one number serves them all.
        shared: dict[tuple[int, ...], int] = {}
        for places in map(tuple, by_value.values()):
            if places not in shared:
                shared[places] = others | _bits(places)
        in_play: dict[Value | None, int] = {
            value: shared[tuple(places)] for value, places in by_value.items()
        }
        yield _Values(layout.slots[field], others, in_play.get)


def _first_of(operators: AbstractSet[str], tests: Iterable[Test]) -> dict[str, Test]:
    """The first test of each field with one of these operators: of several, one will do."""
    found: dict[str, Test] = {}
    for test in tests:
        if test.operator.name in operators:
            found.setdefault(test.field.name, test)
    return found


def _named(test: Test) -> frozenset[Value]:
    """The values for which a test holds."""
    against: Any = test.against
    return frozenset(against if isinstance(against, tuple) else (against,))


def _limits_asked(asked: Mapping[int, list[Test]], layout: Layout) -> Iterator[_Limits]:
    by_field: dict[str, dict[int, Test]] = defaultdict(dict)
    for place, tests in asked.items():
        for field, test in _first_of(_LIMITS, tests).items():
            by_field[field][place] = test
    for field, by_place in by_field.items():
        others = _bits(asked) & ~_bits(by_place)
        limits = (one for test in by_place.values() for one in _limits(test))
        cuts = _spread({one for one in limits if one is not None})
        between = (
            others | _bits(place for place, test in by_place.items() if _can_hold(test, ends))
            for ends in zip((None, *cuts), (*cuts, None), strict=True)
        )
        yield _Limits(layout.slots[field], others, cuts, tuple(between))


def _spread(limits: AbstractSet[Any]) -> tuple[Any, ...]:
    ordered = sorted(limits)
    return tuple(ordered[:: len(ordered) // _MOST_CUTS + 1])


def _can_hold(test: Test, ends: tuple[Any, Any]) -> bool:
    """Whether the test may hold for a value from the first up to, but not with, the second."""
    below, above = ends
    low, high = _limits(test)
    if low is not None and above is not None and above <= low:
        return False
    if high is None or below is None:
        return True
    return bool(below < high if test.operator.name in _STRICT else below <= high)


def _limits(test: Test) -> tuple[Any, Any]:
    """The least and the greatest value for which a test may hold; None where there is none."""
    limit: Any = test.against
    if test.operator.name == "between":
        low, high = limit
        return low, high
    return (limit, None) if test.operator.name in _LOWER else (None, limit)


def _bits(places: Iterable[int]) -> int:
    bits = 0
    for place in places:
        bits |= 1 << place
    return bits
