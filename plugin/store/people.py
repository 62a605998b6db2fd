"""People and their sign-ins."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from plugin.records.people import PersonRecord
from plugin.store.rows import mail, table, upsert
from plugin.store.schema import PersonRow, SignInRow, clean
from plugin.views.people import Person, Role

PEOPLE = table(PersonRow)
SIGN_INS = table(SignInRow)


class SqlPeople:
    """People in one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._c = connection

    def by_email(self, email: str, *, hold: bool = False) -> PersonRecord | None:
        """A person by e-mail, in any case."""
        query = select(PEOPLE).where(PEOPLE.c.email == mail(email))
        row = self._c.execute(query.with_for_update() if hold else query).one_or_none()
        if row is None:
            return None
        return PersonRecord(_person(row), row.password_hash, row.failed, row.locked_until)

    def save(self, email: str, name: str, role: Role, password_hash: str, now: datetime) -> int:
        """Make or change a person; a changed password ends their sign-ins."""
        values = {
            "name": clean(name),
            "role": role.value,
            "password_hash": password_hash,
            "failed": 0,
            "locked_until": None,
        }
        key = self._c.execute(
            upsert(self._c, PersonRow)
            .values(email=mail(email), created_at=now, **values)
            .on_conflict_do_update(index_elements=["email"], set_=values)
            .returning(PEOPLE.c.id)
        ).scalar_one()
        self._c.execute(delete(SIGN_INS).where(SIGN_INS.c.person_id == key))
        return int(key)

    def set_failed(self, person: int, failed: int, locked_until: datetime | None) -> None:
        """Count wrong passwords."""
        self._c.execute(
            update(PEOPLE)
            .where(PEOPLE.c.id == person)
            .values(failed=failed, locked_until=locked_until)
        )

    def start(self, person: int, token_hash: str, expires: datetime) -> None:
        """Keep a sign-in."""
        self._c.execute(
            insert(SIGN_INS).values(token_hash=token_hash, person_id=person, expires_at=expires)
        )

    def signed_in(self, token_hash: str, now: datetime) -> Person | None:
        """Whose sign-in this is, while it lasts."""
        row = self._c.execute(
            select(PEOPLE)
            .join(SIGN_INS, SIGN_INS.c.person_id == PEOPLE.c.id)
            .where(SIGN_INS.c.token_hash == token_hash, SIGN_INS.c.expires_at > now)
        ).one_or_none()
        return None if row is None else _person(row)

    def end(self, token_hash: str) -> None:
        """End a sign-in."""
        self._c.execute(delete(SIGN_INS).where(SIGN_INS.c.token_hash == token_hash))

    def everyone(self) -> list[Person]:
        """All people, by name."""
        return [_person(row) for row in self._c.execute(select(PEOPLE).order_by(PEOPLE.c.name))]

    def remove(self, person: int) -> None:
        """Remove a person, and end their sign-ins."""
        self._c.execute(delete(SIGN_INS).where(SIGN_INS.c.person_id == person))
        self._c.execute(delete(PEOPLE).where(PEOPLE.c.id == person))


def _person(row: Row[*tuple[Any, ...]]) -> Person:
    return Person(row.id, row.email, row.name, Role(row.role))
