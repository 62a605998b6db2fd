"""Rules that watch, rules for some tickets, rules for what happens later, and what they can do."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from builders import NOON, a_playbook, a_rule, a_ticket, an_agent, some_facts

from routing.conditions.fields import RULE_FIELDS
from routing.decide import decide
from routing.errors import Invalid
from routing.lint.findings import Kind
from routing.lint.lint import lint
from routing.playbook import Playbook
from routing.playbook_file import read_playbook
from routing.replies.reply import Reply
from routing.rules.canary import takes_part
from routing.rules.occasions import occasions, waits
from routing.rules.rule import After, Canary, Guard, Rule, State, Then
from routing.rules.trace import Verdict
from routing.rules.wording import does, group, state_says
from routing.rules.written import with_rule
from routing.tickets import Facts, Load, Priority, Standing, TicketRef, Trigger

HOUR = timedelta(hours=1)


def a(name: str, then: Then | None = None, when: object = "always", **more: object) -> Rule:
    return replace(a_rule(name, when), then=then or Then(queue="Priority"), **more)  # type: ignore[arg-type]


def verdicts(playbook: Playbook, facts: Facts) -> dict[str, Verdict]:
    return {one.name: one.verdict for one in decide(facts, playbook).trace}


def of_ticket(number: int) -> Facts:
    return some_facts({}, ticket=replace(a_ticket(), ref=TicketRef("demo", str(number))))


class TestShadowsAndCanaries:
    def test_a_shadow_is_seen_but_decides_and_stops_nothing(self) -> None:
        playbook = a_playbook(
            rules=[a("watching", state=State.SHADOW), a("last", Then(queue="Billing"))]
        )
        decision = decide(of_ticket(1), playbook)
        assert decision.queue == "Billing"
        assert decision.fired == ("last",)
        assert verdicts(playbook, of_ticket(1)) == {
            "watching": Verdict.SHADOW,
            "last": Verdict.FIRED,
        }

    def test_a_shadow_behind_a_stop_would_not_have_fired(self) -> None:
        playbook = a_playbook(rules=[a("first"), a("watching", state=State.SHADOW)])
        assert verdicts(playbook, of_ticket(1))["watching"] is Verdict.AFTER_STOP

    def test_a_canary_decides_about_its_share_of_the_tickets_and_watches_the_others(self) -> None:
        playbook = a_playbook(rules=[a("new", state=State.CANARY, canary=Canary(25))])
        counted = {Verdict.FIRED: 0, Verdict.HELD: 0}
        for number in range(2_000):
            facts = of_ticket(number)
            verdict = verdicts(playbook, facts)["new"]
            counted[verdict] += 1
            assert (decide(facts, playbook).queue == "Priority") is (verdict is Verdict.FIRED)
        # Five standard deviations of a binomial share on either side.
        assert 403 < counted[Verdict.FIRED] < 597

    def test_a_ticket_stays_in_a_canary_that_grows(self) -> None:
        small, large = (a("new", state=State.CANARY, canary=Canary(share)) for share in (5, 40))
        tickets = [TicketRef("demo", str(number)) for number in range(500)]
        inside = {one for one in tickets if takes_part(small, one)}
        assert inside < {one for one in tickets if takes_part(large, one)}

    def test_two_canaries_draw_apart(self) -> None:
        one, other = (a(name, state=State.CANARY, canary=Canary(50)) for name in ("a", "b"))
        tickets = [TicketRef("demo", str(number)) for number in range(500)]
        drawn = [(takes_part(one, ref), takes_part(other, ref)) for ref in tickets]
        assert all(drawn.count((x, y)) > 80 for x in (True, False) for y in (True, False))


class TestOccasions:
    def test_only_the_rules_for_what_happened_are_tried(self) -> None:
        rules = [
            a("opened"),
            a("again", Then(queue="Billing"), on=Trigger.REPLIED),
            a("4 h", Then(tags=("late",)), on=Trigger.WAITING, waits=4 * HOUR),
            a("8 h", Then(tags=("later",)), on=Trigger.WAITING, waits=8 * HOUR),
        ]
        playbook = a_playbook(rules=rules)
        stands = replace(
            some_facts({}), standing=Standing("General", "Mara", "Mara solved the last one.")
        )
        assert decide(some_facts({}), playbook).fired == ("opened",)
        replied = decide(replace(stands, trigger=Trigger.REPLIED), playbook)
        assert (replied.fired, replied.queue) == (("again",), "Billing")
        assert [one.place for one in replied.trace] == [2]
        waiting = replace(stands, trigger=Trigger.WAITING, waited=8 * HOUR)
        decision = decide(waiting, playbook)
        assert (decision.fired, decision.tags) == (("8 h",), ("later",))
        assert decision.queue == "General"
        assert decision.because == "No rule moves it, so it stays in General."
        assert decision.agent.agent == "Mara"

    def test_what_is_handed_back_is_given_to_somebody_else(self) -> None:
        agents = [an_agent("Mara"), an_agent("Tom")]
        facts = replace(
            some_facts({}, loads={"Mara": Load(0, present=False), "Tom": Load(3)}),
            standing=Standing("General", "Mara", "Mara was free."),
        )
        assert decide(facts, a_playbook(agents=agents)).agent.agent == "Mara"
        back = replace(facts, trigger=Trigger.HANDED_BACK)
        assert decide(back, a_playbook(agents=agents)).agent.agent == "Tom"

    def test_a_rule_fires_once_for_one_thing_that_happened(self) -> None:
        playbook = a_playbook(
            rules=[a("on", Then(queue="Billing"), on=Trigger.MOVED), a("next", on=Trigger.MOVED)]
        )
        moved = replace(some_facts({}), trigger=Trigger.MOVED, spent=("on",))
        assert decide(moved, playbook).fired == ("next",)
        assert verdicts(playbook, moved)["on"] is Verdict.SPENT

    def test_the_score_of_a_rating_can_be_asked_for(self) -> None:
        bad = a("bad", when={"field": "ticket.rating", "at most": 2}, on=Trigger.RATED)
        rated = replace(some_facts({}), trigger=Trigger.RATED)
        assert decide(replace(rated, rating=2), a_playbook(rules=[bad])).fired == ("bad",)
        assert decide(replace(rated, rating=3), a_playbook(rules=[bad])).fired == ()
        assert decide(rated, a_playbook(rules=[bad])).fired == ()

    def test_occasions_come_in_the_order_of_a_tickets_life_and_waits_by_their_length(self) -> None:
        rules = [
            a("late", on=Trigger.WAITING, waits=8 * HOUR),
            a("back", on=Trigger.REOPENED),
            a("soon", on=Trigger.WAITING, waits=HOUR),
            a("never", on=Trigger.WAITING, waits=2 * HOUR, state=State.OFF),
            a("watches", on=Trigger.WAITING, waits=4 * HOUR, state=State.SHADOW),
        ]
        assert occasions(rules)[:2] == [(Trigger.OPENED, None), (Trigger.REOPENED, None)]
        assert waits(rules) == [HOUR, 4 * HOUR, 8 * HOUR]


class TestActions:
    def test_the_first_rule_to_set_a_thing_keeps_it_and_the_rest_adds_up(self) -> None:
        first = Then(
            escalate="Priority",
            fields=(("tier", "1"),),
            note="Call first.",
            notify=("lead@x.example",),
        )
        second = Then(
            queue="Billing",
            priority=Priority.LOW,
            fields=(("tier", "2"), ("kind", "b")),
            note="Mind the tone.",
            notify=("lead@x.example", "boss@x.example"),
            resolution=4 * HOUR,
            answer="Hello",
            hand_back=HOUR,
        )
        rules = [a("1", first, after=After.GO_ON), a("2", second)]
        decision = decide(some_facts({}), a_playbook(rules=rules))
        assert decision.queue == "Priority"
        assert decision.priority is Priority.URGENT
        assert decision.because == "Rule 1, 1."
        assert decision.fields == (("tier", "1"), ("kind", "b"))
        assert decision.notes == ("Call first.", "Mind the tone.")
        assert decision.notify == ("lead@x.example", "boss@x.example")
        assert (decision.resolution, decision.hand_back) == (4 * HOUR, HOUR)
        assert decision.answer == "Hello"

    def test_a_suggested_reply_stands_first_whatever_else_fits(self) -> None:
        replies = [
            Reply("Fits", "a", topics=("sign in",)),
            Reply("Fits too", "b", topics=("sign-in",)),
            Reply("Also", "c", topics=("cannot",)),
            Reply("Meant", "d"),
        ]
        rules = [a("1", Then(suggest="Meant"))]
        playbook = a_playbook(rules=rules, replies=replies)
        offered = decide(some_facts({}, language="en"), playbook).replies
        assert offered[0].reply == "Meant"
        assert offered[0].because == "Rule 1, 1"
        assert len(offered) == 3


PLAYBOOK = """
playbook: Small
default_queue: General
queues: [{name: General}, {name: Tier 2}]
replies: [{name: Hello, body: Hello.}]
rules:
"""
FULL = (
    PLAYBOOK
    + """
  - name: Late
    on: waiting
    waits: 4 h
    when: always
    then:
      escalate: Tier 2
      resolution: 1 d
      fields: {tier: "2"}
      note: Somebody has waited.
      suggest: Hello
      answer: Hello
      notify: [lead@company.example]
      hand_back: 30 min
    state: canary
    canary: {share: 12.5, guards: [csat]}
