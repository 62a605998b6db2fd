"""The table of fields: what a condition may look at, where it comes from, how it is said."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from routing.conditions.values import HELD_AS, Kind, as_kind, say
from routing.languages import language_name
from routing.tickets import Fact, Facts, Value


@dataclass(frozen=True, slots=True)
class Field:
    """One thing a condition can ask about.

    ``read`` takes it from the facts; where it is None the value is a customer fact of this name.
    ``says`` is the field in a sentence: "<says> is at least 1,000"; ``say`` says its values.
    """

    name: str
    kind: Kind
    says: str
    read: Callable[[Facts], Value | None] | None = None
    say: Callable[[Value | None], str] = say

    def fact(self, facts: Facts) -> Fact | None:
        """What is known about this field, with its source; None when it is unknown."""
        if self.read is not None:
            value = self.read(facts)
            return None if value is None else Fact(value, "ticket", facts.now)
        fact = facts.customer.get(self.name)
        if fact is None or type(fact.value) is HELD_AS[self.kind]:
            return fact
        # The field's kind was changed since the fact was learned.
        value = as_kind(self.kind, fact.value)
        return None if value is None else replace(fact, value=value)


def _domain(facts: Facts) -> str | None:
    _, at, domain = (facts.ticket.requester_email or "").rpartition("@")
    return domain if at and domain else None


def _say_language(value: Value | None) -> str:
    return language_name(value) if isinstance(value, str) else say(value)


_TICKET = (
    Field("ticket.subject", Kind.TEXT, "subject", lambda f: f.ticket.subject),
    Field("ticket.text", Kind.TEXT, "text", lambda f: f"{f.ticket.subject}\n{f.ticket.text}"),
    Field("ticket.language", Kind.TEXT, "language", lambda f: f.language, _say_language),
    Field("ticket.channel", Kind.TEXT, "channel", lambda f: f.ticket.channel),
    Field("ticket.priority", Kind.TEXT, "priority", lambda f: f.ticket.priority),
    Field("ticket.queue", Kind.TEXT, "queue so far", lambda f: f.ticket.queue),
    Field("ticket.tags", Kind.WORDS, "tags", lambda f: f.ticket.tags),
    Field("ticket.requester_domain", Kind.TEXT, "mail domain", _domain),
)

_CUSTOMER = (
    Field("customer.name", Kind.TEXT, "name"),
    Field("customer.email", Kind.TEXT, "e-mail"),
    Field("customer.country", Kind.TEXT, "country"),
    Field("customer.city", Kind.TEXT, "city"),
    Field("customer.language", Kind.TEXT, "customer's language", say=_say_language),
    Field("customer.plan", Kind.TEXT, "plan"),
    Field("customer.birth_year", Kind.NUMBER, "birth year"),
    Field("customer.profession", Kind.TEXT, "profession"),
    Field("customer.lists", Kind.WORDS, "lists"),
    Field("customer.orders", Kind.NUMBER, "orders"),
    Field("customer.revenue_12m", Kind.NUMBER, "revenue in 12 months"),
    Field("customer.lifetime_value", Kind.NUMBER, "lifetime value"),
    Field("customer.devices", Kind.WORDS, "devices"),
    Field("customer.integrations", Kind.WORDS, "integrations"),
    Field("customer.entitlements", Kind.WORDS, "entitlements"),
    Field("customer.attitude", Kind.TEXT, "attitude"),
    Field("customer.stage", Kind.TEXT, "stage"),
    Field("customer.signed_up", Kind.DATE, "signed up"),
    Field("customer.last_seen", Kind.DATE, "last seen"),
    Field("customer.renewal", Kind.DATE, "renewal date"),
    Field("customer.owner", Kind.TEXT, "account owner"),
    Field("account.name", Kind.TEXT, "company"),
    Field("account.industry", Kind.TEXT, "industry"),
    Field("account.employees", Kind.NUMBER, "employees"),
    Field("account.revenue", Kind.NUMBER, "company revenue"),
    Field("account.arr", Kind.NUMBER, "ARR"),
    Field("account.domain", Kind.TEXT, "company domain"),
)

SEGMENT = Field("segment", Kind.TEXT, "segment")
SEGMENTS = Field("segments", Kind.WORDS, "segments")


class Fields(Mapping[str, Field]):
    """An immutable table of fields by name."""

    def __init__(self, fields: Iterable[Field]) -> None:
        self._by_name = {field.name: field for field in fields}

    def __getitem__(self, name: str) -> Field:
        return self._by_name[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_name)

    def __len__(self) -> int:
        return len(self._by_name)

    def __or__(self, more: Iterable[Field]) -> Fields:
        return Fields([*self._by_name.values(), *more])


CUSTOMER_FIELDS = Fields((*_TICKET, *_CUSTOMER))
"""What a segment may look at."""

RULE_FIELDS = CUSTOMER_FIELDS | (SEGMENT, SEGMENTS)
"""What a rule may look at: the same, and the segments decided before."""
