"""The KPIs of a group of tickets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from routing.outcomes.dimensions import Kind
from routing.outcomes.figures import Kpis, Score, Share, Times, Wait
from routing.outcomes.outcome import Outcome
from routing.outcomes.result import SATISFIED, Result
from routing.outcomes.scores import ces, nps
from routing.outcomes.statistics import share, times
from routing.outcomes.sums import Tally


def kpis(results: Iterable[Result], now: datetime) -> Kpis:
    """The KPIs of these tickets as of ``now``; what has not happened by then is still waiting."""
    every = list(results)
    scores = [result.score for result in every if result.score is not None]
    solved = [result.outcome for result in every if result.outcome.first_solved_at is not None]
    asked = [result for result in every if result.surveyed]
    return Kpis(
        tickets=len(every),
        first_reply=times(first_reply_wait(result, now) for result in every),
        resolution=times(resolution_wait(result, now) for result in every),
        csat=share(sum(score >= SATISFIED for score in scores), len(scores)),
        answered=share(sum(result.score is not None for result in asked), len(asked)),
        transferred=share(sum(r.outcome.transfers > 0 for r in every), len(every)),
        reopened=share(sum(outcome.reopens > 0 for outcome in solved), len(solved)),
        one_touch=share(sum(outcome.one_touch for outcome in solved), len(solved)),
    )


def kpis_of(tally: Tally) -> Kpis:
    """The KPIs of a group that was counted; its waits are as of when it was."""
    return Kpis(
        tickets=tally.counts["tickets"],
        **{key: of(tally) for key, of in _OF.items()},
        backlog=tally.backlog,
        gone=tally.counts["gone"],
    )


def kpi_of(key: str, tally: Tally) -> Share | Times | Score | None:
    """One of them, by its name in ``Kpis``."""
    found: Share | Times | Score | None = _OF[key](tally)
    return found


def kinds_of(key: str) -> tuple[Kind, ...]:
    """Whose lengths one of them is made of."""
    return (_TIMES[key],) if key in _TIMES else ()


def _rated(tally: Tally) -> Share | None:
    scores = tally.ratings["score"]
    good = sum(n for score, n in scores.items() if score >= SATISFIED)
    return share(good, sum(scores.values()))


def _share(of: str, among: str) -> Callable[[Tally], Share | None]:
    return lambda tally: share(tally.counts[of], tally.counts[among])


def _kept(tally: Tally) -> Share | None:
    kept, broken = tally.counts["KEPT"], tally.counts["BROKEN"]
    return share(kept, kept + broken)


def _times(kind: Kind) -> Callable[[Tally], Times | None]:
    return lambda tally: times(tally.waits(kind))


_TIMES = {
    "first_reply": Kind.FIRST_REPLY,
    "first_resolution": Kind.FIRST_RESOLUTION,
    "resolution": Kind.RESOLUTION,
}
_OF: Mapping[str, Callable[[Tally], Any]] = {
    **{key: _times(kind) for key, kind in _TIMES.items()},
    "csat": _rated,
    "nps": lambda tally: nps(tally.ratings["nps"]),
    "ces": lambda tally: ces(tally.ratings["ces"]),
    "answered": _share("ANSWERED", "SURVEYED"),
    "promised": _kept,
    "transferred": _share("TRANSFERRED", "tickets"),
    "reopened": _share("REOPENED", "SOLVED_ONCE"),
    "one_touch": _share("ONE_TOUCH", "SOLVED_ONCE"),
}


def first_reply_wait(result: Result, now: datetime) -> Wait:
    """How long a ticket has waited for its first reply, as of ``now``."""
    outcome = result.outcome
    # Who was solved without a reply (by telephone, say) does not wait for one any longer.
    return _wait(outcome, outcome.first_reply_at, outcome.solved_at or now)


def resolution_wait(result: Result, now: datetime) -> Wait:
    """How long a ticket has waited for its solution, as of ``now``."""
    return _wait(result.outcome, result.outcome.solved_at, now)


def _wait(outcome: Outcome, ended: datetime | None, until: datetime) -> Wait:
    seconds = ((ended or until) - outcome.opened_at).total_seconds()
    # A desk's clock may run behind another's; nothing takes less than no time.
    return Wait(max(0.0, seconds), happened=ended is not None)
