"""What the panel says of a customer: one short line for each thing an agent asks first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby

from plugin.views.panel import CustomerHistory, PanelView, Rating
from routing.conditions.evaluate import Seen
from routing.conditions.values import say
from routing.languages import language_name
from routing.tickets import Fact, Value

LONGEST = 48
"""Longest test or value, in characters; what is longer stands whole on the decision's page."""

_YEAR = 365.2425
_MONTH = _YEAR / 12


@dataclass(frozen=True, slots=True)
class Part:
    """Some words, and what they rest on; None where that needs no saying."""

    words: str
    rests_on: Fact | Seen | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its label, and its parts, each with its own source and age.

    Without a part the line says that this is unknown.
    """

    label: str
    parts: tuple[Part, ...]


Say = Callable[[Value, date], str | None]


def _followed_by(unit: str) -> Say:
    return lambda value, _: f"{value:,.0f} {unit}" if isinstance(value, float) else None


def _plain(value: Value, _: date) -> str | None:
    return say(value) or None


def _titled(value: Value, _: date) -> str | None:
    said = say(value)
    return said[:1].upper() + said[1:] or None


def _rfm(value: Value, _: date) -> str | None:
    return f"RFM {say(value)}" if isinstance(value, str) and value else None


def _language(value: Value, _: date) -> str | None:
    return language_name(value) if isinstance(value, str) else None


def _since(value: Value, today: date) -> str | None:
    if not isinstance(value, date) or value > today:
        return None
    days = (today - value).days
    if days < 2 * _MONTH:
        return f"customer {days} d"
    years = days / _YEAR
    return f"customer {days / _MONTH:.0f} months" if years < 2 else f"customer {int(years)} y"


def _renewal(value: Value, today: date) -> str | None:
    if not isinstance(value, date):
        return None
    days = (value - today).days
    if days < 0:
        return f"renewal {-days:,} d ago"
    return f"renews in {days:,} d" if days else "renews today"


_MONEY: tuple[tuple[str, Say], ...] = (
    ("account.arr", _followed_by("ARR")),
    ("customer.lifetime_value", _followed_by("lifetime value")),
    ("customer.revenue_12m", _followed_by("in 12 months")),
)
_VALUE: tuple[tuple[str, Say], ...] = (("customer.rfm", _rfm),)
_JOURNEY: tuple[tuple[str, Say], ...] = (
    ("customer.stage", _titled),
    ("customer.signed_up", _since),
    ("customer.renewal", _renewal),
)
_CONTACT: tuple[tuple[str, Say], ...] = (
    ("customer.channel", _titled),
    ("customer.language", _language),
)
_OWNER: tuple[tuple[str, Say], ...] = (("customer.owner", _plain),)


def customer_lines(view: PanelView) -> tuple[Line, ...]:
    """The lines of one panel, in the order of their use."""
    known, today = view.facts.customer, view.now.date()
    lines = []
    if is_known(view):
        money = list(_known_parts(_MONEY, known, today))[:1]
        lines += [
            Line("Value", together([*money, *_known_parts(_VALUE, known, today)])),
            Line("Journey", together(_known_parts(_JOURNEY, known, today))),
        ]
    lines.append(Line("Contact", together(_contact(view, today))))
    if view.history.ratings:
        lines.append(Line("Ratings", (Part(ratings_said(view.history.ratings, today)),)))
    if view.facts.ticket.requester_email:
        lines.append(Line("Tickets", (Part(tickets_said(view.history)),)))
    owner = together(_known_parts(_OWNER, known, today))
    return (*lines, Line("Owner", owner)) if owner else tuple(lines)


def is_known(view: PanelView) -> bool:
    """Whether any customer source knows more than the ticket itself says, and we have counted."""
    said_by_all = {"customer.name", "customer.email", "customer.tickets"}
    return not view.facts.customer.keys() <= said_by_all


def together(parts: Iterable[Part]) -> tuple[Part, ...]:
    """Neighbours that rest on the same source of the same age become one part."""
    groups = groupby(parts, lambda part: _origin(part.rests_on))
    joined = [list(group) for _, group in groups]
    return tuple(Part(", ".join(one.words for one in group), group[0].rests_on) for group in joined)


def reasons(because: Iterable[Seen], seen_value: Callable[[Seen], str | None]) -> tuple[Part, ...]:
    """The tests behind a segment, each as short as it can be said."""
    return together(Part(_reason(seen, seen_value(seen)), seen) for seen in because)


def ratings_said(ratings: tuple[Rating, ...], today: date) -> str:
    """The last ratings in words: ``2 of 5 on 12 Nov, 5 of 5 before``."""
    newest, *older = ratings
    said = f"{newest.score} of 5 on {day_said(newest.at, today)}"
    scores = [str(one.score) for one in older]
    if not scores:
        return said
    before = scores[0] if len(set(scores)) == 1 else " and ".join(scores)
    return f"{said}, {before} of 5 before"


def tickets_said(history: CustomerHistory) -> str:
    """How many other tickets there are: ``2 more open, 14 before``."""
    before = history.count - history.open
    if not history.count:
        return "First ticket from this address"
    if not history.open:
        return f"{before:,} before, none open"
    return f"{history.open:,} more open" + (f", {before:,} before" if before else "")


def day_said(at: datetime, today: date) -> str:
    """A day, with its year unless it is this one: ``12 Nov``."""
    day = at.date()
    return f"{day.day} {day:%b}" if day.year == today.year else f"{day.day} {day:%b %Y}"


def _known_parts(
    wanted: Iterable[tuple[str, Say]], known: Mapping[str, Fact], today: date
) -> Iterator[Part]:
    for name, says in wanted:
        fact = known.get(name)
        words = None if fact is None else says(fact.value, today)
        if words:
            yield Part(_cut(words), fact)


def _contact(view: PanelView, today: date) -> Iterator[Part]:
    """How and in which language to answer; where nobody knows, as the customer wrote."""
    known = view.facts.customer
    written = {
        "customer.channel": view.facts.ticket.channel,
        "customer.language": view.facts.language,
    }
    wrote = []
    for name, says in _CONTACT:
        found = list(_known_parts([(name, says)], known, today))
        yield from found
        told = written[name]
        if not found and told:
            wrote.append(says(told, today) or told)
    if wrote:
        yield Part(f"{', '.join(wrote)} (from the ticket)")


def _reason(seen: Seen, value: str | None) -> str:
    if value is None:
        return seen.sentence
    return f"{_cut(seen.sentence)} ({value})"


def _cut(words: str) -> str:
    return words if len(words) <= LONGEST else f"{words[: LONGEST - 1].rstrip(' ,')}…"


def _origin(rests_on: Fact | Seen | None) -> object:
    if rests_on is None:
        return None
    until = rests_on.fresh_until if isinstance(rests_on, Fact) else None
    return rests_on.source, rests_on.as_of, until
