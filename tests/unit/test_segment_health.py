"""Each mistake with segments is found where it is made, and only there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

import pytest
from builders import NOON, a_playbook, a_reply, a_rule, a_segment, some_facts
from counted_samples import tally_of

from routing.outcomes.outcome import Outcome
from routing.outcomes.result import Result
from routing.outcomes.tallies import Tally
from routing.playbook import Playbook
from routing.population.criteria import sort_by_criterion
from routing.population.drift import churn_per_week, membership_psi, psi
from routing.population.findings import Finding, Kind, Severity
from routing.population.health import Evidence, findings
from routing.population.report import Overlap, SegmentReport, SegmentSize
from routing.tickets import Facts

DAY = timedelta(days=1)
BIG = {"field": "account.employees", "at least": 500}


def two(**changes: object) -> Playbook:
    """Two segments, each with a goal, so that both are used."""
    first = replace(a_segment("Enterprise", BIG), goal="CSAT at least 90 %")
    second = replace(
        a_segment("Small shops", {"field": "account.employees", "less than": 10}),
        goal="CSAT at least 85 %",
    )
    return replace(a_playbook(segments=[first, second]), **changes)  # type: ignore[arg-type]


def a_report(
    first: int = 400,
    second: int = 300,
    *,
    at: datetime = NOON,
    customers: int = 1_000,
    both: int = 0,
    primary: int | None = None,
    **more: object,
) -> SegmentReport:
    sizes = (
        SegmentSize("Enterprise", first, first, 0, None),
        SegmentSize("Small shops", second, second if primary is None else primary, 0, None),
    )
    report = SegmentReport(
        made_at=at,
        playbook=3,
        customers=customers,
        in_none=max(0, customers - first - second),
        revenue=None,
        sizes=sizes,
        overlaps=(Overlap("Enterprise", "Small shops", both),) if both else (),
    )
    return replace(report, **more)  # type: ignore[arg-type]


def with_size(report: SegmentReport, **changes: object) -> SegmentReport:
    """The report with its first segment changed."""
    first = replace(report.sizes[0], **changes)  # type: ignore[arg-type]
    return replace(report, sizes=(first, *report.sizes[1:]))


def results(
    n: int, seed: int = 1, *, happy: float = 0.9, hours: float = 5.0, rated: float = 0.5
) -> list[Result]:
    """Tickets of the last weeks, all solved, half of them rated."""
    dice = Random(seed)
    made = []
    for _ in range(n):
        opened = NOON - timedelta(days=dice.uniform(20, 80))
        replied = opened + timedelta(hours=dice.expovariate(1))
        solved = replied + timedelta(hours=dice.expovariate(1 / hours))
        outcome = Outcome(
            opened, replied, solved, solved, "5", public_replies=1 if dice.random() < 0.6 else 2
        )
        score = None if dice.random() >= rated else 5 if dice.random() < happy else 2
        made.append(Result(outcome, surveyed=True, score=score))
    return made


def counted(results_of: Mapping[str | None, Sequence[Result]]) -> dict[str | None, Tally]:
    return {name: tally_of(some, NOON) for name, some in results_of.items()}


def found(evidence: Evidence, kind: Kind) -> list[Finding]:
    return [one for one in findings(evidence) if one.kind is kind]


def the(evidence: Evidence, kind: Kind) -> Finding:
    (one,) = found(evidence, kind)
    return one


def looks(report: SegmentReport | None = None, **more: object) -> Evidence:
    evidence = Evidence(two(), NOON, report=report)
    return replace(evidence, **more)  # type: ignore[arg-type]


def test_segments_that_are_well_have_no_findings() -> None:
    plenty = {"Enterprise": results(900, 1), "Small shops": results(900, 2, hours=20)}
    assert findings(looks(a_report(), counted=counted(plenty), reviewed={"Enterprise": NOON})) == ()


def test_without_segments_there_is_nothing_to_find() -> None:
    assert findings(Evidence(a_playbook(), NOON)) == ()


# Too little data.


@pytest.mark.parametrize(
    ("share", "severity"), [(0.19, None), (0.2, Severity.WARN), (0.6, Severity.BAD)]
)
def test_a_field_that_is_missing_for_many_is_found(share: float, severity: Severity | None) -> None:
    report = with_size(a_report(), missing={"account.employees": share}, unknown=120)
    finding = [one.severity for one in found(looks(report), Kind.TOO_LITTLE_DATA)]
    assert finding == ([] if severity is None else [severity])


def test_what_is_missing_is_said_with_its_share_and_what_to_do() -> None:
    report = with_size(a_report(), missing={"account.employees": 0.421}, unknown=120)
    one = the(looks(report), Kind.TOO_LITTLE_DATA)
    assert one.segment == "Enterprise"
    assert one.says == "Enterprise: employees is missing for many"
    assert "employees 42.1\u202f% unknown, of 1,000 customers" in one.numbers
    assert "For 120 of them" in one.numbers
    assert one.advice.startswith("Connect a source")


@pytest.mark.parametrize(("share", "there"), [(0.29, False), (0.31, True)])
def test_a_field_that_is_out_of_date_is_found(share: float, there: bool) -> None:
    report = with_size(a_report(), stale={"account.employees": share})
    assert bool(found(looks(report), Kind.STALE_DATA)) is there


@pytest.mark.parametrize(("share", "there"), [(0.04, False), (0.06, True)])
def test_sources_that_do_not_agree_are_found(share: float, there: bool) -> None:
    evidence = looks(a_report(disputed={"account.employees": share}))
    assert [one.segment for one in found(evidence, Kind.DISPUTED_DATA)] == (
        ["Enterprise", "Small shops"] if there else []
    )


def test_sources_that_do_not_agree_on_what_no_segment_asks_are_nobody_s_business() -> None:
    assert found(looks(a_report(disputed={"customer.plan": 0.9})), Kind.DISPUTED_DATA) == []


# Sizes.


def test_a_segment_of_nobody_is_found() -> None:
    one = the(looks(with_size(a_report(), customers=0, primary=0, unknown=7)), Kind.NO_ONE)
    assert (one.severity, one.segment) == (Severity.BAD, "Enterprise")
    assert one.numbers == "0 of 1,000 customers. For 7 it cannot be told."
    assert found(looks(with_size(a_report(), customers=1)), Kind.NO_ONE) == []


def test_a_segment_of_everybody_is_found() -> None:
    assert the(looks(with_size(a_report(), customers=1_000)), Kind.EVERYONE).segment == "Enterprise"
    assert found(looks(with_size(a_report(), customers=999)), Kind.EVERYONE) == []


def test_a_segment_that_others_hide_is_found() -> None:
    assert the(looks(a_report(primary=0)), Kind.NEVER_FIRST).segment == "Small shops"
    assert found(looks(a_report(primary=1)), Kind.NEVER_FIRST) == []


def test_before_any_customer_is_known_sizes_say_nothing() -> None:
    report = a_report(0, 0, customers=0)
    kinds = {one.kind for one in findings(looks(report))}
    assert not kinds & {Kind.NO_ONE, Kind.EVERYONE, Kind.NEVER_FIRST, Kind.TOO_LITTLE_DATA}


# Too small to measure, and too many.


def test_a_goal_says_how_many_answers_it_still_needs_and_when_they_are_there() -> None:
    evidence = looks(
        counted=counted({"Enterprise": results(14, rated=1.0), "Small shops": results(900)})
    )
    one = the(evidence, Kind.TOO_SMALL)
    assert one.says == "Enterprise: 14 answers so far, 16 more until it is measured"
    # 14 in 90 days: 16 more take 103 days from 2 March.
    assert "CSAT is shown from n = 30; it is 14." in one.numbers
    assert "on 13 June 2026" in one.numbers


def test_a_goal_about_time_counts_tickets() -> None:
    book = two(segments=(replace(a_segment("Enterprise", BIG), goal="resolution ≤ 4 h"),))
    one = the(Evidence(book, NOON, counted=counted({"Enterprise": results(10)})), Kind.TOO_SMALL)
    assert one.says.startswith("Enterprise: 10 tickets so far, 20 more")


def test_a_segment_without_answers_is_not_promised_a_day() -> None:
    one = found(looks(), Kind.TOO_SMALL)[0]
    assert "None came in these 90 days." in one.numbers


def test_with_thirty_answers_a_segment_is_measured() -> None:
    enough = {"Enterprise": results(30, rated=1.0), "Small shops": results(30, rated=1.0)}
    assert found(looks(counted=counted(enough)), Kind.TOO_SMALL) == []


@pytest.mark.parametrize(("tickets", "there"), [(60, False), (59, True), (0, False)])
def test_more_segments_than_the_tickets_can_carry_are_found(tickets: int, there: bool) -> None:
    evidence = looks(counted=counted({"Enterprise": results(tickets)}))
    assert bool(found(evidence, Kind.TOO_MANY)) is there


# Overlap, and segments that cannot be told apart.


@pytest.mark.parametrize(("both", "there"), [(320, False), (321, True)])
def test_two_segments_with_nearly_the_same_customers_are_found(both: int, there: bool) -> None:
    evidence = looks(a_report(400, 380, both=both))
    assert bool(found(evidence, Kind.OVERLAP)) is there


def test_an_overlap_is_said_with_both_sizes() -> None:
    one = the(looks(a_report(400, 380, both=360)), Kind.OVERLAP)
    assert one.says == "Enterprise and Small shops share 90.0\u202f% of customers"
    assert one.numbers == "360 customers in both; 400 in Enterprise, 380 in Small shops."


def test_a_small_segment_inside_a_large_one_is_no_overlap() -> None:
    assert found(looks(a_report(400, 20, both=20)), Kind.OVERLAP) == []


def test_two_segments_that_no_kpi_tells_apart_are_found_with_their_numbers() -> None:
    same = {"Enterprise": results(1_000, 1), "Small shops": results(1_000, 2)}
    one = the(looks(counted=counted(same)), Kind.ALIKE)
    assert one.says == "Small shops: merging it into Enterprise would lose nothing"
    assert "CSAT" in one.numbers
    assert "points" in one.numbers
    assert "resolution" in one.numbers
    assert "n = 1,000 and 1,000" in one.numbers


def test_two_segments_that_differ_are_left_alone() -> None:
    other = {"Enterprise": results(1_000, 1), "Small shops": results(1_000, 2, happy=0.7)}
    assert found(looks(counted=counted(other)), Kind.ALIKE) == []


def test_a_segment_like_everyone_else_is_found() -> None:
    same = {None: results(1_000, 1), "Small shops": results(1_000, 2)}
    one = the(looks(counted=counted(same)), Kind.ALIKE)
    assert one.says == "Small shops: merging it into everyone else would lose nothing"


def test_a_segment_like_two_others_is_one_finding_that_names_both() -> None:
    same = {None: results(900, 3), "Enterprise": results(900, 1), "Small shops": results(900, 2)}
    last = found(looks(counted=counted(same)), Kind.ALIKE)[-1]
    assert last.segment == "Small shops"
    assert "Nor from Enterprise." in last.numbers


def test_few_tickets_never_show_that_two_segments_are_the_same() -> None:
    few = {"Enterprise": results(60, 1), "Small shops": results(60, 2)}
    assert found(looks(counted=counted(few)), Kind.ALIKE) == []


def test_of_fifty_equal_pairs_nearly_all_are_found_to_be_equal() -> None:
    alike = 0
    for seed in range(50):
        same = {"Enterprise": results(900, seed), "Small shops": results(900, 1_000 + seed)}
        alike += len(found(looks(counted=counted(same)), Kind.ALIKE))
    assert alike >= 40


# Criteria.


def decided(n: int, seed: int, *, matters: bool) -> list[tuple[Facts, Result]]:
    """Tickets of customers large and small; whether that matters for what becomes of them."""
    dice = Random(seed)
    made = []
    for one in results(n, seed):
        employees = dice.choice([2.0, 800.0])
        score = one.score
        if matters and employees > 500 and score is not None:
            score = 5 if dice.random() < 0.6 else 1
        facts = some_facts({"account.employees": employees})
        made.append((facts, replace(one, score=score)))
    return made


def criteria_of(seen: Sequence[tuple[Facts, Result]]) -> list[Finding]:
    criteria = sort_by_criterion(two(), seen, NOON)
    return found(looks(criteria=criteria), Kind.NO_EFFECT)


def test_a_criterion_that_has_nothing_to_do_with_any_kpi_is_found() -> None:
    first, second = criteria_of(decided(2_000, 3, matters=False))
    assert {first.segment, second.segment} == {"Enterprise", "Small shops"}
    assert "employees is at least 500" in first.says
    assert "No difference shown between" in first.numbers
    assert "Corrected for 2 criteria." in first.numbers


def test_a_criterion_that_matters_is_left_alone() -> None:
    assert criteria_of(decided(2_000, 3, matters=True)) == []


def test_a_criterion_is_not_judged_on_a_few_tickets() -> None:
    assert criteria_of(decided(80, 3, matters=False)) == []


def test_whoever_s_value_is_unknown_is_on_neither_side_of_a_criterion() -> None:
    nobody = [(some_facts({}), one) for one in results(40)]
    (first, second) = sort_by_criterion(two(), nobody, NOON)
    assert (first.inside, first.outside, second.inside, second.outside) == ((), (), (), ())


def test_a_criterion_of_two_segments_is_looked_at_once() -> None:
    book = two(segments=(a_segment("A", BIG), a_segment("B", {"all": [BIG, BIG]})))
    (one,) = sort_by_criterion(book, [], NOON)
    assert one.segments == ("A", "B")


# Reviews.


@pytest.mark.parametrize(("days", "there"), [(90, False), (91, True)])
def test_a_definition_nobody_looked_at_for_ninety_days_is_found(days: int, there: bool) -> None:
    evidence = looks(reviewed={"Enterprise": NOON - days * DAY, "Small shops": NOON})
    late = found(evidence, Kind.NOT_REVIEWED)
    assert [one.segment for one in late] == (["Enterprise"] if there else [])


def test_a_late_review_names_who_should_do_it() -> None:
    book = two(segments=(replace(a_segment("Enterprise"), owner="Ines Moreau"),))
    evidence = Evidence(book, NOON, reviewed={"Enterprise": NOON - 131 * DAY})
    one = the(evidence, Kind.NOT_REVIEWED)
    assert "131 days ago" in one.says
    assert "Ines Moreau owns it." in one.numbers


# Drift.


def test_the_index_of_a_known_shift() -> None:
    # 0.5 → 0.3 and 0.5 → 0.7: -0.2 ln(0.6) + 0.2 ln(1.4).
    assert psi([50, 50], [30, 70]) == pytest.approx(0.16946, abs=1e-5)
    assert psi([50, 50], [500, 500]) == 0
    assert psi([0, 0], [1, 1]) == 0
    assert psi([0, 100], [50, 50]) > 1


def test_a_segment_whose_membership_drifted_is_found() -> None:
    before = a_report(100, 300, at=NOON - 31 * DAY)
    evidence = looks(a_report(300, 300), history=[before])
    one = next(one for one in found(evidence, Kind.DRIFT) if one.segment == "Enterprise")
    assert one.severity is Severity.BAD
    assert "10.0\u202f% of customers and now 30.0\u202f%, since 30 January 2026" in one.numbers
    assert found(looks(a_report(300, 300), history=[a_report(290, 300, at=NOON - 31 * DAY)]),
                 Kind.DRIFT) == []  # fmt: skip


def test_drift_is_measured_over_a_month_at_least() -> None:
    before = a_report(100, 300, at=NOON - 29 * DAY)
    assert found(looks(a_report(300, 300), history=[before]), Kind.DRIFT) == []


def test_a_shift_between_segments_is_found_for_all_of_them_together() -> None:
    before = a_report(100, 500, at=NOON - 31 * DAY)
    evidence = looks(a_report(500, 100), history=[before])
    assert None in [one.segment for one in found(evidence, Kind.DRIFT)]


def test_drift_says_when_the_playbook_was_another_one() -> None:
    before = replace(a_report(100, 300, at=NOON - 31 * DAY), playbook=2)
    one = found(looks(a_report(300, 300), history=[before]), Kind.DRIFT)[0]
    assert "from playbook 2 to 3" in one.numbers


def weeks(*sizes: int) -> list[SegmentReport]:
    ages = reversed(range(len(sizes)))
    return [a_report(size, at=NOON - age * 7 * DAY) for size, age in zip(sizes, ages, strict=True)]


def test_a_segment_that_grows_and_shrinks_is_restless() -> None:
    *history, report = weeks(400, 460, 400, 460, 400, 460)
    one = the(looks(report, history=history), Kind.RESTLESS)
    assert "at least 14.0\u202f% a week" in one.numbers
    *history, report = weeks(400, 402, 400, 402, 400, 402)
    assert found(looks(report, history=history), Kind.RESTLESS) == []


def test_churn_needs_two_weeks_and_somebody_to_churn() -> None:
    assert churn_per_week("Enterprise", weeks(400, 500)) is None
    assert churn_per_week("Enterprise", weeks(0, 0, 0)) is None
    assert churn_per_week("Nobody", weeks(1, 2, 3)) is None
    assert membership_psi("Nobody", a_report(), a_report()) is None


# Use.


def unused(book: Playbook) -> list[str | None]:
    return [one.segment for one in found(Evidence(book, NOON), Kind.UNUSED)]


def test_a_segment_that_nothing_uses_is_found() -> None:
    assert unused(a_playbook(segments=[a_segment("Enterprise", BIG)])) == ["Enterprise"]


def test_a_rule_a_reply_or_a_goal_uses_a_segment() -> None:
    plain = a_segment("Enterprise", BIG)
    by_rule = a_rule("To Priority", {"field": "segment", "is": "enterprise"}, queue="Priority")
    by_list = a_rule("Both", {"field": "segment", "is any of": ["X", "Enterprise"]})
    assert unused(a_playbook(segments=[plain], rules=[by_rule])) == []
    assert unused(a_playbook(segments=[plain], rules=[by_list])) == []
    assert unused(a_playbook(segments=[plain], replies=[a_reply(segments=["Enterprise"])])) == []
    assert unused(a_playbook(segments=[replace(plain, goal="CSAT at least 90 %")])) == []


def test_what_matters_most_comes_first() -> None:
    report = with_size(a_report(both=250), customers=0, primary=0)
    severities = [one.severity for one in findings(looks(report))]
    assert severities == sorted(severities, key=[Severity.BAD, Severity.WARN, Severity.NOTE].index)
    assert severities[0] is Severity.BAD


def test_every_finding_has_its_numbers_and_says_what_to_do() -> None:
    report = with_size(a_report(both=290), missing={"account.employees": 0.6})
    evidence = looks(
        report, history=weeks(900, 100, 900), counted=counted({"Enterprise": results(12)})
    )
    seen = findings(evidence)
    assert len(seen) > 3
    for one in seen:
        assert any(letter.isdigit() for letter in one.numbers)
        assert one.advice.endswith(".")
        assert not {"please", "!", "oops"} & set(one.says.casefold().split())
