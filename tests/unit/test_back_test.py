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
from routing.rules.rule import After, Canary, Rule, State, Then
from routing.segments.segment import Model, Segment
from routing.tickets import Facts, Priority, TicketRef, Trigger

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

SPAN = st.none() | st.sampled_from([timedelta(0), timedelta(hours=1), timedelta(days=1)])
WORD = st.sampled_from(["one", "two"])
THEN = st.builds(
    Then,
    queue=st.none() | st.sampled_from(QUEUES),
    agent=st.none() | st.sampled_from(["Mara", "Tom"]),
    priority=st.none() | st.sampled_from(Priority),
    tags=st.lists(st.sampled_from(["x", "y", "z"]), max_size=2).map(tuple),
    first_reply=SPAN,
    resolution=SPAN,
    fields=st.lists(st.tuples(st.sampled_from(["f", "g"]), WORD), max_size=2).map(tuple),
    note=st.none() | WORD,
    suggest=st.none() | WORD,
    answer=st.none() | WORD,
    escalate=st.none() | st.sampled_from(QUEUES),
    notify=st.lists(WORD, max_size=2).map(tuple),
    hand_back=SPAN,
)
RULE = st.builds(
    Rule,
    name=st.just(""),
    when=OF_RULES,
    then=THEN,
    after=st.sampled_from(After),
    state=st.sampled_from(State),
    on=st.sampled_from([Trigger.OPENED, Trigger.OPENED, Trigger.REOPENED]),
    canary=st.sampled_from([Canary(20), Canary(50), Canary(90)]),
)


def playbook_of(segments: Sequence[Any], rules: Sequence[Rule]) -> Playbook:
    fields = EMPTY.fields
    of_rules = Fields([*fields.values(), SEGMENT, SEGMENTS], fields.schedules.values())
    return replace(
        EMPTY,
        segments=tuple(
            Segment(name, Model.FIRMOGRAPHIC, read_condition(raw, fields))
            for name, raw in zip(NAMES, segments, strict=False)
        ),
        rules=tuple(
            # Hypothesis gives the condition as the playbook's file has it.
            replace(rule, name=f"rule {place}", when=read_condition(rule.when, of_rules))
            for place, rule in enumerate(rules)
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
    # Canaries tell tickets apart by what they are called.
    ticket = replace(ticket, ref=TicketRef("support", str(len(tags) + now.minute)))
    return replace(facts, ticket=ticket, customer=aged, now=now)


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
    said = [playbook.rule(name).then for name in decision.fired]
    return Verdict(
        segments=tuple(one.segment for one in decision.segments),
        fired=decision.fired,
        queue=decision.queue,
        then=Then(
            queue=decision.queue if any(one.leads_to for one in said) else None,
            agent=next((one.agent for one in said if one.agent), None),
            priority=decision.priority,
            tags=decision.tags,
            first_reply=decision.first_reply,
            resolution=decision.resolution,
            fields=decision.fields,
            answer=decision.answer,
            notify=decision.notify,
            hand_back=decision.hand_back,
        ),
        notes=decision.notes,
        suggested=tuple(one.reply for one in decision.replies),
    )


def as_people_see_it(verdict: Verdict) -> tuple[object, ...]:
    """All that a changed ticket may differ in, without the order of what adds up."""
    then = verdict.then
    spans = (then.first_reply, then.resolution, then.hand_back)
    return (
        verdict.queue,
        (then.agent, then.priority, then.answer, *(span or None for span in spans)),
        (set(then.tags), set(then.notify), dict(then.fields)),
        (set(verdict.notes), set(verdict.suggested)),
    )


def by_columns(playbook: Playbook, tickets: Sequence[PastTicket]) -> list[Verdict]:
    fields = fields_asked(playbook)
    told = columns_of(tickets, fields)
    table = Table.build(fields, told.values, told.nows, told.fresh_until, size=told.size)
    judged = judge_table(playbook, table, lambda: [one.ref for one in tickets])
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
        as_people_see_it(b) != as_people_see_it(a) for b, a in zip(before, after, strict=True)
    ]
    assert report.changed == sum(changed)
    assert {one.name for one in report.listed if one.moves} == {
        ticket.name
        for ticket, b, a in zip(tickets, before, after, strict=True)
        if b.queue != a.queue
    }
    assert len(report.listed) == sum(changed)
    for load in report.loads:
        assert load.before == sum(one.queue == load.queue for one in before)
        assert load.after == sum(one.queue == load.queue for one in after)
        assert sum(load.hours_after) == load.after
    assert {one.rule: one.fired for one in report.rules} == {
        rule.name: sum(rule.name in one.fired for one in after)
        for rule in draft.rules
        if rule.on is Trigger.OPENED
    }
    assert sum(one.tickets for one in report.segments) == len(tickets)
    assert report_in(report_out(report)) == report
