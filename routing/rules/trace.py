"""Why each rule fired or did not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import NamedTuple

from routing.conditions.evaluate import Seen, View, judge
from routing.rules.rule import After, Rule, State
from routing.tickets import Fact, Facts


class Verdict(StrEnum):
    """How a rule came out. ``SHADOW``, ``HELD`` and ``SPENT`` matched without effect.

    The first only watches, the second is a canary for other tickets than this one, and the third
    has fired already for what happened.
    """

    FIRED = "fired"
    SHADOW = "shadow"
    HELD = "held"
    SPENT = "spent"
    NOT_MATCHED = "not matched"
    UNKNOWN = "unknown"
    AFTER_STOP = "after stop"
    OFF = "off"


# An enum's member costs more to look up than a test to run, and this is done for every rule.
_OFF = State.OFF
_FIRED = Verdict.FIRED
_AFTER_STOP = Verdict.AFTER_STOP
_VERDICTS = {True: Verdict.FIRED, False: Verdict.NOT_MATCHED, None: Verdict.UNKNOWN}


class RuleSeen(NamedTuple):
    """One rule as it came out, with the tests that decided it; ``place`` is its own, from 1.

    ``AFTER_STOP`` rules matched or not without effect, since an earlier rule closed the book;
    ``matched`` says which.
    """

    place: int
    name: str
    verdict: Verdict
    matched: bool | None
    tests: tuple[Seen, ...]


def explain(rules: Sequence[Rule], fired: tuple[int, ...], view: View) -> Iterator[RuleSeen]:
    """Each rule for what happened, in order, with its verdict.

    ``fired`` are places as RuleBook gives them.
    """
    trigger, waited = view.known.trigger, view.known.waited
    stopped_at = next((place for place in fired if rules[place].after is After.STOP), len(rules))
    for place, rule in enumerate(rules):
        if rule.on is not trigger or rule.waits != waited:
            continue
        if rule.state is _OFF:
            yield RuleSeen(place + 1, rule.name, Verdict.OFF, None, ())
            continue
        matched, tests = judge(rule.when, view)
        verdict = _AFTER_STOP if place > stopped_at else _VERDICTS[matched]
        if verdict is _FIRED and place not in fired:
            verdict = _why_not(rule, view.known)
        yield RuleSeen(place + 1, rule.name, verdict, matched, tests)


def _why_not(rule: Rule, facts: Facts) -> Verdict:
    if rule.state is State.SHADOW:
        return Verdict.SHADOW
    return Verdict.SPENT if rule.name in facts.spent else Verdict.HELD


def fact_behind(seen: Seen, facts: Facts) -> Fact | None:
    """The customer fact whose value a test saw; None where it saw none, or something else.

    A value that was worked out of another one, such as an age, is as fresh as that one.
    """
    if seen.value is None:
        return None
    told = (seen.source, seen.as_of)
    same = [one for one in facts.customer.values() if (one.source, one.as_of) == told]
    return next((one for one in same if one.value == seen.value), same[0] if same else None)
