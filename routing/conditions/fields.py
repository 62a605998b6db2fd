"""The table of fields: what a condition may look at, where it comes from, how it is said."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import cache
from types import MappingProxyType

from routing.conditions.operators import Change, Looks
from routing.conditions.values import HELD_AS, Kind, as_kind, normal, say
from routing.hours import Schedule
from routing.languages import language_name
from routing.tickets import Fact, Facts, Priority, Status, Value


@dataclass(frozen=True, slots=True)
class Derived:
    """A value worked out of another field's; ``work_out`` gives None where it can't be."""

    of: str
    work_out: Callable[[Value, datetime], Value | None]


@dataclass(frozen=True, slots=True)
class Field:
    """One thing a condition can ask about.

    ``read`` takes it from the facts; where it is None the value is a customer fact of this name,
    or ``derived`` from another one where that is known. ``clock`` is there for what is read from
    the moment alone, and so is the same for all rows of a table that are seen at one moment.
    ``says`` is the field in a sentence: "<says> is at least 1,000"; ``say`` says its values.
    ``group`` is its heading in lists. ``choices`` are the usual values, for a form.
    """

    name: str
    kind: Kind
    says: str
    read: Callable[[Facts], Value | None] | None = None
    say: Callable[[Value | None], str] = say
    group: str = "Your own"
    choices: tuple[str, ...] = ()
    derived: Derived | None = None
    clock: Callable[[datetime], Value] | None = None

    def fact(self, facts: Facts) -> Fact | None:
        """What is known about this field, with its source; None when it is unknown."""
        if self.read is not None:
            value = self.read(facts)
            source = "ticket" if self.clock is None else "clock"
            return None if value is None else Fact(value, source, facts.now)
        if self.derived is not None and (found := self._derived(facts, self.derived)) is not None:
            return found
        fact = facts.customer.get(self.name)
        if fact is None or type(fact.value) is HELD_AS[self.kind]:
            return fact
        # The field's kind was changed since the fact was learned.
        value = as_kind(self.kind, fact.value)
        return None if value is None else replace(fact, value=value)

    @staticmethod
    def _derived(facts: Facts, derived: Derived) -> Fact | None:
        fact = facts.customer.get(derived.of)
        if fact is None:
            return None
        value = derived.work_out(fact.value, facts.now)
        return None if value is None else replace(fact, value=value)


def looked_at(field: Field, looks: Looks, fact: Fact | None, facts: Facts) -> object | None:
    """What an operator that looks in this way sees of a field; None where it is unknown."""
    if looks is Looks.CHANGE:
        if field.name not in facts.before:
            return None
        before = facts.before[field.name]
        old = None if before is None else as_kind(field.kind, before)
        return Change(
            None if old is None else normal(old), None if fact is None else normal(fact.value)
        )
    if fact is None:
        return None
    match looks:
        case Looks.FRESHNESS:
            return fact.is_fresh(facts.now)
        case Looks.AGE:
            return age(fact.value, facts.now)
        case _:
            return normal(fact.value)


def age(value: Value, now: datetime) -> timedelta | None:
    """How long before ``now`` a date or moment is; in whole days for a date."""
    if isinstance(value, datetime):
        return now - value
    return now.date() - value if isinstance(value, date) else None


def _domain(facts: Facts) -> str | None:
    _, at, domain = (facts.ticket.requester_email or "").rpartition("@")
    return domain if at and domain else None


def _say_language(value: Value | None) -> str:
    return language_name(value) if isinstance(value, str) else say(value)


def _say_year(value: Value | None) -> str:
    return f"{value:.0f}" if isinstance(value, float) and value.is_integer() else say(value)


def _years_since(value: Value, now: datetime) -> float | None:
    """The age somebody reaches in this year: of a birth no more than the year is kept."""
    year = as_kind(Kind.NUMBER, value)
    years = now.year - year if isinstance(year, float) else -1
    return float(years) if 0 <= years <= 130 else None


def _is_none(value: Value, _now: datetime) -> bool | None:
    count = as_kind(Kind.NUMBER, value)
    return count == 0 if isinstance(count, float) else None


WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
STAGES = ("visitor", "trial", "onboarding", "active", "at risk", "churned", "loyal")


def _text(group: str, name: str, says: str, *choices: str) -> Field:
    return Field(name, Kind.TEXT, says, group=group, choices=choices)


def _number(group: str, name: str, says: str) -> Field:
    return Field(name, Kind.NUMBER, says, group=group)


def _date(group: str, name: str, says: str) -> Field:
    return Field(name, Kind.DATE, says, group=group)


def _words(group: str, name: str, says: str, *choices: str) -> Field:
    return Field(name, Kind.WORDS, says, group=group, choices=choices)


def _ticket(name: str, kind: Kind, says: str, read: Callable[[Facts], Value | None]) -> Field:
    return Field(name, kind, says, read, group="Ticket")


_LANGUAGE = _ticket("ticket.language", Kind.TEXT, "language", lambda f: f.language)
_PRIORITY = _ticket("ticket.priority", Kind.TEXT, "priority", lambda f: f.ticket.priority)
_STATUS = _ticket("ticket.status", Kind.TEXT, "status", lambda f: f.ticket.status)
_TICKET = (
    _ticket("ticket.subject", Kind.TEXT, "subject", lambda f: f.ticket.subject),
    _ticket("ticket.text", Kind.TEXT, "text", lambda f: f"{f.ticket.subject}\n{f.ticket.text}"),
    replace(_LANGUAGE, say=_say_language),
    _ticket("ticket.channel", Kind.TEXT, "channel", lambda f: f.ticket.channel),
    replace(_PRIORITY, choices=tuple(Priority)),
    replace(_STATUS, choices=tuple(Status)),
    _ticket("ticket.queue", Kind.TEXT, "queue so far", lambda f: f.ticket.queue),
    _ticket("ticket.agent", Kind.TEXT, "agent so far", lambda f: f.ticket.agent),
    _ticket("ticket.tags", Kind.WORDS, "tags", lambda f: f.ticket.tags),
    _ticket("ticket.requester_domain", Kind.TEXT, "mail domain", _domain),
    _ticket("ticket.rating", Kind.NUMBER, "rating (1 to 5)", lambda f: f.rating),
    _ticket("ticket.opened", Kind.MOMENT, "opened", lambda f: f.ticket.opened_at),
)

_PERSON = "Person"
_PLACE = "Place"
_COMPANY = "Company"
_TECHNOLOGY = "Technology"
_BEHAVIOUR = "Behaviour"
_WORTH = "Value"
_NEEDS = "Needs"
_ATTITUDE = "Attitude"
_JOURNEY = "Journey"

REVENUE = "customer.revenue_12m"
"""The field that says what a customer brings, in the playbook's currency, in 12 months."""

