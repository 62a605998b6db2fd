"""What two decisions on one ticket say differently: as people see it, and to the last bit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from routing.conditions.durations import say_duration
from routing.decide import Decision, decide
from routing.playbook import Playbook
from routing.record import decision_out
from routing.tickets import Facts


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that two decisions say differently, each in words."""

    what: str
    before: str
    after: str


def differences(before: Decision, after: Decision) -> tuple[Difference, ...]:
    """What anybody would notice: where the ticket goes and as what, not why."""
    pairs = zip(_told(before), _told(after), strict=True)
    return tuple(Difference(what, was, now) for (what, was), (_, now) in pairs if was != now)


def run_again(facts: Facts, playbook: Playbook, stored: Decision) -> tuple[Difference, ...]:
    """Decide again on stored facts by the stored version; every value that comes out otherwise.

    Nothing is the proof that the stored decision is what the facts and the playbook give.
    ``what`` is the place of the value in the decision's JSON.
    """
    return tuple(_apart("", decision_out(stored), decision_out(decide(facts, playbook))))


def _told(decision: Decision) -> list[tuple[str, str]]:
    return [
        ("Queue", decision.queue),
        ("Agent", decision.agent.agent or "nobody"),
        ("Segments", _list(one.segment for one in decision.segments)),
        ("Rules that fired", _list(decision.fired)),
        ("Priority", decision.priority or "left as it was"),
        ("Tags", _list(decision.tags)),
        ("First reply", _within(decision.first_reply)),
        ("Replies", _list(one.reply for one in decision.replies)),
        ("Solved", _within(decision.resolution)),
        ("Fields", _list(f"{name} = {value}" for name, value in decision.fields)),
        ("Private notes", _list(decision.notes)),
        ("Automatic reply", decision.answer or "none"),
        ("Told", _list(decision.notify)),
        ("Handed back", _after(decision.hand_back)),
    ]


def _within(span: timedelta | None) -> str:
    return "no target" if span is None else f"within {say_duration(span)}"


def _after(span: timedelta | None) -> str:
    return "never" if span is None else f"after {say_duration(span)} without an answer"


def _list(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"


def _apart(path: str, before: object, after: object) -> Iterator[Difference]:
    if isinstance(before, dict) and isinstance(after, dict) and before.keys() == after.keys():
        for name, value in before.items():
            yield from _apart(f"{path}.{name}" if path else str(name), value, after[name])
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for place, (one, other) in enumerate(zip(before, after, strict=True), 1):
            yield from _apart(f"{path}.{place}", one, other)
    elif type(before) is not type(after) or before != after:
        yield Difference(path, repr(before), repr(after))
