"""Which survey is for a ticket, whether it is asked, and what the answers amount to."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.errors import Invalid
from routing.playbook_file import playbook_schema, read_playbook
from routing.surveys.choose import Customer, choose, survey_for, why_not
from routing.surveys.scored import scored
from routing.surveys.survey import Channel, Kind, Survey
from routing.tickets import TicketRef

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
REF = TicketRef("demo", "17")
KNOWN = Customer(has_address=True)

SMALL = """\
playbook: Halden
default_queue: General
segments:
  - {name: Large, model: firmographic, when: {field: account.employees, at least: 500}}
  - {name: Small, model: firmographic, when: {field: account.employees, less than: 50}}
queues:
  - name: General
"""


def with_surveys(*surveys: str) -> str:
    return SMALL + "surveys:\n" + "".join(f"  - {{{one}}}\n" for one in surveys)


ASKS = "questions: {en: How was it?}"


def problems(text: str) -> list[tuple[str, int | None, str]]:
    with pytest.raises(Invalid) as refused:
        read_playbook(text)
    return [(one.where, one.line, one.message) for one in refused.value.problems]


# Choosing.


def test_the_first_survey_that_is_for_the_segment_is_chosen() -> None:
    large = Survey("Large", segments=frozenset({"Large"}))
    rest = Survey("Rest")
    for segment, wanted in (("Large", large), ("Small", rest), (None, rest)):
        assert survey_for((large, rest), segment) == wanted
    assert survey_for((large,), None) is None


@pytest.mark.parametrize(
    ("survey", "customer", "why"),
    [
        (Survey("S"), Customer(has_address=False), ""),
        (Survey("S", channel=Channel.MAIL), Customer(has_address=False), "no address"),
        (Survey("S", channel=Channel.WEBHOOK), Customer(has_address=False), "no address"),
        (Survey("S"), replace(KNOWN, unsubscribed=True), "unsubscribed"),
        (
            Survey("S", at_most_once_in=30 * DAY),
            replace(KNOWN, last_asked=NOW - 12 * DAY),
            "asked 12 d ago; at most once in 30 days",
        ),
        (
            Survey("S", at_most_once_in=30 * DAY),
            replace(KNOWN, last_asked=NOW),
            "asked just now; at most once in 30 days",
        ),
        (Survey("S", at_most_once_in=30 * DAY), replace(KNOWN, last_asked=NOW - 30 * DAY), ""),
        (Survey("S"), replace(KNOWN, last_asked=NOW), ""),
    ],
)
def test_whoever_is_not_asked_has_a_reason(survey: Survey, customer: Customer, why: str) -> None:
    assert why_not(survey, REF, customer, NOW) == why


def test_a_ticket_that_is_not_sampled_falls_to_no_other_survey() -> None:
    rare = Survey("Rare", share=0.001, segments=frozenset({"Large"}))
    choice = choose((rare, Survey("Rest")), REF, "Large", KNOWN, NOW)
    assert choice.survey == rare
    assert choice.why_not == "not sampled: asked for 0.001 % of the tickets"


@pytest.mark.parametrize("share", [1.0, 20.0, 50.0, 99.0])
def test_of_many_tickets_the_share_is_asked_and_the_same_ones_again(share: float) -> None:
    survey = Survey("S", share=share)
    refs = [TicketRef("demo", str(number)) for number in range(20_000)]
    asked = {ref for ref in refs if not why_not(survey, ref, KNOWN, NOW)}
    # Four standard deviations of a binomial share.
    spread = 4 * (share / 100 * (1 - share / 100) / len(refs)) ** 0.5
    assert abs(len(asked) / len(refs) - share / 100) < spread
    assert asked == {ref for ref in refs if not why_not(survey, ref, KNOWN, NOW + DAY)}
    more = replace(survey, share=min(100.0, share * 1.5))
    assert all(not why_not(more, ref, KNOWN, NOW) for ref in asked)


# The playbook.


def test_a_survey_is_read_whole() -> None:
    text = with_surveys(
        "name: N, kind: nps, channel: mail, segments: [Large], wait: 2 h, share: 12.5, "
        "at_most_once_in: 30 d, valid_days: 7, questions: {en: Recommend?, de: Empfehlen?}, "
        "second_questions: {de: Warum?}, brand: Halden, address: Kiel, "
        "privacy: https://halden.example/privacy",
        f"name: Rest, {ASKS}",
    )
    first, rest = read_playbook(text).surveys
    assert first == Survey(
        name="N",
        kind=Kind.NPS,
        channel=Channel.MAIL,
        segments=frozenset({"Large"}),
        wait=timedelta(hours=2),
        share=12.5,
        at_most_once_in=30 * DAY,
        valid_days=7,
        questions={"en": "Recommend?", "de": "Empfehlen?"},
        second_questions={"de": "Warum?"},
        brand="Halden",
        address="Kiel",
        privacy="https://halden.example/privacy",
    )
    assert (rest.kind, rest.channel, rest.wait, rest.share) == ("csat", "reply", timedelta(0), 100)
    assert first.question("fr") == "Recommend?"
    assert (first.second_question("de"), first.second_question("en")) == ("Warum?", "Warum?")
    assert not rest.second_question("en")


def test_the_survey_of_an_older_playbook_is_csat_by_a_public_reply_for_everyone() -> None:
    (survey,) = read_playbook(
        SMALL + "survey: {brand: Halden, valid_days: 7, questions: {en: How?}}"
    ).surveys
    assert survey == Survey("CSAT", valid_days=7, questions={"en": "How?"}, brand="Halden")
    assert read_playbook(SMALL + "survey: {brand: Halden}").surveys == ()


@pytest.mark.parametrize(
    ("text", "where", "line", "says"),
    [
        (with_surveys("name: A"), "surveys[0].questions", 9, "“questions” is missing"),
        (with_surveys("name: A, questions: {}"), "surveys[0].questions", 9, "It is empty"),
        (with_surveys("name: A, questions: {en: ''}"), "surveys[0].questions.en", 9, "empty"),
        (with_surveys(f"name: A, {ASKS}, kind: stars"), "surveys[0].kind", 9, "must be 'csat'"),
        (with_surveys(f"name: A, {ASKS}, channel: sms"), "surveys[0].channel", 9, "'webhook'"),
        (with_surveys(f"name: A, {ASKS}, wait: soon"), "surveys[0].wait", 9, "like 30 min"),
        (with_surveys(f"name: A, {ASKS}, share: 0"), "surveys[0].share", 9, "above 0"),
        (with_surveys(f"name: A, {ASKS}, share: 101"), "surveys[0].share", 9, "at most 100"),
        (with_surveys(f"name: A, {ASKS}, at_most_once_in: 7"), "at_most_once_in", 9, "in quotes"),
        (with_surveys(f"name: A, {ASKS}, privacy: 'javascript:x'"), "privacy", 9, "web address"),
        (with_surveys(f"name: A, {ASKS}, when: now"), "surveys[0].when", 9, "no key “when”"),
        (with_surveys(f"name: A, {ASKS}, segments: [Lrge]"), "segments[0]", 9, "mean Large"),
        (with_surveys(f"name: A, {ASKS}", f"name: A, {ASKS}"), "surveys[1].name", 10, "also the"),
        (
            with_surveys(f"name: A, {ASKS}", f"name: B, segments: [Large], {ASKS}"),
            "surveys[1].segments[0]",
            10,
            "never asked: “A” above is for everyone",
        ),
        (
            with_surveys(
                f"name: A, segments: [Large], {ASKS}", f"name: B, segments: [Small, Large], {ASKS}"
            ),
            "surveys[1].segments[1]",
            10,
            "never asked: “A” above is for “Large”",
        ),
        (
            with_surveys(f"name: A, {ASKS}") + f"survey: {{{ASKS}}}\n",
            "survey",
            10,
            "take its place",
        ),
    ],
)
def test_a_fault_in_a_survey_is_told_with_its_place(
    text: str, where: str, line: int, says: str
) -> None:
    found = problems(text)
    assert any(one[0].endswith(where) and one[1] == line and says in one[2] for one in found), found


def test_the_schema_knows_surveys_and_the_older_form() -> None:
    properties = playbook_schema()["properties"]
    assert {"surveys", "survey"} <= set(properties)  # type: ignore[call-overload]


def test_a_problem_has_the_place_of_its_entry() -> None:
    (one,) = problems(with_surveys(f"name: A, {ASKS}, valid_days: 0"))
    assert one == ("surveys[0].valid_days", 9, "Write a number of at least 1.")


# Results.


def test_no_answers_amount_to_nothing() -> None:
    assert all(scored(kind, {}) is None for kind in Kind)


def test_each_kind_is_told_on_its_own_scale() -> None:
    csat = scored(Kind.CSAT, {1: 10, 4: 20, 5: 10})
    nps = scored(Kind.NPS, {0: 10, 6: 10, 7: 10, 8: 10, 9: 30, 10: 30})
    ces = scored(Kind.CES, {1: 10, 7: 30})
    assert csat is not None
    assert nps is not None
    assert ces is not None
    assert (csat.value, csat.n) == (0.75, 40)
    assert (nps.value, nps.n) == (40.0, 100)
    assert (ces.value, ces.n) == (5.5, 40)
    # Promoters 0.6, detractors 0.2 of 100 answers: the plain Wald half width is 15.7 points.
    assert nps.high - nps.low == pytest.approx(2 * 15.7, abs=1)
    assert csat.enough
    assert not scored(Kind.CSAT, {5: 29}).enough  # type: ignore[union-attr]


@given(st.sampled_from(Kind), st.data())
def test_an_interval_holds_its_score_and_stays_on_the_scale(
    kind: Kind, data: st.DataObject
) -> None:
    answers = data.draw(
        st.dictionaries(st.sampled_from(kind.scale), st.integers(1, 500), min_size=1)
    )
    score = scored(kind, answers)
    assert score is not None
    if score.low is None or score.high is None:
        assert sum(answers.values()) == 1
        return
    least, most = {Kind.CSAT: (0, 1), Kind.NPS: (-100, 100), Kind.CES: (1, 7)}[kind]
    assert least <= score.low <= score.value + 1e-9
    assert score.value <= score.high + 1e-9
    assert score.high <= most
