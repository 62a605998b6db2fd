"""The protocols the flows speak, the values that cross them, and the two ways they can fail."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from routing.conditions.fields import Fields
from routing.events import Event, Gone
from routing.surveys.survey import Kind
from routing.tickets import Fact, Priority, Ticket


class Unavailable(Exception):
    """The other side cannot answer now; trying again can help.

    ``retry_after`` is in seconds, where the other side said so.
    """

    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after = retry_after


class Busy(Unavailable):
    """Somebody else of ours is at the same thing now; only this one has to wait for it."""


class Refused(Exception):
    """The other side, or we, said no for a reason that trying again does not mend."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NoTicket(Refused):
    """The desk has no such ticket (any more), or hides it from us."""


class NotWanted(Refused):
    """The other side said that it wants nothing from us any more."""


class NotAuthentic(Exception):
    """A delivery that does not prove that it comes from its desk.

    ``ours`` is True where our own settings are at fault, so that trying again later can help.
    """

    def __init__(self, reason: str, *, ours: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.ours = ours


class UnknownDesk(Exception):
    """There is no desk connection of this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no desk connection “{name}”.")
        self.name = name


class Clock(Protocol):
    """Where the time comes from."""

    def now(self) -> datetime:
        """The present moment as aware UTC."""
        ...


@dataclass(frozen=True, slots=True)
class Delivery:
    """One request of a desk to our door, exactly as it came. Header names are lower case."""

    connection: str
    body: bytes
    headers: Mapping[str, str]
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Notice:
    """What a delivery says at a glance: enough to store it, without asking anyone anything.

    ``delivery_id`` is the same for each repetition of one delivery. ``echo`` is True for what
    needs no further work, and ``why`` says why: mostly, it is the news of our own write.
    """

    delivery_id: str
    kind: str
    ticket: str
    echo: bool = False
    why: str = "our own write"


RATED = "rating"
"""The kind of a notice that tells of a rating the desk asked for itself."""


@dataclass(frozen=True, slots=True)
class DeskRating:
    """A rating that a desk asked for itself, from 1 to 5.

    ``key`` is the same for each telling of one rating. ``at`` is when it was given, where the desk
    says it.
    """

    ticket: str
    key: str
    score: int
    comment: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Reading:
    """A ticket read from its desk, with everything that has happened to it so far.

    ``read_at`` is when the question was asked, so that of two readings the older can never win.
    ``facts`` are what the desk itself knows of the customer, by field name. ``mark`` is what a
    poll would give for the ticket as it was read; empty where the desk has no marks.
    ``customer_id`` is what the customer's own systems call the requester, where the desk knows it.
    ``gone`` says that the ticket is merged into another, or deleted.
    """

    ticket: Ticket
    events: tuple[Event, ...]
    read_at: datetime
    facts: Mapping[str, Fact] = field(default_factory=dict)
    mark: str = ""
    customer_id: str | None = None
    gone: Gone | None = None


@dataclass(frozen=True, slots=True)
class Changes:
    """What a decision wants the ticket to be, in the desk's own ids. None leaves a thing alone.

    ``fields`` are the desk's custom fields with their new values.
    """

    queue: str | None = None
    agent: str | None = None
    priority: Priority | None = None
    tags: frozenset[str] = frozenset()
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail. Its ``key`` is the same whenever the same mail is made again.

    ``html`` says the same as ``text`` with its looks; ``pictures`` are the PNG images it shows, by
    content id. ``headers`` stand beside the ordinary ones.
    """

    key: str
    to: str
    subject: str
    text: str
    html: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    pictures: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Composed:
    """A mail's content: its subject, its plain text, and the same with its looks and pictures."""

    subject: str
    text: str
    html: str
    pictures: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SurveyLetter:
    """What a mail that asks a customer says.

    ``link`` leads to the page, ``scores`` are the links that choose a score there, the worst
    first. ``language`` is of the question. ``unsubscribe`` leads to where its customer can say
    that they do not want to be asked again.
    """

    brand: str
    question: str
    kind: Kind
    language: str
    link: str
    scores: tuple[tuple[int, str], ...]
    unsubscribe: str
    address: str = ""
    privacy: str = ""
    first_name: str | None = None
    open_until: datetime | None = None


class Letters(Protocol):
    """What mails to customers look like."""

    def survey(self, letter: SurveyLetter) -> tuple[str, str, str]:
        """The subject, the text and the HTML of a mail that asks a customer."""
        ...


@dataclass(frozen=True, slots=True)
class HandedSurvey:
    """A survey that another system brings to its customer: by SMS, for example.

    ``survey`` is our id of it; a repeat has the same. ``text`` is the question.
    """

    survey: int
    link: str
    phone: str | None
    email: str | None
    language: str
    text: str


class HandOff(Protocol):
    """The system that brings surveys to customers where we do not ourselves."""

    def give(self, handed: HandedSurvey) -> None:
        """Hand a survey over, once however often it is called.

        Raises Unavailable, or Refused where trying again does not help.
        """
        ...


class Mailer(Protocol):
    """Takes mails to a server."""

    def send(self, mail: Mail) -> None:
        """Hand a mail over. Raises Unavailable, or Refused where trying again does not help."""
        ...

    def check(self) -> None:
        """Greet the server; returns if it would take a mail of ours."""
        ...


EVENTS: Mapping[str, str] = {
    "goal.missed": "a segment clearly misses its goal",
    "goal.met": "a goal that was missed is no longer",
    "segment.members": "customers join or leave a segment",
    "survey.ask": "a survey is to be brought to its customer, by SMS for example",
}
"""The types of news there are, and when each is told."""


@dataclass(frozen=True, slots=True)
class News:
    """Something that other tools may want to hear of, in plain JSON values.

    ``key`` is the same whenever the same news is told again: it is heard once.
    """

    type: str
    key: str
    at: datetime
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Webhook:
    """One message to one receiver. ``id`` is the same at each try; it is signed by each secret."""

    receiver: str
    url: str
    secrets: tuple[str, ...]
    id: str
    body: bytes


class Messenger(Protocol):
    """Takes messages to their receivers."""

    def check(self, url: str) -> None:
        """Return if this address may be called; Refused says why not."""
        ...

    def send(self, webhook: Webhook, at: datetime) -> None:
        """Sign and hand over. Raises Unavailable, or NotWanted where nothing is wanted any more."""
        ...


@dataclass(frozen=True, slots=True)
class Written:
    """One line of what was done to a ticket.

    ``what`` is queue, agent, priority, tags, field, note, answer or mail.

    ``done`` is False when nothing had to be, or could be, written; ``why`` says it in words.
    """

    what: str
    done: bool
    why: str


@dataclass(frozen=True, slots=True)
class Heard:
    """A ticket that a poll found: which one, and a mark that changes whenever it does."""

    ticket: str
    mark: str


@dataclass(frozen=True, slots=True)
class Directory:
    """The queues and agents a desk has: desk id to name. None where the desk does not tell."""

    queues: Mapping[str, str] | None = None
    agents: Mapping[str, str] | None = None


class Desk(Protocol):
    """One account of one help desk. All but ``notice`` may raise Unavailable or Refused."""

    def notice(self, delivery: Delivery) -> Notice:
        """Read the delivery's body without asking the desk; Refused says what is wrong with it."""
        ...

    def read(self, ticket: str) -> Reading:
        """Ask the desk for a ticket as it is now. Raises NoTicket as well."""
        ...

    def write(self, now: Reading, changes: Changes) -> tuple[Written, ...]:
        """Make the ticket as ``changes`` wants it, sending only what differs from ``now``."""
        ...

    def note(self, ticket: str, text: str, mark: str, *, first: bool = False) -> bool:
        """Add a private note unless one with this mark is there; True if it was written now.

        The desk need not be asked for it where this is the ``first`` time that anybody tries.
        """
        ...

    def reply(self, ticket: str, text: str, mark: str) -> bool:
        """Write to the customer unless a reply with this mark is there; True if written now."""
        ...

    def recent(self) -> Iterable[Heard]:
        """The tickets worth a look now, for news the desk never sent."""
        ...

    def directory(self) -> Directory:
        """The desk's queues and agents, where it tells them."""
        ...

    def check(self) -> None:
        """Ask the desk something harmless; returns if our credentials work."""
        ...


@dataclass(frozen=True, slots=True)
class Requester:
    """Whom a customer source is asked about."""

    email: str | None
    external_id: str | None = None


@dataclass(frozen=True, slots=True)
class Gathered:
    """What the customer sources know together, and which of them did not answer in time."""

    facts: Mapping[str, Fact]
    silent: tuple[str, ...] = ()


class Customers(Protocol):
    """All customer sources as one."""

    def gather(self, whos: Sequence[Requester], fields: Fields) -> Iterator[Gathered]:
        """What is known of each, the most trusted source first, one after the other.

        Never raises, and waits for none of them for long. Stop asking when there is no time left.
        """
        ...


class CustomerSource(Protocol):
    """One place that knows customers: a file's rows, an SQL query, a CRM."""

    @property
    def name(self) -> str:
        """What people call it; stored beside every fact it gives."""
        ...

    @property
    def first_for(self) -> frozenset[str]:
        """The fields for which it is believed before the sources above it."""
        ...

    def look_up(self, who: Requester, fields: Fields) -> Mapping[str, Fact] | None:
        """What it knows, by field name; None if it does not know them.

        Raises Unavailable where it is silent, and Refused where its answer is of no use.
        """
        ...

    def fall_back(self, who: Requester, fields: Fields) -> Mapping[str, Fact] | None:
        """What it said before, to be used while it is silent; None where that is too old."""
        ...

    def was_late(self) -> None:
        """The ticket could not wait for its answer any longer."""
        ...


class Desks(Protocol):
    """Every desk that is connected. What is asked about one that is not raises UnknownDesk."""

    def named(self, connection: str) -> Desk:
        """The desk of this connection."""
        ...

    def names(self) -> tuple[str, ...]:
        """The connections there are."""
        ...

    def verify(self, delivery: Delivery, path_secret: str | None) -> None:
        """Return if the delivery proves that it comes from its desk; raises NotAuthentic."""
        ...

    def rating(self, connection: str, body: bytes) -> DeskRating:
        """The rating that a delivery of the kind RATED tells of. Raises Refused."""
        ...


class Links(Protocol):
    """Addresses that people follow, and the tokens in them."""

    def panel(self, connection: str, ticket: str) -> str:
        """The agent's panel for a ticket."""
        ...

    def survey(self, survey: int, score: int | None = None) -> str:
        """A customer's survey, signed."""
        ...

    def read_survey(self, token: str) -> int | None:
        """The survey of a token we have signed; None for any other."""
        ...

    def unsubscribe(self, survey: int, mark: str) -> str:
        """Where the customer with this mark says that they do not want to be asked, signed."""
        ...

    def unsubscribe_token(self, survey: int, mark: str) -> str:
        """The token in that address."""
        ...

    def read_unsubscribe(self, token: str) -> tuple[int, str] | None:
        """The survey and the mark of such a token; None for any other."""
        ...

    def stop(self, subscription: int) -> str:
        """Where a subscription to mails is ended without signing in, signed."""
        ...

    def read_stop(self, token: str) -> int | None:
        """The subscription of a token we have signed; None for any other."""
        ...

    def page(self, path: str) -> str:
        """A page of ours, by its path from the root."""
        ...


class Jobs(Protocol):
    """The doorbell: tells the workers that there is something to do. Never carries data."""

    def ring(self) -> None:
        """Wake a worker soon. Never raises and never waits: the sweep makes up for a lost ring."""
        ...
