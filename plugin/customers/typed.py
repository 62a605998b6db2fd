"""What a source says, read into facts of the fields it names."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from routing.conditions.fields import Fields
from routing.conditions.values import read_value
from routing.tickets import Fact


def facts_of(
    row: Mapping[str, object], fields: Fields, source: str, as_of: datetime | None
) -> dict[str, Fact]:
    """The facts in a row whose columns are named as fields.

    A column that is no field is left out. A value that cannot be read as its field's kind is
    unknown: a source that lies about one value must not hurt the ticket.
    """
    facts: dict[str, Fact] = {}
    for name, raw in row.items():
        field = fields.get(name)
        if field is None or field.read is not None:
            continue
        try:
            value = read_value(field.kind, _plain(raw))
        except ValueError:
            continue
        if value is not None:
            facts[name] = Fact(value, source, as_of)
    return facts


def _plain(raw: object) -> object:
    """What databases have types of their own for, as the plain type it stands for."""
    if isinstance(raw, Decimal):
        return float(raw)
    return str(raw) if isinstance(raw, UUID) else raw
