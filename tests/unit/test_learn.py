"""Lessons from transfers: a planted pattern is found, none is made up, and nothing is foreseen."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from builders import NOON, a_playbook, a_rule, a_segment, a_ticket

from routing.back_test.past import PastTicket
from routing.conditions.fields import RULE_FIELDS
from routing.conditions.tree import read_condition
from routing.quality.learn import Label, gain_of, known_then, learn
from routing.quality.lessons import ENOUGH_TRANSFERS, Lesson
from routing.record import facts_out
from routing.tickets import Fact, Facts, Value

PLAYBOOK = a_playbook(
    rules=[a_rule("Mail to General", queue="General")],
    segments=[a_segment("Large", {"field": "account.employees", "at least": 1000})],
)
COUNTRIES = ("DE", "FR", "ES", "US", "GB")
PLANS = ("Basic", "Team", "Business")
WORDS = ("invoice", "refund", "login", "crash", "export", "address", "order", "delivery")

Chance = Callable[[dict[str, Value], str], float]


def some_past(
    count: int,
    seed: int,
    chance: Chance,
    *,
    more: Callable[[Random, bool], Any] | None = None,
    email: str = "",
) -> tuple[list[PastTicket], list[Label]]:
    """Tickets at random, each moved to Billing with the chance that its facts give."""
    rng = Random(seed)
    past, labels = [], []
    for at in range(count):
        customer: dict[str, Value] = {
            "customer.country": rng.choice(COUNTRIES),
            "customer.plan": rng.choice(PLANS),
            "customer.orders": float(rng.randint(0, 60)),
            "account.employees": float(rng.choice((5, 50, 500, 5_000))),
            "customer.lists": frozenset(rng.sample(("a", "b", "c", "d"), 2)),
            "account.b2b": rng.random() < 0.5,
        }
        subject = f"{rng.choice(WORDS)} {rng.choice(WORDS)}"
        moved = rng.random() < chance(customer, subject)
        now = NOON + timedelta(hours=at)
        facts = {name: Fact(value, "CRM", now) for name, value in customer.items()}
        if more is not None:
            facts |= more(rng, moved)
        told = Facts(
            ticket=a_ticket(
                subject,
                email=email or f"c{at % 50}@kontor.example",
                opened_at=now,
                channel=rng.choice(("mail", "web")),
            ),
            now=now,
            language=rng.choice(("en", "de")),
            customer=facts,
        )
        past.append(PastTicket(at + 1, facts_out(told), as_then=True))
        labels.append(Label("Mail to General", "General", "Billing" if moved else "General"))
    return past, labels


def only(found: tuple[Lesson, ...]) -> Lesson:
    (lesson,) = found
    return lesson


PLANTED: list[tuple[str, Chance, set[str], str]] = [
    (
        "a value",
        lambda c, _: 0.9 if c["customer.country"] == "ES" else 0.03,
        {"customer.country"},
        "country is ES",
    ),
    (
        "some values",
        lambda c, _: 0.9 if c["customer.country"] in {"ES", "FR"} else 0.03,
        {"customer.country"},
        "country is",
    ),
    (
        "a word of the subject",
        lambda _, subject: 0.9 if "refund" in subject else 0.03,
        {"ticket.subject"},
        "subject contains refund",
    ),
    (
        "a number",
        lambda c, _: 0.9 if float(str(c["customer.orders"])) >= 40 else 0.03,
        {"customer.orders"},
        "orders is at least",
    ),
    (
        "two tests",
        lambda c, subject: 0.95 if c["customer.plan"] == "Team" and "invoice" in subject else 0.02,
        {"customer.plan", "ticket.subject"},
        "plan is Team",
    ),
    (
        "yes or no",
        lambda c, _: 0.85 if c["account.b2b"] else 0.02,
        {"account.b2b"},
        "sells to companies is",
    ),
    (
        "one of several words",
        lambda c, _: 0.9 if "a" in str(c["customer.lists"]) else 0.03,
        {"customer.lists"},
        "lists contains a",
    ),
]


@pytest.mark.parametrize(
    ("chance", "fields", "says"), [p[1:] for p in PLANTED], ids=[p[0] for p in PLANTED]
)
def test_a_planted_pattern_is_found_and_said(chance: Chance, fields: set[str], says: str) -> None:
    lesson = only(learn(PLAYBOOK, *some_past(600, 11, chance)))
    proposal = lesson.proposal
    assert proposal is not None, lesson.nothing
    assert {test["field"] for test in proposal.tests} == fields
    assert says in proposal.words
    assert proposal.queue == "Billing"
    judged = proposal.judged
    assert judged.precision.value > 0.75
    assert judged.gain.low > 0
    assert judged.right > 0.7 * judged.transfers
    assert judged.right_after > max(judged.right_before, judged.right_by_majority)
    assert read_condition(proposal.when, RULE_FIELDS)


def test_a_pattern_that_is_a_segment_is_said_as_one() -> None:
    def chance(customer: dict[str, Value], _: str) -> float:
        return 0.9 if customer["account.employees"] == 5_000 else 0.02

    proposal = only(learn(PLAYBOOK, *some_past(600, 5, chance))).proposal
    assert proposal is not None
    assert proposal.words in {"segment is Large", "employees is at least 5,000"}


@pytest.mark.parametrize("moved", [0.1, 0.3, 0.45])
def test_without_a_pattern_hardly_ever_anything_is_proposed(moved: float) -> None:
    found = 0
    for seed in range(40):
        lessons = learn(PLAYBOOK, *some_past(400, 1_000 + seed, lambda _c, _s: moved))
        for lesson in lessons:
            found += lesson.proposal is not None
            assert lesson.proposal is not None or lesson.nothing
    assert found <= 2


def test_a_pattern_that_was_and_is_no_longer_is_not_proposed() -> None:
    past, labels = some_past(600, 3, lambda c, _: 0.9 if c["customer.country"] == "ES" else 0.0)
    rng = Random(1)
    newer = [
        Label("Mail to General", "General", "Billing" if rng.random() < 0.2 else "General")
        for _ in labels[360:]
    ]
    lesson = only(learn(PLAYBOOK, past, labels[:360] + newer))
    assert lesson.proposal is None
    assert "Nothing found that would hold: “country is ES” was right for only" in lesson.nothing


def test_what_was_learned_after_the_decision_is_never_used() -> None:
    def foresight(later: timedelta) -> Callable[[Random, bool], dict[str, Fact]]:
        def more(_: Random, moved: bool) -> dict[str, Fact]:
            return {"customer.stage": Fact("churned" if moved else "active", "CRM", NOON + later)}

        return more

    known_before = some_past(400, 7, lambda _c, _s: 0.2, more=foresight(timedelta(days=-1)))
    proposal = only(learn(PLAYBOOK, *known_before)).proposal
    assert proposal is not None
    assert proposal.words == "stage is churned"
    told_later = some_past(400, 7, lambda _c, _s: 0.2, more=foresight(timedelta(days=900)))
    assert only(learn(PLAYBOOK, *told_later)).proposal is None
    assert "customer.stage" not in known_then(told_later[0][0]).facts["customer"]


def test_what_is_known_of_one_customer_alone_is_no_reason_for_a_rule() -> None:
    def chance(_: dict[str, Value], subject: str) -> float:
        return 0.9 if "refund" in subject else 0.02

    of_many = only(learn(PLAYBOOK, *some_past(400, 7, chance)))
    assert of_many.proposal is not None
    of_one = only(learn(PLAYBOOK, *some_past(400, 7, chance, email="lena@kontor.example")))
    assert of_one.proposal is None


def test_tickets_without_the_facts_of_their_time_teach_nothing() -> None:
    past, labels = some_past(400, 7, lambda c, _: 0.9 if c["customer.country"] == "ES" else 0.0)
    today = [PastTicket(one.id, one.facts, as_then=False) for one in past]
    assert learn(PLAYBOOK, today, labels) == ()


def test_few_transfers_are_no_reason_to_look() -> None:
    past, labels = some_past(400, 7, lambda _c, _s: 0.0)
    for place in range(ENOUGH_TRANSFERS - 1):
        labels[place * 20] = Label("Mail to General", "General", "Billing")
    assert learn(PLAYBOOK, past, labels) == ()
    labels[399] = Label("Mail to General", "General", "Billing")
    assert only(learn(PLAYBOOK, past, labels)).transfers == ENOUGH_TRANSFERS


def test_where_most_of_a_rules_tickets_are_moved_the_lesson_is_about_all_of_them() -> None:
    lesson = only(learn(PLAYBOOK, *some_past(400, 7, lambda _c, _s: 0.85)))
    assert lesson.proposal is not None
    assert lesson.proposal.tests == ()
    assert lesson.proposal.when == "always"
    assert lesson.proposal.words == "all its tickets"


def test_the_order_in_which_tickets_are_given_does_not_matter() -> None:
    past, labels = some_past(400, 7, lambda c, _: 0.9 if c["customer.country"] == "ES" else 0.05)
    pairs = list(zip(past, labels, strict=True))
    Random(2).shuffle(pairs)
    shuffled = learn(PLAYBOOK, [one for one, _ in pairs], [label for _, label in pairs])
    assert shuffled == learn(PLAYBOOK, past, labels)


def test_a_gain_is_shown_only_where_its_interval_holds_no_loss() -> None:
    assert gain_of(9, 1).low > 0
    assert gain_of(9, 1).p == pytest.approx(2 * 11 / 1024)
    assert gain_of(6, 4).low < 0
    assert gain_of(0, 0).value == 0
    assert gain_of(1, 9).high < 0
    assert gain_of(3, 9).high > 0
