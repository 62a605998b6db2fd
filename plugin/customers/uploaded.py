"""Customers from an uploaded CSV or Excel file, kept in our own database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from plugin.customers.cached import with_freshness
from plugin.customers.typed import Answer
from plugin.ports import Requester
from plugin.records import Store
from plugin.terms import Terms
from routing.conditions.fields import Fields
from routing.tickets import Fact


@dataclass(frozen=True, slots=True)
class Uploaded:
    """One uploaded source. It stands in our database, so nothing of it is remembered twice."""

    name: str
    store: Store
    terms: Terms = field(default_factory=Terms)

    @property
    def first_for(self) -> frozenset[str]:
        """The fields for which it is believed before all others."""
        return self.terms.first_for

    def ask(self, who: Requester, fields: Fields) -> Answer | None:
        """What the file says of a customer. The values were read when it was imported."""
        with self.store.look() as work:
            known = work.customers.find(self.name, who.email, who.external_id)
        if known is None:
            return None
        return Answer(with_freshness(known, fields, self.terms.fresh_for))

    def look_up(self, who: Requester, fields: Fields) -> Mapping[str, Fact] | None:
        """The facts of ``ask``."""
        answer = self.ask(who, fields)
        return None if answer is None else answer.facts

    def fall_back(self, who: Requester, fields: Fields) -> Mapping[str, Fact] | None:
        """Nothing: where our database is silent there is nobody else to ask."""
        _ = who, fields
        return None

    def was_late(self) -> None:
        """It is as late as our database is; nobody is spared by asking it less."""
