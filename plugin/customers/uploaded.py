"""Customers from an uploaded CSV or Excel file, kept in our own database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from plugin.ports import Requester
from plugin.records import Store
from routing.conditions.fields import Fields
from routing.tickets import Fact


@dataclass(frozen=True, slots=True)
class Uploaded:
    """One uploaded source."""

    name: str
    store: Store

    def look_up(self, who: Requester, fields: Fields) -> Mapping[str, Fact] | None:
        """What the file says of a customer. The values were read when it was imported."""
        with self.store.look() as work:
            known = work.customers.find(self.name, who.email, who.external_id)
        if known is None:
            return None
        return {name: fact for name, fact in known.items() if name in fields}
