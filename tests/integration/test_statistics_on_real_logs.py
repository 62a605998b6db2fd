"""What the statistics promise, on the log of a real service desk and on ratings that are random.

The log: Amaral, Fantinato & Peres, "Incident management process enriched event log" (UCI), CC BY
4.0. The ratings: customer support tickets of a public data set in which every rating is drawn.
"""

from __future__ import annotations

import csv
import gzip
from collections import defaultdict
from datetime import datetime, timedelta

import numpy as np
import pytest
from reference_data import reference

from routing.outcomes.comparison import Measure, Side
from routing.outcomes.figures import Times
from routing.outcomes.many import all_pairs, each_against_the_rest
from routing.outcomes.survival import times
from routing.outcomes.waits import Waits

WEEK = timedelta(days=7)

Ticket = tuple[datetime, datetime | None]
"""When it was opened, and when it was resolved."""


def moment(written: str) -> datetime | None:
    if written == "?":
        return None
    return datetime.strptime(written, "%d/%m/%Y %H:%M")  # ruff: ignore[call-datetime-strptime-without-zone] — the log has none


@pytest.fixture(scope="module")
def incidents() -> list[Ticket]:
    found: dict[str, Ticket] = {}
    path = reference("incidents/incident_event_log.csv.gz")
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            opened = moment(row["opened_at"])
            assert opened is not None
            found[row["number"]] = opened, moment(row["resolved_at"])
    return list(found.values())


def median(tickets: list[Ticket], now: datetime) -> Times:
    ended = [resolved is not None and resolved <= now for _, resolved in tickets]
    seconds = [(min(resolved or now, now) - opened).total_seconds() for opened, resolved in tickets]
    found = times(Waits(np.array(seconds), np.array(ended), np.ones(len(ended), dtype=np.int64)))
    assert found is not None
    return found


def test_the_median_of_the_last_week_is_near_the_later_truth_while_solved_only_flatters(
    incidents: list[Ticket],
) -> None:
    errors: dict[bool, list[float]] = {True: [], False: []}
    for day in range(61):
        now = datetime(2016, 3, 10) + timedelta(days=day)  # ruff: ignore[call-datetime-without-tzinfo] — as in the log
        last_week = [one for one in incidents if now - WEEK <= one[0] < now]
        solved = [one for one in last_week if one[1] is not None and one[1] <= now]
        truth = median(last_week, now + timedelta(days=600)).median
        told, flattered = median(last_week, now), median(solved, now).median
        assert truth is not None
        assert flattered is not None
        # Every day, what was solved by then says less than half of the truth.
        assert flattered < truth / 2
        if told.median is not None:
            mostly_solved = told.waiting < 0.4 * told.n
            errors[mostly_solved].append(abs(told.median / truth - 1))
    every = np.array([*errors[True], *errors[False]])
    assert len(every) >= 55
    assert np.median(every) <= 0.05
    # A median that lies where most still wait is told by few, and the week has a rhythm of its
    # own; where three fifths are solved it is near on nearly all days.
    settled = np.array(errors[True])
    assert len(settled) >= 30
    assert (settled <= 0.05).mean() >= 0.9
    assert settled.max() <= 0.15


COLUMNS = (
    "Ticket Channel",
    "Ticket Priority",
    "Ticket Type",
    "Customer Gender",
    "Product Purchased",
)


def test_ratings_that_are_random_differ_by_no_column() -> None:
    path = reference("kaggle_tickets/customer_support_tickets.csv")
    counts: dict[str, dict[str, list[int]]] = {
        column: defaultdict(lambda: [0, 0]) for column in COLUMNS
    }
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            if row["Customer Satisfaction Rating"]:
                satisfied = float(row["Customer Satisfaction Rating"]) >= 4
                for column in COLUMNS:
                    counts[column][row[column]][0] += satisfied
                    counts[column][row[column]][1] += 1
    asked = chance = 0
    for column in COLUMNS:
        sides = {
            value: Side({Measure.CSAT: (hits, n)}, {})
            for value, (hits, n) in counts[column].items()
        }
        for found in (all_pairs(sides), each_against_the_rest(sides)):
            assert found.made
            assert found.shown == ()
            asked += len(found.made)
            chance += found.without_correction
    assert asked > 900
    # One by one, a column or another would have told a story.
    assert chance > 20
