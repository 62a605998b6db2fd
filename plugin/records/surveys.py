"""Questions to customers, what came of them, and who does not want to be asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from plugin.ports import DeskRating
from plugin.records.page import Page
from plugin.records.tickets import StoredTicket
from plugin.records.turns import DueTicket
from plugin.views.surveys import SurveyComment
from routing.surveys.survey import Kind


@dataclass(frozen=True, slots=True)
class PlannedSurvey:
    """A survey as it is kept at the solving it is about.

    ``name``, ``kind`` and ``channel`` are the playbook's. ``agent`` is who solved it, by name.
    ``why`` says why it is not asked, empty where it is.
    """

    name: str
    kind: Kind
    channel: str
    solving: str
    solved_at: datetime
    due_at: datetime
    agent: str | None
    why: str = ""


@dataclass(frozen=True, slots=True)
class StoredSurvey:
    """One survey with what its page shows. One that is not asked has its ``why``."""

    id: int
    ticket: StoredTicket
    name: str
    kind: Kind
    solved_at: datetime
    language: str | None
    agent_name: str | None
    due_at: datetime | None
    sent_at: datetime | None
    score: int | None
    comment: str
    second: str = ""
    why: str = ""


def survey_mail(survey: int) -> str:
    """The key of the mail that asks a survey."""
    return f"survey-{survey}"


@dataclass(frozen=True, slots=True)
class SurveyTally:
    """How often a survey was sent to a segment, and how often each score was the answer."""

    name: str
    kind: Kind
    channel: str
    segment: str | None
    sent: int
    waiting: int
    not_asked: int
    scores: Mapping[int, int]

    @property
    def answered(self) -> int:
        """How many answers there are."""
        return sum(self.scores.values())


class Surveys(Protocol):
    """Questions to customers, one per solving."""

    def plan(self, ticket: StoredTicket, planned: PlannedSurvey, now: datetime) -> int:
        """Keep a survey, credited as the ticket stands now; the same id if it is kept already."""
        ...

    def lock(self, email: str) -> None:
        """Let nobody else ask this customer until this transaction ends."""
        ...

    def last_asked(self, email: str, besides: int) -> datetime | None:
        """When a customer was sent a survey last, but for this one."""
        ...

    def is_asked(self, email: str, besides: int, now: datetime) -> bool:
        """Whether somebody is sending another survey to this customer at this moment."""
        ...

    def hold(self, survey: int, now: datetime, until: datetime) -> bool:
        """Be the only one to send it until then; False if it is sent, or somebody else is at it."""
        ...

    def let_go(self, survey: int) -> None:
        """Let others send it at once, after we could not."""
        ...

    def sent(self, survey: int, now: datetime) -> None:
        """The survey is on its way to the customer."""
        ...

    def not_asked(self, survey: int, why: str) -> None:
        """The survey is not asked any more."""
        ...

    def call_off(self, ticket: int, but: str | None, why: str) -> int:
        """Call off the surveys of a ticket that wait, but for one solving; how many there were."""
        ...

    def due(self, after: datetime, until: datetime) -> list[tuple[int, DueTicket]]:
        """Surveys that became due in this span and wait, with their tickets, the oldest first."""
        ...

    def get(self, survey: int) -> StoredSurvey | None:
        """A survey by its id."""
        ...

    def answer(self, survey: int, score: int, comment: str, second: str, now: datetime) -> None:
        """Keep the customer's answer; a later one takes the place of an earlier one."""
        ...

    def rated(self, ticket: StoredTicket, rating: DeskRating, at: datetime, now: datetime) -> bool:
        """Keep a rating that the desk asked for, given ``at``; False if it is known, or older.

        Ratings told in any order, and however often, come to the same.
        """
        ...

    def ratings(self, ticket: int) -> list[tuple[str, int, datetime]]:
        """The scores from 1 to 5 given for a ticket, by a key of each, and when, oldest first."""
        ...


class Unsubscribed(Protocol):
    """Customers who do not want to be asked, known by a mark that is no address."""

    def mark(self, email: str) -> str:
        """By what a customer's wish not to be asked is known, without their address."""
        ...

    def since(self, email: str) -> datetime | None:
        """Since when a customer does not want to be asked; None if they may be."""
        ...

    def has_left(self, mark: str) -> bool:
        """Whether the customer with this mark does not want to be asked."""
        ...

    def leave(self, mark: str, now: datetime) -> None:
        """Ask the customer with this mark no more."""
        ...

    def come_back(self, mark: str) -> None:
        """Let the customer with this mark be asked again."""
        ...


class ResultsOfSurveys(Protocol):
    """What came of surveys."""

    def tallies(self, since: datetime) -> list[SurveyTally]:
        """What came of surveys about tickets solved since then, by survey and segment."""
        ...

    def reasons(self, since: datetime) -> dict[str, int]:
        """Why surveys were not asked since then, and how often each."""
        ...

    def comments(self, page: Page) -> list[SurveyComment]:
        """What customers wrote, the newest first."""
        ...