LIFETIME = "customer.lifetime_value"
"""The field that says what they have brought in all."""

_CUSTOMER = (
    _text(_PERSON, "customer.name", "name"),
    _text(_PERSON, "customer.email", "e-mail"),
    replace(_text(_PERSON, "customer.language", "customer's language"), say=_say_language),
    replace(_number(_PERSON, "customer.birth_year", "birth year"), say=_say_year),
    replace(
        _number(_PERSON, "customer.age", "age"),
        derived=Derived("customer.birth_year", _years_since),
    ),
    _text(_PERSON, "customer.profession", "profession"),
    _number(_PERSON, "customer.income", "yearly income"),
    _text(_PERSON, "customer.education", "education"),
    _text(_PERSON, "customer.marital_status", "marital status"),
    _number(_PERSON, "customer.household", "people in the household"),
    _words(_PERSON, "customer.lists", "lists"),
    _text(_PERSON, "customer.owner", "account owner"),
    _text(_PLACE, "customer.country", "country"),
    _text(_PLACE, "customer.region", "region"),
    _text(_PLACE, "customer.state", "state"),
    _text(_PLACE, "customer.city", "city"),
    _text(_PLACE, "customer.postcode", "postcode"),
    _text(_PLACE, "customer.climate", "climate"),
    _text(_PLACE, "customer.time_zone", "time zone"),
    _text(_COMPANY, "account.name", "company"),
    _text(_COMPANY, "account.domain", "company domain"),
    _text(_COMPANY, "account.industry", "industry"),
    _text(_COMPANY, "account.size", "company size"),
    _number(_COMPANY, "account.employees", "employees"),
    _number(_COMPANY, "account.revenue", "company revenue"),
    _number(_COMPANY, "account.arr", "ARR"),
    _number(_COMPANY, "account.mrr", "MRR"),
    _text(_COMPANY, "account.country", "company country"),
    _text(_COMPANY, "account.city", "company city"),
    Field("account.b2b", Kind.YES_NO, "sells to companies", group=_COMPANY),
    _words(_TECHNOLOGY, "customer.devices", "devices"),
    _text(_TECHNOLOGY, "customer.os", "operating system"),
    _text(_TECHNOLOGY, "customer.browser", "browser"),
    _words(_TECHNOLOGY, "customer.apps", "apps"),
    _words(_TECHNOLOGY, "customer.integrations", "integrations"),
    _number(_BEHAVIOUR, "customer.orders", "orders"),
    _date(_BEHAVIOUR, "customer.first_order", "first order"),
    _date(_BEHAVIOUR, "customer.last_order", "last order"),
    _date(_BEHAVIOUR, "customer.last_seen", "last seen"),
    _date(_BEHAVIOUR, "customer.cart_abandoned", "cart abandoned"),
    _number(_BEHAVIOUR, "customer.sessions_30d", "visits in 30 days"),
    _number(_BEHAVIOUR, "customer.usage_change", "change of usage in %"),
    _words(_BEHAVIOUR, "customer.features", "features used"),
    _number(_BEHAVIOUR, "customer.days_to_pay", "days to pay"),
    _number(_BEHAVIOUR, "customer.tickets", "tickets before this one"),
    Field(
        "customer.first_contact",
        Kind.YES_NO,
        "first contact",
        group=_BEHAVIOUR,
        derived=Derived("customer.tickets", _is_none),
    ),
    _number(_WORTH, REVENUE, "revenue in 12 months"),
    _number(_WORTH, LIFETIME, "lifetime value"),
    _number(_WORTH, "customer.expected_value", "value expected in 12 months"),
    _number(_WORTH, "customer.aov", "average order"),
    _number(_WORTH, "customer.revenue_rank", "rank by revenue in % from the top"),
    _text(_WORTH, "customer.rfm", "RFM class"),
    _words(_NEEDS, "customer.needs", "needs"),
    _words(_NEEDS, "customer.topics", "topics asked about"),
    _words(_NEEDS, "customer.entitlements", "entitlements"),
    _text(_ATTITUDE, "customer.attitude", "attitude"),
    _words(_ATTITUDE, "customer.values", "values"),
    _text(_ATTITUDE, "customer.tone", "preferred tone"),
    _text(_ATTITUDE, "customer.channel", "preferred channel"),
    _words(_ATTITUDE, "customer.preferences", "preferences"),
    _text(_JOURNEY, "customer.stage", "stage", *STAGES),
    _text(_JOURNEY, "customer.plan", "plan"),
    _date(_JOURNEY, "customer.signed_up", "signed up"),
    _date(_JOURNEY, "customer.trial_ends", "end of trial"),
    _date(_JOURNEY, "customer.renewal", "renewal date"),
    _date(_JOURNEY, "customer.churned", "churn date"),
    _number(_JOURNEY, "customer.satisfaction", "satisfaction (1 to 5)"),
    _number(_JOURNEY, "customer.nps", "likely to recommend (0 to 10)"),
)


