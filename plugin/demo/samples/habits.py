"""What the invented customers do, need and like, and what they are worth next to each other."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from random import Random

from plugin.demo.samples.dice import around, weighted
from routing.worth.rfm import FIFTHS, rfm_class

HABIT_FIELDS = (
    "customer.region",
    "customer.time_zone",
    "customer.income",
    "customer.household",
    "customer.os",
    "customer.first_order",
    "customer.last_order",
    "customer.cart_abandoned",
    "customer.sessions_30d",
    "customer.usage_change",
    "customer.features",
    "customer.needs",
    "customer.tone",
    "customer.values",
    "customer.channel",
    "customer.aov",
    "customer.revenue_rank",
    "customer.rfm",
    "customer.expected_value",
    "account.b2b",
)
"""The fields told here."""

# How often a fact is unknown.
_GAPS = {
    "customer.region": 0.02,
    "customer.time_zone": 0.1,
    "customer.income": 0.6,
    "customer.household": 0.6,
    "customer.os": 0.1,
    "customer.first_order": 0.04,
    "customer.last_order": 0.04,
    "customer.cart_abandoned": 0.1,
    "customer.sessions_30d": 0.08,
    "customer.usage_change": 0.12,
    "customer.features": 0.1,
    "customer.tone": 0.5,
    "customer.values": 0.5,
    "customer.channel": 0.3,
    "account.b2b": 0.1,
}

_LARGE = ("enterprise", "regulated", "firm")
_ZONES = {"GB": "Europe/London", "IE": "Europe/Dublin"}
_TONES = {"wants it short": "short", "likes detail": "thorough", "loyal": "personal"}
_NEEDS = {"enterprise": {"onsite": 0.25}, "regulated": {"compliance": 0.85}}
_EVERYBODYS_NEEDS = {"accessibility": 0.05}
_FEATURES = {"Invoices": 0.8, "Bank matching": 0.5, "Reports": 0.35, "Exports": 0.25, "Till": 0.25}
_VALUES = {"privacy": 0.35, "sustainability": 0.3, "independence": 0.3, "price": 0.3}
_CHANNELS = {"mail": 55.0, "phone": 20.0, "chat": 25.0}

Facts = Mapping[str, str]


def habits(rng: Random, kind: str, facts: Facts, today: date) -> dict[str, str]:
    """More facts of one customer of this kind, as a CSV holds them; the empty ones are unknown."""
    told = {**_person(rng, facts), **_use(rng, kind, facts, today), **_likes(rng, kind, facts)}
    return {name: told[name] for name in told if rng.random() >= _GAPS.get(name, 0.0)}


def standing(everybody: Sequence[Facts], today: date) -> list[dict[str, str]]:
    """What each customer is worth next to the others: rank, RFM class, and what they will bring.

    The demo's stand-in for `deskroute segments value`, by the same definitions, but for the
    expected value: here it is simply the revenue so far, less for those who have gone quiet.
    """
    spent = [_number(one, "customer.revenue_12m") for one in everybody]
    orders = [_number(one, "customer.orders") for one in everybody]
    lifetime = [_number(one, "customer.lifetime_value") for one in everybody]
    quiet = [_days_since(one, "customer.last_order", today) for one in everybody]
    scores = zip(
        _fifths([None if days is None else -days for days in quiet]),
        _fifths(orders),
        _fifths(spent),
        strict=True,
    )
    classes = [rfm_class(*three) or "" for three in scores]
    return [
        {
            "customer.revenue_rank": rank,
            "customer.rfm": rfm,
            "customer.aov": f"{value / count:.2f}" if count and value is not None else "",
            "customer.expected_value": _expected(money, days),
        }
        for rank, rfm, count, value, money, days in zip(
            _ranks(spent), classes, orders, lifetime, spent, quiet, strict=True
        )
    ]


def _person(rng: Random, facts: Facts) -> dict[str, str]:
    country = facts.get("customer.country", "")
    return {
        "customer.region": "EMEA" if country else "",
        "customer.time_zone": _ZONES.get(country, "Europe/Berlin") if country else "",
        "customer.income": str(1000 * round(around(rng, 44, 0.4))),
        "customer.household": weighted(rng, {"1": 30, "2": 35, "3": 15, "4": 14, "5": 6}),
    }


def _use(rng: Random, kind: str, facts: Facts, today: date) -> dict[str, str]:
    """What they buy and do: those at risk did more before, a visitor has not bought yet."""
    leaving = facts.get("customer.stage") in {"at risk", "churned"}
    visits = 0 if facts.get("customer.stage") == "churned" else round(around(rng, 9, 0.8))
    told = {
        "customer.os": weighted(rng, {"Windows": 55, "macOS": 20, "iOS": 13, "Android": 12}),
        "customer.sessions_30d": str(visits),
        "customer.usage_change": str(round(rng.gauss(-45 if leaving else 4, 15))),
        "customer.features": _some(rng, _FEATURES),
    }
    if rng.random() < (0.3 if kind in {"shop", "trial", "visitor"} else 0.05):
        told["customer.cart_abandoned"] = _ago(today, rng.randint(0, 60))
    signed_up, orders = facts.get("customer.signed_up"), int(facts.get("customer.orders", "0"))
    if signed_up and orders > 0:
        since = (today - date.fromisoformat(signed_up)).days
        first = max(0, since - rng.randint(0, 30))
        gap = around(rng, 150 if leaving else 25, 0.6)
        last = first if orders == 1 else min(first, round(gap))
        told["customer.first_order"] = _ago(today, first)
        told["customer.last_order"] = _ago(today, last)
    return told


def _likes(rng: Random, kind: str, facts: Facts) -> dict[str, str]:
    return {
        "customer.needs": _some(rng, _NEEDS.get(kind, {}) | _EVERYBODYS_NEEDS),
        "customer.tone": _TONES.get(facts.get("customer.attitude", ""), ""),
        "customer.values": _some(rng, _VALUES),
        "customer.channel": weighted(rng, _CHANNELS),
        "account.b2b": ("yes" if kind in _LARGE else "no") if facts.get("account.name") else "",
    }


def _some(rng: Random, chances: Mapping[str, float]) -> str:
    return "|".join(word for word, chance in chances.items() if rng.random() < chance)


def _ago(today: date, days: int) -> str:
    return (today - timedelta(days=days)).isoformat()


def _number(facts: Facts, name: str) -> float | None:
    return float(facts[name]) if facts.get(name) else None


def _days_since(facts: Facts, name: str, today: date) -> float | None:
    return float((today - date.fromisoformat(facts[name])).days) if facts.get(name) else None


def _fifths(values: Sequence[float | None]) -> list[int]:
    known = sorted(one for one in values if one is not None)
    return [
        0 if one is None else 1 + bisect_left(known, one) * FIFTHS // len(known) for one in values
    ]


def _ranks(values: Sequence[float | None]) -> list[str]:
    known = sorted(one for one in values if one is not None)
    more = (None if one is None else len(known) - bisect_right(known, one) for one in values)
    return ["" if above is None else f"{100 * above / len(known):.1f}" for above in more]


def _expected(money: float | None, days_quiet: float | None) -> str:
    if money is None or days_quiet is None:
        return ""
    return str(round(money * (0.95 if days_quiet <= 90 else 0.3)))
