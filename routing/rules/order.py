"""Rules in an order that a person makes, even while others change the playbook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_DIGITS = 7
"""Numbers of rules have fewer digits than this."""

MOST_STEPS = 100
"""Steps back that are kept of an order."""

Step = tuple[int, int]
"""A rule's number and the place it goes to, from 1; 0 takes it out."""


@dataclass(frozen=True, slots=True)
class Arranged:
    """An order in the making; ``order`` has a number for each rule, its place before.

    ``past`` has what undoes each step and ``future`` what does an undone one again, both with the
    nearest last.
    """

    order: tuple[int, ...]
    past: tuple[Step, ...] = ()
    future: tuple[Step, ...] = ()

    def act(self, action: str, groups: Mapping[int, str]) -> Arranged:
        """After one button: those of ``act``, and ``undo`` and ``redo``."""
        match action:
            case "undo" if self.past:
                *past, step = self.past
                return Arranged(self._with(step), tuple(past), (*self.future, self._now(step)))
            case "redo" if self.future:
                *future, step = self.future
                return Arranged(self._with(step), (*self.past, self._now(step)), tuple(future))
            case _:
                order = act(self.order, action, groups)
        if order == self.order:
            return self
        step = self._now((int(action.split()[1]), 0))
        return Arranged(order, (*self.past, step)[-MOST_STEPS:])

    def _now(self, step: Step) -> Step:
        """The step that leads back from another one of the same rule."""
        number = step[0]
        return number, self.order.index(number) + 1 if number in self.order else 0

    def _with(self, step: Step) -> tuple[int, ...]:
        number, place = step
        rest = [one for one in self.order if one != number]
        if place:
            rest.insert(place - 1, number)
        return tuple(rest)


def rebased(order: Sequence[str], before: Sequence[str], live: Sequence[str]) -> list[str]:
    """The order a person made of the rules ``before``, applied to the rules that are live now.

    What they took out is out, what is gone since stays gone, and what is new since stands behind
    the rule that it stands behind now.
    """
    kept = [name for name in order if name in live]
    for place, name in enumerate(live):
        if name not in before:
            above = next((one for one in reversed(live[:place]) if one in kept), None)
            kept.insert(0 if above is None else kept.index(above) + 1, name)
    return kept


def act(order: Sequence[int], action: str, groups: Mapping[int, str]) -> tuple[int, ...]:
    """The order after one button; ``order`` has a number for each rule, its place before.

    ``move-up N`` and ``move-down N`` move rule N past the next one of its group, ``put N P`` to
    place P (from 1) if a rule of its group stands there, and ``remove N`` takes it out. Anything
    else does nothing: the page was older than the form.
    """
    verb, *numbers = [*action.split()[:3], ""]
    known = [int(one) for one in numbers if one.isdecimal() and len(one) < _DIGITS]
    if not known or known[0] not in order:
        return tuple(order)
    number, rest = known[0], [one for one in order if one != known[0]]
    at = list(order).index(number)
    group = groups.get(number)
    match verb:
        case "move-up" | "move-down":
            step = 1 if verb == "move-down" else -1
            ways = range(at + step, len(order) if step > 0 else -1, step)
            to = next((one for one in ways if groups.get(order[one]) == group), at)
        case "put" if len(known) > 1:
            to = min(max(known[1] - 1, 0), len(rest))
            if groups.get(order[to]) != group:
                return tuple(order)
        case "remove":
            return tuple(rest)
        case _:
            return tuple(order)
    rest.insert(to, number)
    return tuple(rest)
