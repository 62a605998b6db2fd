"""The demo's sample data: repeatable, plausible, and in step with its own playbook."""

from __future__ import annotations

import csv
import io
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from math import nan
from pathlib import Path
from random import Random
from string import Formatter
from typing import Any

import numpy as np
import pytest

from plugin.demo.samples.generate import (
    FIELDS,
    Group,
    Incoming,
    SampleCustomer,
    SampleTicket,
    agent_answer,
    customer_return,
    customers,
    incoming,
    playbook_text,
    rating,
    sample_playbook,
    tickets,
    write_customers_csv,
    write_tickets_csv,
)
from plugin.demo.samples.history import COLUMNS
from plugin.demo.samples.material import LANGUAGES, texts, topics
from routing.conditions.values import read_value
from routing.decide import Decision, decide
from routing.languages import recognise
from routing.playbook import Playbook
from routing.population.goal import Goal, read_goals
from routing.replies.render import Missing, render
from routing.rules.rule import State
from routing.segments.segment import Model
from routing.tickets import Fact, Facts, Ticket, TicketRef, Trigger, Value
from routing.worth.rfm import RFM_CLASSES
from routing.worth.value import Floats, revenue_rank, rfm
from routing.yaml_text import read_yaml

SEED = 7
END = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
SLOTS = {
    "amount",
    "bank",
    "client",
    "colleague",
    "company",
    "count",
    "days",
    "invoice",
    "month",
    "tool",
    "weekday",
}


@pytest.fixture(scope="module")
def people() -> tuple[SampleCustomer, ...]:
    return customers(SEED, today=END.date())


@pytest.fixture(scope="module")
def past(people: tuple[SampleCustomer, ...]) -> tuple[SampleTicket, ...]:
    return tickets(SEED, people, END)


@pytest.fixture(scope="module")
def arriving(people: tuple[SampleCustomer, ...]) -> tuple[Incoming, ...]:
    return tuple(islice(incoming(SEED, people), 1500))


@pytest.fixture(scope="module")
def playbook() -> Playbook:
    return sample_playbook()


@pytest.fixture(scope="module")
def raw() -> dict[str, Any]:
    value = read_yaml(playbook_text()).value
    assert isinstance(value, dict)
    return value


def facts_of(customer: SampleCustomer | None, playbook: Playbook) -> dict[str, Fact]:
    known = customer.facts if customer else {}
    values = {name: read_value(playbook.fields[name].kind, cell) for name, cell in known.items()}
    return {name: Fact(value, "csv") for name, value in values.items() if value is not None}


def decided(
    customer: SampleCustomer | None, playbook: Playbook, *, past: SampleTicket | None = None
) -> Decision:
    ticket = Ticket(
        ref=TicketRef("demo", "1"),
        subject=past.subject if past else "A question",
        text=past.text if past else "Where do I find it?",
        requester_email=customer.email if customer else None,
        opened_at=END,
        channel=past.channel if past else "web",
    )
    language = recognise(ticket.text, playbook.languages) if past else "en"
    return decide(Facts(ticket, END, language, facts_of(customer, playbook)), playbook)


def as_bytes(folder: Path, seed: int) -> bytes:
    some = customers(seed, 120, today=END.date())
    write_customers_csv(folder / "customers.csv", some)
    write_tickets_csv(folder / "tickets.csv", tickets(seed, some, END, count=300))
    new = "\n".join(repr(one) for one in islice(incoming(seed, some), 100))
    return b"".join(
        [
            (folder / "customers.csv").read_bytes(),
            (folder / "tickets.csv").read_bytes(),
            new.encode(),
        ]
    )


def minutes_to_reply(some: Iterable[SampleTicket]) -> list[float]:
    return sorted(
        (one.first_reply_at - one.opened_at) / timedelta(minutes=1)
        for one in some
        if one.first_reply_at
    )


