"""New tickets without end, and the people who answer them: the living part of the demo."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from random import Random

from plugin.demo.samples.dice import dice
from plugin.demo.samples.letters import (
    Letter,
    choose_language,
    choose_topic,
    write_answer,
    write_letter,
    write_return,
)
from plugin.demo.samples.manners import MANNERS, Course, Rating, rate
from plugin.demo.samples.people import Group, SampleCustomer, strangers

_STRANGERS = 0.1
_BY_API = 0.2
_TOPICS_APART = 8
_CUSTOMERS_APART = 40


@dataclass(frozen=True, slots=True)
class Incoming:
    """A ticket about to be opened. ``via`` is form or api.

    ``customer`` is the sample customer's id, None for somebody no source knows. ``topic``,
    ``language`` (ISO 639-1) and ``group`` are what the simulated agents go by.
    """

    subject: str
    text: str
    email: str
    name: str
    via: str
    customer: str | None
    topic: str
    language: str
    group: Group


def incoming(seed: int, people: Sequence[SampleCustomer]) -> Iterator[Incoming]:
    """New tickets, without end; neither a topic nor a customer comes back too soon."""
    rng = dice(seed, "incoming")
    unknown = strangers(dice(seed, "new strangers"), people)
    sums = list(accumulate(MANNERS[one.group].writes for one in people))
    recent_topics: deque[str] = deque(maxlen=_TOPICS_APART)
    recent_people: deque[str] = deque(maxlen=min(_CUSTOMERS_APART, len(people) // 2))
    while True:
        stranger = not people or rng.random() < _STRANGERS
        customer = next(unknown) if stranger else rng.choices(people, cum_weights=sums)[0]
        if customer.email in recent_people:
            continue
        topic = choose_topic(rng, customer, dict.fromkeys(recent_topics, 0.0))
        recent_topics.append(topic.name)
        recent_people.append(customer.email)
        letter = write_letter(rng, customer, topic, choose_language(rng, customer))
        yield Incoming(
            subject=letter.subject,
            text=letter.text,
            email=customer.email,
            name=customer.name,
            via="api" if rng.random() < _BY_API else "form",
            customer=None if stranger else customer.id,
            topic=letter.topic,
            language=letter.language,
            group=customer.group,
        )


def agent_answer(rng: Random, ticket: Incoming, agent: str) -> str:
    """What a simulated agent of this name answers, in the ticket's language."""
    letter = Letter(ticket.topic, ticket.language, ticket.subject, ticket.text)
    return write_answer(rng, letter, ticket.name, agent)


def customer_return(rng: Random, ticket: Incoming, *, solved: bool) -> str:
    """What the customer writes after an answer: thanks, or that it is not solved."""
    return write_return(rng, ticket.language, ticket.name, solved=solved)


def rating(
    rng: Random,
    ticket: Incoming,
    first_reply_minutes: float,
    *,
    transfers: int = 0,
    reopens: int = 0,
) -> Rating | None:
    """The customer's rating of 1 to 5 for a ticket that went like this; None for no answer."""
    course = Course(ticket.group, ticket.language, first_reply_minutes, transfers, reopens)
    return rate(rng, course)
