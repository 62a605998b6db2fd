"""Saved cases: read, run, said in words, and written into the playbook's text."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

import plugin.demo.samples
from routing.case_of import case_of
from routing.cases.case import Case, Expectation
from routing.cases.written import entry_of, following, with_case, without_case
from routing.decide import decide
from routing.errors import Invalid
from routing.playbook import Playbook
from routing.playbook_diff import diff
from routing.playbook_file import playbook_schema, read_playbook
from routing.prove import Proof, facts_of, prove, prove_case
from routing.segments.written import with_segment
from routing.tickets import Fact, Facts, Ticket, TicketRef

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)

BOOK = """\
playbook: Halden Books
default_queue: General
languages: [en, de]
segments:
  - name: VIP
    model: predetermined
    when: {field: customer.lists, contains: VIP 2026}
  - name: Big ones
    model: firmographic
    when: {field: account.employees, at least: 500}
queues:
  - {name: General}
  - {name: Priority}
agents:
  - {name: Mara, queues: [Priority]}
  - {name: Jonas, queues: [Priority]}
rules:
  - name: Mornings are tagged
    when: {field: time.hour, less than: 12}
    then: {tags: [morning]}
    after: go on
  - name: Recent buyers first
    when: {field: customer.last_order, within the last: 30 d}
    then: {priority: high}
    after: go on
  - name: VIP to Priority
    when: {field: segment, is: VIP}
    then: {queue: Priority, tags: [vip], first_reply: 30 min}
  - name: Our own people
    when: {field: ticket.requester_domain, is: halden.example}
    then: {agent: Jonas}
replies:
  - {name: Sign in, body: Try this., topics: [password]}
cases:
  # Looked after by Ines.
  - name: A VIP comes first
    ticket: {subject: "The password", text: "I forgot my password.", language: en}
    customer: {customer.lists: [VIP 2026], customer.last_order: 2026-02-20}
    now: 2026-03-02 10:00
    expect:
      segment: VIP
      queue: Priority
      priority: high
      agent: Mara
      tags: [morning, vip]
      rule: VIP to Priority
      reply: Sign in
      first_reply: 30 min
