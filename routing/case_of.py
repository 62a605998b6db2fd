"""A case made of a ticket that was decided, without the person who asked."""

from __future__ import annotations

import re
from collections.abc import Iterator

from routing.cases.case import Case, CaseTicket, Expectation
from routing.decide import Decision
from routing.playbook import Playbook
from routing.tickets import Facts, Value

NAME, ADDRESS, NUMBER = "[name]", "customer@example.com", "[number]"
"""What stands in a text where a name, an address or a telephone number stood."""

_NEVER = frozenset({"customer.name", "customer.email"})
"""Facts that say who somebody is and never what they are."""

_ADDRESS = re.compile(r"[^\s@<>()\[\],;:\"']+@[^\s@<>()\[\],;:\"']+\.[^\W\d_]{2,}")
_TELEPHONE = re.compile(r"(?<![\w+])(?:\+|0)\d[\d ()/.-]{6,}\d")
_LEAST_NAME = 3
"""Shorter words of a name are left: too many other words are spelt like them."""


def case_of(facts: Facts, decision: Decision, playbook: Playbook, name: str) -> Case:
    """The ticket of a decision as a case that expects what was decided.

    Of the customer it keeps what conditions of the playbook ask about. Names, addresses and
    telephone numbers in the text are taken out as far as a program can tell; a person has to look
    it over. The agent is expected only where a rule names one: others depend on everybody's load.
    """
    ticket = facts.ticket
    asked = {field.name for field in playbook.layout.fields}
    domain = (ticket.requester_email or "").rpartition("@")[2]
    by_domain = "ticket.requester_domain" in asked and domain
    return Case(
        name=name,
        ticket=CaseTicket(
            subject=_nameless(ticket.subject, facts),
            text=_nameless(ticket.text, facts),
            requester_email=f"customer@{domain}" if by_domain else None,
            channel=ticket.channel,
            language=facts.language,
            priority=ticket.priority if "ticket.priority" in asked else None,
            queue=ticket.queue if "ticket.queue" in asked else None,
            tags=ticket.tags if "ticket.tags" in asked else frozenset(),
            opened_at=ticket.opened_at if "ticket.opened" in asked else None,
        ),
        customer=dict(_known(facts, playbook)),
        now=facts.now,
        expect=_expected(decision, playbook),
    )


def _known(facts: Facts, playbook: Playbook) -> Iterator[tuple[str, Value]]:
    asked = [field for field in playbook.layout.fields if field.name in playbook.fields]
    of = {field.derived.of for field in asked if field.derived is not None}
    names = {*(field.name for field in asked if field.read is None), *of} - _NEVER
    for name, fact in sorted(facts.customer.items()):
        if name in names:
            yield name, fact.value


def _expected(decision: Decision, playbook: Playbook) -> Expectation:
    fired = [rule for rule in playbook.rules if rule.name in decision.fired]
    chose = next((rule.name for rule in fired if rule.then.queue == decision.queue), None)
    named = next((rule.then.agent for rule in fired if rule.then.agent), None)
    return Expectation(
        queue=decision.queue,
        segment=decision.segment,
        priority=decision.priority,
        agent=named if named == decision.agent.agent else None,
        tags=decision.tags,
        rule=chose,
        first_reply=decision.first_reply,
    )


def _nameless(text: str, facts: Facts) -> str:
    known = facts.customer.get("customer.name")
    names = f"{facts.ticket.requester_name or ''} {known.value if known else ''}"
    text = _TELEPHONE.sub(NUMBER, _ADDRESS.sub(ADDRESS, text))
    words = {word for word in re.findall(r"[^\W\d_]+", names) if len(word) >= _LEAST_NAME}
    if not words:
        return text
    pattern = "|".join(sorted(map(re.escape, words), key=len, reverse=True))
    nameless = re.sub(rf"\b(?:{pattern})\b", NAME, text)
    return re.sub(rf"(?:{re.escape(NAME)}[ -])+{re.escape(NAME)}", NAME, nameless)
