"""The occasions for which a playbook has rules: each is a group that is tried by itself."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from routing.rules.rule import Rule, State
from routing.tickets import Trigger

Occasion = tuple[Trigger, timedelta | None]
"""What happens to a ticket, and after which wait where it is a wait."""


def occasions(rules: Iterable[Rule]) -> list[Occasion]:
    """Every occasion there are rules for, and the opening in any case; short waits come first."""
    found = {(Trigger.OPENED, None), *((rule.on, rule.waits) for rule in rules)}
    order = list(Trigger)
    return sorted(found, key=lambda one: (order.index(one[0]), one[1] or timedelta(0)))


def acts_later(rules: Iterable[Rule]) -> bool:
    """Whether there is anything to be done for tickets after they were routed."""
    return any(
        rule.state is not State.OFF and (rule.on is not Trigger.OPENED or rule.then.hand_back)
        for rule in rules
    )


def waits(rules: Iterable[Rule]) -> list[timedelta]:
    """How long customers have to wait for something to happen, the shortest first."""
    # A shadow is tried, too: nothing happens by it, but it is to be seen what would have.
    tried = (rule for rule in rules if rule.state is not State.OFF)
    return sorted({rule.waits for rule in tried if rule.waits is not None})
