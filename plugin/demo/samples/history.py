"""Three months of past tickets, as a help desk would export them.

The columns of the CSV, one row per ticket, UTF-8, ISO 8601 times with offset:

``id``, ``subject``, ``text``, ``requester_email``, ``requester_name``, ``channel`` (web, mail,
chat, phone or api), ``queue``, ``agent`` (both by name), ``priority`` (low, normal, high or
urgent), ``opened_at``, ``first_reply_at``, ``solved_at`` (when it was last solved; empty while it
is open), ``reopens``, ``transfers``, ``rating`` (1 to 5) and ``rating_comment``. An empty cell
means that it did not happen, or not yet.
"""

from __future__ import annotations

import csv
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import accumulate
from pathlib import Path

from plugin.demo.samples.dice import around, dice, minutes, weighted
from plugin.demo.samples.letters import Letter, choose_language, choose_topic, write_letter
from plugin.demo.samples.manners import MANNERS, Course, Manner, Rating, rate
from plugin.demo.samples.material import Topic, sample_playbook
from plugin.demo.samples.people import Group, SampleCustomer, strangers

COLUMNS = (
    "id",
    "subject",
    "text",
    "requester_email",
    "requester_name",
    "channel",
    "queue",
    "agent",
    "priority",
    "opened_at",
    "first_reply_at",
    "solved_at",
    "reopens",
    "transfers",
    "rating",
    "rating_comment",
)
"""The header of the CSV."""

_BY_WEEKDAY = (1.25, 1.12, 1.0, 0.97, 0.86, 0.22, 0.15)
_BY_HOUR = (1, 1, 1, 1, 1, 3, 9, 22, 38, 42, 38, 30, 22, 30, 36, 33, 26, 17, 11, 9, 8, 6, 4, 2)
_OPENS = time(7)
_CLOSES = time(18)
_GROWTH = 0.3
_STRANGERS = 0.06
_WRONG_QUEUE = 0.04
_SAME_AGENT = 0.6

# The stories in the data: a layout nobody asked for, one bad afternoon, and two people hired.
_LAYOUT_FROM = 0.55
_OUTAGE_AT = 0.64
_HIRED_FROM = 0.5

_CHANNELS = {"web": 42.0, "mail": 38.0, "chat": 12.0, "phone": 8.0}
_OFFICE_CHANNELS = {"web": 25.0, "mail": 55.0, "api": 12.0, "phone": 8.0}
_OFFICE = frozenset({Group.VIP, Group.ENTERPRISE, Group.REGULATED})


@dataclass(frozen=True, slots=True)
class SampleTicket:
    """One past ticket; times are aware UTC. ``queue`` and ``agent`` are names, where it ended.

    ``topic``, ``language`` and ``group`` are the generator's own and are in no file.
    """

    id: str
    subject: str
    text: str
    requester_email: str
    requester_name: str
    channel: str
    queue: str
    agent: str
    priority: str
    opened_at: datetime
    first_reply_at: datetime | None
    solved_at: datetime | None
    reopens: int
    transfers: int
    rating: Rating | None
    topic: str
    language: str
    group: Group


def tickets(
    seed: int, people: Sequence[SampleCustomer], end: datetime, days: int = 90, count: int = 2400
) -> tuple[SampleTicket, ...]:
    """``count`` tickets opened in the ``days`` before ``end`` (aware), in order of opening.

    Raises ValueError for a naive ``end``.
    """
    if end.tzinfo is None:
        raise ValueError("The end of the history needs a time zone, for example UTC.")
    return tuple(_History(seed, people, end.astimezone(UTC), days).tickets(count))


