"""How well rules route: what is credited to whom, compared with what, and when it is said."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
from builders import a_rule
from hypothesis import given
from hypothesis import strategies as st
from quality_samples import (
    DAY,
    NOW,
    RULES,
    a_result,
    lives,
    quality_report,
    routed,
    some_results,
)

from routing.outcomes.comparison import pace_difference
from routing.outcomes.figures import Wait
from routing.quality.measure import Life, Span, measure
from routing.quality.pace import Pool
from routing.quality.report import (
    Against,
    Aspect,
    PeriodQuality,
    RuleQuality,
    Verdict,
    report_in,
    report_out,
)
from routing.quality.routed import Routed
from routing.rules.rule import Rule, State
from routing.tickets import Trigger

WAITS = st.lists(
    st.builds(Wait, st.integers(0, 12).map(float), st.booleans()), min_size=1, max_size=40
)


def measured(
    tickets: list[Routed],
    fired: dict[tuple[str, int], int] | None = None,
    known: list[Life] | None = None,
) -> PeriodQuality:
    counted: dict[tuple[str, int], int] = {}
    for one in tickets:
        if one.rule is not None:
            key = one.rule, one.playbook
            counted[key] = counted.get(key, 0) + 1
    return measure(known or lives(), tickets, {**counted, **(fired or {})}, Span(), NOW)


def of(found: PeriodQuality, rule: str) -> RuleQuality:
    return next(one for one in found.rules if one.rule == rule)


def two(first: str = "A", second: str = "B", queue: str = "Billing") -> list[Life]:
    return lives((a_rule(first, queue=queue), a_rule(second, queue=queue)))


class TestPace:
    @given(WAITS, st.data())
    def test_a_part_of_a_pool_compares_as_two_groups_would(
        self, waits: list[Wait], data: st.DataObject
    ) -> None:
        size = data.draw(st.integers(1, len(waits)))
        part, rest = waits[:size], waits[size:]
        found, wanted = Pool(waits).difference(part), pace_difference(part, rest)
        if wanted is None:
            assert found is None
            return
        assert found is not None
        got = (found.value, found.low, found.high, found.p)
        told = (wanted.value, wanted.low, wanted.high, wanted.p)
        assert got == pytest.approx(told, rel=1e-6)

    def test_where_nothing_ended_nothing_is_told(self) -> None:
        waiting = [Wait(3.0, happened=False)] * 9
        assert Pool(waiting).difference(waiting[:4]) is None

    def test_a_whole_beside_nothing_tells_nothing(self) -> None:
        waits = [Wait(float(at // 3), happened=at % 2 == 0) for at in range(12)]
        assert Pool(waits).difference(waits) is None


class TestCredit:
    def test_a_ticket_counts_for_the_rule_as_it_read_when_the_ticket_came(self) -> None:
        rule = a_rule("Refunds", queue="Billing")
        known = [Life(1, rule, frozenset({41, 39}), NOW - DAY)]
        tickets = [
            *routed("Refunds", "Billing", some_results(40, 1), playbook=41),
            *routed("Refunds", "Billing", some_results(50, 2), playbook=40),
            *routed("Refunds", "Billing", some_results(60, 3), playbook=39),
        ]
        found = of(measured(tickets, known=known), "Refunds")
        assert found.kpis is not None
        assert (found.kpis.tickets, found.earlier) == (100, 50)
        assert (found.fired, found.decided) == (100, 100)
        # What the other wording routed is among those it is compared with.
        transferred = found.of(Aspect.TRANSFERRED)
        assert transferred is not None
        assert (transferred.n, transferred.others) == (100, 50)

    def test_a_rule_that_chooses_no_queue_is_credited_with_nothing(self) -> None:
        tickets = routed("Night hours", "Billing", some_results(60))
        found = of(measured(tickets, {("Tag the web", 41): 55}), "Tag the web")
        assert found.kpis is None
        assert found.versus == ()
        assert found.verdict is Verdict.FINE

    def test_tickets_no_rule_chose_a_queue_for_are_told_apart(self) -> None:
        found = measured(routed(None, "General", some_results(33)))
        assert found.by_default is not None
        assert found.by_default.tickets == found.decided == 33

    def test_a_ticket_that_waits_is_counted_as_waiting(self) -> None:
        open_still = [a_result(None, reply=None) for _ in range(60)]
        done = some_results(40)
        found = of(measured(routed("Night hours", "Billing", open_still + done)), "Night hours")
        assert found.kpis is not None
        resolution = found.kpis.resolution
        assert resolution is not None
        assert (resolution.median, resolution.waiting) == (None, 60)


class TestComparison:
    def test_it_is_with_the_same_queue_where_others_sent_enough_there(self) -> None:
        tickets = [
            *routed("A", "Billing", some_results(50, 1)),
            *routed("B", "Billing", some_results(30, 2)),
            *routed(None, "General", some_results(500, 3)),
        ]
        found = measured(tickets, known=two())
        assert of(found, "A").against is Against.QUEUE
        transferred = of(found, "A").of(Aspect.TRANSFERRED)
        assert transferred is not None
        assert (transferred.n, transferred.others) == (50, 30)
        fewer = measured(tickets[:79] + tickets[80:], known=two())
        assert of(fewer, "A").against is Against.ALL
        assert of(fewer, "B").against is Against.QUEUE

    def test_under_thirty_nothing_is_compared(self) -> None:
        tickets = [
            *routed("A", "Billing", some_results(29, 1, transferred=1.0)),
            *routed("B", "Billing", some_results(500, 2, transferred=0.0)),
        ]
        found = of(measured(tickets, known=two()), "A")
        assert found.versus == ()
        assert found.verdict is Verdict.TOO_FEW
        assert found.finding == "Too few to tell: 1 more needed."
        assert found.missing == 1

    @pytest.mark.parametrize(
        ("trouble", "aspect", "says"),
        [
            ({"transferred": 0.4}, Aspect.TRANSFERRED, "People move its tickets"),
            ({"reopened": 0.4}, Aspect.REOPENED, "opened again more often"),
            ({"satisfied": 0.4, "answered": 0.9}, Aspect.CSAT, "satisfied less often"),
        ],
    )
    def test_a_rule_that_hurts_is_named_with_how_much_and_what_to_do(
        self, trouble: dict[str, float], aspect: Aspect, says: str
    ) -> None:
        tickets = [
            *routed("A", "Billing", some_results(300, 1, **trouble)),
            *routed("B", "Billing", some_results(300, 2)),
        ]
        found = measured(tickets, known=two())
        bad = found.rules[0]
        assert (bad.rule, bad.verdict) == ("A", Verdict.HURTS)
        assert [one.aspect for one in bad.versus if one.hurts] == [aspect]
        assert says in bad.finding
        assert "than those that others sent to the same queue: by" in bad.finding
        assert bad.advice
        assert of(found, "B").verdict is Verdict.FINE
        assert not of(found, "B").finding

    def test_slow_tickets_are_told_as_a_difference_and_not_as_harm(self) -> None:
        tickets = [
            *routed("A", "Billing", some_results(300, 2, hours=40)),
            *routed("B", "Billing", some_results(300, 3, hours=8)),
        ]
        found = of(measured(tickets, known=two()), "A")
        resolution = found.of(Aspect.RESOLUTION)
        assert resolution is not None
        assert resolution.shown
        assert resolution.is_worse
        assert not resolution.hurts
        assert resolution.difference.high < 0.4
        assert not any(one.hurts for one in found.versus)
        assert found.verdict is Verdict.FINE

    def test_of_many_rules_alike_hardly_ever_one_is_said_to_hurt(self) -> None:
        # 60 playbooks of 20 rules whose tickets all fare alike: 6,000 comparisons.
        wrong = 0
        for seed in range(60):
            rules = [a_rule(f"R{at}", queue="Billing") for at in range(20)]
            tickets = [
                one
                for at, rule in enumerate(rules)
                for one in routed(rule.name, "Billing", some_results(40, seed * 100 + at))
            ]
            found = measured(tickets, known=lives(rules))
            wrong += any(one.shown for rule in found.rules for one in rule.versus)
        assert wrong <= 60 * 0.1


class TestSilence:
    def test_a_rule_that_never_fired_though_it_is_on_is_dead(self) -> None:
        found = measured(routed("Night hours", "Billing", some_results(300)))
        dead = of(found, "Nobody ever")
        assert dead.verdict is Verdict.DEAD
        assert dead.since == NOW - 41 * DAY
        assert dead.finding == "It fired for none of 300 tickets, so for at most 1.3 % of all."
        assert dead.advice.startswith("Try it on a ticket")

    def test_a_dead_rule_that_another_one_blocks_says_so(self) -> None:
        known = [
            replace(life, blocked="Never fires: rule 1 takes all.") if life.place == 4 else life
            for life in lives()
        ]
        found = measured(routed("Night hours", "Billing", some_results(300)), known=known)
        assert of(found, "Nobody ever").advice.startswith("Never fires: rule 1 takes all. Move it")

    def test_that_a_rule_has_not_fired_yet_is_not_held_against_it_too_soon(self) -> None:
        young = Life(1, a_rule("Young", queue="Billing"), frozenset({42}), NOW - DAY)
        tickets = [
            *routed("Old", "Billing", some_results(500, 1), playbook=41),
            *routed("Old", "Billing", some_results(12, 2), playbook=42),
        ]
        found = of(measured(tickets, known=[young]), "Young")
        assert (found.decided, found.verdict) == (12, Verdict.TOO_FEW)
        assert found.finding == "Too few to tell: 288 more needed."

    def test_a_rule_that_fires_only_after_another_has_chosen_never_chooses(self) -> None:
        tickets = routed("Night hours", "Billing", some_results(300))
        found = of(measured(tickets, {("Too late", 41): 90}), "Too late")
        assert found.verdict is Verdict.MUTE
        assert "a rule before it had always chosen" in found.finding

    def test_what_only_watches_or_is_for_what_happens_later_is_no_news_either(self) -> None:
        shadow = replace(a_rule("Watching", queue="Billing"), state=State.SHADOW)
        later = replace(a_rule("Later", queue="Billing"), on=Trigger.REOPENED)
        found = measured(
            routed("Night hours", "Billing", some_results(400)), known=lives([shadow, later])
        )
        assert of(found, "Watching").verdict is Verdict.SHADOW
        assert of(found, "Later").verdict is Verdict.FINE

    def test_a_rule_that_is_off_is_no_news(self) -> None:
        found = of(measured(routed("Night hours", "Billing", some_results(300))), "Switched off")
        assert found.verdict is Verdict.OFF
        assert (found.finding, found.advice) == ("", "")


def test_what_needs_somebody_comes_first_and_all_else_stays_in_order() -> None:
    found = quality_report().period(None)
    assert [(one.rule, one.verdict) for one in found.rules] == [
        ("Refunds", Verdict.HURTS),
        ("Nobody ever", Verdict.DEAD),
        ("Too late", Verdict.MUTE),
        ("Night hours", Verdict.FINE),
        ("Enterprise EMEA to Enterprise desk", Verdict.FINE),
        ("Tag the web", Verdict.FINE),
        ("Rare", Verdict.TOO_FEW),
        ("Switched off", Verdict.OFF),
        ("Watching", Verdict.SHADOW),
    ]
    assert [one.rule for one in found.urgent] == ["Refunds", "Nobody ever", "Too late"]


def test_a_report_comes_back_from_json_as_it_was() -> None:
    report = quality_report()
    assert report_in(report_out(report)) == report
    with pytest.raises(KeyError):
        report.period(31)


def test_the_order_of_tickets_does_not_matter() -> None:
    tickets = [
        *routed("A", "Billing", some_results(80, 1, transferred=0.3)),
        *routed("B", "Billing", some_results(80, 2)),
    ]
    shuffled = list(tickets)
    Random(5).shuffle(shuffled)
    assert measured(tickets, known=two()) == measured(shuffled, known=two())


def test_a_book_without_rules_measures_nothing() -> None:
    none: list[Rule] = []
    found = measure(lives(none), routed(None, "General", some_results(40)), {}, Span(), NOW)
    assert found.rules == ()
    assert found.decided == 40


def test_the_samples_have_every_verdict() -> None:
    assert {one.verdict for one in quality_report().period(90).rules} == set(Verdict)
    assert len(RULES) == len(quality_report().period(90).rules)
