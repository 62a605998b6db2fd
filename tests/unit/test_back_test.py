"""A back-test says of every past ticket what ``decide`` says of it, and adds it up rightly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from builders import NOON, a_ticket, some_facts
from hypothesis import given, settings
from hypothesis import strategies as st
from test_conditions import KNOWN, OFFICE, RAW, SAMPLE, STALE, Known

from routing.assignment.staff import Agent, Queue
from routing.back_test.compare import BackTest
from routing.back_test.judge import Verdict, fields_asked, judge_table
from routing.back_test.past import PastTicket, columns_of
from routing.back_test.report import report_in, report_out
from routing.conditions.columns import Table
from routing.conditions.fields import SEGMENT, SEGMENTS, Fields
from routing.conditions.tree import read_condition
from routing.decide import Decision, decide
from routing.playbook import Playbook
from routing.record import facts_in, facts_out
from routing.rules.rule import After, Rule, State, Then
from routing.segments.segment import Model, Segment
from routing.tickets import Facts, Priority

SECOND = timedelta(seconds=1)
NAMES = ("VIP", "Everyone else", "vip")
QUEUES = ("General", "Priority", "Retention")
EMPTY = Playbook(
    "Random",
    "General",
    tuple(Queue(name) for name in QUEUES),
    declared=tuple(SAMPLE.values()),
    schedules=(OFFICE,),
    agents=(Agent("Mara", queues=QUEUES), Agent("Tom", queues=QUEUES)),
    time_zone="Asia/Kathmandu",
)
OF_THE_CLOCK = st.sampled_from(
    [
        {"field": "time.hour", "between": [9, 16]},
        {"field": "time.weekday", "is any of": ["Monday", "Sunday"]},
        {"field": "time.date", "after": "2026-03-02"},
        {"field": "time.day", "at most": 2},
        {"field": "time.now", "is in working time": "Office"},
        {"field": "ticket.opened", "within the last": "1 h"},
        {"field": "ticket.text", "contains": "sign"},
        {"field": "ticket.tags", "contains any of": ["a", "b"]},
        {"field": "ticket.priority", "is not": "high"},
        {"field": "ticket.requester_domain", "is": "kontor.example"},
        {"field": "ticket.queue", "is missing": True},
        {"field": "customer.age", "at least": 40},
    ]
)
OF_SEGMENTS = st.sampled_from(
    [
        {"field": "segment", "is": "VIP"},
        {"field": "segment", "is missing": True},
        {"field": "segment", "is not": "Everyone else"},
        {"field": "segments", "contains": "everyone else"},
        {"field": "segments", "contains none of": ["VIP"]},
        {"field": "segments", "is present": True},
        {"field": "segments", "is fresh": True},
    ]
)
OF_TICKETS = RAW | OF_THE_CLOCK
OF_RULES = OF_TICKETS | OF_SEGMENTS
OF_RULES |= st.lists(OF_RULES, min_size=1, max_size=3).map(lambda parts: {"all": parts})

THEN = st.builds(
    Then,
    queue=st.none() | st.sampled_from(QUEUES),
    agent=st.none() | st.sampled_from(["Mara", "Tom"]),
    priority=st.none() | st.sampled_from(Priority),
    tags=st.lists(st.sampled_from(["x", "y", "z"]), max_size=2).map(tuple),
    first_reply=st.none() | st.sampled_from([timedelta(0), timedelta(hours=1), timedelta(days=1)]),
)
RULE = st.tuples(OF_RULES, THEN, st.sampled_from(After), st.sampled_from(State))


def playbook_of(
    segments: Sequence[Any], rules: Sequence[tuple[Any, Then, After, State]]
) -> Playbook:
    fields = EMPTY.fields
    of_rules = Fields([*fields.values(), SEGMENT, SEGMENTS], fields.schedules.values())
    return replace(
        EMPTY,
        segments=tuple(
            Segment(name, Model.FIRMOGRAPHIC, read_condition(raw, fields))
            for name, raw in zip(NAMES, segments, strict=False)
        ),
        rules=tuple(
            Rule(f"rule {place}", read_condition(raw, of_rules), then, after, state)
            for place, (raw, then, after, state) in enumerate(rules)
        ),
    )


PLAYBOOK = st.builds(
    playbook_of, st.lists(OF_TICKETS, max_size=len(NAMES)), st.lists(RULE, max_size=6)
)
MOMENT = st.integers(-400, 400).map(lambda hours: NOON + timedelta(hours=hours, minutes=hours))


def facts_of(
    known: Known, stale: frozenset[str], now: datetime, birth: int | None, tags: Sequence[str]
) -> Facts:
    """Facts as they were at their own time, of which some went stale a second before it."""
    told = dict(known) if birth is None else {**known, "customer.birth_year": float(birth)}
    ticket = a_ticket(tags=tags, opened_at=now - timedelta(minutes=59, seconds=len(tags)))
    facts = some_facts(told, ticket=ticket)
    aged = {
        name: replace(fact, fresh_until=now - SECOND if name in stale else None)
        for name, fact in facts.customer.items()
    }
    return replace(facts, customer=aged, now=now)


FACTS = st.builds(
    facts_of,
    KNOWN,
    STALE,
    MOMENT,
    st.none() | st.integers(1950, 2010),
    st.lists(st.sampled_from(["a", "b", "c"]), max_size=2),
)


def past(facts: Facts, number: int = 1, *, as_then: bool = True) -> PastTicket:
    return PastTicket(number, facts_out(facts), as_then)


def without_reasons(decision: Decision, playbook: Playbook) -> Verdict:
    named = [playbook.rule(name).then.agent for name in decision.fired]
    return Verdict(
        segments=tuple(one.segment for one in decision.segments),
        fired=decision.fired,
        queue=decision.queue,
        agent=next((agent for agent in named if agent), None),
        priority=decision.priority,
        tags=decision.tags,
        first_reply=decision.first_reply,
    )


def by_columns(playbook: Playbook, tickets: Sequence[PastTicket]) -> list[Verdict]:
    fields = fields_asked(playbook)
    told = columns_of(tickets, fields)
    table = Table.build(fields, told.values, told.nows, told.fresh_until, size=told.size)
    judged = judge_table(playbook, table)
    return [judged.verdict(place) for place in range(len(tickets))]


def one_by_one(playbook: Playbook, tickets: Sequence[PastTicket]) -> list[Verdict]:
    return [
        without_reasons(decide(facts_in(dict(one.facts)), playbook), playbook) for one in tickets
    ]


@given(PLAYBOOK, st.lists(FACTS, max_size=8))
def test_columns_say_of_every_ticket_what_decide_says(
    playbook: Playbook, facts: list[Facts]
) -> None:
    tickets = [past(one) for one in facts]
    assert by_columns(playbook, tickets) == one_by_one(playbook, tickets)


@settings(max_examples=50)
@given(PLAYBOOK, PLAYBOOK, st.lists(FACTS, max_size=12), st.integers(1, 12))
def test_a_report_adds_up_what_decide_says_of_each_ticket(
    live: Playbook, draft: Playbook, facts: list[Facts], block: int
) -> None:
    tickets = [past(one, number) for number, one in enumerate(facts)]
    test = BackTest(live, draft)
    for first in range(0, len(tickets), block):
        test.add(tickets[first : first + block])
    report = test.report()
    before, after = one_by_one(live, tickets), one_by_one(draft, tickets)
    moved = [(b.queue, a.queue) for b, a in zip(before, after, strict=True) if b.queue != a.queue]
    assert report.tickets == len(tickets)
    assert report.moved == len(moved)
    assert {(one.before, one.after): one.tickets for one in report.pairs()} == {
        pair: moved.count(pair) for pair in moved
    }
    changed = [
        (b.queue, b.agent, b.priority, set(b.tags), b.first_reply or None)
        != (a.queue, a.agent, a.priority, set(a.tags), a.first_reply or None)
        for b, a in zip(before, after, strict=True)
    ]
    assert report.changed == sum(changed)
    assert {one.name for one in report.listed if one.moves} == ({"17"} if moved else set())
    assert len(report.listed) == sum(changed)
    for load in report.loads:
        assert load.before == sum(one.queue == load.queue for one in before)
        assert load.after == sum(one.queue == load.queue for one in after)
        assert sum(load.hours_after) == load.after
    assert {one.rule: one.fired for one in report.rules} == {
        rule.name: sum(rule.name in one.fired for one in after) for rule in draft.rules
    }
    assert sum(one.tickets for one in report.segments) == len(tickets)
    assert report_in(report_out(report)) == report
