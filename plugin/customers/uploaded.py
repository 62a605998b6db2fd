"""Customers from an uploaded CSV or Excel file, kept in our own database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from plugin.customers.cached import with_freshness
from plugin.customers.typed import Answer
from plugin.ports import Requester
from plugin.records.work import Store
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
        return self.look_up_all([who], fields)[0]

    def look_up_all(
        self, whos: Sequence[Requester], fields: Fields
    ) -> Sequence[Mapping[str, Fact] | None]:
        """The same of many customers, with one look into the database."""
        with self.store.look() as work:
            known = work.customers.find_all(self.name, whos)
        fresh_for = self.terms.fresh_for
        return [None if one is None else with_freshness(one, fields, fresh_for) for one in known]

    def fall_back(self, who: Requester, fields: Fields) -> Mapping[str, Fact] | None:
        """Nothing: where our database is silent there is nobody else to ask."""
        _ = who, fields
        return None

    def was_late(self) -> None:
        """It is as late as our database is; nobody is spared by asking it less."""