"""
)


class TestInTheFile:
    def test_all_that_a_rule_can_say_is_read(self) -> None:
        (rule,) = read_playbook(FULL).rules
        assert (rule.on, rule.waits) == (Trigger.WAITING, 4 * HOUR)
        assert rule.canary == Canary(12.5, (Guard.CSAT,))
        assert rule.then == Then(
            escalate="Tier 2",
            resolution=24 * HOUR,
            fields=(("tier", "2"),),
            note="Somebody has waited.",
            suggest="Hello",
            answer="Hello",
            notify=("lead@company.example",),
            hand_back=HOUR / 2,
        )
        assert group(rule) == "When a customer has waited 4 hours for an answer"
        assert state_says(rule) == "canary for 12.5 % of tickets, guarded by csat"
        assert does(rule) == [
            "escalate to Tier 2",
            "solved in 1 day",
            "tier = 2",
            "private note",
            "suggest reply “Hello”",
            "answer by itself with “Hello”",
            "tell lead@company.example",
            "hand back after 30 minutes of silence",
            "stop",
        ]

    @pytest.mark.parametrize(
        ("rule", "where", "says"),
        [
            ("on: waiting", "on", "add waits"),
            ("waits: 4 h", "waits", "Only a rule with on: waiting waits"),
            ("{on: waiting, waits: soon}", "waits", "Write a time like 30 min"),
            ("canary: {share: 5}", "canary", "set state: canary"),
            ("{state: canary, canary: {share: 100}}", "canary.share", "below 100"),
            ("{state: canary, canary: {share: 0}}", "canary.share", "above 0"),
            ("{state: canary, canary: {guards: [mood]}}", "canary.guards[0]", "must be"),
            ("on: closed", "on", "it must be"),
            ("then: {escalate: Tier 3}", "then.escalate", "Did you mean Tier 2?"),
            ("then: {queue: General, escalate: Tier 2}", "then.escalate", "names a queue already"),
            ("then: {suggest: Helo}", "then.suggest", "Did you mean Hello?"),
            ("then: {answer: Helo}", "then.answer", "Did you mean Hello?"),
            ("then: {notify: [nobody]}", "then.notify[0]", "Write an e-mail address"),
            ("then: {hand_back: later}", "then.hand_back", "Write a time"),
        ],
    )
    def test_what_cannot_be_meant_is_told_with_its_place(
        self, rule: str, where: str, says: str
    ) -> None:
        keys = rule[1:-1] if rule.startswith("{") else rule
        parts = {"name": "name: a", "when": "when: always", "then": "then: {tags: [x]}"}
        if keys.startswith("then"):
            parts.pop("then")
        text = PLAYBOOK + f"  - {{{', '.join(parts.values())}, {keys}}}\n"
        with pytest.raises(Invalid) as refused:
            read_playbook(text)
        told = [(problem.where, problem.message) for problem in refused.value.problems]
        assert any(at == f"rules[0].{where}" and says in message for at, message in told), told

    def test_a_form_writes_it_as_a_person_would(self) -> None:
        said = {
            "name": "New",
            "on": "reopened",
            "when": "always",
            "then": {"note": "Look again.", "tags": []},
            "after": "stop",
            "state": "shadow",
        }
        text = with_rule(FULL, None, said, 1)
        _, rule = read_playbook(text).rules
        assert (rule.on, rule.state, rule.then.note) == (
            Trigger.REOPENED,
            State.SHADOW,
            "Look again.",
        )
        assert "after" not in text[text.index("New") :]


class TestLint:
    def test_rules_for_different_occasions_take_nothing_from_each_other(self) -> None:
        rules = [
            a("first"),
            a("again", on=Trigger.REPLIED),
            a("1 h", on=Trigger.WAITING, waits=HOUR),
            a("2 h", on=Trigger.WAITING, waits=2 * HOUR),
        ]
        assert lint(a_playbook(rules=rules), NOON) == ()

    def test_within_one_occasion_they_do_and_the_witness_tells_it(self) -> None:
        first, second = (
            a(name, Then(queue=queue), on=Trigger.WAITING, waits=HOUR)
            for name, queue in (("1", "Priority"), ("2", "Billing"))
        )
        (finding,) = lint(a_playbook(rules=[a("opened"), first, second]), NOON)
        assert finding.kind is Kind.SHADOWED
        assert finding.rules == (3, 2)
        facts = finding.witness.facts
        assert (facts.trigger, facts.waited) == (Trigger.WAITING, HOUR)
        assert decide(facts, a_playbook(rules=[a("opened"), first, second])).fired == ("1",)

    @pytest.mark.parametrize("state", [State.SHADOW, State.CANARY])
    def test_what_has_no_effect_for_some_tickets_hides_no_rule(self, state: State) -> None:
        rules = [a("trial", state=state), a("rest", Then(queue="Billing"))]
        assert all(one.kind is not Kind.SHADOWED for one in lint(a_playbook(rules=rules), NOON))

    def test_rules_that_move_tickets_in_a_circle_are_found(self) -> None:
        def on(queue: str, to: str) -> Rule:
            when = {"field": "ticket.queue", "is": queue}
            return a(f"{queue} to {to}", Then(queue=to), when, on=Trigger.MOVED)

        there_and_back = [on("Priority", "Billing"), on("Billing", "Priority")]
        (loop,) = [
            one for one in lint(a_playbook(rules=there_and_back), NOON) if one.kind is Kind.LOOP
        ]
        assert set(loop.rules) == {1, 2}
        assert loop.witness.facts.ticket.queue == "Priority"
        assert "then to" in loop.witness.shows
        one_way = [on("Priority", "Billing"), on("Billing", "General")]
        assert not [one for one in lint(a_playbook(rules=one_way), NOON) if one.kind is Kind.LOOP]


def test_a_rule_for_ratings_reads_the_field_as_a_number() -> None:
    assert RULE_FIELDS["ticket.rating"].says == "rating (1 to 5)"
