"""From a box to a ticket: facts that lie in it, as plain as can be."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Any

from routing.conditions.fields import SEGMENT, SEGMENTS, Field
from routing.conditions.operators import Change, Looks
from routing.conditions.tree import Test
from routing.conditions.values import Kind, normal, say
from routing.lint.boxes import Box
from routing.lint.space import YES, Choice, Flag, Mark, Space
from routing.tickets import Fact, Facts, Priority, Status, Ticket, TicketRef, Value

_DECIDED = frozenset({SEGMENT.name, SEGMENTS.name})
_HOUR = timedelta(hours=1)
_HOURS = 366 * 24
"""How far ahead a ticket is looked for whose time fits, in hours."""

_PLAIN: Mapping[Kind, Value] = {
    Kind.TEXT: "something else",
    Kind.NUMBER: 1.0,
    Kind.YES_NO: True,
    Kind.WORDS: frozenset(),
}


@dataclass(slots=True)
class _Wanted:
    """What a box asks of one field: choices as bits by the way of looking, and flags."""

    choices: dict[Looks, tuple[Choice, int]] = field(default_factory=dict)
    yes: list[Test] = field(default_factory=list)
    no: list[Test] = field(default_factory=list)


@dataclass(slots=True)
class Tickets:
    """Makes tickets for boxes of a space, which arrive at ``now`` unless a box asks otherwise."""

    space: Space
    now: datetime
    _moments: tuple[datetime, ...] = ()
    _times: dict[int, tuple[int, ...]] = field(default_factory=dict)

    def make(self, box: Box, attempt: int = 0) -> Facts | None:
        """A ticket for the box, another one for another ``attempt``; None where none is found.

        What the box leaves free is unknown. Whether it truly lies there is for the caller to see:
        fields that hang together are filled in one by one.
        """
        now = self._moment(box, attempt)
        if now is None:
            return None
        ticket = Ticket(TicketRef("example", "1"), "", "", None, now)
        facts = Facts(ticket=ticket, now=now)
        customer: dict[str, Fact] = {}
        before: dict[str, Value | None] = {}
        for of, wanted in self._by_field(box):
            fact = _fact(of, wanted, now, attempt)
            if fact is None:
                return None
            changed = [test for test in wanted.yes if test.operator.looks is Looks.CHANGE]
            if changed:
                before[of.name] = _before(changed[0], fact[0])
            if fact[0] is None:
                continue
            if of.read is None:
                customer[of.name] = fact[0]
            else:
                facts = _with(facts, of.name, fact[0].value)
        return replace(facts, customer=MappingProxyType(customer), before=MappingProxyType(before))

    def told(self, box: Box, facts: Facts) -> tuple[tuple[str, str], ...]:
        """What the box asks of a ticket, and the ticket's answer to it, both in words."""
        asked = {
            variable.field if isinstance(variable, Choice) else variable.test.field
            for variable in map(self.space.variables.__getitem__, box)
        }
        told = []
        for of in sorted(asked - {SEGMENT, SEGMENTS}, key=lambda one: one.name):
            fact = of.fact(facts)
            value = None if fact is None else fact.value
            said = of.say(value).strip()
            told.append((of.says, said or "empty"))
        return tuple(told)

    def _by_field(self, box: Box) -> Iterator[tuple[Field, _Wanted]]:
        fields: dict[str, Field] = {}
        wanted: dict[str, _Wanted] = defaultdict(_Wanted)
        for place, bits in box.items():
            variable = self.space.variables[place]
            of = variable.field if isinstance(variable, Choice) else variable.test.field
            if of.clock is not None or of.name in _DECIDED:
                continue
            fields[of.name] = of
            if isinstance(variable, Choice):
                wanted[of.name].choices[variable.looks] = (variable, bits)
            else:
                asked = wanted[of.name]
                (asked.yes if bits == YES else asked.no).append(variable.test)
        # The text begins with the subject, which therefore comes first.
        for name in sorted(fields):
            yield fields[name], wanted[name]

    def _moment(self, box: Box, attempt: int) -> datetime | None:
        fitting = -1
        for place, bits in box.items():
            if self._tells_time(place):
                values = enumerate(self._times_of(place))
                fitting &= sum(moments for value, moments in values if bits >> value & 1)
        if fitting == -1:
            return self.now
        for _ in range(attempt):
            fitting &= fitting - 1
        if not fitting:
            return None
        return self._moments[(fitting & -fitting).bit_length() - 1]

    def _tells_time(self, place: int) -> bool:
        variable = self.space.variables[place]
        if isinstance(variable, Choice):
            return variable.field.clock is not None and variable.looks is Looks.VALUE
        test = variable.test
        return test.field.clock is not None and test.operator.looks is Looks.VALUE

    def _times_of(self, place: int) -> tuple[int, ...]:
        """For each value of a variable of the clock, at which of the moments it has it, as bits."""
        if not self._moments:
            self._moments = tuple(self._candidates())
        if place not in self._times:
            variable = self.space.variables[place]
            of = variable.field if isinstance(variable, Choice) else variable.test.field
            tell: Callable[[datetime], Value] = of.clock  # type: ignore[assignment]  # it tells time
            found: dict[int | None, int] = defaultdict(int)
            for at, moment in enumerate(self._moments):
                value = normal(tell(moment))
                if isinstance(variable, Choice):
                    found[variable.place(value)] |= 1 << at
                else:
                    found[int(variable.test.passes(value))] |= 1 << at
            values = 2 if isinstance(variable, Flag) else len(variable.values)
            self._times[place] = tuple(found[value] for value in range(values))
        return self._times[place]

    def _candidates(self) -> Iterator[datetime]:
        yield from (self.now + hour * _HOUR for hour in range(_HOURS))
        for variable in self.space.variables:
            if isinstance(variable, Choice) and variable.field.clock is not None:
                for value in variable.values:
                    if isinstance(value, datetime):
                        yield value
                    elif type(value) is date:
                        yield datetime(
                            value.year, value.month, value.day, 12, tzinfo=self.now.tzinfo
                        )


