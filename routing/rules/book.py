"""Which rules fire for a ticket, quickly, however many there are.

Most rules ask "is this field one of these values" or "is it at least this much". For each field
so asked, the rules that a value leaves in play are one number, a bit per rule; an ``&`` over the
fields leaves the few rules worth trying, so 2,000 rules cost little more than 200. What is left
is tried in full, in order.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, NamedTuple

from routing.conditions.evaluate import Layout, Row, compile_condition
from routing.conditions.tree import All, Condition, Test
from routing.rules.canary import takes_part
from routing.rules.rule import After, Rule, State
from routing.tickets import Facts, Trigger, Value

_EQUAL = frozenset({"is", "is any of"})
_LOWER = frozenset({"at least", "more than", "after"})
_UPPER = frozenset({"at most", "less than", "before"})
_LIMITS = _LOWER | _UPPER | {"between"}
_MOST_CUTS = 32


class RuleBook:
    """Ordered rules, compiled, of which those of one trigger that may have an effect are tried.

    The others are kept for the explanation, and so that every rule has the place it is known by.
    """

    def __init__(
        self, rules: Sequence[Rule], layout: Layout, trigger: Trigger = Trigger.OPENED
    ) -> None:
        self.rules = tuple(rules)
        self._holds = [compile_condition(rule.when, layout).holds for rule in rules]
        self._stops = [rule.after is After.STOP for rule in rules]
        live = [place for place, rule in enumerate(rules) if rule.may_act and rule.on is trigger]
        self._canaries = [place for place in live if rules[place].state is State.CANARY]
        self._waiting = [place for place in live if rules[place].waits is not None]
        self._live = _bits(live)
        asked = {place: _must_hold(rules[place].when) for place in live}
        self._values = tuple(_values_asked(asked, layout))
        self._limits = tuple(_limits_asked(asked, layout))

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
            if self._holds[place](row):
                fired.append(place)
                if self._stops[place]:
                    break
            in_play ^= first
        return tuple(fired)

    def _in_play(self, row: Row) -> int:
        """The rules worth trying, as bits by place."""
        in_play = self._live
        for slot, others, by_value in self._values:
            in_play &= by_value.get(row[slot], others)
        for slot, others, cuts, between in self._limits:
            value = row[slot]
            in_play &= others if value is None else between[bisect_right(cuts, value)]
        return in_play


class _Values(NamedTuple):
    """What the values of one field leave in play.

    ``others`` are the rules that do not ask this field for a value: all that is left by a value
    which no rule names, or by an unknown one.
    """

    slot: int
    others: int
    by_value: Mapping[Value | None, int]


class _Limits(NamedTuple):
    """What an ordered value leaves in play: ``between[i]`` for values below ``cuts[i]``.

    The cuts are some of the limits that rules name, so a rule can be left in play in vain.
    """

    slot: int
    others: int
    cuts: tuple[Any, ...]
    between: tuple[int, ...]


def _must_hold(when: Condition) -> list[Test]:
    """The tests without which a condition cannot hold."""
    parts = when.parts if isinstance(when, All) else (when,)
    return [part for part in parts if isinstance(part, Test)]


def _values_asked(asked: Mapping[int, list[Test]], layout: Layout) -> Iterator[_Values]:
    by_field: dict[str, dict[Value, list[int]]] = defaultdict(lambda: defaultdict(list))
    for place, tests in asked.items():
        for field, values in _named(tests).items():
            for value in values:
                by_field[field][value].append(place)
    for field, by_value in by_field.items():
        others = _bits(asked) & ~_bits({place for places in by_value.values() for place in places})
        # The values of one long list leave the same rules in play: one number serves them all.
        shared: dict[tuple[int, ...], int] = {}
        for places in map(tuple, by_value.values()):
            if places not in shared:
                shared[places] = others | _bits(places)
        yield _Values(
            slot=layout.slots[field],
            others=others,
            by_value={value: shared[tuple(places)] for value, places in by_value.items()},
        )


def _named(tests: Iterable[Test]) -> dict[str, frozenset[Value]]:
    """The values that tests name, by field; of two tests of one field the first will do."""
    named: dict[str, frozenset[Value]] = {}
    for test in tests:
        if test.operator.name in _EQUAL:
            against: Any = test.against
            values = frozenset(against if isinstance(against, tuple) else (against,))
            named.setdefault(test.field.name, values)
    return named


def _limits_asked(asked: Mapping[int, list[Test]], layout: Layout) -> Iterator[_Limits]:
    by_field: dict[str, dict[int, Test]] = defaultdict(dict)
    for place, tests in asked.items():
        for test in tests:
            if test.operator.name in _LIMITS:
                by_field[test.field.name].setdefault(place, test)
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
    reaches_up = low is None or above is None or above > low
    return reaches_up and (high is None or below is None or below <= high)


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
