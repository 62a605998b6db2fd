"""For which tickets a canary has an effect: the same ones whenever it is asked."""

from __future__ import annotations

from routing.lots import takes_part as drawn
from routing.rules.rule import Rule, State
from routing.tickets import TicketRef


def takes_part(rule: Rule, ticket: TicketRef) -> bool:
    """Whether the rule, if it is a canary, has an effect for this ticket."""
    return rule.state is not State.CANARY or drawn(rule.canary.share, rule.name, ticket)
