"""Which survey is for a ticket, whether it is asked, and why not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from routing.conditions.durations import ago, say_duration
from routing.lots import takes_part
from routing.surveys.survey import Channel, Survey
from routing.tickets import TicketRef


@dataclass(frozen=True, slots=True)
class Customer:
    """What is known of whom a survey would ask.

    ``has_address`` is about e-mail. ``last_asked`` is when any survey was sent to them, None if
    none was or if it is not known who they are.
    """

    has_address: bool
    unsubscribed: bool = False
    last_asked: datetime | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """The survey for a ticket, None where there is none; it is asked unless ``why_not`` says why.

    A reason is a few words that begin with a small letter, like "asked 12 d ago".
    """

    survey: Survey | None
    why_not: str = ""


def survey_for(surveys: Iterable[Survey], segment: str | None) -> Survey | None:
    """The first survey that is for this segment; one without segments is for everyone."""
    return next((one for one in surveys if not one.segments or segment in one.segments), None)


def why_not(survey: Survey, ticket: TicketRef, customer: Customer, now: datetime) -> str:
    """Why a survey is not asked about a ticket at this moment; empty where it is."""
    if not takes_part(survey.share, f"survey {survey.name}", ticket):
        return f"not sampled: asked for {survey.share:g} % of the tickets"
    if survey.channel is not Channel.REPLY and not customer.has_address:
        return "no address"
    if customer.unsubscribed:
        return "unsubscribed"
    last, span = customer.last_asked, survey.at_most_once_in
    if last is not None and span is not None and now - last < span:
        return f"asked {_when(last, now)}; at most once in {say_duration(span)}"
    return ""


def choose(
    surveys: Iterable[Survey],
    ticket: TicketRef,
    segment: str | None,
    customer: Customer,
    now: datetime,
) -> Choice:
    """The survey for a ticket of this segment, and whether it is asked.

    The first that fits decides: a ticket that is not sampled for it falls to no other.
    """
    survey = survey_for(surveys, segment)
    if survey is None:
        return Choice(None, "no survey is for it")
    return Choice(survey, why_not(survey, ticket, customer, now))


def _when(last: datetime, now: datetime) -> str:
    said = ago(last, now)
    return "just now" if said == "now" else said
