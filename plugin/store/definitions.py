"""How the segments read in past playbook versions; what was read once is remembered in words."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

from sqlalchemy import Connection, select

from plugin.store.rows import table
from plugin.store.schema import PlaybookRow
from routing.errors import Invalid
from routing.playbook_file import read_playbook
from routing.segments.history import Definition, definition

PLAYBOOKS = table(PlaybookRow)

MOST_TEXT = 3_000_000
"""Characters of playbooks that one question may read; with very long ones the past is shorter."""

_MOST_KNOWN = 100
_known: dict[bytes, tuple[Definition, ...]] = {}


def past_definitions(
    connection: Connection, limit: int
) -> list[tuple[int, tuple[Definition, ...]]]:
    """The segments of the newest ``limit`` versions, newest first; fewer if texts are long.

    It ends before a version that this Deskroute cannot read any more.
    """
    return list(_past(connection, limit))


def _past(connection: Connection, limit: int) -> Iterator[tuple[int, tuple[Definition, ...]]]:
    versions = select(PLAYBOOKS.c.version).order_by(PLAYBOOKS.c.version.desc()).limit(limit)
    left = MOST_TEXT
    for version in connection.execute(versions).scalars().all():
        text = connection.execute(
            select(PLAYBOOKS.c.text).where(PLAYBOOKS.c.version == version)
        ).scalar_one()
        left -= len(text)
        found = _read(text) if left > 0 else None
        if found is None:
            return
        yield version, found


def _read(text: str) -> tuple[Definition, ...] | None:
    key = sha256(text.encode()).digest()
    if key not in _known:
        try:
            read = tuple(definition(segment) for segment in read_playbook(text).segments)
        except Invalid:
            return None
        while len(_known) >= _MOST_KNOWN:
            _known.pop(next(iter(_known)), None)
        _known[key] = read
    return _known[key]
