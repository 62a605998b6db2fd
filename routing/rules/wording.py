"""A rule in words: what it is for, and what it does."""

from __future__ import annotations

from datetime import timedelta

from routing.conditions.durations import say_duration
from routing.rules.rule import After, Canary, Rule, State, Then
from routing.tickets import Trigger

GROUPS = {
    Trigger.OPENED: "When a ticket is opened",
    Trigger.REPLIED: "When the customer writes again",
    Trigger.REOPENED: "When a solved ticket is opened again",
    Trigger.MOVED: "When a ticket is moved to another queue",
    Trigger.WAITING: "When a customer has waited too long for an answer",
    Trigger.HANDED_BACK: "When an agent was silent and hands a ticket back",
    Trigger.RATED: "When a customer has rated the help",
}
"""What happens to a ticket, as the heading of the rules for it."""


def group(rule: Rule) -> str:
    """The heading of the rules that are tried together with it."""
    if rule.waits is None:
        return GROUPS[rule.on]
    return f"When a customer has waited {say_duration(rule.waits)} for an answer"


def then_tells(then: Then) -> dict[str, str]:
    """What is decided, by what each thing is called; what is left open is empty."""
    return {
        "queue": then.queue or "",
        "escalated to": then.escalate or "",
        "agent": then.agent or "",
        "priority": then.priority or "",
        "tags": ", ".join(then.tags),
        "first reply": _span(then.first_reply),
        "resolution": _span(then.resolution),
        "fields": ", ".join(f"{name} = {value}" for name, value in then.fields),
        "private note": then.note or "",
        "suggested reply": then.suggest or "",
        "automatic reply": then.answer or "",
        "told": ", ".join(then.notify),
        "handed back after": _span(then.hand_back),
    }


_PHRASES = {
    "queue": "{}",
    "escalated to": "escalate to {}",
    "agent": "agent {}",
    "priority": "priority {}",
    "tags": "tag {}",
    "first reply": "first reply in {}",
    "resolution": "solved in {}",
    "fields": "{}",
    "private note": "private note",
    "suggested reply": "suggest reply “{}”",
    "automatic reply": "answer by itself with “{}”",
    "told": "tell {}",
    "handed back after": "hand back after {} of silence",
}


def does(rule: Rule) -> list[str]:
    """What a rule does, one phrase for each thing."""
    told = then_tells(rule.then)
    words = [phrase.format(told[what]) for what, phrase in _PHRASES.items() if told[what]]
    return [*words, "stop" if rule.after is After.STOP else "go on"]


def occasion(rule: Rule) -> str:
    """When it is tried, such as “opened” or “waiting for 4 h”."""
    return f"{rule.on} for {say_duration(rule.waits)}" if rule.waits else str(rule.on)


def state_says(rule: Rule) -> str:
    """Whether it has a say, such as “on” or “canary for 10 % of tickets”."""
    return canary_says(rule.canary) if rule.state is State.CANARY else str(rule.state)


def canary_says(canary: Canary) -> str:
    """A canary in words: for whom, and what ends it."""
    guards = ", ".join(canary.guards)
    return f"canary for {canary.share:g} % of tickets{f', guarded by {guards}' if guards else ''}"


def _span(span: timedelta | None) -> str:
    return say_duration(span) if span else ""
