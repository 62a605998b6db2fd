"""A ticket, its facts and its decision without the person they are about.

What counts stays: when it happened, where it went, which rules fired, how it ended.
"""

from __future__ import annotations

from dataclasses import replace

from routing.decide import Decision
from routing.replies.rank import Suggestion
from routing.segments.membership import Membership
from routing.tickets import Facts, Ticket

FORGOTTEN = "[forgotten]"
"""What stands where a text of a forgotten customer stood and there has to be one."""


def ticket_without_person(ticket: Ticket) -> Ticket:
    """The ticket without its texts, its tags, and who asked."""
    return replace(
        ticket,
        subject=FORGOTTEN,
        text="",
        requester_email=None,
        requester_name=None,
        tags=frozenset(),
    )


def facts_without_person(facts: Facts) -> Facts:
    """The facts without all that was known about the customer."""
    return Facts(
        ticket=ticket_without_person(facts.ticket),
        now=facts.now,
        language=facts.language,
        loads=facts.loads,
        last_agent=facts.last_agent,
        silent=facts.silent,
        standing=facts.standing,
        trigger=facts.trigger,
        waited=facts.waited,
        rating=facts.rating,
        spent=facts.spent,
    )


def decision_without_person(decision: Decision) -> Decision:
    """The decision without the values that its tests saw, and without words of the ticket."""
    return replace(
        decision,
        segments=tuple(Membership(one.segment, ()) for one in decision.segments),
        replies=tuple(Suggestion(one.reply, "") for one in decision.replies),
        trace=tuple(rule._replace(tests=()) for rule in decision.trace),
    )
