"""Published playbooks: texts for ever, compiled once per process."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

from sqlalchemy import Connection, func, insert, select
from sqlalchemy.exc import IntegrityError

from plugin.store.rows import table
from plugin.store.schema import PlaybookRow
from plugin.views import VersionLine
from routing.playbook import Playbook
from routing.playbook_file import read_playbook

PLAYBOOKS = table(PlaybookRow)

_LIVE = select(PLAYBOOKS.c.version, PLAYBOOKS.c.text).order_by(PLAYBOOKS.c.version.desc()).limit(1)


@lru_cache(maxsize=8)
def _compiled(text: str, version: int) -> Playbook:
    # A published text never changes, so neither does what it compiles to.
    return read_playbook(text, version)


class SqlPlaybooks:
    """Playbooks in one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._c = connection

    def live(self) -> Playbook | None:
        """The newest version, compiled."""
        row = self._c.execute(_LIVE).one_or_none()
        return None if row is None else _compiled(row.text, row.version)

    def _newest(self) -> int:
        return self._c.execute(select(func.max(PLAYBOOKS.c.version))).scalar_one() or 0

    def get(self, version: int) -> Playbook | None:
        """One version, compiled."""
        text = self.text(version)
        return None if text is None else _compiled(text, version)

    def text(self, version: int) -> str | None:
        """One version as it was written."""
        return self._c.execute(
            select(PLAYBOOKS.c.text).where(PLAYBOOKS.c.version == version)
        ).scalar_one_or_none()

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
