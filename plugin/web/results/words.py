"""How results are said: differences from before, and the ends of a period."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import Flask

from plugin.amounts import duration, points
from plugin.result_views import Change
from routing.languages import language_name
from routing.outcomes.dimensions import Dimension
from routing.outcomes.question import Label
from routing.worth.report import Amount


def prepare(app: Flask) -> None:
    """Give the templates these filters."""
    app.jinja_env.filters.update(
        amount=amount,
        amount_range=amount_range,
        change_words=change_words,
        label_says=label_says,
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


def _signed(share: float) -> str:
    said = points(abs(share))
    return said if said == points(0) else f"{'+' if share > 0 else '−'}{said}"


_NO_LABEL = {
    Dimension.SEGMENT: "Everyone else",
    Dimension.QUEUE: "No queue",
    Dimension.AGENT: "Nobody",
    Dimension.RULE: "No rule",
    Dimension.CHANNEL: "Unknown channel",
    Dimension.LANGUAGE: "Unknown language",
}


def label_says(label: Label, dimension: Dimension) -> str:
    """A group as it is named on pages."""
    if label is None:
        return _NO_LABEL.get(dimension, "Unknown")
    return language_name(label) if dimension is Dimension.LANGUAGE else label


def last_day(until: datetime) -> datetime:
    """The last moment of a period that ends before ``until``."""
    return until - timedelta(microseconds=1)
