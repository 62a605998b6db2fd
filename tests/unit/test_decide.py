"""THE door: what a decision says, that it says it again, and that it never says too much."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from builders import (
    a_playbook,
    a_reply,
    a_rule,
    a_segment,
    a_ticket,
    an_agent,
    some_facts,
)
from hypothesis import given
from hypothesis import strategies as st

from routing.conditions.fields import CUSTOMER_FIELDS
from routing.decide import Decision, decide
from routing.playbook import Playbook
from routing.record import decision_out, facts_in, facts_out
from routing.rules.trace import Verdict
from routing.tickets import Facts, Load, Priority, Value

GERMANY = {"field": "customer.country", "is": "DE"}
BIG = {"field": "account.employees", "at least": 1000}


class TestQueue:
    def test_a_ticket_from_an_unknown_customer_goes_to_the_default_queue(self) -> None:
        playbook = a_playbook(rules=[a_rule(when=GERMANY, queue="Priority")])
        decision = decide(some_facts(), playbook)
        assert decision.queue == "General"
        assert decision.because == "No rule matched, so the default queue General."
        assert decision.trace[0].verdict is Verdict.UNKNOWN

    def test_a_rule_that_fires_sends_the_ticket_and_is_named(self) -> None:
        playbook = a_playbook(
            rules=[a_rule(off=True), a_rule("Germany", GERMANY, queue="Priority")]
        )
        decision = decide(some_facts({"customer.country": "DE"}), playbook)
        assert (decision.queue, decision.fired) == ("Priority", ("Germany",))
        assert decision.because == "Rule 2, Germany."

    def test_rules_that_name_no_queue_leave_the_default_and_say_so(self) -> None:
        decision = decide(some_facts(), a_playbook(rules=[a_rule(tags=["seen"])]))
        assert decision.queue == "General"
        assert decision.because == (
            "No rule that matched names a queue, so the default queue General."
        )

    def test_the_version_of_the_playbook_stands_in_the_decision(self) -> None:
        assert decide(some_facts(), a_playbook(version=12)).playbook == 12


class TestSeveralRules:
    def test_the_first_rule_to_set_a_thing_keeps_it(self) -> None:
        rules = [
            a_rule("one", go_on=True, priority=Priority.LOW),
            a_rule("two", go_on=True, queue="Billing", priority=Priority.URGENT),
            a_rule(
                "three",
                queue="Priority",
                agent="Otto",
                first_reply=timedelta(minutes=30),
            ),
        ]
        playbook = a_playbook(rules=rules, agents=[an_agent("Otto")])
        decision = decide(some_facts(), playbook)
        assert decision.fired == ("one", "two", "three")
        assert decision.queue == "Billing"
        assert decision.because == "Rule 2, two."
        assert decision.priority is Priority.LOW
        assert decision.agent.agent == "Otto"
        assert decision.first_reply == timedelta(minutes=30)

    def test_tags_add_up_once_each_in_the_order_of_the_rules(self) -> None:
        rules = [a_rule(go_on=True, tags=["b", "a"]), a_rule(tags=["a", "c"])]
        assert decide(some_facts(), a_playbook(rules=rules)).tags == ("b", "a", "c")

    def test_after_a_stop_nothing_more_is_set(self) -> None:
        rules = [a_rule(queue="Billing"), a_rule(go_on=True, tags=["late"])]
        decision = decide(some_facts(), a_playbook(rules=rules))
        assert decision.tags == ()
        assert decision.trace[1].verdict is Verdict.AFTER_STOP


class TestSegments:
    SEGMENTS = (a_segment("Big", BIG), a_segment("German", GERMANY), a_segment("Everyone"))

    def decide(self, customer: Mapping[str, Value], **rule: object) -> Decision:
        rules = [a_rule(**rule)] if rule else []  # type: ignore[arg-type]
        return decide(some_facts(customer), a_playbook(segments=self.SEGMENTS, rules=rules))

    def test_the_first_segment_that_holds_is_the_primary_one(self) -> None:
        decision = self.decide({"customer.country": "DE", "account.employees": 5000.0})
        assert decision.segment == "Big"
        assert [one.segment for one in decision.segments] == ["Big", "German", "Everyone"]

    def test_a_membership_says_why(self) -> None:
        first, *_ = self.decide({"account.employees": 5000.0}).segments
        assert [(seen.sentence, seen.value) for seen in first.because] == [
            ("employees is at least 1,000", 5000.0)
        ]

    def test_a_missing_value_puts_nobody_into_a_segment(self) -> None:
        assert self.decide({}).segment == "Everyone"

    def test_rules_see_the_primary_segment_and_all_of_them(self) -> None:
        german = {"customer.country": "DE"}
        by_one = {"field": "segment", "is": "german"}
        by_all = {"field": "segments", "contains": "everyone"}
        assert self.decide(german, when=by_one, queue="Billing").queue == "Billing"
        assert self.decide(german, when=by_all, queue="Billing").queue == "Billing"

    def test_without_any_segment_the_segment_is_unknown_and_the_set_is_empty(self) -> None:
        missing = {"field": "segment", "is missing": True}
        none_of = {"field": "segments", "contains none of": ["Big"]}
        rules = [
            a_rule("missing", missing, go_on=True, tags=["a"]),
            a_rule("none", none_of, tags=["b"]),
        ]
        playbook = a_playbook(segments=self.SEGMENTS[:2], rules=rules)
        decision = decide(some_facts(), playbook)
        assert decision.segment is None
        assert decision.fired == ("missing", "none")

    def test_no_customer_source_can_say_which_segment_it_is(self) -> None:
        smuggled: dict[str, Value] = {"segment": "Big", "segments": frozenset({"Big"})}
        rules = [
            a_rule("one", {"field": "segment", "is": "Big"}, queue="Priority"),
            a_rule("all", {"field": "segments", "contains": "Big"}, queue="Priority"),
        ]
        decision = decide(some_facts(smuggled), a_playbook(rules=rules))
        assert decision.queue == "General"


class TestAgent:
    def test_an_agent_of_the_queue_is_chosen(self) -> None:
        agents = [an_agent("Mara", queues=["Billing"]), an_agent("Otto")]
        assert decide(some_facts(), a_playbook(agents=agents)).agent.agent == "Otto"

    def test_nobody_free_is_a_result_with_its_reason(self) -> None:
        playbook = a_playbook(agents=[an_agent("Mara", capacity=1)])
        decision = decide(some_facts(loads={"Mara": Load(1)}), playbook)
        assert decision.agent.agent is None
        assert decision.agent.because == "Nobody in General has room now: Mara."

    def test_a_rule_can_name_an_agent_of_another_queue(self) -> None:
        agents = [an_agent("Mara"), an_agent("Otto", queues=["Billing"])]
        playbook = a_playbook(rules=[a_rule(agent="Otto")], agents=agents)
        decision = decide(some_facts(), playbook)
        assert decision.agent.agent == "Otto"
        assert decision.agent.because == "A rule names Otto."

    def test_when_the_named_agent_is_full_another_one_of_the_queue_is_chosen(self) -> None:
        agents = [an_agent("Mara"), an_agent("Otto", capacity=2)]
        playbook = a_playbook(rules=[a_rule(agent="Otto")], agents=agents)
        decision = decide(some_facts(loads={"Otto": Load(2)}), playbook)
        assert decision.agent.agent == "Mara"
        assert decision.agent.because.startswith("A rule names Otto, who has no room. Mara")

    def test_when_the_named_agent_is_away_and_nobody_else_is_there_nobody_is_chosen(self) -> None:
        playbook = a_playbook(rules=[a_rule(agent="Otto")], agents=[an_agent("Otto")])
        decision = decide(some_facts(loads={"Otto": Load(0, present=False)}), playbook)
        assert decision.agent.agent is None

    @given(
        st.lists(st.integers(1, 4), min_size=1, max_size=4),
        st.lists(
            st.tuples(st.sampled_from(["DE", "FR"]), st.sampled_from([None, "A0", "A1"])),
            max_size=25,
        ),
    )
    def test_a_row_of_decisions_never_gives_anyone_more_than_their_capacity(
        self, capacities: list[int], tickets: list[tuple[str, str | None]]
    ) -> None:
        agents = [
            an_agent(f"A{n}", queues=["General", "Billing"][n % 2 :], capacity=most)
            for n, most in enumerate(capacities)
        ]
        playbook = a_playbook(
            agents=agents, rules=[a_rule(when=GERMANY, queue="Billing", agent="A0")]
        )
        held = dict.fromkeys((agent.name for agent in agents), 0)
        for country, last in tickets:
            loads = {name: Load(number) for name, number in held.items()}
            facts = some_facts({"customer.country": country}, loads=loads, last_agent=last)
            name = decide(facts, playbook).agent.agent
            if name is not None:
                held[name] += 1
        assert all(held[agent.name] <= agent.capacity for agent in agents)


class TestReplies:
    def test_replies_are_chosen_by_the_ticket_and_its_primary_segment(self) -> None:
        playbook = a_playbook(
            segments=[a_segment("Big", BIG), a_segment("Everyone")],
            replies=[
                a_reply("for the big", segments=["Big"]),
                a_reply("for all"),
                a_reply("for everyone", segments=["Everyone"]),
            ],
        )
        decision = decide(some_facts({"account.employees": 5000.0}), playbook)
        assert [one.reply for one in decision.replies] == ["for the big", "for all"]


WORDS = st.text(max_size=12)
FACTS = st.builds(
    lambda customer, subject, text, language, tags, loads: some_facts(
        customer,
        ticket=a_ticket(subject, text, tags=tags),
        language=language,
        loads={name: Load(number) for name, number in loads.items()},
    ),
    st.fixed_dictionaries(
        {},
        optional={
            "customer.country": st.sampled_from(["DE", "FR"]) | WORDS,
            "account.employees": st.floats(allow_nan=False, allow_infinity=False),
            "customer.lists": st.frozensets(WORDS),
            "customer.renewal": st.dates(),
        },
    ),
    WORDS,
    WORDS,
    st.sampled_from([None, "en", "de"]),
    st.lists(WORDS),
    st.dictionaries(st.sampled_from(["Mara", "Otto"]), st.integers(0, 12)),
)


def a_full_playbook() -> Playbook:
    conditions: list[object] = [
        {"all": [GERMANY, BIG]},
        {"any": [{"not": GERMANY}, {"field": "customer.lists", "contains": "vip"}]},
        {"field": "customer.renewal", "less than": "2026-06-01"},
        {"field": "ticket.text", "contains": "a"},
        {"field": "segments", "contains any of": ["Big", "German"]},
    ]
    return a_playbook(
        rules=[
            a_rule(f"rule {place}", when, go_on=place < 4, queue="Billing", tags=[f"t{place}"])
            for place, when in enumerate(conditions)
        ],
        segments=[a_segment("Big", BIG), a_segment("German", GERMANY)],
        agents=[an_agent("Mara", queues=["General", "Billing"]), an_agent("Otto")],
        replies=[a_reply(topics=["a"]), a_reply("other", segments=["Big"])],
    )


PLAYBOOK = a_full_playbook()


@given(FACTS)
def test_the_same_facts_give_the_same_decision_bit_for_bit_also_after_being_stored(
    facts: Facts,
) -> None:
    first = decide(facts, PLAYBOOK)
    stored = facts_in(json.loads(json.dumps(facts_out(facts))))
    second = decide(stored, a_full_playbook())
    assert second == first
    assert json.dumps(decision_out(second)) == json.dumps(decision_out(first))


IN_ANOTHER_PROCESS = """
import json
from builders import some_facts, a_ticket
from test_decide import PLAYBOOK
from routing.decide import decide
from routing.record import decision_out, facts_out
words = frozenset("a short list of words for a set that has an order of its own".split())
customer = {"customer.country": "DE", "customer.lists": words, "account.employees": 5000.0}
facts = some_facts(customer, ticket=a_ticket(tags=sorted(words)))
print(json.dumps([facts_out(facts), decision_out(decide(facts, PLAYBOOK))]))
"""


def test_another_process_stores_the_same_bytes() -> None:
    # Sets are in another order in each process, unless somebody sorts them.
    paths = os.pathsep.join([str(Path(__file__).parent), str(Path(__file__).parents[1])])
    said = {
        subprocess.run(
            [sys.executable, "-c", IN_ANOTHER_PROCESS],
            env=os.environ | {"PYTHONPATH": paths, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(said) == 1


def test_every_built_in_field_can_be_asked_for_whether_or_not_it_is_known() -> None:
    rules = [
        a_rule(
            name,
            {"any": [{"field": name, "is present": True}, {"field": name, "is missing": True}]},
            go_on=True,
            tags=[name],
        )
        for name in CUSTOMER_FIELDS
    ]
    assert decide(some_facts(), a_playbook(rules=rules)).tags == tuple(CUSTOMER_FIELDS)