def middle(numbers: Sequence[float]) -> float:
    return numbers[len(numbers) // 2]


def content(some: Iterable[SampleTicket]) -> float:
    scores = [one.rating.score for one in some if one.rating]
    return sum(score >= 4 for score in scores) / len(scores)


# Repeatable


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    assert as_bytes(tmp_path, 3) == as_bytes(tmp_path, 3)


def test_another_seed_gives_other_data(tmp_path: Path) -> None:
    assert as_bytes(tmp_path, 3) != as_bytes(tmp_path, 4)


def test_the_same_seed_gives_the_same_bytes_in_every_process() -> None:
    code = (
        "from itertools import islice\n"
        "from datetime import datetime, UTC\n"
        "from plugin.demo.samples.generate import customers, incoming, tickets\n"
        "some = customers(5, 80)\n"
        "end = datetime(2026, 11, 20, tzinfo=UTC)\n"
        "print(some, tickets(5, some, end, count=80), *islice(incoming(5, some), 40))\n"
    )
    runs = {
        subprocess.run(
            [sys.executable, "-c", code],
            env=os.environ | {"PYTHONHASHSEED": hash_seed},
            capture_output=True,
            check=True,
        ).stdout
        for hash_seed in ("1", "2")
    }
    assert len(runs) == 1
    assert len(runs.pop()) > 10_000


def test_the_customers_move_with_the_day_they_are_counted_back_from() -> None:
    later = customers(SEED, 50, today=date(2027, 1, 20))
    for before, after in zip(customers(SEED, 50, today=date(2027, 1, 10)), later, strict=True):
        assert after.since - before.since == timedelta(days=10)


# Customers


def test_every_address_is_under_example(
    people: tuple[SampleCustomer, ...],
    past: tuple[SampleTicket, ...],
    arriving: tuple[Incoming, ...],
) -> None:
    addresses = [
        *(one.email for one in people),
        *(one.requester_email for one in past),
        *(one.email for one in arriving),
    ]
    assert all(re.fullmatch(r"[a-z0-9.-]+@[a-z0-9-]+\.example", one) for one in addresses)
    domains = [one.facts["account.domain"] for one in people if "account.domain" in one.facts]
    assert domains
    assert all(domain.endswith(".example") for domain in domains)


def test_ids_and_addresses_of_customers_are_unique(people: tuple[SampleCustomer, ...]) -> None:
    assert len(people) == 600
    assert len({one.id for one in people}) == 600
    assert len({one.email for one in people}) == 600


def test_some_accounts_have_several_customers(people: tuple[SampleCustomer, ...]) -> None:
    domains = Counter(one.facts["account.domain"] for one in people if one.facts.get("account.arr"))
    assert sum(count >= 2 for count in domains.values()) >= 10


def test_every_fact_can_be_read_and_some_are_unknown(
    people: tuple[SampleCustomer, ...], playbook: Playbook
) -> None:
    for one in people:
        assert set(one.facts) <= set(FIELDS)
        assert set(facts_of(one, playbook)) == set(one.facts)
        assert one.facts["customer.name"] == one.name
    for field in FIELDS[1:]:
        assert 0 < sum(field in one.facts for one in people) < 600, field


def test_fields_are_known_to_the_sample_playbook(playbook: Playbook) -> None:
    assert set(FIELDS) <= set(playbook.fields)


def test_who_brings_more_is_told_as_deskroute_itself_would_tell_it(
    people: tuple[SampleCustomer, ...], playbook: Playbook
) -> None:
    def column(name: str) -> Floats:
        values = [facts_of(one, playbook).get(name) for one in people]
        return np.array([nan if one is None else _as_number(one.value) for one in values])

    spent = column("customer.revenue_12m")
    ranks = column("customer.revenue_rank")
    assert np.isnan(ranks).tolist() == np.isnan(spent).tolist()
    assert np.nan_to_num(ranks).tolist() == np.round(np.nan_to_num(revenue_rank(spent)), 1).tolist()
    quiet = END.date().toordinal() - column("customer.last_order")
    classes = rfm(quiet, column("customer.orders"), spent).classes()
    assert [one.facts.get("customer.rfm") for one in people] == classes
    assert set(classes) == {None, *(one.name for one in RFM_CLASSES)}


def _as_number(value: Value) -> float:
    if isinstance(value, date):
        return float(value.toordinal())
    assert isinstance(value, float)
    return value


def test_nobody_bought_before_they_came_or_after_today(
    people: tuple[SampleCustomer, ...],
) -> None:
    for one in people:
        first, last = one.facts.get("customer.first_order"), one.facts.get("customer.last_order")
        if first and last:
            assert one.since <= date.fromisoformat(first) <= date.fromisoformat(last) <= END.date()


def test_the_customer_file_needs_no_map(tmp_path: Path, people: tuple[SampleCustomer, ...]) -> None:
    write_customers_csv(tmp_path / "customers.csv", people)
    rows = list(csv.DictReader(io.StringIO((tmp_path / "customers.csv").read_text("utf-8"))))
    assert list(rows[0]) == ["id", "email", *FIELDS]
    assert len(rows) == 600
    for row, one in zip(rows, people, strict=True):
        assert (row["id"], row["email"]) == (one.id, one.email)
        assert {name: row[name] for name in FIELDS if row[name]} == dict(one.facts)


# The playbook


def test_the_playbook_shows_every_model(playbook: Playbook) -> None:
    assert {segment.model for segment in playbook.segments} == set(Model)
    assert 11 <= len(playbook.segments) <= 13


def test_every_segment_has_all_of_a_persona_an_owner_and_a_goal_that_is_measured(
    playbook: Playbook,
) -> None:
    for segment in playbook.segments:
        assert segment.owner
        assert all(getattr(segment.persona, part.name) for part in fields(segment.persona))
        assert all(isinstance(goal, Goal) for goal in read_goals(segment.goal)), segment.goal


def test_the_playbook_names_only_what_is_there(raw: dict[str, Any]) -> None:
    queues = {one["name"] for one in raw["queues"]}
    segments = {one["name"] for one in raw["segments"]}
    named = {one["then"]["queue"] for one in raw["rules"] if "queue" in one["then"]}
    named |= {queue for agent in raw["agents"] for queue in agent["queues"]}
    assert named == queues
    assert raw["default_queue"] in queues
    assert {name for one in raw["replies"] for name in one.get("segments", [])} <= segments
    tested = {name for rule in raw["rules"] for name in _segments_in(rule["when"])}
    assert tested
    assert tested <= segments


def _segments_in(condition: Any) -> set[str]:
    if isinstance(condition, list):
        return set().union(*(_segments_in(one) for one in condition))
    if not isinstance(condition, dict):
        return set()
    if condition.get("field") in {"segment", "segments"}:
        operand = next(value for key, value in condition.items() if key != "field")
        return set(operand) if isinstance(operand, list) else {operand}
    return set().union(*(_segments_in(one) for one in condition.values()))


def test_placeholder_ids_are_numbered_in_order(raw: dict[str, Any]) -> None:
    for group in ("queues", "agents"):
        ids = [one["ids"] for one in raw[group]]
        assert ids == [{"demo": str(number)} for number in range(1, len(ids) + 1)]


def test_every_queue_has_an_agent_for_every_language_or_one_who_speaks_any(
    playbook: Playbook,
) -> None:
    for language in playbook.languages:
        able = {
            queue
            for agent in playbook.agents
            if not agent.languages or language in agent.languages
            for queue in agent.queues
        }
        missing = {queue.name for queue in playbook.queues} - able
        local = {("Shops DACH", "fr"), ("Shops DACH", "es"), ("Shops FR and ES", "de")}
        assert {(queue, language) for queue in missing} <= local


def test_rules_show_stop_go_on_and_off(raw: dict[str, Any]) -> None:
    assert {one.get("after", "stop") for one in raw["rules"]} == {"stop", "go on"}
    assert [one.get("state", "on") for one in raw["rules"]].count("off") == 1


@pytest.mark.parametrize("seed", [1, SEED, 42])
def test_every_segment_has_customers_and_some_customers_have_none(
    seed: int, playbook: Playbook
) -> None:
    members: Counter[str | None] = Counter()
    for one in customers(seed):
        found = decided(one, playbook).segments
        names: list[str | None] = [member.segment for member in found]
        members.update(names or [None])
    assert members[None] >= 15
    for segment in playbook.segments:
        assert members[segment.name] >= 15, segment.name


def test_every_rule_that_is_on_fires_and_history_mostly_went_where_it_says(
    people: tuple[SampleCustomer, ...], past: tuple[SampleTicket, ...], playbook: Playbook
) -> None:
    by_email = {one.email: one for one in people}
    fired: Counter[str] = Counter()
    agreed = 0
    for one in past[::2]:
        decision = decided(by_email.get(one.requester_email), playbook, past=one)
        fired.update(decision.fired)
        agreed += decision.queue == one.queue
    for rule in playbook.rules:
        if rule.on is Trigger.OPENED:
            assert (fired[rule.name] > 0) is (rule.state is State.ON), rule.name
    assert 0.85 <= agreed / len(past[::2]) < 1


# Replies


def test_there_are_replies_in_every_language(playbook: Playbook) -> None:
    assert len(playbook.replies) >= 40
    languages = Counter(reply.language for reply in playbook.replies)
    assert all(languages[language] >= 10 for language in LANGUAGES)


def test_every_reply_is_a_letter_in_its_language(playbook: Playbook) -> None:
    for reply in playbook.replies:
        text = render(reply.body, {"agent.name": "Mara Lindqvist", "ticket.subject": "R-2048"})
        assert not isinstance(text, Missing), reply.name
        assert 40 <= len(text.split()) <= 120, reply.name
        assert recognise(text, LANGUAGES) == reply.language, reply.name
        assert "!" not in text, reply.name


def test_every_topic_word_of_a_reply_is_one_that_customers_use(playbook: Playbook) -> None:
    for reply in playbook.replies:
        words = texts(reply.language)
        written = "\n".join(
            line
            for topic in words.topics.values()
            for line in (*topic.subjects, *topic.what, *topic.detail)
        ).casefold()
        assert not [topic for topic in reply.topics if topic.casefold() not in written], reply.name


def test_every_survey_asks_in_every_language(playbook: Playbook) -> None:
    assert {one.kind for one in playbook.surveys} == {"csat", "nps"}
    for survey in playbook.surveys:
        assert set(survey.questions) == set(LANGUAGES)


# Texts


def test_every_language_has_every_topic_in_several_wordings() -> None:
    assert len(topics()) >= 45
    for language in LANGUAGES:
        written = texts(language).topics
        assert set(written) == {topic.name for topic in topics()}
        for about in written.values():
            assert min(len(about.subjects), len(about.what), len(about.detail)) >= 2


def test_only_known_slots_are_in_the_texts() -> None:
    for language in LANGUAGES:
        words = texts(language)
        lines = [
            *words.openers,
            *(line for group in words.contexts.values() for line in group),
            *(
                line
                for topic in words.topics.values()
                for line in (*topic.subjects, *topic.what, *topic.detail)
            ),
        ]
        slots = {name for line in lines for _, name, _, _ in Formatter().parse(line) if name}
        assert slots <= SLOTS


def test_every_topic_is_written_about(
    past: tuple[SampleTicket, ...], arriving: tuple[Incoming, ...]
) -> None:
    everything = {topic.name for topic in topics()}
    assert {one.topic for one in past} == everything
    assert {one.topic for one in arriving} == everything


def test_subjects_and_texts_keep_their_length_and_have_no_empty_slots(
    past: tuple[SampleTicket, ...], arriving: tuple[Incoming, ...]
) -> None:
    written = [(one.subject, one.text) for one in past]
    written += [(one.subject, one.text) for one in arriving]
    for subject, text in written:
        assert 5 < len(subject) < 90
        assert 20 <= len(text.split()) <= 120
        assert not set("{}") & set(subject + text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_texts_are_recognised_as_their_language(
    language: str, arriving: tuple[Incoming, ...]
) -> None:
    written = [one.text for one in arriving if one.language == language]
    found = sum(recognise(text, LANGUAGES) == language for text in written)
    assert len(written) >= 100
    assert found / len(written) >= 0.9


# History


def test_tickets_are_unique_and_in_order(past: tuple[SampleTicket, ...]) -> None:
    assert len(past) == 2400
    assert len({one.id for one in past}) == 2400
    assert len({one.text for one in past}) > 2300
    assert [one.opened_at for one in past] == sorted(one.opened_at for one in past)


def test_nothing_happens_before_its_cause_or_after_the_end(past: tuple[SampleTicket, ...]) -> None:
    for one in past:
        assert END - timedelta(days=90) <= one.opened_at < END
        assert one.first_reply_at is None or one.opened_at < one.first_reply_at < END
        if one.solved_at is not None:
            assert one.first_reply_at is not None
            assert one.first_reply_at <= one.solved_at < END
        if one.reopens or one.rating:
            assert one.first_reply_at is not None
        if one.rating:
            assert one.solved_at is not None
            assert 1 <= one.rating.score <= 5


def test_nobody_wrote_before_they_were_a_customer(
    people: tuple[SampleCustomer, ...], past: tuple[SampleTicket, ...]
) -> None:
    since = {one.email: one.since for one in people}
    wrote = [one for one in past if one.requester_email in since]
    assert len(wrote) < len(past)
    assert all(one.opened_at.date() >= since[one.requester_email] for one in wrote)


def test_there_is_a_weekly_and_a_daily_rhythm_and_growth(past: tuple[SampleTicket, ...]) -> None:
    days = Counter(one.opened_at.weekday() for one in past)
    assert min(days[day] for day in range(5)) > 2 * max(days[5], days[6])
    assert days[0] > days[4]
    by_day = sum(7 <= one.opened_at.hour < 18 for one in past)
    assert by_day > 3 * (len(past) - by_day)
    first = sum(one.opened_at < END - timedelta(days=60) for one in past)
    last = sum(one.opened_at >= END - timedelta(days=30) for one in past)
    assert last > 1.05 * first


def test_some_tickets_are_open_reopened_or_moved(past: tuple[SampleTicket, ...]) -> None:
    still_open = [one for one in past if one.solved_at is None]
    assert 5 <= len(still_open) <= 200
    late = [one for one in still_open if one.opened_at > END - timedelta(days=7)]
    assert len(late) > len(still_open) / 2
    assert 0.03 < sum(one.reopens > 0 for one in past) / len(past) < 0.15
    assert 0.03 < sum(one.transfers > 0 for one in past) / len(past) < 0.15


def test_about_a_third_of_the_customers_answer_the_survey(past: tuple[SampleTicket, ...]) -> None:
    solved = [one for one in past if one.solved_at]
    assert 0.22 < sum(one.rating is not None for one in solved) / len(solved) < 0.38


def test_groups_of_customers_fare_differently(past: tuple[SampleTicket, ...]) -> None:
    def of(*groups: Group) -> list[SampleTicket]:
        return [one for one in past if one.group in groups]

    vip, enterprise = of(Group.VIP), of(Group.ENTERPRISE)
    others = of(Group.DACH, Group.SOUTH, Group.OTHER)
    assert middle(minutes_to_reply(vip)) < middle(minutes_to_reply(enterprise))
    assert middle(minutes_to_reply(enterprise)) < middle(minutes_to_reply(others))
    assert content(of(Group.AT_RISK)) < content(others) < content([*vip, *of(Group.PRACTICE)])


def test_a_topic_grows_and_one_day_has_an_outage(past: tuple[SampleTicket, ...]) -> None:
    layout = [one.opened_at for one in past if one.topic == "invoice-layout"]
    assert sum(at > END - timedelta(days=30) for at in layout) > len(layout) / 2
    outages = Counter(one.opened_at.date() for one in past if one.topic == "outage")
    worst, second = outages.most_common(2)
    assert worst[1] > 2 * second[1]


def test_agents_work_in_the_queue_of_the_ticket(
    past: tuple[SampleTicket, ...], playbook: Playbook
) -> None:
    for one in past:
        assert one.queue in playbook.agent(one.agent).queues


def test_the_ticket_file_has_its_columns_and_says_when_in_utc(
    tmp_path: Path, past: tuple[SampleTicket, ...]
) -> None:
    write_tickets_csv(tmp_path / "tickets.csv", past)
    with (tmp_path / "tickets.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == COLUMNS
    assert len(rows) == len(past)
    for row, one in zip(rows, past, strict=True):
        assert (row["id"], row["subject"], row["text"]) == (one.id, one.subject, one.text)
        assert (row["queue"], row["agent"]) == (one.queue, one.agent)
        for column in ("opened_at", "first_reply_at", "solved_at"):
            cell, moment = row[column], getattr(one, column)
            assert (datetime.fromisoformat(cell) if cell else None) == moment
            assert not cell or cell.endswith("+00:00")
        assert row["rating"] == (str(one.rating.score) if one.rating else "")
        assert row["reopens"] == str(one.reopens)


def test_a_history_without_a_time_zone_is_refused(people: tuple[SampleCustomer, ...]) -> None:
    with pytest.raises(ValueError, match="time zone"):
        tickets(SEED, people, END.replace(tzinfo=None))


def test_a_history_can_be_short(people: tuple[SampleCustomer, ...]) -> None:
    few = tickets(SEED, people, END, days=2, count=25)
    assert len(few) == 25
    assert all(END - timedelta(days=2) <= one.opened_at < END for one in few)


# New tickets


def test_new_tickets_come_from_customers_and_from_strangers(
    people: tuple[SampleCustomer, ...], arriving: tuple[Incoming, ...]
) -> None:
    by_id = {one.id: one for one in people}
    addresses = {one.email for one in people}
    strangers = [one for one in arriving if one.customer is None]
    assert 0.05 < len(strangers) / len(arriving) < 0.16
    assert not addresses & {one.email for one in strangers}
    for one in arriving:
        if one.customer is not None:
            assert by_id[one.customer].email == one.email
    assert {one.via for one in arriving} == {"form", "api"}


def test_some_customers_write_in_another_language(
    people: tuple[SampleCustomer, ...], arriving: tuple[Incoming, ...]
) -> None:
    language = {one.email: one.language for one in people}
    other = sum(one.language != language.get(one.email, one.language) for one in arriving)
    assert 0.02 < other / len(arriving) < 0.12


def test_new_tickets_do_not_repeat_themselves(arriving: tuple[Incoming, ...]) -> None:
    assert len({one.text for one in arriving}) > 0.98 * len(arriving)
    for place in range(8, len(arriving)):
        near = arriving[place - 8 : place]
        assert arriving[place].topic not in {one.topic for one in near}
        assert arriving[place].email not in {one.email for one in near}


def test_new_tickets_also_come_when_nobody_is_known() -> None:
    assert all(one.customer is None for one in islice(incoming(1, ()), 20))


def test_new_tickets_also_come_when_few_are_known() -> None:
    assert len(list(islice(incoming(1, customers(1, 3)), 20))) == 20


def test_agents_and_customers_answer_in_the_language_of_the_ticket(
    arriving: tuple[Incoming, ...],
) -> None:
    rng = Random(1)
    for one in arriving[:200]:
        answer = agent_answer(rng, one, "Mara Lindqvist")
        assert recognise(answer, LANGUAGES) == one.language
        assert one.name in answer
        assert answer.endswith("Mara Lindqvist")
        back = customer_return(rng, one, solved=rng.random() < 0.5)
        assert not set("{}") & set(answer + back)
        assert back.endswith(one.name)


def test_a_late_answer_is_rated_worse_than_a_quick_one(arriving: tuple[Incoming, ...]) -> None:
    def scores(minutes: float, transfers: int) -> list[int]:
        rng = Random(2)
        given = (rating(rng, one, minutes, transfers=transfers) for one in arriving)
        return [one.score for one in given if one is not None]

    quick, late = scores(5, 0), scores(3000, 2)
    assert set(quick) | set(late) <= {1, 2, 3, 4, 5}
    assert sum(quick) / len(quick) > sum(late) / len(late) + 0.5
    assert 0.2 < len(quick) / len(arriving) < 0.4
