"""Names and places of sources, and the one of what we work out: nobody else writes to it."""

from __future__ import annotations

from collections.abc import Iterable

from plugin.ports import Refused
from plugin.records.connections import SourceRecord

WORKED_OUT = "Deskroute"
"""Its name."""

UPLOADED = "uploaded"
"""The kind of a source whose customers came in a file."""

LAST_PLACE = 1_000_001
"""Its place, behind all others: who has a value of their own is believed."""


def next_place(records: Iterable[SourceRecord]) -> int:
    """The place of one more source: behind all others, but before ours."""
    places = (record.place for record in records if record.name != WORKED_OUT)
    return max(places, default=0) + 1


def called(name: str, records: Iterable[SourceRecord]) -> SourceRecord | None:
    """The source of this name, in capitals or not: nobody tells “crm” and “CRM” apart."""
    alike = [one for one in records if one.name.casefold() == name.casefold()]
    # Two that were added before names were compared like this stay two.
    return next((one for one in alike if one.name == name), alike[0] if alike else None)


def uploaded_as(name: str, records: Iterable[SourceRecord]) -> str:
    """The name under which a file's customers are kept.

    Raises Refused where a source of another kind has it, or our own.
    """
    refuse_ours(name)
    there = called(name, records)
    if there is not None and there.kind != UPLOADED:
        raise Refused(f"“{there.name}” is a source of another kind. Choose another name.")
    return name if there is None else there.name


def refuse_ours(name: str) -> None:
    """Raise Refused if this is the name of our own source."""
    if name.casefold() == WORKED_OUT.casefold():
        raise Refused(
            f"“{WORKED_OUT}” is what is worked out here, by `deskroute segments value`. "
            "It cannot be changed or removed; for your own facts choose another name."
        )
