"""Facts and decisions as plain JSON values and back, exactly.

What a decision looked at and what it said are stored side by side, so that it can be shown,
checked and run again years later.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import starmap
from typing import Any

from routing.assignment.choose import Assignment
from routing.conditions.evaluate import Seen
from routing.conditions.values import from_plain, to_plain
from routing.decide import Decision
from routing.replies.rank import Suggestion
from routing.rules.trace import RuleSeen, Verdict
from routing.segments.membership import Membership
from routing.tickets import (
    Fact,
    Facts,
    Load,
    Priority,
    Standing,
    Status,
    Ticket,
    TicketRef,
    Trigger,
    Use,
    Value,
)

Json = dict[str, Any]

_TimeOut = Callable[[datetime | None], str | None]


def value_out(value: Value | None) -> object:
    """A value as JSON. Dates, moments and words are marked, since JSON has none of them."""
    return to_plain(value)


def value_in(raw: Any) -> Value | None:
    """A value from JSON, as ``value_out`` wrote it."""
    return from_plain(raw)


def fact_out(fact: Fact) -> Json:
    """A fact as JSON."""
    return _fact_out(fact, _time_out)


def _fact_out(fact: Fact, time_out: _TimeOut) -> Json:
    told = {"value": value_out(fact.value), "source": fact.source, "as_of": time_out(fact.as_of)}
    if fact.fresh_until is not None:
        told["fresh_until"] = _time_out(fact.fresh_until)
    return told


def fact_in(raw: Json) -> Fact | None:
    """A fact from JSON; None where the value is unknown."""
    value = value_in(raw["value"])
    if value is None:
        return None
    return Fact(value, raw["source"], _time_in(raw["as_of"]), _time_in(raw.get("fresh_until")))


def facts_out(facts: Facts) -> Json:
    """Facts as JSON."""
    ticket, time_out = facts.ticket, _times_out()
    told: Json = {
        "ticket": {
            "connection": ticket.ref.connection,
            "id": ticket.ref.id,
            "subject": ticket.subject,
            "text": ticket.text,
            "requester_email": ticket.requester_email,
            "requester_name": ticket.requester_name,
            "opened_at": _time_out(ticket.opened_at),
            "channel": ticket.channel,
            "status": ticket.status,
            "priority": ticket.priority,
            "queue": ticket.queue,
            "agent": ticket.agent,
            "tags": sorted(ticket.tags),
        },
        "now": _time_out(facts.now),
        "language": facts.language,
        "customer": {
            name: _fact_out(fact, time_out) for name, fact in sorted(facts.customer.items())
        },
        "loads": {name: [load.open, load.present] for name, load in sorted(facts.loads.items())},
        "last_agent": facts.last_agent,
        "silent": list(facts.silent),
    }
    if facts.before:
        told["before"] = {name: value_out(one) for name, one in sorted(facts.before.items())}
    if facts.uses:
        uses = sorted(facts.uses.items())
        told["uses"] = {name: [use.inserted, use.solved] for name, use in uses}
    if (standing := facts.standing) is not None:
        told["standing"] = [standing.queue, standing.agent, standing.because]
    if facts.trigger is not Trigger.OPENED:
        told["trigger"] = facts.trigger
    if facts.waited is not None:
        told["waited"] = facts.waited.total_seconds()
    if facts.rating is not None:
        told["rating"] = facts.rating
    if facts.spent:
        told["spent"] = list(facts.spent)
    return told


def ticket_in(raw: Json) -> Ticket:
    """The ticket among facts, as ``facts_out`` wrote it."""
    priority = raw["priority"]
    return Ticket(
        ref=TicketRef(raw["connection"], raw["id"]),
        subject=raw["subject"],
        text=raw["text"],
        requester_email=raw["requester_email"],
        requester_name=raw["requester_name"],
        opened_at=datetime.fromisoformat(raw["opened_at"]),
        channel=raw["channel"],
        status=Status(raw["status"]),
        priority=None if priority is None else Priority(priority),
        queue=raw["queue"],
        agent=raw["agent"],
        tags=frozenset(raw["tags"]),
    )


def facts_in(raw: Json) -> Facts:
    """Facts from JSON, as ``facts_out`` wrote them."""
    known = {name: fact_in(fact) for name, fact in raw["customer"].items()}
    return Facts(
        ticket=ticket_in(raw["ticket"]),
        now=datetime.fromisoformat(raw["now"]),
        language=raw["language"],
        customer={name: fact for name, fact in known.items() if fact is not None},
        loads={name: Load(held, present) for name, (held, present) in raw["loads"].items()},
        last_agent=raw["last_agent"],
        silent=tuple(raw["silent"]),
        before={name: value_in(one) for name, one in raw.get("before", {}).items()},
        uses={name: Use(*numbers) for name, numbers in raw.get("uses", {}).items()},
        standing=Standing(*raw["standing"]) if "standing" in raw else None,
        trigger=Trigger(raw.get("trigger", Trigger.OPENED)),
        waited=_span_in(raw.get("waited")),
        rating=raw.get("rating"),
        spent=tuple(raw.get("spent", ())),
    )


def decision_out(decision: Decision) -> Json:
    """A decision as JSON."""
    time_out = _times_out()
    told: Json = {
        "playbook": decision.playbook,
        "segments": [[m.segment, _seen_out(m.because, time_out)] for m in decision.segments],
        "fired": list(decision.fired),
        "queue": decision.queue,
        "because": decision.because,
        "agent": [decision.agent.agent, decision.agent.because],
        "priority": decision.priority,
        "tags": list(decision.tags),
        "first_reply": _span_out(decision.first_reply),
        "replies": [[one.reply, one.because] for one in decision.replies],
        "trace": [
            [rule.name, rule.verdict, rule.matched, _seen_out(rule.tests, time_out), rule.place]
            for rule in decision.trace
        ],
    }
    # What few decisions say is left out of the others, of which there are many.
    more: Json = {
        "resolution": _span_out(decision.resolution),
        "fields": [list(one) for one in decision.fields],
        "notes": list(decision.notes),
        "answer": decision.answer,
        "notify": list(decision.notify),
        "hand_back": _span_out(decision.hand_back),
    }
    return told | {name: value for name, value in more.items() if value}


def decision_in(raw: Json) -> Decision:
    """A decision from JSON, as ``decision_out`` wrote it."""
    priority = raw["priority"]
    return Decision(
        playbook=raw["playbook"],
        segments=tuple(Membership(name, _seen_in(because)) for name, because in raw["segments"]),
        fired=tuple(raw["fired"]),
        queue=raw["queue"],
        because=raw["because"],
        agent=Assignment(*raw["agent"]),
        priority=None if priority is None else Priority(priority),
        tags=tuple(raw["tags"]),
        first_reply=_span_in(raw["first_reply"]),
        replies=tuple(starmap(Suggestion, raw["replies"])),
        trace=tuple(
            # Those that were kept before places were say every rule there was.
            RuleSeen(more[0] if more else place, name, Verdict(verdict), matched, _seen_in(tests))
            for place, (name, verdict, matched, tests, *more) in enumerate(raw["trace"], 1)
        ),
        resolution=_span_in(raw.get("resolution")),
        fields=tuple((name, value) for name, value in raw.get("fields", ())),
        notes=tuple(raw.get("notes", ())),
        answer=raw.get("answer"),
        notify=tuple(raw.get("notify", ())),
        hand_back=_span_in(raw.get("hand_back")),
    )


def _seen_out(tests: tuple[Seen, ...], time_out: _TimeOut) -> list[object]:
    return [
        [one.sentence, one.result, value_out(one.value), one.source, time_out(one.as_of)]
        for one in tests
    ]


def _seen_in(raw: list[Any]) -> tuple[Seen, ...]:
    return tuple(
        Seen(sentence, result, value_in(value), source, _time_in(as_of))
        for sentence, result, value, source, as_of in raw
    )


def _span_out(span: timedelta | None) -> float | None:
    return None if span is None else span.total_seconds()


def _span_in(seconds: float | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)


def _time_out(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _times_out() -> _TimeOut:
    """What says many moments, of which most are the one before: that one is not said anew."""
    last: datetime | None = None
    said: str | None = None

    def time_out(at: datetime | None) -> str | None:
        nonlocal last, said
        # The very same and not an equal one: that may be another time zone's.
        if at is not last:
            last, said = at, _time_out(at)
        return said

    return time_out


def _time_in(raw: str | None) -> datetime | None:
    return None if raw is None else datetime.fromisoformat(raw)
