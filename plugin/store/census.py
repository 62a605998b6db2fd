"""Every customer there is, in blocks: what all sources together say of each, as plain values."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import repeat, starmap
from typing import Any

import orjson
from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    Text,
    and_,
    case,
    cast,
    exists,
    func,
    null,
    select,
)
from sqlalchemy.sql.selectable import FromClause

from plugin.records.customers import CustomerBlock, TrustedSource
from plugin.store.rows import table
from plugin.store.schema import CustomerRow, Utc

CUSTOMERS = table(CustomerRow)

BLOCK = 100_000
"""Rows of one block: enough for numpy to be quick, and few enough for two to fit in 1 GB."""


Found = Row[*tuple[Any, ...]]

Told = dict[str, Any]
"""What is told of a customer, by field: the plain value as it is stored; or, where it has an age of
its own, ``{"is": value, "as_of": …}``; or, once it stands among what another source tells,
``{"is": value, "until": …}``."""


@dataclass(frozen=True, slots=True)
class _Row:
    """What one source tells of one customer."""

    source: TrustedSource
    told: Told
    as_of: datetime

    @property
    def until(self) -> datetime | None:
        """Until when it is fresh, where a value has no age of its own."""
        lasts = self.source.fresh_for
        return None if lasts is None else self.as_of + lasts

    def aged(self, name: str) -> Told:
        """A value that carries its age wherever it goes."""
        cell = self.told[name]
        value = cell["is"] if type(cell) is dict and "is" in cell else cell
        return {"is": value, "until": self.until_of(cell)}

    def until_of(self, cell: object) -> datetime | None:
        """Until when a value among the told is fresh."""
        if type(cell) is not dict:
            return self.until
        if "until" in cell:
            until: datetime | None = cell["until"]
            return until
        if "as_of" in cell and self.source.fresh_for is not None:
            return datetime.fromisoformat(cell["as_of"]) + self.source.fresh_for
        return self.until


class SqlCensus:
    """All customers in one transaction. ``sources`` come in order of trust.

    Where they are ``named``, a block also tells who they are, which a count need not know.
    """

    def __init__(
        self, connection: Connection, sources: Sequence[TrustedSource], *, named: bool = False
    ) -> None:
        self._c = connection
        self._named = named
        self._sources = {source.name: source for source in sources}
        self._some_age = any(source.fresh_for is not None for source in sources)
        self._some_merge = len(sources) > 1

    def spans(self) -> list[tuple[int, int]]:
        """The ranges of rows that make one block each."""
        ids = select(func.min(CUSTOMERS.c.id), func.max(CUSTOMERS.c.id))
        first, last = self._c.execute(ids).one()
        if first is None:
            return []
        return [(start, start + BLOCK - 1) for start in range(first, last + 1, BLOCK)]

    def block(self, span: tuple[int, int], fields: Sequence[str]) -> CustomerBlock:
        """The customers whose most trusted row lies in this range, with what others tell of them.

        Two sources speak of the same customer where they have the same e-mail address.
        """
        if not (self._some_merge or self._some_age or self._named):
            size, values = self._values_alone(span, fields)
            return CustomerBlock(size, values, fresh_until={}, disputed={})
        found = self._c.execute(self._leading(span)).all()
        others = self._others(span)
        told = _read(",".join([row.told for row in found]))
        disputed: Counter[str] = Counter()
        for place, row in enumerate(found) if others else ():
            if row.email in others:
                rows = [self._row(row, told[place]), *others[row.email]]
                disputed.update(_disputed(rows, fields))
                told[place] = _together(rows)
        return CustomerBlock(
            size=len(told),
            values={name: _column(told, name) for name in fields},
            fresh_until=self._fresh_until(found, told, fields) if self._some_age else {},
            disputed=disputed,
            who=[(row.external_id, row.email) for row in found] if self._named else (),
            rows=[row.id for row in found] if self._named else (),
        )

    def _fresh_until(
        self, found: Sequence[Found], told: Sequence[Told], fields: Sequence[str]
    ) -> dict[str, list[datetime | None]]:
        rows = list(starmap(self._row, zip(found, told, strict=True)))
        return {
            name: [row.until_of(row.told[name]) if name in row.told else None for row in rows]
            for name in fields
        }

    def _values_alone(
        self, span: tuple[int, int], fields: Sequence[str]
    ) -> tuple[int, dict[str, list[object | None]]]:
        """How many customers there are, and the columns, where nothing but the values matters."""
        mine = CUSTOMERS.c.id.between(*span) & self._counts(CUSTOMERS)
        if self._c.dialect.name == "postgresql":
            return self._values_by_field(mine, fields)
        # As one text, which saves half of the time.
        texts = func.aggregate_strings(cast(CUSTOMERS.c.facts, Text), ",")
        told = _read(self._c.scalar(select(texts).where(mine)) or "")
        return len(told), {name: _column(told, name) for name in fields}

    def _values_by_field(
        self, mine: ColumnElement[bool], fields: Sequence[str]
    ) -> tuple[int, dict[str, list[object | None]]]:
        """The same where facts are kept taken apart: there they need not be put together first.

        Each column comes as one text. That takes a third less than a text of all facts, and leaves
        behind what nobody asks about.
        """
        columns = [
            cast(func.json_agg(CUSTOMERS.c.facts.op("->")(name)), Text).label(f"of_{place}")
            for place, name in enumerate(fields)
        ]
        size, *texts = self._c.execute(select(func.count(), *columns).where(mine)).one()
        # Without any row there is not even an empty list.
        cells = (orjson.loads(text or "[]") for text in texts)
        return size, dict(zip(fields, map(_all_plain, cells), strict=True))

    def _leading(self, span: tuple[int, int]) -> Select[Any]:
        """Each customer's row in the source that is trusted most."""
        leading = self._columns(CUSTOMERS).where(
            CUSTOMERS.c.id.between(*span), self._counts(CUSTOMERS)
        )
        if not self._some_merge:
            return leading
        other = CUSTOMERS.alias("other")
        better = self._place(other) < self._place(CUSTOMERS)
        return leading.where(~exists().where(other.c.email == CUSTOMERS.c.email, better))

    def _others(self, span: tuple[int, int]) -> dict[str, list[_Row]]:
        """What less trusted sources tell of these customers, by e-mail, the most trusted first."""
        if not self._some_merge:
            return {}
        other = CUSTOMERS.alias("other")
        same = and_(other.c.email == CUSTOMERS.c.email, other.c.source != CUSTOMERS.c.source)
        found = self._c.execute(
            self._columns(other)
            .select_from(CUSTOMERS.join(other, same))
            .where(CUSTOMERS.c.id.between(*span), self._counts(other))
            .order_by(self._place(other), other.c.id)
        )
        by_email = defaultdict(list)
        rows = found.all()
        for row, told in zip(rows, _read(",".join([row.told for row in rows])), strict=True):
            by_email[row.email].append(self._row(row, told))
        return by_email

    def _columns(self, rows: FromClause) -> Select[Any]:
        # Of a million rows each column that is not needed costs a second.
        needed = {
            "source": rows.c.source,
            "email": rows.c.email,
            "as_of": func.coalesce(rows.c.checked_at, rows.c.as_of, type_=Utc())
            if self._some_age
            else null(),
            "external_id": rows.c.external_id if self._named else null(),
            "id": rows.c.id if self._named else null(),
            "told": cast(rows.c.facts, Text),
        }
        return select(*(column.label(name) for name, column in needed.items()))

    def _counts(self, rows: FromClause) -> ColumnElement[bool]:
        return rows.c.source.in_(list(self._sources))

    def _place(self, rows: FromClause) -> ColumnElement[int]:
        places = {name: place for place, name in enumerate(self._sources)}
        return case(places, value=rows.c.source, else_=len(places))

    def _row(self, row: Found, told: Told) -> _Row:
        return _Row(self._sources[row.source], told, row.as_of)


