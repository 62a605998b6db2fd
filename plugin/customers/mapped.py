"""A source that answers with JSON of its own shape, of which a map says what is which field."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from plugin.customers.paths import AS_OF, FieldMap, Path, look, read_path
from plugin.customers.typed import Answer, read_answer, read_moment
from plugin.ports import Clock, Refused, Requester
from routing.conditions.fields import Fields

Fetch = Callable[[Requester], object | None]
"""Asks the source: its answer as JSON, None if it does not know them."""


@dataclass(frozen=True, slots=True)
class MappedSource:
    """What ``fetch`` brings, read by ``paths``; without any, an answer's keys are fields."""

    name: str
    fetch: Fetch
    paths: Mapping[str, Path]
    clock: Clock

    def ask(self, who: Requester, fields: Fields) -> Answer | None:
        """What the source says of a customer. May raise Unavailable or Refused."""
        document = self.fetch(who)
        if document is None:
            return None
        if not isinstance(document, dict):
            raise Refused(f"The answer of {self.name} is not a JSON object.")
        row = {name: look(document, path) for name, path in self.paths.items()}
        if not self.paths:
            row = document
        now = self.clock.now()
        return read_answer(row, fields, self.name, read_moment(row.get(AS_OF), now) or now)


def compiled(given: FieldMap) -> dict[str, Path]:
    """A field map with its paths read. Raises BadPath."""
    return {name: read_path(path) for name, path in given.items()}
