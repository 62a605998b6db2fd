"""The audit log: read, checked line by line, and written out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from plugin.chain import Link, Walk
from plugin.ports import Clock
from plugin.records.page import Page
from plugin.records.work import Store
from plugin.spreadsheet import BYTE_ORDER_MARK, as_csv
from plugin.views.audit import AuditLine, AuditView, ChainView
from plugin.views.people import Person

A_PAGE = 50
"""Lines on a page."""

BATCH = 2_000
"""Lines that are read at once on a walk along all of them."""

AT_ONCE = 50_000
"""The most lines that a page checks by itself; a longer log is checked on the command line."""

COLUMNS = ("line", "at", "by", "did", "hash", "hash before")


@dataclass(frozen=True, slots=True)
class SeeAudit:
    """Who did what, and whether the record of it is whole."""

    store: Store
    clock: Clock

    def view(self, find: str, before: int | None, limit: int = A_PAGE) -> AuditView:
        """Lines with this text in them, newest first, and the state of the whole chain."""
        with self.store.look() as work:
            found = work.audit.lines(Page(before, limit + 1), find.strip())
            written = work.audit.head().lines
        lines = tuple(AuditLine(one.id, one.at, one.by, one.did) for one in found[:limit])
        return AuditView(
            lines=lines,
            older=lines[-1].id if len(found) > limit else None,
            chain=self.verify() if written <= AT_ONCE else None,
            written=written,
        )

    def verify(self, head: str | None = None) -> ChainView:
        """Walk along the whole chain; ``head`` is a hash that has to be in it, noted earlier."""
        walk, last = Walk(awaited=head), 0
        while True:
            before = walk.lines
            for link in _links(self.store, last):
                walk.feed(link)
                last = link.id
            with self.store.look() as work:
                end = work.audit.head()
            # Lines that were written during the walk are walked along, too.
            if walk.lines >= end.lines or walk.lines == before:
                return ChainView(walk.lines, walk.last, walk.end(end.lines, end.hash))

    def export(self, person: Person, *, csv: bool) -> Iterator[str]:
        """All lines, oldest first, as CSV or as JSON with all that proves them, in parts.

        That somebody took them is noted first, and is the last of them.
        """
        with self.store.work() as work:
            form = "CSV" if csv else "JSON"
            work.audit.note(person.email, f"exported the audit log as {form}", self.clock.now())
            work.commit()
        return self._csv() if csv else self._json()

    def _csv(self) -> Iterator[str]:
        yield as_csv([COLUMNS])
        for link in _links(self.store):
            row = (link.id, link.at.isoformat(), link.by, link.did, link.hash, link.previous)
            yield as_csv([row]).removeprefix(BYTE_ORDER_MARK)

    def _json(self) -> Iterator[str]:
        for link in _links(self.store):
            told = {**asdict(link), "at": link.at.isoformat()}
            yield json.dumps(told, ensure_ascii=False) + "\n"


def _links(store: Store, after: int = 0) -> Iterator[Link]:
    """Every line behind this one, oldest first."""
    while True:
        with store.look() as work:
            some = work.audit.links(after, BATCH)
        if not some:
            return
        yield from some
        after = some[-1].id
