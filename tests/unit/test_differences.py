"""A stored decision comes out again bit for bit, and what does not is named."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, timedelta
from typing import Any

from builders import NOON, a_playbook, a_reply, a_rule, a_segment, a_ticket, an_agent
from hypothesis import given
from hypothesis import strategies as st

from routing.decide import decide, used_facts
from routing.differences import Difference, differences, run_again
from routing.playbook import Playbook
from routing.record import decision_in, decision_out, facts_in, facts_out
from routing.tickets import Fact, Facts, Load, Standing, Use

NAMES = ("Mara", "Otto")
QUEUES = ("General", "Priority", "Billing")
REPLIES = ("one", "two", "three", "four", "five")

TESTS = st.one_of(
    st.builds(
        lambda op, limit: {"field": "account.arr", op: limit},
        st.sampled_from(["at least", "less than", "is"]),
        st.integers(0, 3),
    ),
    st.builds(
        lambda op, country: {"field": "customer.country", op: country},
        st.sampled_from(["is", "is not", "contains"]),
        st.sampled_from(["DE", "fr"]),
    ),
    st.builds(
        lambda op: {"field": "customer.renewal", op: "2 d"},
        st.sampled_from(["within the last", "older than", "within the next"]),
    ),
    st.sampled_from(
        [
            {"field": "customer.lists", "contains any of": ["a", "b"]},
            {"field": "customer.country", "is stale": True},
            {"field": "customer.plan", "is missing": True},
            {"field": "ticket.text", "contains": "sign in"},
            {"field": "ticket.language", "is any of": ["en", "de"]},
        ]
    ),
)
CONDITIONS = st.recursive(
    TESTS,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"all": parts}),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"any": parts}),
        inner.map(lambda part: {"not": part}),
    ),
    max_leaves=5,
)
RULES = st.tuples(
    CONDITIONS | st.just({"field": "segments", "contains": "segment 0"}),
    st.booleans(),
    st.booleans(),
    st.sampled_from([None, *QUEUES]),
    st.sampled_from([None, *NAMES]),
    st.sampled_from([None, timedelta(minutes=30), timedelta(days=2)]),
)


def a_random_playbook(
    rules: Sequence[Any], segments: Sequence[Any], topics: Sequence[str]
) -> Playbook:
    return a_playbook(
        rules=[
            a_rule(
                f"rule {place}",
                when,
                go_on=go_on,
                off=off,
                queue=queue,
                agent=agent,
                tags=[f"t{place}"],
                first_reply=reply,
            )
            for place, (when, go_on, off, queue, agent, reply) in enumerate(rules)
        ],
        segments=[a_segment(f"segment {place}", when) for place, when in enumerate(segments)],
        agents=[an_agent(name, queues=QUEUES, capacity=3) for name in NAMES],
        replies=[
            a_reply(name, topics=[topic], segments=["segment 0"] if name == "five" else [])
            for name, topic in zip(REPLIES, topics, strict=True)
        ],
    )


PLAYBOOKS = st.builds(
    a_random_playbook,
    st.lists(RULES, max_size=5),
    st.lists(CONDITIONS, max_size=3),
    st.lists(st.sampled_from(["sign in", "bill"]), min_size=5, max_size=5),
)
VALUES = st.fixed_dictionaries(
    {},
    optional={
        "account.arr": st.sampled_from([0.0, 1.0, 2.5, -0.0, 1e300, 3.0]),
        "customer.country": st.sampled_from(["DE", " de", "FR", "\ud800", "\0"]),
        "customer.renewal": st.dates(date(2026, 2, 26), date(2026, 3, 6)),
        "customer.lists": st.frozensets(st.sampled_from(["a", "b", "c"])),
        "customer.plan": st.just("Team"),
    },
)
TIMES = st.none() | st.datetimes(timezones=st.just(UTC))
FACTS = st.builds(
    lambda values, text, language, loads, last, silent, uses, standing, until: Facts(
        ticket=a_ticket(text=text),
        now=NOON,
        language=language,
        customer={name: Fact(value, "CRM", NOON, until) for name, value in values.items()},
        loads=loads,
        last_agent=last,
        silent=silent,
        uses=uses,
        standing=standing,
    ),
    VALUES,
    st.sampled_from(["I cannot sign in", "the bill", "sign in, then the bill"]),
    st.sampled_from([None, "en", "de"]),
    st.dictionaries(
        st.sampled_from(NAMES), st.builds(Load, st.integers(0, 4), st.booleans()), max_size=2
    ),
    st.sampled_from([None, *NAMES]),
    st.sampled_from([(), ("CRM",)]),
    st.dictionaries(st.sampled_from(REPLIES), st.builds(Use, st.integers(0, 9), st.integers(0, 9))),
    st.none() | st.builds(Standing, st.sampled_from(QUEUES), st.sampled_from(NAMES), st.text()),
    TIMES,
)


def through_json(value: object) -> Any:
    return json.loads(json.dumps(value))


@given(PLAYBOOKS, FACTS)
def test_any_stored_decision_of_any_playbook_comes_out_again_bit_for_bit(
    playbook: Playbook, facts: Facts
) -> None:
    decision = decide(facts, playbook)
    used = used_facts(facts, playbook, decision.segment)
    kept = facts_in(through_json(facts_out(used)))
    stored = decision_in(through_json(decision_out(decision)))
    assert run_again(kept, playbook, stored) == ()
    assert decide(kept, playbook) == decision


def test_of_the_uses_only_those_of_replies_that_fit_are_kept() -> None:
    replies = [a_reply("fits"), a_reply("other topic", topics=["bill"]), a_reply("never used")]
    playbook = a_playbook(replies=replies)
    uses = {"fits": Use(3, 2), "other topic": Use(9, 9), "gone": Use(1, 1)}
    facts = Facts(a_ticket(text="I cannot sign in"), NOON, "en", uses=uses)
    assert used_facts(facts, playbook, None).uses == {"fits": Use(3, 2)}


def test_facts_stored_before_uses_were_kept_still_read() -> None:
    raw = through_json(facts_out(Facts(a_ticket(), NOON)))
    assert not {"uses", "standing"} & set(raw)
    assert facts_in(raw) == Facts(a_ticket(), NOON)


def test_every_value_that_comes_out_otherwise_is_named_with_its_place() -> None:
    playbook = a_playbook(rules=[a_rule("first", queue="Billing")])
    facts = Facts(a_ticket(), NOON)
    stored = decide(facts, playbook)
    told = replace(stored, queue="Priority", trace=(stored.trace[0]._replace(name="old"),))
    assert run_again(facts, playbook, told) == (
        Difference("queue", "'Priority'", "'Billing'"),
        Difference("trace.1.1", "'old'", "'first'"),
    )


def test_what_anybody_would_notice_is_said_in_words() -> None:
    facts = Facts(a_ticket(), NOON)
    before = decide(facts, a_playbook())
    rule = a_rule("all", queue="Billing", tags=["x"], first_reply=timedelta(hours=2))
    after = decide(facts, a_playbook(rules=[rule], version=4))
    assert differences(before, before) == ()
    assert differences(before, after) == (
        Difference("Queue", "General", "Billing"),
        Difference("Rules that fired", "none", "all"),
        Difference("Tags", "none", "x"),
        Difference("First reply", "no target", "within 2 hours"),
    )


def test_a_ticket_that_has_an_agent_keeps_them_in_the_same_queue_unless_a_rule_names_one() -> None:
    agents = [an_agent("Mara", queues=QUEUES), an_agent("Otto", queues=QUEUES)]
    standing = Standing("General", "Otto", "Otto had the least to do.")
    facts = Facts(a_ticket(), NOON, loads={"Otto": Load(9)}, standing=standing)
    stays = decide(facts, a_playbook(agents=agents))
    assert (stays.agent.agent, stays.agent.because) == ("Otto", "Otto had the least to do.")
    moves = decide(facts, a_playbook(agents=agents, rules=[a_rule(queue="Billing")]))
    assert moves.agent.agent == "Mara"
    named = decide(facts, a_playbook(agents=agents, rules=[a_rule(agent="Mara")]))
    assert named.agent.agent == "Mara"
