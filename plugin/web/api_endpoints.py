"""What programs can read: each endpoint with its question, its answer and an example.

To add some, write a function like the ones below that declares them, and name it in
``every_endpoint``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from pydantic import Field

from plugin.pages.out import ToPrograms
from plugin.pages.results import Results, ValuePages
from plugin.views.deliveries import Tally
from plugin.views.programs import Scope, ToldDecision, ToldDecisions, ToldSegment, ToldSegments
from plugin.web.api import Api, NoQuestion
from plugin.web.results.api import add_kpis
from plugin.web.results.value_api import add_value

_NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def every_endpoint(to_programs: ToPrograms, results: Results, value: ValuePages) -> Api:
    """The API with all its endpoints."""
    api = Api()
    _add_playbook(api, to_programs)
    _add_decisions(api, to_programs)
    _add_deliveries(api, to_programs)
    add_kpis(api, results)
    add_value(api, value)
    return api


def _add_playbook(api: Api, tell: ToPrograms) -> None:
    example = ToldSegments(
        playbook="Halden Books",
        version=41,
        segments=(
            ToldSegment(
                name="Enterprise EMEA",
                model="firmographic",
                owner="Ines Moreau",
                goal="CSAT at least 90 % by March",
                customers=1_240,
                counted_at=_NOON,
            ),
        ),
    )

    @api.get("/segments", Scope.PLAYBOOK, "The segments of the live playbook", example)
    def segments(_: NoQuestion) -> ToldSegments:
        """In the playbook's order, which is their priority."""
        return tell.segments()


@dataclass(frozen=True, slots=True)
class DecisionsWanted:
    """Which ticket's decisions are asked for."""

    ticket: Annotated[
        str, Field(min_length=1, max_length=100, description="The ticket's id in its desk.")
    ]
    desk: Annotated[
        str | None,
        Field(max_length=60, description="The desk's name here; every desk if left out."),
    ] = None


def _add_decisions(api: Api, tell: ToPrograms) -> None:
    example = ToldDecisions(
        (
            ToldDecision(
                id=7,
                desk="zendesk",
                ticket="58213",
                decided_at=_NOON,
                applied_at=_NOON,
                playbook=41,
                segments=("Enterprise EMEA",),
                rules=("Enterprise to Priority",),
                queue="Priority",
                because="The rule “Enterprise to Priority” chose it.",
                agent="Mara Lindqvist",
                priority="high",
                silent=(),
            ),
        )
    )

    @api.get("/decisions", Scope.TICKETS, "The decisions on a ticket", example)
    def decisions(wanted: DecisionsWanted) -> ToldDecisions:
        """The newest first, 100 at most; none where the ticket is not known."""
        return tell.decisions(wanted.ticket, wanted.desk)


def _add_deliveries(api: Api, tell: ToPrograms) -> None:
    example = Tally(received=4_118, done=4_109, waiting=7, parked=2)

    @api.get("/deliveries/tally", Scope.DELIVERIES, "What became of all deliveries", example)
    def tally(_: NoQuestion) -> Tally:
        """`received` is always the sum of the others."""
        return tell.tally()
