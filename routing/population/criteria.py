"""Past tickets sorted by each criterion of the segments: who met it, and who did not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from routing.conditions.evaluate import Layout, compile_condition
from routing.conditions.tree import Test, tests_of
from routing.outcomes.comparison import Sight, sight
from routing.outcomes.result import Result
from routing.playbook import Playbook
from routing.tickets import Facts


@dataclass(frozen=True, slots=True)
class Criterion:
    """One test that segments make, with the tickets it tells apart.

    Of tickets that are on neither side the value was unknown.
    """

    segments: tuple[str, ...]
    sentence: str
    inside: tuple[Sight, ...]
    outside: tuple[Sight, ...]


def sort_by_criterion(
    playbook: Playbook, decided: Iterable[tuple[Facts, Result]], now: datetime
) -> tuple[Criterion, ...]:
    """Each different criterion of the playbook's segments, over the facts of decided tickets.

    The facts are those that the decision went by, so nothing is known that was not known then.
    """
    tests: dict[str, Test] = {}
    users: dict[str, list[str]] = {}
    for segment in playbook.segments:
        for test in tests_of(segment.when):
            tests.setdefault(test.sentence, test)
            users.setdefault(test.sentence, []).append(segment.name)
    layout = Layout.of(tests.values())
    checks = [(said, compile_condition(test, layout)) for said, test in tests.items()]
    inside: dict[str, list[Sight]] = {said: [] for said in tests}
    outside: dict[str, list[Sight]] = {said: [] for said in tests}
    for facts, result in decided:
        row, seen = layout.view(facts).row, sight(result, now)
        for said, check in checks:
            if check.holds(row):
                inside[said].append(seen)
            elif check.fails(row):
                outside[said].append(seen)
    return tuple(
        Criterion(
            tuple(dict.fromkeys(users[said])), said, tuple(inside[said]), tuple(outside[said])
        )
        for said in tests
    )
