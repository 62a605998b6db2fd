"""Customers from uploaded files, and the remembered answers of sources that are asked."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Text,
    bindparam,
    case,
    column,
    delete,
    func,
    select,
    true,
)

from plugin.ports import Requester
from plugin.records.customers import CustomerRecord, Remembered
from plugin.store.forget import SqlPrivacy
from plugin.store.rows import (
    Insert,
    facts_from_json,
    facts_to_json,
    insert_kind,
    mail,
    table,
    upsert,
)
from plugin.store.schema import CustomerRow, Document, Utc, clean
from routing.tickets import Fact

CUSTOMERS = table(CustomerRow)

_AT_ONCE = 5_000
"""Rows read or dropped at once; databases take some tens of thousands of values."""


@cache
def _put(dialect: str) -> Insert:
    """The statement that keeps a batch of customers: one JSON list with a list for each.

    A row of parameters for each customer takes longer to hand over than to store.
    """
    each = func.json_each if dialect == "sqlite" else func.jsonb_array_elements
    one = each(bindparam("batch", type_=Document)).table_valued(
        column("value", Document), joins_implicitly=True
    )
    told = select(
        bindparam("of", type_=CUSTOMERS.c.source.type),
        one.c.value.op("->>", return_type=Text())(0),
        one.c.value.op("->>", return_type=Text())(1),
        one.c.value.op("->", return_type=Document)(2),
        bindparam("now", type_=Utc()),
    ).where(true())  # SQLite would read the ON of ON CONFLICT as that of a join
    columns = ["source", "external_id", "email", "facts", "as_of"]
    statement = insert_kind(dialect, CustomerRow).from_select(columns, told)
    new = statement.excluded
    return statement.on_conflict_do_update(
        index_elements=["source", "external_id"],
        set_={"email": new.email, "facts": new.facts, "as_of": new.as_of},
        where=(CUSTOMERS.c.facts != new.facts) | CUSTOMERS.c.email.is_distinct_from(new.email),
    )


def _by(key: ColumnElement[str | None]) -> Select[*tuple[Any, ...]]:
    return (
        select(key.label("key"), CUSTOMERS.c.facts, CUSTOMERS.c.as_of)
        .where(CUSTOMERS.c.source == bindparam("of"), key.in_(bindparam("keys", expanding=True)))
        .order_by(CUSTOMERS.c.as_of, CUSTOMERS.c.id.desc())
    )


_BY_ID, _BY_EMAIL = _by(CUSTOMERS.c.external_id), _by(CUSTOMERS.c.email)


class SqlCustomers:
    """Customer records in one transaction."""

    def __init__(self, connection: Connection, privacy: SqlPrivacy) -> None:
        self._c = connection
        self._privacy = privacy

    def put(self, source: str, records: Sequence[CustomerRecord], now: datetime) -> int:
        """Keep records; one that says the same as before is not touched."""
        gone = self._privacy.forgotten({one.email for one in records if one.email is not None})
        # Of one that comes twice the later record counts.
        rows: dict[str, list[object]] = {}
        for record in records:
            email = None if record.email is None else mail(record.email)
            if email is None or email not in gone:
                key = clean(record.external_id)
                rows[key] = [key, email, facts_to_json(record.facts)]
        if not rows:
            return 0
        values = {"of": source, "batch": list(rows.values()), "now": now}
        return self._c.execute(_put(self._c.dialect.name), values).rowcount

    def find(
        self, source: str, email: str | None, external_id: str | None
    ) -> dict[str, Fact] | None:
        """What a source says of a customer: by the desk's id first, then by e-mail."""
        return self.find_all(source, [Requester(email, external_id)])[0]

    def find_all(self, source: str, whos: Sequence[Requester]) -> list[dict[str, Fact] | None]:
        """The same of many customers."""
        ids = {_external(one.external_id) for one in whos if one.external_id is not None}
        emails = {mail(one.email) for one in whos if one.email is not None}
        by_id = self._newest(_BY_ID, source, ids)
        by_email = self._newest(_BY_EMAIL, source, emails)
        found: list[dict[str, Fact] | None] = []
        for one in whos:
            facts = None if one.external_id is None else by_id.get(_external(one.external_id))
            if facts is None and one.email is not None:
                facts = by_email.get(mail(one.email))
            found.append(facts)
        return found

    def _newest(
        self, statement: Select[*tuple[Any, ...]], source: str, keys: Collection[str]
    ) -> dict[str, dict[str, Fact]]:
        if not keys:
            return {}
        rows = self._c.execute(statement, {"of": source, "keys": list(keys)})
        # Of several under one key the last counts, which is the newest.
        newest = {row.key: row for row in rows}
        return {key: facts_from_json(row.facts, source, row.as_of) for key, row in newest.items()}

    def recall(self, source: str, email: str | None, external_id: str | None) -> Remembered | None:
        """The last answer of a source that is asked: by the desk's id first, then by e-mail."""
        for place, value in _identity(email, external_id):
            row = self._c.execute(
                select(CUSTOMERS.c.facts, CUSTOMERS.c.checked_at)
                .where(
                    CUSTOMERS.c.source == source,
                    place == value,
                    CUSTOMERS.c.checked_at.is_not(None),
                )
                .order_by(CUSTOMERS.c.checked_at.desc(), CUSTOMERS.c.id)
                .limit(1)
            ).one_or_none()
            if row is not None:
                facts = facts_from_json(row.facts, source, row.checked_at)
                return Remembered(facts, row.checked_at)
        return None

    def remember(
        self,
        source: str,
        email: str | None,
        external_id: str | None,
        facts: Mapping[str, Fact],
        now: datetime,
    ) -> None:
        """Keep an answer; when it last said something else is kept beside when it last said so."""
        address = None if email is None else mail(email)
        if address is not None and self._privacy.forgotten([address]):
            return
        statement = upsert(self._c, CustomerRow).values(
            source=source,
            external_id=clean(external_id or address or "")[:200],
            email=address,
            facts=facts_to_json(facts),
            as_of=now,
            checked_at=now,
        )
        new = statement.excluded
        same = CUSTOMERS.c.facts == new.facts
        self._c.execute(
            statement.on_conflict_do_update(
                index_elements=["source", "external_id"],
                set_={
                    "email": new.email,
                    "facts": new.facts,
                    "as_of": case((same, CUSTOMERS.c.as_of), else_=new.as_of),
                    "checked_at": new.checked_at,
                },
            )
        )

    def drop_all_but(self, source: str, kept: Collection[str]) -> int:
        """Drop what a source says of all customers but those with these ids of its own."""
        ids = {clean(one) for one in kept}
        rows = self._c.execute(
            select(CUSTOMERS.c.id, CUSTOMERS.c.external_id).where(CUSTOMERS.c.source == source),
            execution_options={"yield_per": _AT_ONCE},
        )
        gone = [row.id for row in rows if row.external_id not in ids]
        for at in range(0, len(gone), _AT_ONCE):
            part = gone[at : at + _AT_ONCE]
            self._c.execute(delete(CUSTOMERS).where(CUSTOMERS.c.id.in_(part)))
        return len(gone)

    def forget_source(self, source: str) -> int:
        """Drop everything that came from a source."""
        return self._c.execute(delete(CUSTOMERS).where(CUSTOMERS.c.source == source)).rowcount

    def counts(self) -> dict[str, tuple[int, datetime]]:
        """How many customers each source has given, and when it last said something new."""
        rows = self._c.execute(
            select(
                CUSTOMERS.c.source, func.count(), func.max(CUSTOMERS.c.as_of, type_=Utc())
            ).group_by(CUSTOMERS.c.source)
        )
        return {source: (count, newest) for source, count, newest in rows}


def _external(key: str) -> str:
    return clean(key)[:200]


def _identity(
    email: str | None, external_id: str | None
) -> list[tuple[ColumnElement[str | None], str]]:
    """By what a customer is recognised: the source's own id first, then the e-mail address."""
    found: list[tuple[ColumnElement[str | None], str]] = []
    if external_id is not None:
        found.append((CUSTOMERS.c.external_id, _external(external_id)))
    if email is not None:
        found.append((CUSTOMERS.c.email, mail(email)))
    return found
