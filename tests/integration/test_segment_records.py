"""Reports on segments are kept one a day; notes and reviews stay with their segment."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from world import NOON

from plugin.records.work import Store
from plugin.views.segments import SegmentNote, SegmentReview
from routing.population.report import Overlap, SegmentReport, SegmentSize

DAY = timedelta(days=1)

REPORT = SegmentReport(
    made_at=NOON,
    playbook=3,
    customers=15_559,
    in_none=4_000,
    revenue=1_250_000.5,
    sizes=(
        SegmentSize("VIP", 38, 38, 2, 120_000.0, {"customer.lists": 0.25}, {"customer.lists": 0.1}),
        SegmentSize("Größe <b>", 0, 0, 15_559, None),
    ),
    overlaps=(Overlap("VIP", "Größe <b>", 0),),
    top_fifth=0.79,
    disputed={"customer.plan": 0.02},
)


def keep(store: Store, *reports: SegmentReport) -> None:
    with store.work() as work:
        for report in reports:
            work.segments.add_report(report)
        work.commit()


def test_a_report_comes_back_as_it_was_kept(store: Store) -> None:
    keep(store, REPORT)
    with store.look() as work:
        assert work.segments.latest() == REPORT


def test_before_the_first_report_there_is_none(store: Store) -> None:
    with store.look() as work:
        assert work.segments.latest() is None
        assert work.segments.history(NOON - 400 * DAY) == []


def test_of_one_day_only_the_last_report_is_kept(store: Store) -> None:
    hours = [replace(REPORT, made_at=NOON + timedelta(hours=hour)) for hour in (-12, 0, 11)]
    keep(store, replace(REPORT, made_at=NOON - DAY), *hours, replace(REPORT, made_at=NOON + DAY))
    with store.look() as work:
        made = [report.made_at for report in work.segments.history(NOON - 9 * DAY)]
    assert made == [NOON - DAY, NOON + timedelta(hours=11), NOON + DAY]


def test_history_begins_where_it_is_asked_to(store: Store) -> None:
    keep(store, *(replace(REPORT, made_at=NOON + day * DAY) for day in range(5)))
    with store.look() as work:
        made = [report.made_at for report in work.segments.history(NOON + 3 * DAY)]
    assert made == [NOON + 3 * DAY, NOON + 4 * DAY]


def test_a_report_that_comes_late_does_not_hide_a_newer_one(store: Store) -> None:
    newer = replace(REPORT, made_at=NOON + timedelta(hours=1))
    keep(store, newer, REPORT)
    with store.look() as work:
        assert work.segments.latest() == newer


def test_notes_are_read_newest_first_and_only_with_their_segment(store: Store) -> None:
    with store.work() as work:
        work.segments.add_note("VIP", "First.", "Mara Lindqvist", NOON)
        work.segments.add_note("VIP", "Second.\0", "Ines Moreau", NOON)
        work.segments.add_note("Other", "Elsewhere.", "Ines Moreau", NOON)
        work.commit()
    with store.look() as work:
        notes = work.segments.notes("VIP")
    assert notes == [
        SegmentNote("Ines Moreau", NOON, "Second."),
        SegmentNote("Mara Lindqvist", NOON, "First."),
    ]


def test_a_later_review_takes_the_place_of_an_earlier_one(store: Store) -> None:
    with store.work() as work:
        work.segments.review("VIP", "Ines Moreau", NOON)
        work.segments.review("VIP", "Priya Raman", NOON + DAY)
        work.commit()
    with store.look() as work:
        assert work.segments.reviews() == {"VIP": SegmentReview("Priya Raman", NOON + DAY)}


def test_notes_and_review_follow_a_segment_to_its_new_name(store: Store) -> None:
    with store.work() as work:
        work.segments.add_note("VIP", "A note.", "Ines Moreau", NOON)
        work.segments.review("VIP", "Ines Moreau", NOON)
        work.segments.rename("VIP", "Very important")
        work.commit()
    with store.look() as work:
        assert work.segments.notes("VIP") == []
        assert [note.text for note in work.segments.notes("Very important")] == ["A note."]
        assert list(work.segments.reviews()) == ["Very important"]
