"""Rules in an order that a person makes, even while others change the playbook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

_DIGITS = 7
"""Numbers of rules have fewer digits than this."""


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
    place P (from 1). Anything else does nothing: the page was older than the form.
    """
    verb, *numbers = [*action.split()[:3], ""]
    known = [int(one) for one in numbers if one.isdecimal() and len(one) < _DIGITS]
    if not known or known[0] not in order:
        return tuple(order)
    number, rest = known[0], [one for one in order if one != known[0]]
    at = list(order).index(number)
    match verb:
        case "move-up" | "move-down":
            step = 1 if verb == "move-down" else -1
            ways = range(at + step, len(order) if step > 0 else -1, step)
            group = groups.get(number)
            to = next((one for one in ways if groups.get(order[one]) == group), at)
        case "put" if len(known) > 1:
            to = known[1] - 1
        case _:
            return tuple(order)
    rest.insert(min(max(to, 0), len(rest)), number)
    return tuple(rest)