def _read(texts: str) -> list[Told]:
    # All at once, by the quickest reader there is: this is most of the work of a count.
    read: list[Told] = orjson.loads(f"[{texts}]")
    return read


def _column(told: Sequence[Told], name: str) -> list[object | None]:
    """One value for each customer, None where it is unknown."""
    return _all_plain(list(map(dict.get, told, repeat(name))))


def _all_plain(cells: list[object | None]) -> list[object | None]:
    return list(map(_plain, cells)) if dict in set(map(type, cells)) else cells


def _plain(cell: Any) -> object | None:
    """The value in a cell; a date as its text, which is quicker to tell from others."""
    if type(cell) is dict:
        if "is" in cell:
            return _plain(cell["is"])
        if "date" in cell:
            return str(cell["date"])
    value: object | None = cell
    return value


def _together(rows: Sequence[_Row]) -> Told:
    """What several tell, the most trusted first, as if the first told it all."""
    told: Told = {}
    for row in reversed(rows[1:]):
        told.update({name: row.aged(name) for name in row.told})
    told.update(rows[0].told)
    for row in reversed(rows):
        asked_first = row.source.first_for & row.told.keys()
        told.update({name: row.aged(name) for name in asked_first})
    return told


def _disputed(rows: Sequence[_Row], fields: Sequence[str]) -> Iterator[str]:
    for name in fields:
        said = [_plain(row.told[name]) for row in rows if name in row.told]
        if any(other != said[0] for other in said[1:]):
            yield name