def write_tickets_csv(path: Path, past: Sequence[SampleTicket]) -> None:
    """Write the tickets as UTF-8 CSV with the columns of this module's description."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for one in past:
            rating = one.rating or Rating(0)
            cells = {
                **{column: getattr(one, column, "") for column in COLUMNS},
                "opened_at": one.opened_at.isoformat(),
                "first_reply_at": one.first_reply_at.isoformat() if one.first_reply_at else "",
                "solved_at": one.solved_at.isoformat() if one.solved_at else "",
                "rating": rating.score or "",
                "rating_comment": rating.comment or "",
            }
            writer.writerow(cells[column] for column in COLUMNS)


def queue_for(customer: SampleCustomer, topic: Topic, language: str) -> str:
    """The queue that serves this customer best with this topic, as the sample playbook has it."""
    country = customer.facts.get("customer.country")
    small = float(customer.facts.get("account.employees", 10)) < 10
    chosen = (
        (customer.group is Group.VIP, "Priority"),
        (_is_for_compliance(customer, topic), "Compliance"),
        (customer.group is Group.ENTERPRISE, "Enterprise desk"),
        (customer.group is Group.TRIAL, "Onboarding"),
        (topic.route == "technical", "Technical"),
        (topic.route == "leaving", "Retention"),
        (customer.group is Group.AT_RISK, "Retention"),
        (small and country in {"DE", "AT", "CH"}, "Shops DACH"),
        (small and language == "de", "Shops DACH"),
        ("account.employees" not in customer.facts and language == "de", "Shops DACH"),
        (small and country in {"FR", "ES"}, "Shops FR and ES"),
        (language in {"fr", "es"}, "Shops FR and ES"),
    )
    return next((queue for fits, queue in chosen if fits), "General")


def _is_for_compliance(customer: SampleCustomer, topic: Topic) -> bool:
    if topic.route != "compliance":
        return False
    size = float(customer.facts.get("account.employees", 0))
    return topic.name in {"dpa", "erase-data"} or size >= 10


class _History:
    """One run of the generator: who may write when, and what has happened so far."""

    def __init__(
        self, seed: int, people: Sequence[SampleCustomer], end: datetime, days: int
    ) -> None:
        self.rng = dice(seed, "history")
        self.end = end
        self.start = end - timedelta(days=days)
        self.length = timedelta(days=days)
        self.people = sorted(people, key=lambda one: (one.since, one.id))
        self.sums = list(accumulate(MANNERS[one.group].writes for one in self.people))
        self.starts = [one.since for one in self.people]
        self.strangers = strangers(dice(seed, "strangers"), people)
        self.last_agent: dict[str, str] = {}
        self.days, self.day_weights = self._days()

    def tickets(self, count: int) -> Iterator[SampleTicket]:
        opened = sorted(self._opened_at() for _ in range(count))
        for number, at in enumerate(opened):
            yield self._ticket(f"H{number + 10001}", at)

    def _days(self) -> tuple[list[datetime], list[float]]:
        """Midnights from the first day to the last, and how many tickets each gets, compared."""
        first = datetime.combine(self.start.date(), time(), UTC)
        days = [first + timedelta(days=day) for day in range(self.length.days + 1)]
        outage = (self.start + _OUTAGE_AT * self.length).date()
        weights = [
            _BY_WEEKDAY[day.weekday()]
            * (1 + _GROWTH * self._progress(day))
            * (1.5 if day.date() == outage else 1.0)
            for day in days
        ]
        return days, list(accumulate(weights))

    def _progress(self, at: datetime) -> float:
        return min(1.0, max(0.0, (at - self.start) / self.length))

    def _opened_at(self) -> datetime:
        while True:
            day = self.rng.choices(self.days, cum_weights=self.day_weights)[0]
            hour = self.rng.choices(range(24), _BY_HOUR)[0]
            at = day + timedelta(hours=hour, seconds=self.rng.randrange(3600))
            if self.start <= at < self.end:
                return at

    def _customer(self, at: datetime) -> SampleCustomer:
        """Somebody who was a customer by then, or now and then a stranger."""
        known = bisect_right(self.starts, at.date())
        if known == 0 or self.rng.random() < _STRANGERS:
            return next(self.strangers)
        place = bisect_right(self.sums, self.rng.random() * self.sums[known - 1])
        return self.people[min(place, known - 1)]

    def _ticket(self, number: str, at: datetime) -> SampleTicket:
        customer = self._customer(at)
        topic = choose_topic(self.rng, customer, self._boost(at))
        language = choose_language(self.rng, customer)
        letter = write_letter(self.rng, customer, topic, language)
        manner = MANNERS[customer.group]
        queue, transfers = self._queue(customer, topic, language, manner)
        first_reply_at = self._first_reply(customer, at, manner, transfers)
        solved_at, reopens = self._solved(first_reply_at, manner)
        replied = first_reply_at if first_reply_at < self.end else None
        return SampleTicket(
            id=number,
            subject=letter.subject,
            text=letter.text,
            requester_email=customer.email,
            requester_name=customer.name,
            channel=weighted(
                self.rng, _OFFICE_CHANNELS if customer.group in _OFFICE else _CHANNELS
            ),
            queue=queue,
            agent=self._agent(customer, queue, language),
            priority=_priority(customer, topic),
            opened_at=at,
            first_reply_at=replied,
            solved_at=solved_at,
            reopens=reopens,
            transfers=transfers,
            rating=self._rating(customer, letter, at, first_reply_at, transfers, reopens)
            if solved_at
            else None,
            topic=topic.name,
            language=language,
            group=customer.group,
        )

    def _boost(self, at: datetime) -> dict[str, float]:
        progress = self._progress(at)
        outage = self.start + _OUTAGE_AT * self.length
        struck = at.date() == outage.date() and 11 <= at.hour < 18
        grown = max(0.0, (progress - _LAYOUT_FROM) / (1 - _LAYOUT_FROM))
        return {"invoice-layout": 1 + 6 * grown, "outage": 60.0 if struck else 0.4}

    def _queue(
        self, customer: SampleCustomer, topic: Topic, language: str, manner: Manner
    ) -> tuple[str, int]:
        """The queue where the ticket ended, and how often people moved it."""
        queue = queue_for(customer, topic, language)
        if self.rng.random() < manner.moves:
            return queue, 1 if self.rng.random() < 0.85 else 2
        if self.rng.random() < _WRONG_QUEUE:
            return "General", 0
        return queue, 0

    def _agent(self, customer: SampleCustomer, queue: str, language: str) -> str:
        """Somebody of the queue who speaks the language, often the same person as last time."""
        team = [agent for agent in sample_playbook().agents if queue in agent.queues]
        speakers = [a.name for a in team if not a.languages or language in a.languages]
        able = speakers or [agent.name for agent in team]
        last = self.last_agent.get(customer.email)
        same = last in able and self.rng.random() < _SAME_AGENT
        agent = last if same and last else self.rng.choice(able)
        self.last_agent[customer.email] = agent
        return agent

    def _first_reply(
        self, customer: SampleCustomer, at: datetime, manner: Manner, transfers: int
    ) -> datetime:
        pace = 1.0 + 0.7 * transfers
        if customer.group is Group.SOUTH and self._progress(at) > _HIRED_FROM:
            pace *= 0.6
        begins = at if manner.always_open else _in_working_time(at)
        return begins + minutes(around(self.rng, manner.first_reply * pace, 0.8))

    def _solved(self, first_reply_at: datetime, manner: Manner) -> tuple[datetime | None, int]:
        """When it was last solved, None while it is open, and how often it was opened again."""
        solved_at = self._done(first_reply_at, manner, 1.0)
        reopens = 0
        while solved_at < self.end and reopens < 2 and self.rng.random() < manner.reopens:
            again = solved_at + minutes(around(self.rng, 20 * 60, 0.8))
            if again >= self.end:
                break
            reopens += 1
            solved_at = self._done(again, manner, 1.3)
        return (solved_at if solved_at < self.end else None), reopens

    def _done(self, begun: datetime, manner: Manner, pace: float) -> datetime:
        done = begun + minutes(around(self.rng, manner.work * 60 * pace, 0.9))
        return done if manner.always_open else _in_working_time(done)

    def _rating(  # ruff: ignore[too-many-arguments, too-many-positional-arguments] - a rating hangs on all of it
        self,
        customer: SampleCustomer,
        letter: Letter,
        opened_at: datetime,
        first_reply_at: datetime,
        transfers: int,
        reopens: int,
    ) -> Rating | None:
        manner = MANNERS[customer.group]
        begins = opened_at if manner.always_open else _in_working_time(opened_at)
        course = Course(
            group=customer.group,
            language=letter.language,
            first_reply_minutes=(first_reply_at - begins) / timedelta(minutes=1),
            transfers=transfers,
            reopens=reopens,
            progress=self._progress(opened_at),
        )
        return rate(self.rng, course)


def _priority(customer: SampleCustomer, topic: Topic) -> str:
    if topic.name == "outage":
        return "urgent"
    if topic.route == "leaving" or customer.group in {Group.VIP, Group.ENTERPRISE, Group.AT_RISK}:
        return "high"
    return "low" if topic.name == "wish" else "normal"


def _in_working_time(at: datetime) -> datetime:
    """The same moment if somebody is at work then, else the next morning of a working day."""
    if at.weekday() < 5 and _OPENS <= at.time() < _CLOSES:
        return at
    day = at if at.time() < _OPENS else at + timedelta(days=1)
    while day.weekday() >= 5:
        day += timedelta(days=1)
    late = timedelta(seconds=at.minute * 60 + at.second)
    return datetime.combine(day.date(), _OPENS, UTC) + late