def _nth(bits: int, attempt: int) -> int:
    """The place of one of the bits, beginning with the lowest."""
    for _ in range(attempt % bits.bit_count()):
        bits &= bits - 1
    return (bits & -bits).bit_length() - 1


def _fact(of: Field, wanted: _Wanted, now: datetime, attempt: int) -> tuple[Fact | None] | None:
    """A fact as it is wanted, in a tuple of one; None where no such fact was found."""
    flags = [test for test in (*wanted.yes, *wanted.no) if test.operator.looks is Looks.VALUE]
    looks = wanted.choices
    if not flags and not looks:
        return (None,)
    if not flags and all(_may_be_unknown(one, attempt) for one in looks.values()):
        return (None,)
    value = _value(of, wanted, now, attempt)
    if value is None or not _fits(value, wanted, now):
        return None
    fresh = _pick(looks.get(Looks.FRESHNESS), attempt)
    stale = fresh is False
    until = now - timedelta(days=1) if stale else None
    return (Fact(value, "example", None, until),)


def _may_be_unknown(choice: tuple[Choice, int], attempt: int) -> bool:
    of, bits = choice
    unknown = of.full & ~of.known & bits
    return bool(unknown) and (attempt == 0 or bits == unknown)


def _pick(choice: tuple[Choice, int] | None, attempt: int) -> object:
    """One of the values that are wanted; None where none is asked for."""
    if choice is None:
        return None
    of, bits = choice
    known = bits & of.known
    return of.values[_nth(known, attempt)] if known else None


def _value(of: Field, wanted: _Wanted, now: datetime, attempt: int) -> Value | None:
    told: Any = _pick(wanted.choices.get(Looks.VALUE), attempt)
    age: Any = _pick(wanted.choices.get(Looks.AGE), attempt)
    if of.kind is Kind.TEXT and (told is None or told is Mark.OTHER):
        return _text(wanted, attempt)
    if of.kind is Kind.WORDS:
        return frozenset(str(test.operand) for test in wanted.yes)
    if told is None and age is None:
        return _at(of, now) if of.kind in {Kind.DATE, Kind.MOMENT} else _PLAIN[of.kind]
    try:
        value: Value = told if told is not None else _at(of, now - age)
    except OverflowError:
        return None
    return value


def _at(of: Field, moment: datetime) -> Value:
    return moment.date() if of.kind is Kind.DATE else moment


def _fits(value: Value, wanted: _Wanted, now: datetime) -> bool:
    compared: Any = normal(value)
    for tests, passes in ((wanted.yes, True), (wanted.no, False)):
        seen_plain = (test for test in tests if test.operator.looks is Looks.VALUE)
        if any(bool(test.passes(compared)) is not passes for test in seen_plain):
            return False
    for looks, (choice, bits) in wanted.choices.items():
        seen = compared
        if looks is Looks.AGE:
            seen = now - compared if isinstance(value, datetime) else now.date() - compared
        place = None if looks is Looks.FRESHNESS else choice.place(seen)
        if place is not None and not bits >> place & 1:
            return False
    return True


_ANY_DIGITS = re.compile(r"\[0-9\][+*]?|\\d[+*]?|\[0-9\]\{\d+\}")
_EDGES = re.compile(r"\\b|[\^$]")


def _text(wanted: _Wanted, attempt: int) -> str:
    """A text with all that is wanted in it; whether it avoids the rest is seen later."""
    first, inside, last = [], [], []
    for test in wanted.yes:
        operand = test.operand
        match test.operator.name:
            case "starts with":
                first.append(str(operand))
            case "ends with":
                last.append(str(operand))
            case "matches":
                inside.append(_EDGES.sub("", _ANY_DIGITS.sub("1", str(operand))))
            case "has changed":
                pass
            case _:
                one = operand[attempt % len(operand)] if isinstance(operand, tuple) else operand
                inside.append(str(one))
    return " ".join([*first, *inside, *last]) or str(_PLAIN[Kind.TEXT])


def _before(test: Test, fact: Fact | None) -> Value | None:
    wanted = test.operand
    if isinstance(wanted, Change) and wanted.before is not None:
        return frozenset({str(wanted.before)}) if test.field.kind is Kind.WORDS else wanted.before
    if fact is None:
        return _PLAIN.get(test.field.kind)
    return None


def _with(facts: Facts, name: str, value: Any) -> Facts:
    """The facts with a field of the ticket set."""
    ticket = facts.ticket
    match name:
        case "ticket.language":
            return replace(facts, language=value)
        case "ticket.rating":
            return replace(facts, rating=int(value))
        case "ticket.text":
            text = value.removeprefix(ticket.subject).strip()
            return replace(facts, ticket=replace(ticket, text=text))
        case "ticket.requester_domain":
            return replace(facts, ticket=replace(ticket, requester_email=f"someone@{value}"))
        case "ticket.opened":
            return replace(facts, ticket=replace(ticket, opened_at=value))
        case "ticket.priority":
            return replace(facts, ticket=replace(ticket, priority=Priority(value)))
        case "ticket.status":
            return replace(facts, ticket=replace(ticket, status=Status(value)))
        case _:
            return replace(facts, ticket=replace(ticket, **{name.removeprefix("ticket."): value}))


def told_segments(names: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """The segments a ticket's customer is in, as one more thing that is told of it."""
    return (("segments", say(frozenset(names))),) if names else ()
