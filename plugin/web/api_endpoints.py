"""What programs can read: each endpoint with its question, its answer and an example.

To add some, write a function like the ones below that declares them, and name it in
``every_endpoint``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from pydantic import Field

from plugin.pages import ToPrograms, ValuePages
from plugin.value_views import Effort, ToldValue, ValueGroup
from plugin.views import Scope, Tally, ToldDecision, ToldDecisions, ToldSegment, ToldSegments
from plugin.web.api import Api, NoQuestion
from routing.outcomes.figures import Share
from routing.worth.definitions import DEFINITIONS
from routing.worth.report import Amount, Stay, Step, Worth

_NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def every_endpoint(to_programs: ToPrograms, value: ValuePages) -> Api:
    """The API with all its endpoints."""
    api = Api()
    _add_playbook(api, to_programs)
    _add_decisions(api, to_programs)
    _add_deliveries(api, to_programs)
    _add_value(api, value)
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


@dataclass(frozen=True, slots=True)
class ValueWanted:
    """Of which tickets the effort is told."""

    days: Annotated[
        int, Field(ge=1, le=3_650, description="The tickets of so many days up to now.")
    ] = 90


def _add_value(api: Api, value: ValuePages) -> None:
    stay = Stay(
        customers=402,
        lost=61,
        unknown=10,
        after=(Share(0.995, 0.98, 0.999, 402), Share(0.97, 0.948, 0.983, 402), None),
        churn=Share(0.081, 0.055, 0.117, 310),
        curve=(Step(0, 1.0, 1.0, 1.0, 402), Step(90, 0.97, 0.948, 0.983, 371)),
    )
    worth = Worth(
        segment="Enterprise EMEA",
        customers=412,
        members=430,
        revenue=2_955_000.0,
        revenue_unknown=8,
        lorenz=(0.0, 0.31, 1.0),
        gini=0.44,
        few=0.52,
        orders=2_019,
        order=Amount(1_463.6, 1_388.1, 1_539.1, 404),
        usual_order=Amount(1_290.0, 1_204.5, 1_377.0, 404),
        order_unknown=8,
        expected=None,
        expected_unknown=412,
        arr=None,
        accounts=0,
        arr_unknown=412,
        stay=stay,
    )
    effort = Effort(318, Share(0.212, 0.192, 0.234, 1_500), Amount(0.772, 0.689, 0.862, 412))
    group = ValueGroup(worth, 0.026, 0.441, effort)
    example = ToldValue(
        counted_at=_NOON,
        playbook=41,
        revenue_field="customer.revenue_12m",
        days=90,
        total=group,
        segments=(group,),
        definitions={"order": DEFINITIONS["order"]},
    )

    @api.get("/value", Scope.KPIS, "What the customers of each segment are worth", example)
    def worth_of_segments(wanted: ValueWanted) -> ToldValue:
        """In the playbook's order; customers in no segment come last, as `null`.

        Each customer counts once, for the first segment that they belong to.
        """
        return value.told(wanted.days)
