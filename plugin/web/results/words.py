"""How results are said: differences, what they are made of, and the ends of a period."""

from __future__ import annotations

from datetime import datetime, timedelta

from jinja2 import Environment

from plugin.amounts import duration, percent, points
from plugin.labels import label_says
from plugin.views.mails import Change
from plugin.views.results import Mix
from routing.outcomes.definitions import KPIS, Kpi
from routing.outcomes.figures import Part, Reading, Score
from routing.worth.report import Amount


def prepare(environment: Environment) -> None:
    """Give the templates these filters."""
    environment.filters.update(
        amount=amount,
        amount_range=amount_range,
        change_words=change_words,
        label_says=label_says,
        score=score,
        mix_says=mix_says,
        mix_title=mix_title,
        mix_details=mix_details,
        score_says=score_says,
        score_range=score_range,
        last_date=last_day,
        iso_date=lambda at: f"{at:%Y-%m-%d}",
    )


def amount(value: float) -> str:
    """An amount in whatever currency: ``2,955,000``, ``48.20``, ``0.77``."""
    return f"{value:,.0f}" if abs(value) >= 1_000 else f"{value:,.2f}"


def amount_range(one: Amount) -> str:
    """The 95 % interval of an amount: ``1,388 to 1,539``."""
    if one.low is None or one.high is None:
        return "not bounded yet"
    return f"{amount(one.low)} to {amount(one.high)}"


def change_words(change: Change) -> str:
    """By how much: ``+0.6 points (0.1 to 1.1)``, ``3 min faster (2 min to 4 min)``."""
    apart, found = change.medians, change.difference
    if apart is None:
        return f"{_signed(found.value)} points ({_signed(found.low)} to {_signed(found.high)})"
    which = "faster" if apart.value < 0 else "slower"
    if apart.low is None or apart.high is None:
        return f"{duration(abs(apart.value))} {which}"
    low, high = sorted((abs(apart.low), abs(apart.high)))
    if apart.low * apart.high < 0:
        return f"{found.value:.2f} times as fast ({found.low:.2f} to {found.high:.2f})"
    return f"{duration(abs(apart.value))} {which} ({duration(low)} to {duration(high)})"


def score(value: float) -> str:
    """A score on its own scale: ``42.5``, ``−3.0``."""
    return f"{value:.1f}".replace("-", "−")


def _signed(share: float) -> str:
    said = points(abs(share))
    return said if said == points(0) else f"{'+' if share > 0 else '−'}{said}"


_READINGS = {
    Reading.TOO_FEW: "Too few to tell.",
    Reading.NOTHING: "No change shown.",
    Reading.CHANGE: "It has changed; of neither part alone is that shown.",
    Reading.MIX: "The mix has changed; within groups no change is shown.",
    Reading.WITHIN: "It has changed within groups; no part of the mix is shown.",
    Reading.BOTH: "The mix and the groups have moved it the same way.",
    Reading.AGAINST: "The mix and the groups have moved it against each other.",
}


def mix_says(mix: Mix) -> str:
    """Where a change comes from, in a sentence."""
    return _READINGS[mix.shift.reading]


def mix_title(mix: Mix) -> str:
    """A change that is not what it looks like: ``CSAT rose by 0.6 points, but not because …``."""
    kpi, shift = KPIS[mix.kpi], mix.shift
    rose = shift.change.value > 0
    if shift.reading is Reading.AGAINST:
        return f"{kpi.title} hides two changes"
    if rose is not (shift.mix.value > 0):
        return f"The mix alone moved {kpi.title} by {_signed(shift.mix.value)} points"
    better = "better" if rose is (kpi.better == "more") else "worse"
    by = points(abs(shift.change.value))
    return (
        f"{kpi.title} {'rose' if rose else 'fell'} by {by} points, "
        f"but not because support got {better}"
    )


def mix_details(mix: Mix) -> str:
    """Who made the mix another one, and what each part comes to."""
    shift, mover = mix.shift, mix.mover
    who = ""
    if mover is not None:
        of = KPIS[mix.kpi].of
        who = f"{mover.name}: {percent(mover.now)} of {of} now and {percent(mover.was)} before. "
    within = f"Within {mix.by.value}s: {_part(shift.within)}"
    return f"{who}From the mix: {_part(shift.mix)}. {within}."


def _part(one: Part) -> str:
    said = f"{_signed(one.value)} points ({_signed(one.low)} to {_signed(one.high)})"
    return said if one.shown else f"{said}, no difference shown"


def score_says(score: Score, kpi: Kpi) -> str:
    """An average of answers: ``+31.2`` for NPS, ``5.4`` for CES."""
    return _score(score.value, kpi)


def score_range(score: Score, kpi: Kpi) -> str:
    """Its 95 % interval: ``25.0 to 37.1``."""
    if score.low is None or score.high is None:
        return "not bounded yet"
    return f"{_score(score.low, kpi)} to {_score(score.high, kpi)}"


def _score(value: float, kpi: Kpi) -> str:
    sign = "+" if kpi.key == "nps" and value > 0 else ""
    return f"{sign}{value:.1f}".replace("-", "−")


def last_day(until: datetime) -> datetime:
    """The last moment of a period that ends before ``until``."""
    return until - timedelta(microseconds=1)
