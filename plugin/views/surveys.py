"""Questions to customers, and what came of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from routing.outcomes.figures import Score, Share
from routing.surveys.survey import Kind


@dataclass(frozen=True, slots=True)
class SurveyView:
    """What the customer sees behind a survey link.

    ``second_question`` is empty where there is none. ``address`` and ``privacy``, a web address,
    stand at the foot. ``unsubscribe`` is the token of the page on which they can say that they do
    not want to be asked; None where no address of theirs is known.
    """

    token: str
    brand: str
    question: str
    subject: str
    first_name: str | None
    language: str
    solved_by: str | None
    solved_at: datetime
    open_until: datetime
    score: int | None = None
    comment: str = ""
    answered: bool = False
    kind: Kind = Kind.CSAT
    second_question: str = ""
    second: str = ""
    address: str = ""
    privacy: str = ""
    unsubscribe: str | None = None


@dataclass(frozen=True, slots=True)
class UnsubscribeView:
    """Where a customer says that they do not want to be asked; ``gone`` if they have said it."""

    token: str
    brand: str
    language: str
    gone: bool
    address: str = ""
    privacy: str = ""


@dataclass(frozen=True, slots=True)
class SurveyComment:
    """What a customer wrote beside their score; ``segment`` and ``agent`` are those credited."""

    id: int
    survey: str
    kind: Kind
    segment: str | None
    agent: str | None
    score: int
    comment: str
    second: str
    at: datetime
    connection: str
    ticket: str
    subject: str


@dataclass(frozen=True, slots=True)
class SurveyLine:
    """What came of one survey in one segment; None where there is nothing to measure.

    ``responded`` is the share of those sent that were answered. Of what ``waiting`` are not due
    yet, and ``not_asked`` are those with a reason against it.
    """

    segment: str | None
    sent: int
    answered: int
    waiting: int
    not_asked: int
    responded: Share | None
    score: Score | None


@dataclass(frozen=True, slots=True)
class SurveyResults:
    """One survey with what came of it, in all and by segment."""

    name: str
    kind: Kind
    channel: str
    asks: str
    live: bool
    total: SurveyLine
    segments: tuple[SurveyLine, ...]


@dataclass(frozen=True, slots=True)
class SurveysView:
    """Every survey and what customers wrote.

    ``reasons`` say why surveys were not asked, and how often. ``older`` pages the comments.
    """

    days: int
    now: datetime
    surveys: tuple[SurveyResults, ...]
    reasons: tuple[tuple[str, int], ...]
    comments: tuple[SurveyComment, ...]
    older: int | None
    sample: bool = False
