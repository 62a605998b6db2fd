"""Segments as their pages show them, rich and empty, and flows that hand them out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from plugin.pages.refusals import NotThere
from plugin.views.people import Person
from plugin.views.rules import OverlapsView
from plugin.views.segments import (
    DefinitionStep,
    FoundGroup,
    FoundGroups,
    GroupSearch,
    ListedSegment,
    NumberField,
    SegmentDraft,
    SegmentEditor,
    SegmentNote,
    SegmentReview,
    SegmentsView,
    SegmentTicket,
    SegmentView,
    SharedCustomers,
    TemplateLine,
)
from routing.conditions.fields import CUSTOMER_FIELDS
from routing.conditions.form import from_pairs
from routing.conditions.form_edit import act
from routing.conditions.form_view import fields_by_group, form_of
from routing.conditions.tree import read_condition
from routing.errors import Invalid
from routing.outcomes.dimensions import Clock
from routing.outcomes.figures import Difference, Kpis, Share, Times
from routing.outcomes.statistics import share
from routing.population.findings import Finding, Kind, Severity
from routing.population.goal import Goal, Metric, Moved, Progress, Standing, read_goals
from routing.population.report import Overlap, SegmentReport, SegmentSize
from routing.segments.history import Changed
from routing.segments.nearness import Known, Looked, look
from routing.segments.outline import outline
from routing.segments.segment import Persona
from routing.segments.templates import TEMPLATES
from routing.tickets import Fact

NOW = datetime(2026, 11, 20, 11, 22, 4, tzinfo=UTC)
DAY = timedelta(days=1)
WEEKS = tuple(NOW - 7 * DAY * back for back in reversed(range(13)))

WHEN: dict[str, Any] = {
    "all": [
        {"field": "account.employees", "at least": 500},
        {"not": {"any": [{"field": "customer.plan", "is": "Free"}, {"not": "always"}]}},
        {"field": "customer.country", "is any of": ["DE", "AT"]},
    ]
}
PERSONA = Persona("Brief and exact", "Mail", "Sleep at night", "Many admins", "Audit pack", "Emoji")
CSAT = Goal(Metric.CSAT, "at least", 0.9, more="by March")
REPLY = Goal(Metric.FIRST_REPLY, "at most", 3600.0)

FINDINGS = (
    Finding(
        None,
        Kind.TOO_MANY,
        Severity.WARN,
        "13 segments are too many for these tickets",
        "212 tickets in 90 days.",
        "Merge those that are served in the same way.",
    ),
    Finding(
        "Enterprise EMEA",
        Kind.DRIFT,
        Severity.BAD,
        "Enterprise EMEA: its membership has drifted",
        "PSI 0.31.",
        "See whether the customers, the source or the definition changed.",
    ),
    Finding(
        "Plain talk",
        Kind.TOO_SMALL,
        Severity.NOTE,
        "Plain talk: 14 answers so far, 16 more until it is measured",
        "CSAT is shown from n = 30; it is 14.",
        "Wait.",
    ),
)


def segment_report() -> SegmentReport:
    return SegmentReport(
        made_at=NOW - timedelta(minutes=40),
        playbook=41,
        customers=15_559,
        in_none=4_000,
        revenue=6_700_000.0,
        sizes=(
            SegmentSize("VIP by hand", 38, 38, 4, 643_000.0, {"customer.lists": 0.02}),
            SegmentSize("Enterprise EMEA", 412, 390, 96, 2_955_000.0, {"account.employees": 0.2}),
            SegmentSize("Plain talk", 0, 0, 15_000, None),
        ),
        overlaps=(Overlap("VIP by hand", "Enterprise EMEA", 36),),
        top_fifth=0.79,
    )


def trend(count: int = 13) -> tuple[Standing, ...]:
    points = []
    for week in range(count):
        if week == 4:
            points.append(Standing(CSAT, None, None, None, 11))
        else:
            value = 0.93 - week * 0.012
            points.append(Standing(CSAT, value, value - 0.05, min(1.0, value + 0.04), 120 + week))
    return tuple(points)


def standings() -> tuple[Standing | str, ...]:
    return (
        Standing(CSAT, 0.779, 0.734, 0.818, 371),
        Standing(REPLY, 1080.0, 960.0, 1200.0, 1906),
        Standing(Goal(Metric.REOPENED, "at most", 0.08), None, None, None, 14),
        "make them smile",
    )


def goals() -> tuple[Progress | str, ...]:
    away = Moved(Difference(-0.039, -0.075, -0.004, 0.03), None)
    first, *others = standings()
    return (
        Progress(first, WEEKS, trend(), WEEKS[-7], away),
        *(
            one if isinstance(one, str) else Progress(one, WEEKS, (one,) * len(WEEKS), None, None)
            for one in others
        ),
    )


def shares() -> tuple[Share | None, ...]:
    """The same weeks as ``trend`` has."""
    return tuple(
        share(3, 11) if one.now is None else Share(one.now, one.low, one.high, one.n)
        for one in trend()
    )


def segments_view() -> SegmentsView:
    report = segment_report()
    lines = (
        ListedSegment(
            1,
            "VIP by hand",
            "predetermined",
            "lists contains VIP 2026",
            "Ines Moreau",
            report.size("VIP by hand"),
            0.096,
            standings(),
            trend(7),
            (),
            NOW + 40 * DAY,
        ),
        ListedSegment(
            2,
            "Enterprise EMEA",
            "firmographic",
            "employees is at least 500, and plan is Business",
            "Ines Moreau",
            report.size("Enterprise EMEA"),
            0.441,
            (Standing(REPLY, 5400.0, 5000.0, 6000.0, 412),),
            (),
            FINDINGS[1:2],
            NOW - DAY,
        ),
        ListedSegment(
            3, "Plain talk", "psychographic", "attitude is short", "", None, None, (), (), (), NOW
        ),
    )
    return SegmentsView(NOW, 42, 90, report, lines, FINDINGS, template_lines())


def template_lines() -> tuple[TemplateLine, ...]:
    return tuple(
        TemplateLine(one.name, one.title, one.model, one.explains, one.wants) for one in TEMPLATES
    )


def bare_segments_view() -> SegmentsView:
    return SegmentsView(NOW, 1, 90, None, (), (), ())


def customers() -> list[Known]:
    sizes = (480.0, 499.0, 500.0, 510.0, 9_000.0)
    known = []
    for number, size in enumerate(sizes):
        facts = {
            "account.employees": Fact(size, "CRM", NOW - timedelta(hours=3 + 40 * number)),
            "customer.plan": Fact("Business", "billing", NOW),
            "customer.country": Fact("DE", "desk"),
        }
        known.append(Known(f"Kontor {number}", facts))
    return [*known, Known("Nobody", {})]


def looked() -> Looked:
    return look(read_condition(WHEN, CUSTOMER_FIELDS), customers(), NOW)


def measured() -> Kpis:
    times = Times(3000.0, 2800.0, 3200.0, 20_000.0, 1906, 74)
    return Kpis(1906, times, times, share(289, 371), share(371, 1544), share(133, 1906), None, None)


def segment_view() -> SegmentView:
    return SegmentView(
        now=NOW,
        version=42,
        days=90,
        clock=Clock.WORKING,
        place=2,
        of=3,
        name="Enterprise EMEA",
        model="firmographic",
        owner="Ines Moreau",
        goal="CSAT at least 90 % by March",
        persona=PERSONA,
        outline=outline(read_condition(WHEN, CUSTOMER_FIELDS)),
        report=segment_report(),
        week_ago=SegmentSize("Enterprise EMEA", 389, 370, 90, None),
        kpis=measured(),
        goals=goals(),
        kpi="csat",
        weeks=WEEKS,
        trend=shares(),
        looked=looked(),
        known=15_559,
        tickets=(
            SegmentTicket(
                "zendesk", "58213", "Nobody can sign in", "General", None, NOW - DAY, None, None, 7
            ),
            SegmentTicket("history", "9", "", None, "Mara", NOW - 2 * DAY, NOW - DAY, 5, None),
        ),
        steps=(
            DefinitionStep(
                42,
                NOW - 11 * DAY,
                "Ines Moreau",
                "Half is enough",
                made=False,
                changes=(
                    Changed("goal", "CSAT at least 82 %", "CSAT at least 90 % by March"),
                    Changed("owner", "", "Ines Moreau"),
                ),
            ),
            DefinitionStep(12, NOW - 90 * DAY, "Priya Raman", "", made=True, changes=()),
        ),
        notes=(SegmentNote("Samuel Okoro", NOW - 2 * DAY, "Half of them\nmention the layout."),),
        review=SegmentReview("Priya Raman", NOW - 5 * DAY),
        read_next=NOW + 85 * DAY,
        findings=FINDINGS[1:2],
        rules=((3, "Enterprise EMEA to Enterprise desk"),),
        replies=("SSO: renew the certificate",),
        shared=(SharedCustomers("VIP by hand", 36, 36 / 412),),
    )


def bare_segment_view() -> SegmentView:
    nothing = Kpis(0, None, None, None, None, None, None, None)
    return replace(
        segment_view(),
        owner="",
        goal="",
        persona=Persona(),
        outline=outline(read_condition("always", CUSTOMER_FIELDS)),
        report=None,
        week_ago=None,
        kpis=nothing,
        goals=(),
        trend=(),
        looked=Looked(0, 0, 0, (), ()),
        known=0,
        tickets=(),
        steps=(),
        notes=(),
        review=None,
        read_next=NOW - DAY,
        findings=(),
        rules=(),
        replies=(),
        shared=(),
    )


def overlaps_view() -> OverlapsView:
    report = segment_report()
    return OverlapsView(
        report=report,
        names=tuple(size.name for size in report.sizes),
        sizes={size.name: size.customers for size in report.sizes},
        shared={(one.first, one.second): one.customers for one in report.overlaps},
    )


def bare_overlaps_view() -> OverlapsView:
    return OverlapsView(None, (), {}, {})


def segment_draft() -> SegmentDraft:
    return SegmentDraft(
        based_on=41,
        was="Enterprise EMEA",
        place=2,
        name="Enterprise EMEA",
        model="firmographic",
        owner="Ines Moreau",
        goal="CSAT at least 90 % by March, be kind",
        persona=PERSONA,
        when=WHEN,
    )


def segment_editor(draft: SegmentDraft | None = None, **problems: str) -> SegmentEditor:
    draft = draft or segment_draft()
    try:
        seen = look(read_condition(draft.when, CUSTOMER_FIELDS), customers(), NOW)
    except Invalid:
        seen = None
    return SegmentEditor(
        draft=draft,
        fields={
            group: tuple((one.name, one.says) for one in those)
            for group, those in fields_by_group(CUSTOMER_FIELDS).items()
        },
        form=form_of(draft.when, CUSTOMER_FIELDS, {"customer.country": ("DE", "AT", "CH")}),
        counts={"when": 412, "when.0": 1_240},
        sentence="employees is at least 500" if seen else None,
        looked=seen,
        known=15_559,
        problems=problems,
        elsewhere=(),
        places=("VIP by hand", "Plain talk"),
        people=("Ines Moreau", "Priya Raman"),
        goals=read_goals(draft.goal),
        now=NOW,
    )


def bare_segment_editor() -> SegmentEditor:
    draft = SegmentDraft(1, None, 1, "", "journey", "", "", Persona(), {"field": ""})
    view = segment_editor(draft)
    return replace(view, counts={}, known=0, places=(), people=())


def group_search() -> GroupSearch:
    return GroupSearch(
        fields=(
            NumberField("customer.days_to_pay", "days to pay", 14_002, 0.9, usual=True),
            NumberField("customer.orders", "orders", 15_559, 1.0, usual=True),
            NumberField("customer.revenue_rank", "revenue rank", 15_559, 1.0, usual=False),
        ),
        too_few=(NumberField("customer.income", "income", 1_867, 0.12, usual=True),),
        known=15_559,
        is_able=True,
    )


def bare_group_search() -> GroupSearch:
    return GroupSearch((), (), 0, is_able=True)


def found_groups() -> FoundGroups:
    late = FoundGroup(
        name="Draft: high days to pay",
        sentence="days to pay is more than 34, and orders is at most 20",
        pairs=(
            ("when.group", "all"),
            ("when.0.field", "customer.days_to_pay"),
            ("when.0.op", "more than"),
            ("when.0.value", "34"),
            ("when.1.field", "customer.orders"),
            ("when.1.op", "at most"),
            ("when.1.value", "20"),
        ),
        customers=944,
        precision=0.96,
        recall=0.98,
        means=(("days to pay", "50.3"), ("orders", "4")),
    )
    return FoundGroups(
        customers=14_002,
        silhouette=0.634,
        agreement=0.985,
        groups=(late,),
        left_out=(("sessions", "the same for everybody"),),
        without_rule=(310,),
        based_on=41,
        place=11,
    )


class FakeGroups:
    """The flow behind the page that finds groups."""

    def __init__(self, fakes: Any) -> None:
        self.fakes = fakes

    def search(self) -> GroupSearch | None:
        view: GroupSearch | None = self.fakes.search_now
        return view

    def find(self, names: Sequence[str], count: int | None) -> FoundGroups:
        self.fakes.asked.append(("find groups", tuple(names), count))
        found: FoundGroups = self.fakes.found_now
        return found


class FakeSegments:
    """The flow behind the pages of segments; ``fakes`` is what ``page_samples`` has."""

    def __init__(self, fakes: Any) -> None:
        self.fakes = fakes

    def every(self) -> SegmentsView | None:
        view: SegmentsView | None = self.fakes.segments_now
        return view

    def one(self, name: str, kpi: str = "") -> SegmentView:
        self.fakes.asked.append(("segment", name, kpi))
        if name == "Gone":
            raise NotThere("There is no segment “Gone” in the live playbook.")
        view: SegmentView = self.fakes.segment_now
        return view

    def overlaps(self) -> OverlapsView | None:
        view: OverlapsView | None = self.fakes.overlaps_now
        return view

    def add_note(self, name: str, text: str, person: Person) -> None:
        self.fakes.asked.append(("note", name, text, person))

    def review(self, name: str, person: Person) -> None:
        self.fakes.asked.append(("review", name, person))


class FakeEditing:
    """The flow behind the form of a segment."""

    def __init__(self, fakes: Any) -> None:
        self.fakes = fakes

    def begin(self, name: str | None, template: str | None) -> SegmentDraft:
        self.fakes.asked.append(("begin", name, template))
        draft: SegmentDraft = self.fakes.editor_now.draft
        return draft

    def condition(self, pairs: Iterable[tuple[str, str]], action: str) -> Any:
        return act(from_pairs(pairs, CUSTOMER_FIELDS), action)

    def look(self, draft: SegmentDraft, *, strict: bool = False) -> SegmentEditor:
        self.fakes.asked.append(("look", draft, strict))
        if draft is self.fakes.editor_now.draft:
            view: SegmentEditor = self.fakes.editor_now
            return view
        return segment_editor(draft)

    def publish(self, draft: SegmentDraft, person: Person) -> int:
        self.fakes.asked.append(("publish segment", draft, person))
        if self.fakes.conflict is not None:
            raise self.fakes.conflict
        read_condition(draft.when, CUSTOMER_FIELDS, ("when",))
        return 42

    def since(self, draft: SegmentDraft) -> tuple[Changed, ...]:
        self.fakes.asked.append(("since", draft))
        return (Changed("goal", "CSAT at least 90 %", "CSAT at least 95 %"),)
