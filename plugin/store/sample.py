"""Some thousands of customers spread evenly over all of them, with what all sources say of each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, select

from plugin.records.customers import CustomerSample, TrustedSource
from plugin.store.rows import facts_from_json, table
from plugin.store.schema import CustomerRow
from routing.segments.nearness import Known
from routing.tickets import Fact

CUSTOMERS = table(CustomerRow)

_NAMES = ("account.name", "customer.name")
"""What a customer is called by."""

_AT_ONCE = 5_000
"""Values in one question; databases take some tens of thousands."""

_GAPS = 10
"""How many times more row numbers than rows are tried, where many rows were deleted."""


def sample_customers(
    connection: Connection,
    sources: Sequence[TrustedSource],
    fields: Collection[str],
    limit: int,
) -> CustomerSample:
    """About ``limit`` customers, or all where there are no more; the same ones each time.

    ``sources`` come in order of trust: where two know a field, the first is believed. Customers
    are the same person where they have the same e-mail address. Only ``fields`` are told.
    """
    count, first, last = connection.execute(
        select(func.count(), func.min(CUSTOMERS.c.id), func.max(CUSTOMERS.c.id))
    ).one()
    if not count:
        return CustomerSample((), 0)
    told = frozenset({*fields, *_NAMES})
    numbers = _spread(count, first, last, limit)
    if numbers is None:
        people = _people(_rows(connection, [CUSTOMERS.c.id >= first]))
        return CustomerSample(tuple(_known(rows, sources, told) for rows in people), len(people))
    chosen = _rows(connection, [CUSTOMERS.c.id.in_(part) for part in _parts(numbers)])
    ids = {row.id for row in chosen}
    emails = sorted({row.email for row in chosen if row.email is not None})
    others = [CUSTOMERS.c.email.in_(part) & CUSTOMERS.c.id.not_in(ids) for part in _parts(emails)]
    people = _people([*chosen, *_rows(connection, others)])
    # Who has rows in three sources is met three times as often, so only the first of them counts.
    once = [rows for rows in people if min(row.id for row in rows) in ids]
    total = round(count * len(once) / len(chosen)) if chosen else 0
    return CustomerSample(tuple(_known(rows, sources, told) for rows in once), total)


def _spread(count: int, first: int, last: int, limit: int) -> list[int] | None:
    """Row numbers at equal distances, of which about ``limit`` are there; None for all."""
    if count <= limit:
        return None
    span = last - first + 1
    wanted = min(limit * span // count, limit * _GAPS)
    return sorted({first + place * span // wanted for place in range(wanted)})


def _parts(values: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (values[at : at + _AT_ONCE] for at in range(0, len(values), _AT_ONCE))


def _rows(
    connection: Connection, wheres: Sequence[ColumnElement[bool]]
) -> list[Row[*tuple[Any, ...]]]:
    columns = (
        CUSTOMERS.c.id,
        CUSTOMERS.c.source,
        CUSTOMERS.c.external_id,
        CUSTOMERS.c.email,
        CUSTOMERS.c.facts,
        CUSTOMERS.c.as_of,
    )
    return [row for where in wheres for row in connection.execute(select(*columns).where(where))]


def _people(rows: Iterable[Row[*tuple[Any, ...]]]) -> list[list[Row[*tuple[Any, ...]]]]:
    """The rows of each customer together."""
    people: dict[object, list[Row[*tuple[Any, ...]]]] = defaultdict(list)
    for row in rows:
        people[(row.source, row.external_id) if row.email is None else row.email].append(row)
    return list(people.values())


def _known(
    rows: list[Row[*tuple[Any, ...]]], sources: Sequence[TrustedSource], told: frozenset[str]
) -> Known:
    place = {source.name: at for at, source in enumerate(sources)}
    trusted = {source.name: source for source in sources}
    rows.sort(key=lambda row: (place.get(row.source, len(place)), row.id))
    facts: dict[str, Fact] = {}
    first: dict[str, Fact] = {}
    for row in reversed(rows):
        source = trusted.get(row.source, TrustedSource(row.source))
        said = _said(row, source, told)
        facts |= said
        first |= {name: said[name] for name in source.first_for & said.keys()}
    facts |= first
    return Known(_called(facts, rows[0]), facts)


def _said(
    row: Row[*tuple[Any, ...]], source: TrustedSource, told: frozenset[str]
) -> dict[str, Fact]:
    """What one source says, with the moment from which each value is stale."""
    raw = {name: row.facts[name] for name in told if name in row.facts}
    facts = facts_from_json(raw, row.source, row.as_of)
    if source.fresh_for is None:
        return facts
    ages = {name: fact.as_of or row.as_of for name, fact in facts.items()}
    return {
        name: replace(fact, fresh_until=ages[name] + source.fresh_for)
        for name, fact in facts.items()
    }


def _called(facts: Mapping[str, Fact], row: Row[*tuple[Any, ...]]) -> str:
    """What people call a customer: the company, the name, the address, or else the source's id."""
    names = (facts.get(field) for field in _NAMES)
    said = " · ".join(str(fact.value) for fact in names if fact is not None)
    return said or row.email or row.external_id
