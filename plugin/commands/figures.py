"""Figures with their doubt, as cells of a table in the terminal."""

from __future__ import annotations

from routing.outcomes.figures import Score, Share, Times


def share_cell(share: Share | None) -> str:
    """A share in per cent, its interval, and of how many it is."""
    if share is None:
        return "unknown"
    if not share.enough:
        return f"too few\nn {share.n}"
    low, high = share.low * 100, share.high * 100
    return f"{share.value * 100:.1f}\n{low:.1f} to {high:.1f}\nn {share.n:,}"


def score_cell(score: Score | None) -> str:
    """A score on its own scale, its interval, and of how many it is."""
    if score is None:
        return "unknown"
    if not score.enough or score.low is None or score.high is None:
        return f"too few\nn {score.n}"
    return f"{score.value:.1f}\n{score.low:.1f} to {score.high:.1f}\nn {score.n:,}"


def times_cell(times: Times | None) -> str:
    """A median in hours, its interval, p90, and of how many they are."""
    if times is None:
        return "unknown"
    if not times.enough:
        return f"too few\nn {times.n}"
    if times.median is None:
        return f"not yet\n{times.waiting:,} of {times.n:,} wait"
    low, median, high, p90 = map(_span, (times.low, times.median, times.high, times.p90))
    return f"{median}\n{low} to {high}\np90 {p90}, n {times.n:,}"


def _span(seconds: float | None) -> str:
    return "not yet" if seconds is None else f"{seconds / 3600:.1f} h"
