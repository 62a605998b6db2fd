"""One customer looked up in one source, for a person who wants to see what comes."""

from __future__ import annotations

import time
from dataclasses import dataclass
from difflib import get_close_matches

from plugin.customers.addresses import Addresses
from plugin.customers.asked_by import why_not_asked
from plugin.customers.kinds import UPLOADED, open_kind
from plugin.customers.sql import BadQuery
from plugin.customers.typed import Answer, Asked
from plugin.customers.uploaded import Uploaded
from plugin.ports import Clock, Refused, Requester, Unavailable
from plugin.records.connections import SourceRecord
from plugin.records.work import Store
from plugin.views.sources import TriedSource, TriedValue
from routing.conditions.fields import Fields

MOST_UNKNOWN = 20
"""Columns that are no field, of which a try tells."""


@dataclass(frozen=True, slots=True)
class TrySource:
    """Asks a source anew, past what is remembered and though it may be known as down."""

    store: Store
    addresses: Addresses
    clock: Clock

    def __call__(self, record: SourceRecord, who: Requester, fields: Fields) -> TriedSource:
        """What the source says of this customer. Never raises over what the source does."""
        whom = who.external_id or who.email or ""
        if problem := why_not_asked(record, who):
            return TriedSource(record.name, whom, 0.0, problem=problem)
        began = time.monotonic()
        problem, answer, mistake = "", None, False
        try:
            answer = self._open(record).ask(who, fields)
        except (Unavailable, Refused) as error:
            problem, mistake = error.reason, isinstance(error, BadQuery)
        except Exception as error:  # ruff: ignore[blind-except] — a source is foreign code
            problem = f"{record.name} failed with {type(error).__name__}."
        took = time.monotonic() - began
        if answer is None:
            return TriedSource(record.name, whom, took, problem=problem, mistake=mistake)
        return TriedSource(
            source=record.name,
            who=whom,
            took=took,
            known=True,
            values=tuple(_values(answer, fields)),
            refused=(*sorted(answer.refused.items()), *_unknown(answer, fields)),
        )

    def _open(self, record: SourceRecord) -> Asked:
        if record.kind == UPLOADED:
            return Uploaded(record.name, self.store)
        return open_kind(record, self.addresses, self.clock)[0]


def _unknown(answer: Answer, fields: Fields) -> list[tuple[str, str]]:
    """What it named that is no field, with the field that was probably meant."""
    return [
        (name[:60], f"It is not a field.{_meant(name, fields)}")
        for name in answer.unknown[:MOST_UNKNOWN]
    ]


def _meant(name: str, fields: Fields) -> str:
    ending = name.rpartition(".")[2].casefold()
    same = [one for one in fields if one.rpartition(".")[2] == ending]
    close = same or get_close_matches(name, list(fields), n=1)
    return f" Did you mean {close[0]}?" if close else ""


def _values(answer: Answer, fields: Fields) -> list[TriedValue]:
    return [
        TriedValue(
            field=name,
            says=fields[name].says,
            kind=fields[name].kind.value,
            value=fields[name].say(fact.value)[:300],
            as_of="" if fact.as_of is None else f"{fact.as_of:%Y-%m-%d %H:%M} UTC",
        )
        for name, fact in sorted(answer.facts.items())
    ]
