"""A playbook proved by its cases: each is decided, and what comes out held against the expected."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches

from routing.cases.case import Case
from routing.conditions.durations import say_duration
from routing.conditions.values import join_or
from routing.decide import Decision, decide
from routing.languages import recognise
from routing.playbook import Playbook
from routing.tickets import Fact, Facts, Ticket, TicketRef

SOURCE = "case"
"""Who says so, of every fact in a case."""


@dataclass(frozen=True, slots=True)
class Miss:
    """One thing that came out another way: what it is, what was expected, and what it is now."""

    what: str
    expected: str
    came: str

    def __str__(self) -> str:
        return f"{self.what}: expected {self.expected}, came out {self.came}"


@dataclass(frozen=True, slots=True)
class Proof:
    """One case, decided without a trace. It is green where nothing was missed."""

    case: Case
    misses: tuple[Miss, ...]
    decision: Decision

    @property
    def green(self) -> bool:
        """Whether all came out as expected."""
        return not self.misses

    @property
    def decided(self) -> str:
        """Which rule decided, in words."""
        others = self.decision.fired[1:] if len(self.decision.fired) > 1 else ()
        fired = f" Fired: {join_or(list(self.decision.fired), 'and')}." if others else ""
        return f"{self.decision.because}{fired}"

    def __str__(self) -> str:
        """The case in one sentence, for example “X is red: queue: expected A, came out B. …”."""
        if self.green:
            return f"“{self.case.name}” is green. {self.decided}"
        return f"“{self.case.name}” is red: {'; '.join(map(str, self.misses))}. {self.decided}"


def prove(playbook: Playbook, now: datetime) -> tuple[Proof, ...]:
    """Every case of the playbook, in its order; ``now`` is for those without a moment."""
    return tuple(prove_case(case, playbook, now) for case in playbook.cases)


def prove_case(case: Case, playbook: Playbook, now: datetime) -> Proof:
    """One case, which need not be one of the playbook's."""
    decision = decide(facts_of(case, playbook, now), playbook, traced=False)
    return Proof(case, tuple(_misses(case, decision, playbook)), decision)


def facts_of(case: Case, playbook: Playbook, now: datetime) -> Facts:
    """The facts that a case is decided on: nobody has any load, and all that is known is fresh."""
    ticket = case.ticket
    at = case.now or now
    return Facts(
        ticket=Ticket(
            # A rule that is on for a share of the tickets draws by this: the same each time.
            ref=TicketRef(SOURCE, case.name),
            subject=ticket.subject,
            text=ticket.text,
            requester_email=ticket.requester_email,
            opened_at=ticket.opened_at or at,
            channel=ticket.channel,
            priority=ticket.priority,
            queue=ticket.queue,
            tags=ticket.tags,
        ),
        now=at,
        language=ticket.language
        or recognise(f"{ticket.subject}\n{ticket.text}", playbook.languages),
        customer={name: Fact(value, SOURCE, at) for name, value in case.customer.items()},
    )


def _misses(case: Case, decision: Decision, playbook: Playbook) -> Iterator[Miss]:
    expect = case.expect
    plain = (
        ("segment", expect.segment, decision.segment, "none"),
        ("queue", expect.queue, decision.queue, "none"),
        ("agent", expect.agent, decision.agent.agent, "nobody"),
        ("priority", expect.priority, decision.priority, "left as it was"),
    )
    for what, wanted, came, nothing in plain:
        if wanted is not None and wanted != came:
            yield Miss(what, wanted, came or nothing)
    missing = [tag for tag in expect.tags if tag not in decision.tags]
    if missing:
        yield Miss("tags", ", ".join(expect.tags), ", ".join(decision.tags) or "none")
    if expect.first_reply is not None and expect.first_reply != decision.first_reply:
        came = None if decision.first_reply is None else say_duration(decision.first_reply)
        yield Miss("first reply", say_duration(expect.first_reply), came or "no target")
    if expect.rule is not None and expect.rule not in decision.fired:
        yield Miss("rule", expect.rule, _fired(expect.rule, decision, playbook))
    if expect.reply is not None:
        suggested = [one.reply for one in decision.replies]
        if expect.reply not in suggested:
            yield Miss("reply", expect.reply, ", ".join(suggested) or "none")


def _fired(wanted: str, decision: Decision, playbook: Playbook) -> str:
    names = [rule.name for rule in playbook.rules]
    if wanted in names:
        return ", ".join(decision.fired) or "none"
    near = get_close_matches(wanted, names, n=1)
    return f"none: there is no such rule{f', but “{near[0]}”' if near else ''}"