"""

EXPECTED = {
    "segment": "Big ones",
    "queue": "General",
    "priority": "low",
    "agent": "Jonas",
    "tags": "[vip, loud]",
    "rule": "Our own people",
    "reply": "Other",
    "first_reply": "1 h",
}
IS = {
    "segment": "VIP",
    "queue": "Priority",
    "priority": "high",
    "agent": "Mara",
    "tags": "[morning, vip]",
    "rule": "VIP to Priority",
    "reply": "Sign in",
    "first_reply": "30 min",
}


def only(text: str, now: datetime = NOW) -> Proof:
    (proof,) = prove(read_playbook(text), now)
    return proof


def expecting(**wanted: str) -> str:
    text = BOOK.replace("replies:\n", "replies:\n  - {name: Other, body: Hm., topics: [x]}\n")
    for what, value in wanted.items():
        text = text.replace(f"      {what}: {IS[what]}\n", f"      {what}: {value}\n")
    return text


def test_a_case_whose_ticket_is_decided_as_expected_is_green() -> None:
    proof = only(BOOK)
    assert proof.green
    assert proof.misses == ()
    assert "Rule 3, VIP to Priority." in str(proof)
    assert "Fired: Mornings are tagged, Recent buyers first and VIP to Priority." in str(proof)


def test_a_case_is_decided_like_a_ticket_but_for_the_trace_that_nobody_is_shown() -> None:
    playbook = read_playbook(BOOK)
    (case,) = playbook.cases
    whole = decide(facts_of(case, playbook, NOW), playbook)
    assert whole.trace
    assert only(BOOK).decision == replace(whole, trace=())


def many(count: int, text: str = "") -> str:
    before, _ = BOOK.split("cases:\n")
    entry = "  - {{name: Case {}, ticket: {{text: '{}'}}, expect: {{queue: General}}}}\n"
    return f"{before}cases:\n{''.join(entry.format(n, text) for n in range(count))}"


@pytest.mark.parametrize(
    ("fine", "too_much", "said"),
    [
        (many(1_000), many(1_001), "There are 1,001 entries; 1,000 is the most. Remove some."),
        (
            many(100, "x" * 20_000),
            many(101, "x" * 20_000),
            (
                "The tickets of all cases have 2,020,000 characters together; "
                "2,000,000 is the most. Shorten their texts or remove cases."
            ),
        ),
    ],
    ids=["cases", "characters"],
)
def test_there_are_no_more_cases_than_can_be_decided_at_every_publishing(
    fine: str, too_much: str, said: str
) -> None:
    assert read_playbook(fine).cases
    with pytest.raises(Invalid) as no:
        read_playbook(too_much)
    (problem,) = no.value.problems
    assert (problem.path, problem.message) == (("cases",), said)


@pytest.mark.parametrize("what", EXPECTED)
def test_each_thing_that_comes_out_another_way_makes_it_red_and_is_named(what: str) -> None:
    proof = only(expecting(**{what: EXPECTED[what]}))
    assert not proof.green
    (miss,) = proof.misses
    assert miss.what == what.replace("_", " ")
    assert (miss.expected in str(proof), miss.came in str(proof)) == (True, True)
    assert proof.decided in str(proof)


def test_all_that_is_missed_is_told_at_once() -> None:
    proof = only(expecting(**EXPECTED))
    assert [one.what for one in proof.misses] == [
        "segment",
        "queue",
        "agent",
        "priority",
        "tags",
        "first reply",
        "rule",
        "reply",
    ]
    assert str(proof.misses[1]) == "queue: expected General, came out Priority"


def test_a_rule_changed_under_a_case_turns_it_red() -> None:
    broken = BOOK.replace(
        "then: {queue: Priority, tags: [vip]", "then: {queue: General, tags: [vip]"
    )
    assert {one.what for one in only(broken).misses} == {"queue", "agent"}


def test_the_moment_of_a_case_and_not_the_clock_decides_its_conditions_of_time() -> None:
    much_later = NOW + timedelta(days=400, hours=9)
    assert only(BOOK, much_later).green
    timeless = BOOK.replace("    now: 2026-03-02 10:00\n", "")
    missed = {one.what for one in only(timeless, much_later).misses}
    assert missed == {"priority", "tags"}


def test_a_rule_that_is_gone_is_told_with_the_one_that_is_like_it() -> None:
    proof = only(expecting(rule="VIPs to Priority"))
    assert str(proof.misses[0]).endswith("there is no such rule, but “VIP to Priority”")


def test_nobody_has_any_load_in_a_case() -> None:
    case = read_playbook(BOOK).cases[0]
    assert prove_case(case, read_playbook(BOOK), NOW).decision.agent.because.endswith("of 10.")
    assert "Load 0" in prove_case(case, read_playbook(BOOK), NOW).decision.agent.because


@pytest.mark.parametrize(
    ("old", "new", "where", "says"),
    [
        (
            "queue: Priority\n      priority",
            "queue: Prio\n      priority",
            "expect.queue",
            "no queue",
        ),
        ("segment: VIP\n", "segment: VAP\n", "expect.segment", "Did you mean VIP?"),
        ("agent: Mara\n", "agent: Nobody\n", "expect.agent", "no agent"),
        ("reply: Sign in\n", "reply: Gone\n", "expect.reply", "no reply"),
        ("now: 2026-03-02 10:00", "now: yesterday", "now", "not a moment"),
        ("language: en}", "language: English}", "ticket.language", "two small letters"),
        ("first_reply: 30 min\n", "first_reply: soon\n", "expect.first_reply", "30 min, 4 h"),
        ("2026-02-20", "someday", "customer.customer.last_order", "not a date"),
        ("customer.lists: [VIP", "customer.list: [VIP", "customer.customer.list", "no field"),
        ("customer.lists: [VIP", "time.hour: [VIP", "customer.time.hour", "no field"),
        ('subject: "The', 'topic: "The', "ticket.topic", "subject"),
        ("      reply: Sign in\n", "      answer: x\n", "expect.answer", "Known: queue"),
        ("name: A VIP comes first", "name: ''", "name", "empty"),
    ],
)
def test_what_is_wrong_with_a_case_is_told_with_its_place(
    old: str, new: str, where: str, says: str
) -> None:
    assert old in BOOK
    with pytest.raises(Invalid) as invalid:
        read_playbook(BOOK.replace(old, new))
    (problem,) = invalid.value.problems
    assert problem.where == f"cases[0].{where}"
    assert says in problem.message
    assert problem.line is not None
    assert problem.line > 35


def test_a_case_that_expects_nothing_and_one_of_a_name_that_is_taken_are_refused() -> None:
    twice = f"{BOOK}  - name: A VIP comes first\n    expect: {{tags: []}}\n"
    with pytest.raises(Invalid) as invalid:
        read_playbook(twice)
    said = str(invalid.value)
    assert "The case expects nothing." in said
    assert "is also the name of cases[0]" in said


def test_the_schema_of_the_file_knows_cases() -> None:
    schema = playbook_schema()
    assert schema["properties"]["cases"]["items"]["$ref"] == "#/$defs/CaseForm"  # type: ignore[index]


def test_what_differs_in_a_case_is_said_in_words() -> None:
    before = read_playbook(BOOK)
    other = expecting(queue="General").replace("VIP 2026], customer", "VIP 2027], customer")
    (one,) = (one for one in diff(before, read_playbook(other)) if one.thing == "case")
    assert str(one).startswith("Case “A VIP comes first”: expects was ")
    assert "customer was" in str(one)
    bare = read_playbook(BOOK[: BOOK.index("cases:")])
    assert "is gone" in str(diff(before, bare)[0])
    assert "is new" in str(diff(bare, before)[0])


def test_a_case_is_added_changed_and_taken_out_and_the_rest_stays_to_the_letter() -> None:
    case = read_playbook(BOOK).cases[0]
    text = with_case(BOOK, None, {**entry_of(case), "name": "Another"})
    assert text.startswith(BOOK.rstrip())
    first, second = read_playbook(text).cases
    assert replace(second, name=first.name) == first == case
    said = entry_of(case)
    said["expect"] = {"queue": "General"}
    changed = with_case(text, case.name, said)
    assert read_playbook(changed).cases[0].expect == Expectation(queue="General")
    assert "# Looked after by Ines." in changed
    assert changed.startswith(BOOK[: BOOK.index("    expect:")])
    assert read_playbook(without_case(text, "Another")) == read_playbook(BOOK)
    assert read_playbook(without_case(BOOK, case.name)).cases == ()
    with pytest.raises(Invalid, match="no case “Gone” any more"):
        without_case(BOOK, "Gone")


def test_the_first_case_makes_the_list() -> None:
    bare = BOOK[: BOOK.index("cases:")]
    case = Case("Wörter: “so”", Expectation(queue="General"), customer={"account.employees": 3.0})
    text = with_case(bare, None, entry_of(case))
    assert text.startswith(bare.rstrip())
    assert read_playbook(text).cases == (case,)


def test_every_kind_of_fact_is_written_so_that_it_is_read_back_the_same() -> None:
    facts = {
        "customer.lists": frozenset({"VIP 2026", "no: pilot, yes"}),
        "customer.last_order": date(2026, 2, 20),
        "account.employees": 12.0,
        "account.arr": 12.5,
        "account.b2b": True,
        "customer.plan": "yes",
        "customer.city": "Łódź # 2",
    }
    case = Case("All of them", Expectation(queue="General"), customer=facts, now=NOW)
    (_, read) = read_playbook(with_case(BOOK, None, entry_of(case))).cases
    assert read == case


def test_a_new_name_of_a_rule_or_segment_is_followed_by_the_cases() -> None:
    text = following(BOOK, "rule", "VIP to Priority", "Best: first")
    assert read_playbook(text).cases[0].expect.rule == "Best: first"
    assert following(BOOK, "rule", None, "x") == BOOK == following(BOOK, "rule", "Gone", "x")
    renamed = with_segment(
        BOOK,
        "VIP",
        {
            "name": "Dear ones",
            "model": "predetermined",
            "when": {"field": "customer.lists", "contains": "VIP 2026"},
        },
        0,
    )
    assert read_playbook(renamed).cases[0].expect.segment == "Dear ones"
    assert only(renamed).green


LENA = Ticket(
    TicketRef("support", "17"),
    subject="Lena Vogt cannot sign in",
    text=(
        "Dear all,\nI forgot my password, write to lena.vogt@kontor.example or call"
        " +49 (0)30 1234-5678. Order 2026-0311.\nLena Vogt\nVogt & Sons"
    ),
    requester_email="lena.vogt@kontor.example",
    requester_name="Lena Vogt",
    opened_at=NOW,
    channel="mail",
    tags=frozenset({"private"}),
)


def decided(book: Playbook) -> Facts:
    known = {
        "customer.lists": Fact(frozenset({"VIP 2026"}), "CRM", NOW),
        "customer.name": Fact("Lena Vogt-Brandt", "CRM", NOW),
        "customer.email": Fact("lena.vogt@kontor.example", "CRM", NOW),
        "customer.income": Fact(91_000.0, "CRM", NOW),
        "customer.last_order": Fact(date(2026, 2, 20), "shop", NOW),
    }
    assert "customer.income" not in {one.name for one in book.layout.fields}
    return Facts(LENA, NOW, "en", known)


def test_a_case_made_of_a_ticket_expects_what_was_decided_and_is_green() -> None:
    book = read_playbook(BOOK)
    facts = decided(book)
    case = case_of(facts, decide(facts, book), book, "From a ticket")
    assert case.expect == Expectation(
        queue="Priority",
        segment="VIP",
        priority=decide(facts, book).priority,
        tags=("vip",),
        rule="VIP to Priority",
        first_reply=timedelta(minutes=30),
    )
    assert case.now == NOW
    assert prove_case(case, book, NOW + timedelta(days=900)).green


def test_a_case_made_of_a_ticket_holds_nobody() -> None:
    book = read_playbook(BOOK)
    facts = decided(book)
    case = case_of(facts, decide(facts, book), book, "From a ticket")
    text = with_case(BOOK, None, entry_of(case))
    for trace in ("Lena", "Vogt", "Brandt", "lena.vogt", "1234-5678", "91000", "private"):
        assert trace not in text, trace
    assert "I forgot my password" in case.ticket.text
    assert "2026-0311" in case.ticket.text
    assert set(case.customer) == {"customer.lists", "customer.last_order"}
    # A rule asks for the domain, so an address of nobody with that domain stays.
    assert case.ticket.requester_email == "customer@kontor.example"


def test_the_sample_playbook_is_green_today_and_in_years() -> None:
    text = (Path(plugin.demo.samples.__file__).parent / "playbook.yaml").read_text("utf-8")
    book = read_playbook(text)
    assert len(book.cases) >= 10
    for now in (NOW, NOW + timedelta(days=1_500, hours=7)):
        assert [str(one) for one in prove(book, now) if not one.green] == []
    led_to = {one.case.expect.segment for one in prove(book, NOW)}
    assert len(led_to - {None}) >= 8


def test_each_case_of_the_sample_turns_red_without_the_rules_that_made_it_so() -> None:
    text = (Path(plugin.demo.samples.__file__).parent / "playbook.yaml").read_text("utf-8")
    book = read_playbook(text)
    bare = replace(book, rules=book.rules[-1:], segments=())
    assert not any(one.green for one in prove(bare, NOW))
