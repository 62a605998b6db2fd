"""One rule of a playbook over past tickets: how many it matches, and for how many it fires."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from routing.conditions.evaluate import compile_condition
from routing.conditions.tree import Condition
from routing.decide import as_rules_see
from routing.playbook import Playbook
from routing.tickets import Facts


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """A rule over so many past ``tickets``.

    Its condition holds for ``matched`` of them, and of ``unknown`` it cannot be told. It fires for
    ``fired``: before the others an earlier rule stops, or the rule is off. ``counts`` says for
    each part of the condition for how many tickets it holds by itself.
    """

    tickets: int
    matched: int
    unknown: int
    fired: int
    counts: Mapping[str, int]


def rehearse(
    playbook: Playbook, rule: int, parts: Mapping[str, Condition], past: Iterable[Facts]
) -> Rehearsed:
    """Judge the rule at this place (from 0) over past tickets, each with its facts at the time.

    ``parts`` are parts of its condition, by any name.
    """
    asked, layout = playbook.rules[rule], playbook.layout
    book = playbook.books[asked.on]
    whole = compile_condition(asked.when, layout)
    checks = {place: compile_condition(part, layout).holds for place, part in parts.items()}
    counts = dict.fromkeys(parts, 0)
    tickets = matched = unknown = fired = 0
    for then in past:
        # As if what the rule is for had happened to the ticket just then.
        facts = replace(then, trigger=asked.on, waited=asked.waits)
        row = as_rules_see(facts, playbook)[0].row
        tickets += 1
        holds = whole.holds(row)
        matched += holds
        unknown += not holds and not whole.fails(row)
        fired += rule in book.fired(row, book.held(facts))
        for place, check in checks.items():
            counts[place] += check(row)
    return Rehearsed(tickets, matched, unknown, fired, counts)
