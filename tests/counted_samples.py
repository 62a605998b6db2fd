"""Tickets counted as the columns count them, without a database."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import numpy as np

from routing.outcomes.columns import Columns, columns
from routing.outcomes.dimensions import Clock, Dimension
from routing.outcomes.numbers import Numbers
from routing.outcomes.result import Result
from routing.outcomes.sums import Part, sum_up
from routing.outcomes.tallies import Tally, tallies


def numbers_of(result: Result, **labels: str | None) -> Numbers:
    """One ticket in numbers, without working hours or promises."""
    outcome = result.outcome

    def seconds(at: datetime | None) -> int | None:
        return None if at is None else int(at.timestamp())

    told = dict.fromkeys(Numbers._fields) | {
        "opened": seconds(outcome.opened_at),
        "first_reply": seconds(outcome.first_reply_at),
        "first_solved": seconds(outcome.first_solved_at),
        "solved": seconds(outcome.solved_at),
        "public_replies": outcome.public_replies,
        "reopens": outcome.reopens,
        "transfers": outcome.transfers,
        "surveyed": result.surveyed,
        "score": result.score,
        "routed": True,
        "desk": "demo",
    }
    return Numbers(**(told | labels))


def columns_of(results: Iterable[tuple[Result, dict[str, str | None]]]) -> Columns:
    return columns([numbers_of(result, **labels) for result, labels in results])


def tally_of(results: Sequence[Result], now: datetime) -> Tally:
    """All of them as one group."""
    told = columns([numbers_of(one) for one in results])
    return tallies(sum_up([Part(told)], None, Clock.WORKING), now.timestamp(), _elapsed).every


def tallies_of(told: Columns, by: Dimension, now: datetime) -> dict[str | None, Tally]:
    return tallies(sum_up([Part(told)], by, Clock.WORKING), now.timestamp(), _elapsed).each


def _elapsed(_: str | None, since: np.ndarray) -> np.ndarray:
    return since