@cache
def clock_fields(zone: tzinfo) -> tuple[Field, ...]:
    """The fields of the clock and the calendar, as they are read in this time zone."""

    def clock(name: str, kind: Kind, says: str, local: Callable[[datetime], Value]) -> Field:
        def tell(now: datetime) -> Value:
            return local(now.astimezone(zone))

        return Field(name, kind, says, lambda f: tell(f.now), group="Time", clock=tell)

    weekday = clock("time.weekday", Kind.TEXT, "weekday", lambda at: WEEKDAYS[at.weekday()])
    return (
        clock("time.now", Kind.MOMENT, "now", lambda at: at.astimezone(UTC)),
        clock("time.date", Kind.DATE, "today", lambda at: at.date()),
        replace(weekday, choices=WEEKDAYS),
        clock("time.hour", Kind.NUMBER, "hour", lambda at: float(at.hour)),
        clock("time.day", Kind.NUMBER, "day of the month", lambda at: float(at.day)),
        clock("time.month", Kind.NUMBER, "month", lambda at: float(at.month)),
    )


SEGMENT = Field("segment", Kind.TEXT, "segment", group="Segment")
SEGMENTS = Field("segments", Kind.WORDS, "segments", group="Segment")


class Fields(Mapping[str, Field]):
    """An immutable table of fields by name, with the ``schedules`` that tests may name."""

    def __init__(self, fields: Iterable[Field], schedules: Iterable[Schedule] = ()) -> None:
        self._by_name = {field.name: field for field in fields}
        self.schedules: Mapping[str, Schedule] = MappingProxyType(
            {schedule.name: schedule for schedule in schedules}
        )

    def __getitem__(self, name: str) -> Field:
        return self._by_name[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_name)

    def __len__(self) -> int:
        return len(self._by_name)

    def __or__(self, more: Iterable[Field]) -> Fields:
        return Fields([*self._by_name.values(), *more], self.schedules.values())

    def using(self, schedules: Iterable[Schedule]) -> Fields:
        """The same fields with other schedules."""
        return Fields(self._by_name.values(), schedules)


CUSTOMER_FIELDS = Fields((*_TICKET, *clock_fields(UTC), *_CUSTOMER))
"""What a segment may look at."""

RULE_FIELDS = CUSTOMER_FIELDS | (SEGMENT, SEGMENTS)
"""What a rule may look at: the same, and the segments decided before."""
