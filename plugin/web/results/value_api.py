"""What programs are told of the worth of segments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from pydantic import Field

from plugin.pages.results import ValuePages
from plugin.views.programs import Scope
from plugin.views.value import Effort, ToldValue, ValueGroup
from plugin.web.api import Api
from routing.outcomes.figures import Share
from routing.worth.definitions import DEFINITIONS
from routing.worth.report import Amount, Stay, Step, Worth


@dataclass(frozen=True, slots=True)
class ValueWanted:
    """Of which tickets the effort is told."""

    days: Annotated[
        int, Field(ge=1, le=3_650, description="The tickets of so many days up to now.")
    ] = 90


def add_value(api: Api, value: ValuePages) -> None:
    """Add the worth of segments to the API."""
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
        counted_at=datetime(2026, 11, 20, 12, tzinfo=UTC),
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
