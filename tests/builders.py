"""Small makers of the values tests need, with defaults for all that a test does not care about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from routing.assignment.staff import Agent, Queue
from routing.conditions.evaluate import Layout, View
from routing.conditions.fields import CUSTOMER_FIELDS, RULE_FIELDS, Field
from routing.conditions.tree import Condition, read_condition
from routing.events import (
    Actor,
    TicketAssigned,
    TicketMoved,
    TicketOpened,
    TicketReopened,
    TicketReplied,
    TicketSolved,
)
from routing.playbook import Playbook
from routing.replies.reply import Reply
from routing.rules.rule import After, Rule, State, Then
from routing.segments.segment import Model, Segment
from routing.tickets import Fact, Facts, Load, Priority, Status, Ticket, TicketRef, Value

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
"""The moment at which tests happen: a Monday."""

REF = TicketRef("demo", "17")


def after(**span: float) -> datetime:
    """A moment this long after noon, for example ``after(minutes=5)``."""
    return NOON + timedelta(**span)


def a_ticket(
    subject: str = "Cannot sign in",
    text: str = "Since this morning the sign-in page turns me away.",
    email: str | None = "lena@kontor.example",
    *,
    channel: str | None = "mail",
    priority: Priority | None = None,
    queue: str | None = None,
    agent: str | None = None,
    tags: Sequence[str] = (),
    status: Status = Status.OPEN,
    opened_at: datetime = NOON,
) -> Ticket:
    return Ticket(
        ref=REF,
        subject=subject,
        text=text,
        requester_email=email,
        requester_name="Lena Vogt",
        opened_at=opened_at,
        channel=channel,
        status=status,
        priority=priority,
        queue=queue,
        agent=agent,
        tags=frozenset(tags),
    )


def known(values: Mapping[str, Value], source: str = "CRM") -> dict[str, Fact]:
    """Customer facts from plain values, all of one source and as of noon."""
    return {name: Fact(value, source, NOON) for name, value in values.items()}


def some_facts(
    customer: Mapping[str, Value] | None = None,
    *,
    ticket: Ticket | None = None,
    language: str | None = "en",
    loads: Mapping[str, Load] | None = None,
    last_agent: str | None = None,
    silent: Sequence[str] = (),
) -> Facts:
    return Facts(
        ticket=ticket or a_ticket(),
        now=NOON,
        language=language,
        customer=known(customer or {}),
        loads=loads or {},
        last_agent=last_agent,
        silent=tuple(silent),
    )


def condition(raw: object, *more: Field) -> Condition:
    """A condition as it would be written in a rule, over the built-in fields and ``more``."""
    return read_condition(raw, RULE_FIELDS | more)


def a_view(when: Condition, facts: Facts) -> View:
    return Layout.of([when]).view(facts)


def a_segment(name: str = "Enterprise", when: object = "always") -> Segment:
    return Segment(name, Model.FIRMOGRAPHIC, read_condition(when, CUSTOMER_FIELDS))


def a_rule(
    name: str = "Everything to General",
    when: object = "always",
    *,
    go_on: bool = False,
    off: bool = False,
    queue: str | None = None,
    agent: str | None = None,
    priority: Priority | None = None,
    tags: Sequence[str] = (),
    first_reply: timedelta | None = None,
) -> Rule:
    return Rule(
        name=name,
        when=condition(when),
        then=Then(queue, agent, priority, tuple(tags), first_reply),
        after=After.GO_ON if go_on else After.STOP,
        state=State.OFF if off else State.ON,
    )


def an_agent(
    name: str = "Mara",
    *,
    queues: Sequence[str] = ("General",),
    languages: Sequence[str] = (),
    capacity: int = 10,
) -> Agent:
    return Agent(name, {"demo": name}, tuple(queues), frozenset(languages), capacity)


def a_reply(
    name: str = "Renew the certificate",
    body: str = "Hello {{ customer.name }}",
    *,
    language: str = "en",
    segments: Sequence[str] = (),
    topics: Sequence[str] = ("sign in",),
) -> Reply:
    return Reply(name, body, language, frozenset(segments), tuple(topics))


def a_playbook(
    *,
    rules: Sequence[Rule] = (),
    segments: Sequence[Segment] = (),
    agents: Sequence[Agent] = (),
    replies: Sequence[Reply] = (),
    queues: Sequence[str] = ("General", "Priority", "Billing"),
    default_queue: str = "General",
    version: int = 3,
) -> Playbook:
    return Playbook(
        name="Halden Books",
        default_queue=default_queue,
        queues=tuple(Queue(name, {"demo": name.lower()}) for name in queues),
        languages=("en", "de"),
        segments=tuple(segments),
        agents=tuple(agents),
        rules=tuple(rules),
        replies=tuple(replies),
        version=version,
    )


def opened(at: datetime = NOON, key: str = "opened") -> TicketOpened:
    return TicketOpened(ticket=REF, at=at, key=key, by=Actor.CUSTOMER)


def replied(
    at: datetime,
    *,
    by: Actor = Actor.AGENT,
    public: bool = True,
    agent: str | None = "5",
    key: str | None = None,
) -> TicketReplied:
    name = key or f"replied {at.isoformat()} {by}"
    return TicketReplied(ticket=REF, at=at, key=name, by=by, agent=agent, public=public)


def solved(at: datetime, *, agent: str | None = "5", key: str | None = None) -> TicketSolved:
    name = key or f"solved {at.isoformat()}"
    return TicketSolved(ticket=REF, at=at, key=name, by=Actor.AGENT, agent=agent)


def reopened(at: datetime, *, key: str | None = None) -> TicketReopened:
    name = key or f"reopened {at.isoformat()}"
    return TicketReopened(ticket=REF, at=at, key=name, by=Actor.CUSTOMER)


def moved(
    at: datetime,
    before: str | None = "1",
    queue: str | None = "2",
    *,
    by: Actor = Actor.AGENT,
    key: str | None = None,
) -> TicketMoved:
    name = key or f"moved {at.isoformat()}"
    return TicketMoved(ticket=REF, at=at, key=name, by=by, queue_before=before, queue=queue)


def assigned(at: datetime, to: str | None = "5", *, by: Actor = Actor.AGENT) -> TicketAssigned:
    return TicketAssigned(ticket=REF, at=at, key=f"assigned {at.isoformat()}", by=by, assignee=to)
