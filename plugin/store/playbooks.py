"""Published playbooks: texts for ever, compiled once per process."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

from sqlalchemy import Connection, bindparam, func, insert, select
from sqlalchemy.exc import IntegrityError

from plugin.store.rows import table
from plugin.store.schema import PlaybookRow
from plugin.views.playbook import VersionLine
from routing.playbook import Playbook
from routing.playbook_file import read_playbook

PLAYBOOKS = table(PlaybookRow)

_NEWEST = select(PLAYBOOKS.c.version, PLAYBOOKS.c.at).order_by(PLAYBOOKS.c.version.desc()).limit(1)
_TEXT = select(PLAYBOOKS.c.text).where(PLAYBOOKS.c.version == bindparam("wanted"))

Published = tuple[int, datetime]
"""A version and when it was published: one database has one text for it."""


@lru_cache(maxsize=8)
def _compiled(text: str, version: int) -> Playbook:
    # A published text never changes, so neither does what it compiles to.
    return read_playbook(text, version)


class SqlPlaybooks:
    """Playbooks in one transaction."""

    def __init__(self, connection: Connection, last: dict[Published, Playbook]) -> None:
        """``last`` is what was live when it was last asked for, for all transactions of a store."""
        self._c = connection
        self._last = last

    def live(self) -> Playbook | None:
        """The newest version, compiled. Its text is long, so it is fetched once."""
        row = self._c.execute(_NEWEST).one_or_none()
        if row is None:
            return None
        published = (row.version, row.at)
        live = self._last.get(published) or self.get(row.version)
        if live is not None and published not in self._last:
            self._last.clear()
            self._last[published] = live
        return live

    def _newest(self) -> int:
        return self._c.execute(select(func.max(PLAYBOOKS.c.version))).scalar_one() or 0

    def get(self, version: int) -> Playbook | None:
        """One version, compiled."""
        text = self.text(version)
        return None if text is None else _compiled(text, version)

    def text(self, version: int) -> str | None:
        """One version as it was written."""
        return self._c.execute(_TEXT, {"wanted": version}).scalar_one_or_none()

    def publish(self, text: str, note: str, by: str, now: datetime, based_on: int) -> int | None:
        """Keep the text as a new version; None if ``based_on`` is not the newest any more."""
        if self._newest() != based_on:
            return None
        try:
            with self._c.begin_nested():
                self._c.execute(
                    insert(PLAYBOOKS).values(
                        version=based_on + 1, text=text, note=note, by=by, at=now
                    )
                )
        except IntegrityError:  # somebody else was quicker by an instant
            return None
        return based_on + 1

    def versions(self) -> list[VersionLine]:
        """Every version, newest first."""
        rows = self._c.execute(
            select(PLAYBOOKS.c.version, PLAYBOOKS.c.note, PLAYBOOKS.c.by, PLAYBOOKS.c.at).order_by(
                PLAYBOOKS.c.version.desc()
            )
        ).all()
        return [
            VersionLine(row.version, row.note, row.by, row.at, live=place == 0)
            for place, row in enumerate(rows)
        ]
