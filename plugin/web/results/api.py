"""The KPIs, for programs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, Field

from plugin.pages.results import Results
from plugin.views.programs import Scope
from plugin.web.api import Api
from routing.outcomes.definitions import KPIS
from routing.outcomes.dimensions import Clock, Dimension
from routing.outcomes.figures import Kpis, Share, Times
from routing.outcomes.question import Question
from routing.outcomes.written import ToldFigure, ToldGroup, ToldKpis, ToldMoment, told

DAYS = 90
"""Days that are looked at if nothing is said."""

_NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)

Label = Annotated[str | None, Field(max_length=200, description="Only tickets with this label.")]


def _known(key: str) -> str:
    if key not in KPIS:
        raise ValueError(f"There is no such KPI. There are {', '.join(KPIS)}.")
    return key


Key = Annotated[
    str,
    AfterValidator(_known),
    Field(
        description="A KPI that is told over time as well.",
        json_schema_extra={"enum": [*KPIS]},
    ),
]


@dataclass(frozen=True, slots=True)
class KpisWanted:
    """Which tickets are asked about, by when they were opened and what they are."""

    since: Annotated[
        AwareDatetime | None, Field(description="90 days before until, if left out.")
    ] = None
    until: Annotated[AwareDatetime | None, Field(description="Now, if left out.")] = None
    by: Annotated[Dimension, Field(description="What tickets are told apart by.")] = (
        Dimension.SEGMENT
    )
    clock: Annotated[
        Clock, Field(description="Which time counts: working hours, or all of it.")
    ] = Clock.WORKING
    trend: Key | None = None
    exact: Annotated[bool, Field(description="Count the tickets themselves; takes longer.")] = False
    segment: Label = None
    queue: Label = None
    channel: Label = None
    language: Label = None
    desk: Label = None
    rule: Label = None
    agent: Label = None
    era: Label = None

    def question(self, now: datetime) -> Question:
        """The same as it is put to the numbers."""
        until = self.until or now
        only = {one: label for one in Dimension if (label := getattr(self, one.value)) is not None}
        return Question(
            since=self.since or until - timedelta(days=DAYS),
            until=until,
            by=self.by,
            only=only,
            clock=self.clock,
            trend=self.trend,
            exact=self.exact,
        )


def add_kpis(api: Api, results: Results) -> None:
    """Let programs read the KPIs."""
    csat = Share(0.931, 0.914, 0.945, 1_021)
    kpis = Kpis(
        tickets=4_118,
        first_reply=Times(1_080.0, 1_020.0, 1_140.0, 6_720.0, 4_118, 12),
        resolution=Times(14_700.0, 14_100.0, 15_300.0, 97_200.0, 4_118, 84),
        csat=csat,
        answered=Share(0.248, 0.235, 0.261, 4_118),
        transferred=Share(0.051, 0.045, 0.058, 4_118),
        reopened=Share(0.039, 0.034, 0.045, 4_034),
        one_touch=Share(0.52, 0.505, 0.535, 4_034),
        backlog=84,
    )
    example = ToldKpis(
        since=_NOON - timedelta(days=DAYS),
        until=_NOON,
        by=Dimension.SEGMENT,
        clock=Clock.WORKING,
        exact=False,
        counted_at=_NOON,
        total=kpis,
        groups=(ToldGroup("Enterprise EMEA", kpis), ToldGroup(None, kpis)),
        trend=(ToldMoment(_NOON, csat, (ToldFigure("Enterprise EMEA", csat),)),),
        definitions=tuple(KPIS.values())[:1],
    )

    @api.get("/kpis", Scope.KPIS, "KPIs of past tickets, by segment and more", example)
    def kpis_of(wanted: KpisWanted) -> ToldKpis:
        """Each with its n and its 95 % interval; what is still open counts as waiting."""
        return told(results.answer(wanted.question(results.now())))
