"""What a source says, read into facts of the fields it names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Protocol
from uuid import UUID

from plugin.customers.paths import AS_OF
from plugin.ports import Requester
from routing.conditions.fields import Fields
from routing.conditions.values import read_value
from routing.tickets import Fact

_MILLISECONDS = 1e11
"""A moment counted from 1970 is in seconds below this, which is the year 5138, and else in ms."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a source said of a customer. ``refused`` says, by field, why a value was not taken.

    ``unknown`` are the columns that are no field.
    """

    facts: Mapping[str, Fact]
    refused: Mapping[str, str] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()


class Asked(Protocol):
    """A source that is asked anew each time."""

    @property
    def name(self) -> str:
        """What people call it; stored beside every fact it gives."""
        ...

    def ask(self, who: Requester, fields: Fields) -> Answer | None:
        """What it says; None if it does not know them. May raise Unavailable or Refused."""
        ...


def facts_of(
    row: Mapping[str, object], fields: Fields, source: str, as_of: datetime | None
) -> dict[str, Fact]:
    """The facts in a row whose columns are named as fields; what cannot be read is left out."""
    return dict(read_answer(row, fields, source, as_of).facts)


def read_answer(
    row: Mapping[str, object], fields: Fields, source: str, as_of: datetime | None
) -> Answer:
    """The facts in a row whose columns are named as fields.

    A column that is no field is left out. A value that cannot be read as its field's kind is
    unknown: a source that lies about one value must not hurt the ticket.
    """
    facts: dict[str, Fact] = {}
    refused: dict[str, str] = {}
    for name, raw in row.items():
        known = fields.get(name)
        if known is None or known.read is not None:
            continue
        try:
            value = read_value(known.kind, _plain(raw))
        except ValueError as error:
            refused[name] = str(error)
            continue
        if value is not None:
            facts[name] = Fact(value, source, as_of)
    return Answer(facts, refused, tuple(name for name in row if _is_no_field(name, fields)))


def _is_no_field(name: str, fields: Fields) -> bool:
    known = fields.get(name)
    return name != AS_OF and (known is None or known.read is not None)


def read_moment(raw: object, now: datetime) -> datetime | None:
    """A moment as aware UTC: ISO 8601, or a count of seconds or milliseconds since 1970.

    None where it is neither. A moment that is still to come is now: clocks differ.
    """
    moment: datetime | None = None
    if isinstance(raw, datetime):
        moment = raw
    elif isinstance(raw, str) and not raw.strip().isdigit():
        try:
            moment = datetime.fromisoformat(raw.strip())
        except ValueError:
            return None
    elif isinstance(raw, str | int | float) and not isinstance(raw, bool):
        moment = _counted(float(raw))
    if moment is None or moment.tzinfo is None:
        return None
    return min(moment.astimezone(UTC), now)


def _counted(since: float) -> datetime | None:
    seconds = since / 1_000 if abs(since) > _MILLISECONDS else since
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _plain(raw: object) -> object:
    """What databases have types of their own for, as the plain type it stands for."""
    if isinstance(raw, Decimal):
        return float(raw)
    return str(raw) if isinstance(raw, UUID) else raw
