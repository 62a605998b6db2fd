"""The KPIs of a group of tickets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from routing.outcomes.definitions import KPIS
from routing.outcomes.dimensions import Kind
from routing.outcomes.figures import Kpis, Score, Share, Times, Wait
from routing.outcomes.outcome import Outcome
from routing.outcomes.result import SATISFIED, Result
from routing.outcomes.scores import ces, nps
from routing.outcomes.statistics import share, shares
from routing.outcomes.survival import times, times_of_all
from routing.outcomes.tallies import Tally


def kpis(results: Iterable[Result], now: datetime) -> Kpis:
    """The KPIs of these tickets as of ``now``; what has not happened by then is still waiting."""
    every = list(results)
    scores = [result.score for result in every if result.score is not None]
    solved = [result.outcome for result in every if result.outcome.first_solved_at is not None]
    touches = [outcome.one_touch for outcome in solved if outcome.one_touch is not None]
    asked = [result for result in every if result.surveyed]
    return Kpis(
        tickets=len(every),
        first_reply=times(first_reply_waits(every, now)),
        resolution=times(resolution_wait(result, now) for result in every),
        csat=share(sum(score >= SATISFIED for score in scores), len(scores)),
        answered=share(sum(result.score is not None for result in asked), len(asked)),
        transferred=share(sum(r.outcome.transfers > 0 for r in every), len(every)),
        reopened=share(sum(outcome.reopens > 0 for outcome in solved), len(solved)),
        one_touch=share(sum(touches), len(touches)),
    )


def kpis_of(tally: Tally) -> Kpis:
    """The KPIs of a group that was counted; its waits are as of when it was."""
    return kpis_of_all([tally])[0]


def kpi_of(key: str, tally: Tally) -> Share | Times | Score | None:
    """One of them, by its name in ``Kpis``."""
    found: Share | Times | Score | None = figures_of(key, [tally])[0]
    return found


def kpis_of_all(tallies: Sequence[Tally]) -> list[Kpis]:
    """The same of many groups at once, which is much quicker."""
    figures = {key: figures_of(key, tallies) for key in KPIS}
    return [
        Kpis(
            tickets=tally.counts["tickets"],
            backlog=tally.backlog,
            gone=tally.counts["gone"],
            **{key: found[place] for key, found in figures.items()},
        )
        for place, tally in enumerate(tallies)
    ]


def figures_of(key: str, tallies: Sequence[Tally]) -> list[Any]:
    """One KPI of each of them, by its name in ``Kpis``: a share, times, a score, or None."""
    if key in _COUNTED:
        counts = [_COUNTED[key](tally) for tally in tallies]
        found = iter(shares([one for one in counts if one[1]]))
        return [next(found) if n else None for _, n in counts]
    if key in _TIMES:
        return [*times_of_all([tally.waits(_TIMES[key]) for tally in tallies])]
    return [_score(key, tally) for tally in tallies]


def kinds_of(key: str) -> tuple[Kind, ...]:
    """Whose lengths one of them is made of."""
    return (_TIMES[key],) if key in _TIMES else ()


def _rated(tally: Tally) -> tuple[int, int]:
    scores = tally.ratings["score"]
    good = sum(n for score, n in scores.items() if score >= SATISFIED)
    return good, sum(scores.values())


def _score(key: str, tally: Tally) -> Score | None:
    found = _SCORES[key](tally.ratings[key])
    asked, answered = (tally.counts[f"{key.upper()}_{did}"] for did in ("ASKED", "ANSWERED"))
    return None if found is None else replace(found, answered=share(answered, asked))


def _share(of: str, among: str) -> Callable[[Tally], tuple[int, int]]:
    return lambda tally: (tally.counts[of], tally.counts[among])


def _kept(tally: Tally) -> tuple[int, int]:
    return tally.counts["KEPT"], tally.counts["KEPT"] + tally.counts["BROKEN"]


_TIMES = {
    "first_reply": Kind.FIRST_REPLY,
    "first_resolution": Kind.FIRST_RESOLUTION,
    "resolution": Kind.RESOLUTION,
}
_SCORES = {"nps": nps, "ces": ces}
_COUNTED: Mapping[str, Callable[[Tally], tuple[int, int]]] = {
    "csat": _rated,
    "answered": _share("ANSWERED", "SURVEYED"),
    "promised": _kept,
    "transferred": _share("TRANSFERRED", "tickets"),
    "reopened": _share("REOPENED", "SOLVED_ONCE"),
    "one_touch": _share("ONE_TOUCH", "TOUCHES_KNOWN"),
}


def first_reply_wait(result: Result, now: datetime) -> Wait | None:
    """How long a ticket has waited for its first reply as of ``now``; None if that is not known."""
    outcome = result.outcome
    if outcome.public_replies is None:
        return None
    # Who was solved without a reply (by telephone, say) does not wait for one any longer.
    return _wait(outcome, outcome.first_reply_at, outcome.solved_at or now)


def first_reply_waits(results: Iterable[Result], now: datetime) -> list[Wait]:
    """The same of many tickets, without those of which it is not known."""
    waits = (first_reply_wait(result, now) for result in results)
    return [wait for wait in waits if wait is not None]


def resolution_wait(result: Result, now: datetime) -> Wait:
    """How long a ticket has waited for its solution, as of ``now``."""
    return _wait(result.outcome, result.outcome.solved_at, now)


def _wait(outcome: Outcome, ended: datetime | None, until: datetime) -> Wait:
    seconds = ((ended or until) - outcome.opened_at).total_seconds()
    # A desk's clock may run behind another's; nothing takes less than no time.
    return Wait(max(0.0, seconds), happened=ended is not None)
