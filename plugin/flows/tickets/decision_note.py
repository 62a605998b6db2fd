"""The private note that a decision leaves in its ticket."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from plugin.records.decisions import StoredDecision
from routing.conditions.durations import say_duration
from routing.conditions.evaluate import Seen
from routing.conditions.values import join_or
from routing.decide import Decision
from routing.rules.near import NearMiss
from routing.rules.turns import OPENED
from routing.tickets import Facts, Trigger


def mark_of(decision: int, revision: int = 1) -> str:
    """The line by which our note is known when we meet it again."""
    return f"Deskroute decision {decision}" + (f", revision {revision}" if revision > 1 else "")


def note_text(decision: StoredDecision, link: str, near: Sequence[NearMiss] = ()) -> str:
    """Who, where, why, what was near, what rules say to people, and the way to all of it."""
    tell = _of_opening if decision.turn == OPENED else _of_later
    lines = [*tell(decision, near), *decision.decision.notes, *_targets(decision.decision)]
    if decision.degraded:
        silent = join_or(list(decision.degraded), "and")
        lines.append(f"Decided on what was known: no answer from {silent}.")
    return "\n".join([*lines, f"Panel and reasons in full: {link}"])


def _of_opening(decision: StoredDecision, near: Sequence[NearMiss]) -> Iterator[str]:
    said = decision.decision
    if decision.replaced:
        back = [name for name in decision.replaced[-1].degraded if name not in decision.degraded]
        yield f"Decided again, since {join_or(back, 'and')} answered."
    if said.segments:
        first = said.segments[0]
        yield f"Segment: {first.segment} ({_reasons(first.because)})"
        others = [member.segment for member in said.segments[1:]]
        if others:
            yield f"Also: {', '.join(others)}"
    else:
        yield "Segment: none"
    yield from (_nearly(one, decision.facts.now) for one in near)
    yield f"Queue: {said.queue}. {said.because}"
    yield f"Agent: {said.agent.because}"
    if said.replies:
        names = [f"{place}. {one.reply}" for place, one in enumerate(said.replies, 1)]
        yield f"Replies: {'  '.join(names)}"


def _of_later(decision: StoredDecision, _near: Sequence[NearMiss]) -> Iterator[str]:
    said = decision.decision
    yield what_happened(decision.facts)
    if said.fired:
        yield f"Rules: {', '.join(said.fired)}"
    yield f"Queue: {said.queue}. {said.because}"
    yield f"Agent: {said.agent.because}"


def what_happened(facts: Facts) -> str:
    """What happened to the ticket, as a sentence."""
    match facts.trigger:
        case Trigger.OPENED:
            return "The ticket was opened."
        case Trigger.REPLIED:
            return "The customer has written again."
        case Trigger.REOPENED:
            return "The ticket was opened again."
        case Trigger.MOVED:
            before = facts.before.get("ticket.queue")
            return f"The ticket was moved{f' out of {before}' if before else ''}."
        case Trigger.WAITING:
            waited = "" if facts.waited is None else f" for {say_duration(facts.waited)}"
            return f"The customer has waited{waited} for an answer."
        case Trigger.HANDED_BACK:
            return "Its agent did not answer in time, so it is given anew."
        case Trigger.RATED:
            return f"The customer rated the help with {facts.rating} of 5."


def _targets(said: Decision) -> Iterator[str]:
    if said.resolution is not None:
        yield f"To be solved within {say_duration(said.resolution)}."


def _nearly(near: NearMiss, now: datetime) -> str:
    would = "Would be" if near.is_known else "Could be"
    return f"{would} {near.name} if {near.why(now)}."


def _reasons(because: tuple[Seen, ...]) -> str:
    return "; ".join(one.sentence for one in because[:3]) or "everyone"
