"""Views as the flows would make them, rich and empty, and flows that hand them out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, is_dataclass, replace
from dataclasses import fields as fields_of
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from gzip import compress
from pathlib import Path
from typing import Any

from back_test_samples import (
    FakeBackTests,
    back_test_form,
    back_test_view,
    compared_ticket,
)
from case_samples import FakeCases, case_editor
from draft_samples import FakeDrafts, draft_lines, draft_view
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from out_samples import FakeExports, FakeMails, FakeReceivers, FakeTokens, FakeToPrograms
from quality_samples import FakeQuality, quality_view
from result_samples import result_tickets, results_view
from rule_samples import FakeRules, rule_editor, rule_review
from segment_samples import (
    FakeEditing,
    FakeGroups,
    FakeSegments,
    found_groups,
    group_search,
    overlaps_view,
    segment_editor,
    segment_view,
    segments_view,
)

from plugin.chain import Break
from plugin.charts.values import Chart
from plugin.pages.decisions import DeliveriesWanted
from plugin.pages.refusals import BadSource, Conflict, NotThere, RedCases, SignInRefused, SurveyGone
from plugin.pages.results import Drawings
from plugin.ports import Refused
from plugin.views.audit import AuditLine, AuditView, ChainView
from plugin.views.back_tests import BackTestForm, BackTestView, ComparedTicket
from plugin.views.cases import CaseEditor
from plugin.views.customers import HeldLine, HeldView, Keeps
from plugin.views.decisions import DecisionLine, DecisionView, EarlierDecision, RunAgain
from plugin.views.deliveries import DeliveriesView, DeliveryLine, DeliveryView, Tally, Try
from plugin.views.issues import IssuesAsked, IssuesView, LookState, TopicView
from plugin.views.panel import (
    CustomerHistory,
    Done,
    Frame,
    OfferedReply,
    OtherTicket,
    PanelView,
    Rating,
    SolvedCase,
)
from plugin.views.people import Person, Role
from plugin.views.playbook import (
    DraftLine,
    DraftView,
    PlaybookView,
    RuleLine,
    SegmentLine,
    ToPublish,
    VersionLine,
)
from plugin.views.results import Asked, Having, ResultsView, ResultTickets
from plugin.views.rules import OverlapsView, QualityView, RuleEditor, RuleReview
from plugin.views.segments import FoundGroups, GroupSearch, SegmentEditor, SegmentsView, SegmentView
from plugin.views.sources import (
    SourceAsk,
    SourceForm,
    SourceKind,
    SourceLine,
    TriedSource,
    TriedValue,
    Uploaded,
)
from plugin.views.surveys import (
    SurveyComment,
    SurveyLine,
    SurveyResults,
    SurveysView,
    SurveyView,
    UnsubscribeView,
)
from plugin.web.guard import check_routes
from plugin.web.site import Needs, build_site
from routing.conditions.evaluate import Seen
from routing.conditions.wording import sentence
from routing.decide import Decision, NearMisses, decide, what_was_near
from routing.differences import differences
from routing.lint.findings import Finding
from routing.lint.lint import lint
from routing.outcomes.figures import Times
from routing.outcomes.question import Answer, Question
from routing.outcomes.statistics import share
from routing.playbook import Playbook
from routing.playbook_file import read_playbook
from routing.prove import Proof, prove
from routing.rules.near import NearMiss
from routing.rules.wording import does, group, state_says
from routing.surveys.scored import scored
from routing.surveys.survey import Kind
from routing.tickets import Fact, Facts, Load, Status, Ticket, TicketRef
from routing.topics.report import Among

NOW = datetime(2026, 11, 20, 11, 22, 4, tzinfo=UTC)
MIN, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

AGENT = Person(1, "mara@halden.example", "Mara Lindqvist", Role.AGENT)
LEAD = Person(2, "ines@halden.example", "Ines Moreau", Role.LEAD)
ADMIN = Person(3, "ruben@halden.example", "Ruben Haas", Role.ADMIN)
PASSWORD = "correct horse"

HOSTILE = """<script>alert(1)</script>"'`{{7*7}}{% raw %}${7*7}<img src=x onerror=alert(1)>"""

PLAYBOOK = """
playbook: Halden Books
default_queue: General
languages: [en, de, es]
segments:
  - name: VIP by hand
    model: predetermined
    when: {field: customer.lists, contains: VIP 2026}
    owner: Ines Moreau
    goal: CSAT at least 95 %
  - name: Enterprise EMEA
    model: firmographic
    when:
      all:
        - {field: account.employees, at least: 500}
        - {field: customer.plan, is any of: [Business, Enterprise]}
    owner: Ines Moreau
    goal: CSAT at least 90 %
    persona:
      tone: Brief and exact, formal address
      channel: Mail; call if blocked over 1 h
      offer: Audit pack, before renewal
      avoid: Small talk, emoji
      goals: Pass the next audit without findings
      challenges: Many admins, slow changes
  - name: At-risk loyal
    model: journey
    when: {field: customer.stage, is: at risk}
    persona: {tone: Warm, offer: Yearly plan}
  - name: Small shops DE
    model: geographic
    when:
      all:
        - {field: customer.country, is: Germany}
        - {field: account.employees, less than: 10}
queues:
  - {name: Priority, ids: {zendesk: "17"}}
  - {name: Enterprise desk, ids: {zendesk: "21", zammad: "4"}}
  - {name: Compliance, ids: {zendesk: "22"}}
  - {name: Retention}
  - {name: General, ids: {zendesk: "1"}}
agents:
  - {name: Mara Lindqvist, queues: [Enterprise desk, Priority], languages: [en, de], capacity: 6}
  - {name: Tomasz Wójcik, queues: [Enterprise desk, General], capacity: 6}
  - {name: Priya Raman, queues: [Compliance, Retention], languages: [en], capacity: 5}
rules:
  - name: VIP by hand to Priority
    when:
      any:
        - {field: segment, is: VIP by hand}
        - {field: account.arr, at least: 50000}
    then: {queue: Priority, first_reply: 30 min}
  - name: Tag tickets from the web
    when: {field: ticket.channel, is any of: [mail, web]}
    then: {tags: [written]}
    after: go on
    owner: Ines Moreau
    note: For the weekly count.
  - name: Enterprise EMEA to Enterprise desk
    when:
      all:
        - {field: segment, is: Enterprise EMEA}
        - not: {field: ticket.subject, contains: invoice}
    then: {queue: Enterprise desk, tags: [ent-emea], first_reply: 2 h, priority: high}
  - name: Banks with a DPA
    when: {field: account.industry, is: Banking}
    then: {queue: Compliance}
  - name: Compliance-bound to Compliance
    when: {field: customer.entitlements, contains: signed DPA}
    then: {queue: Compliance, first_reply: 4 h}
  - name: Night hours
    when: {field: ticket.tags, contains: night}
    then: {queue: General}
    state: off
replies:
  - name: "SSO: renew the certificate"
    body: |
      Hello {{ customer.first_name | default("there") }},
      the certificate of your identity provider has run out.
    segments: [Enterprise EMEA]
    topics: [sign in, certificate]
  - name: "SSO: which identity provider?"
    body: Which identity provider do you use, and since when?
    topics: [sign in]
  - name: "Outage: known, fix under way"
    body: We know of it, and are on it.
    topics: [nobody can]
surveys:
  - name: Would you recommend us
    kind: nps
    segments: [Enterprise EMEA]
    channel: mail
    wait: 2 h
    share: 50
    at_most_once_in: 30 d
    questions: {en: How likely are you to recommend us?}
    second_questions: {en: What would make it better?}
    brand: Halden Books
  - name: How we helped
    questions: {en: How was our help?, de: Wie war unsere Hilfe?}
    brand: Halden Books
cases:
  - name: A VIP comes first
    ticket: {subject: Hello, text: Where is my order?, channel: mail, language: en}
    customer: {customer.lists: [VIP 2026], account.employees: 12}
    now: 2026-03-02 10:00
    expect: {queue: Priority, segment: VIP by hand, first_reply: 30 min}
  - name: A bank goes to Compliance
    ticket: {subject: Audit, language: de}
    customer: {account.industry: Banking}
    expect: {queue: Compliance, rule: Banks with a DPA}
"""

RED = PLAYBOOK.replace("    customer: {account.industry: Banking}", "    customer: {}")
"""The same with a case that is red."""


def playbook(version: int = 41) -> Playbook:
    return read_playbook(PLAYBOOK, version)


def facts(**more: Fact) -> Facts:
    known = {
        "account.name": Fact("Brandt Logistik GmbH", "CRM", NOW - 2 * HOUR),
        "account.employees": Fact(1240.0, "CRM", NOW - 2 * HOUR),
        "customer.plan": Fact("Business", "billing", NOW - 6 * MIN),
        "account.arr": Fact(48200.0, "CRM", NOW - 9 * DAY),
        "account.industry": Fact("Logistics", "CRM", NOW - 2 * HOUR),
        "customer.renewal": Fact(date(2026, 12, 30), "CRM", NOW - 2 * HOUR),
        "customer.country": Fact("Germany", "desk"),
        "customer.stage": Fact("at risk", "CRM", NOW - 2 * HOUR),
        "customer.signed_up": Fact(date(2022, 3, 1), "CRM", NOW - 2 * HOUR),
        "customer.channel": Fact("mail", "CRM", NOW - 2 * HOUR),
        "customer.language": Fact("de", "CRM", NOW - 2 * HOUR),
        "customer.owner": Fact("Ruben Haas", "CRM", NOW - 2 * HOUR),
        "customer.lists": Fact(frozenset({"Webinar", "Pilot"}), "list", NOW - DAY),
    }
    return Facts(
        ticket=ticket(),
        now=NOW,
        language="en",
        customer=known | more,
        loads={"Mara Lindqvist": Load(4)},
        last_agent="Mara Lindqvist",
    )


def ticket(subject: str = "Nobody can sign in since this morning") -> Ticket:
    return Ticket(
        ref=TicketRef("zendesk", "58213"),
        subject=subject,
        text="Since 8 o'clock nobody can sign in. The certificate may have run out.",
        requester_email="katrin@brandt.example",
        requester_name="Katrin Brandt",
        opened_at=NOW - HOUR,
        channel="mail",
    )


def decision(of: Facts | None = None, by: Playbook | None = None) -> Decision:
    return decide(of or facts(), by or playbook())


def panel_view() -> PanelView:
    seen = facts()
    made = decision(seen)
    return PanelView(
        decision_id=7,
        connection="zendesk",
        ticket="58213",
        subject=seen.ticket.subject,
        decision=made,
        facts=seen,
        persona=playbook().segments[1].persona,
        replies=tuple(
            OfferedReply(one.reply, one.because, f"Hello Katrin,\n{one.reply}.")
            for one in made.replies
        ),
        solved_before=(
            SolvedCase(
                "57102", "SAML login loop after renewal", 40 * MIN, "https://desk.example/t/57102"
            ),
            SolvedCase("55840", "Users locked out, Entra ID", 2 * HOUR + 10 * MIN, None),
        ),
        other_queues=("Compliance", "Retention", "General"),
        degraded=(),
        due_at=NOW + 18 * MIN,
        target=2 * HOUR,
        replied_at=None,
        greeted="Katrin Brandt",
        now=NOW,
        near=NearMiss(
            3,
            "Compliance-bound",
            "entitlements",
            Seen("entitlements contains signed DPA", None),
            1.0,
        ),
        history=customer_history(),
        known={"company": seen.customer["account.name"], "ARR": seen.customer["account.arr"]},
    )


def customer_history() -> CustomerHistory:
    return CustomerHistory(
        count=16,
        open=2,
        tickets=(
            OtherTicket(
                "58190", "Invoice layout", Status.OPEN, NOW - 3 * DAY, None, "https://desk.example/"
            ),
            OtherTicket("57102", "SAML login loop", Status.SOLVED, NOW - 9 * DAY, NOW - 8 * DAY),
        ),
        ratings=(Rating(2, NOW - 8 * DAY), Rating(5, NOW - 40 * DAY), Rating(5, NOW - 90 * DAY)),
    )


def stranger_panel_view() -> PanelView:
    seen = Facts(ticket=ticket("Importar facturas"), now=NOW, language="es", silent=("CRM",))
    return replace(
        panel_view(),
        decision=decision(seen),
        facts=seen,
        persona=None,
        replies=(
            OfferedReply("Import: CSV format", "Same topic, in Spanish", "Hola,\n…"),
            OfferedReply("Import: your plan's limits", "plan is unknown", None),
        ),
        solved_before=(),
        degraded=("CRM",),
        due_at=NOW - 12 * MIN,
        greeted=None,
        near=None,
        history=CustomerHistory(),
        known={},
    )


def bare_panel_view() -> PanelView:
    empty = read_playbook("playbook: Bare\ndefault_queue: All\nqueues: [{name: All}]\n", 1)
    seen = Facts(ticket=replace(ticket(""), requester_email=None, channel=None), now=NOW)
    return replace(
        panel_view(),
        subject="",
        decision=decision(seen, empty),
        facts=seen,
        persona=None,
        replies=(),
        solved_before=(),
        other_queues=(),
        due_at=None,
        target=None,
        greeted=None,
        near=None,
        history=CustomerHistory(),
        known={},
    )


def decision_view() -> DecisionView:
    seen = facts()
    return DecisionView(
        id=7,
        connection="zendesk",
        ticket="58213",
        subject=seen.ticket.subject,
        requester="Katrin Brandt",
        decided_at=NOW,
        decision=decision(seen),
        playbook_name="Halden Books",
        known={
            "employees": seen.customer["account.employees"],
            "plan": seen.customer["customer.plan"],
            "ARR": seen.customer["account.arr"],
            "renewal date": seen.customer["customer.renewal"],
            "lists": seen.customer["customer.lists"],
        },
        unknown=("entitlements",),
        history=(
            Done("Ticket arrived", "Webhook 9c41e0, signature valid", NOW),
            Done("Decision stored", "Playbook 41, 6 rules", NOW),
            Done("Queue and agent set", "General to Enterprise desk, Mara Lindqvist", NOW + MIN),
            Done("Note not written", "The desk refused it: 422", NOW + MIN, good=False),
        ),
        degraded=("CRM",),
        facts=seen,
        near=what_was_near(seen, playbook()),
        effects={"Enterprise EMEA to Enterprise desk": "Enterprise desk, tag ent-emea, stop"},
        earlier=(earlier_decision(seen),),
        published=VersionLine(41, "More Spanish.", "Ines Moreau", NOW - 11 * DAY, live=True),
        live=41,
    )


def earlier_decision(seen: Facts) -> EarlierDecision:
    before = decision(replace(seen, customer={}, silent=("CRM",)))
    return EarlierDecision(NOW - HOUR, before, ("CRM",), differences(before, decision(seen)))


def run_again(*, changed: bool = True) -> RunAgain:
    then = decision()
    now = replace(then, queue="General", tags=(), playbook=42) if changed else then
    return RunAgain(now.playbook, now, differences(then, now))


def bare_decision_view() -> DecisionView:
    bare = bare_panel_view()
    return replace(
        decision_view(),
        subject="",
        requester="",
        decision=bare.decision,
        known={},
        unknown=(),
        history=(),
        degraded=(),
        facts=bare.facts,
        near=NearMisses(),
        effects={},
        earlier=(),
        published=None,
        live=None,
    )


def decision_lines(count: int = 8) -> tuple[DecisionLine, ...]:
    states = ("done", "waiting", "parked", "degraded")
    return tuple(
        DecisionLine(
            id=count - n,
            connection="zendesk",
            ticket=str(58213 - n),
            subject="Nobody can sign in since this morning",
            segment="Enterprise EMEA" if n % 3 else None,
            queue="Enterprise desk",
            agent="Mara Lindqvist" if n % 2 else None,
            rule="Enterprise EMEA to Enterprise desk" if n % 3 else None,
            decided_at=NOW - n * MIN,
            state=states[n % 4],
        )
        for n in range(count)
    )


def playbook_view(version: int = 41, *, live: bool = True) -> PlaybookView:
    book = playbook(version)
    versions = (
        VersionLine(
            41, "Compliance goes to trained people", "Ines Moreau", NOW - 11 * DAY, live=True
        ),
        VersionLine(40, "New queue for retention", "Samuel Okoro", NOW - 42 * DAY, live=False),
    )
    return PlaybookView(
        playbook=book,
        line=replace(versions[0 if live else 1], version=version, live=live),
        rules=tuple(
            RuleLine(
                place=place,
                name=rule.name,
                when=sentence(rule.when),
                then=tuple(does(rule)),
                group=group(rule),
                state=state_says(rule),
                owner=rule.owner,
                note=rule.note,
                fired=1234 * place % 7000,
            )
            for place, rule in enumerate(book.rules, start=1)
        ),
        segments=tuple(
            SegmentLine(
                one.name, one.model, sentence(one.when), one.owner, one.goal, one.persona, 612
            )
            for one in book.segments
        ),
        versions=versions,
    )


def bare_playbook_view() -> PlaybookView:
    bare = read_playbook("playbook: Bare\ndefault_queue: All\nqueues: [{name: All}]\n", 1)
    line = VersionLine(1, "", "Ines Moreau", NOW, live=True)
    return PlaybookView(bare, line, (), (), (line,))


def times(median: float, n: int = 4118, waiting: int = 84) -> Times:
    return Times(median, median * 0.95, median * 1.06, median * 5.5, n, waiting)


def delivery_lines() -> tuple[DeliveryLine, ...]:
    second = timedelta(seconds=1)
    return (
        DeliveryLine(
            9, NOW - 3 * second, "zendesk", "ticket.created", "58224", 9, "done", 0.21 * second, ""
        ),
        DeliveryLine(
            8,
            NOW - 24 * second,
            "chatwoot",
            "conversation_updated",
            "c-9931",
            8,
            "waiting",
            None,
            "The desk says slow down; next try 11:23:10.",
        ),
        DeliveryLine(
            7,
            NOW - 18 * MIN,
            "zammad",
            "ticket.update",
            "41877",
            None,
            "parked",
            None,
            "The queue “Tier 2 old” is gone, but rule 8 names it.",
        ),
        DeliveryLine(6, NOW - DAY, "zendesk", "ticket.created", "58198", 6, "done", second, ""),
    )


def deliveries_view(*, opened: bool = True) -> DeliveriesView:
    lines = delivery_lines()
    body = '{\n  "event": "ticket.update",\n  "ticket": {"id": 41877, "customer": "hidden"}\n}'
    tries = (
        Try(NOW - 18 * MIN, "Received, signature valid", good=True),
        Try(NOW - 17 * MIN, "The desk refused the queue: 422 group does not exist", good=False),
    )
    return DeliveriesView(
        tally=Tally(12904, 12871, 30, 3),
        counted_at=NOW,
        median_took=timedelta(seconds=0.19),
        lines=lines,
        state=None,
        find="",
        connections=("zendesk", "chatwoot", "zammad"),
        connection=None,
        older=6,
        newer=None,
        open=DeliveryView(lines[2], "7b20c4", tries, body, hidden=True) if opened else None,
    )


def source_lines() -> tuple[SourceLine, ...]:
    return (
        SourceLine("CRM", "uploaded", 7_102, NOW, 1, "uploaded file"),
        SourceLine(
            "Billing",
            "stripe",
            120,
            NOW,
            2,
            "Stripe",
            ("account.arr", "customer.plan"),
            "15 min",
            answered_at=NOW - timedelta(hours=1),
            down_since=NOW - timedelta(minutes=20),
            next_try_at=NOW,
            last_error="Billing answered 503 Service Unavailable.",
        ),
        SourceLine("zendesk", "desk", None, None, says="desk’s own fields", editable=False),
    )


def source_form() -> SourceForm:
    asks = (
        SourceAsk("url", "Address", "Put {email} into it."),
        SourceAsk("token", "Secret", secret=True, needed=False),
        SourceAsk("fields", "Field map", "One line for each.", needed=False, lines=5),
    )
    kind = SourceKind("http", "HTTP endpoint", asks, {"customer.plan": "plan.name"})
    values = {"url": "https://crm.example.com/{email}", "fresh_for": "2 h", "place": "3"}
    return SourceForm(
        "CRM", is_new=False, kind=kind, place=3, values=values, has=frozenset({"token"})
    )


def tried_source() -> TriedSource:
    plan = TriedValue("customer.plan", "plan", "text", "Team", "2026-03-02 12:00 UTC")
    refused = (("customer.orders", "“many” is not a number."),)
    return TriedSource("CRM", "l@k.example", 0.21, known=True, values=(plan,), refused=refused)


def bare_deliveries_view() -> DeliveriesView:
    return DeliveriesView(
        Tally(0, 0, 0, 0), NOW, None, (), None, "", (), None, older=None, newer=None
    )


def survey_view(language: str = "en") -> SurveyView:
    return SurveyView(
        token="tok",
        brand="Halden Books",
        question="How was our help?" if language == "en" else "Wie war unsere Hilfe?",
        subject="Nobody can sign in since this morning",
        first_name="Katrin",
        language=language,
        solved_by="Mara",
        solved_at=NOW,
        open_until=NOW + 14 * DAY,
        address="Kaistraße 8, Kiel",
        privacy="https://halden.example/privacy",
        unsubscribe="leave-tok",
    )


def leaving_view(*, gone: bool) -> UnsubscribeView:
    return UnsubscribeView("leave-tok", "Halden Books", "en", gone)


def surveys_view() -> SurveysView:
    def line(kind: Kind, segment: str | None, answers: Mapping[int, int]) -> SurveyLine:
        n = sum(answers.values())
        return SurveyLine(segment, 4 * n, n, 2, 1, share(n, 4 * n), scored(kind, answers))

    def results(name: str, kind: Kind, channel: str, asks: str, n: int) -> SurveyResults:
        answers = {kind.scale[0]: n, kind.scale[-2]: 3 * n, kind.scale[-1]: 6 * n}
        lines = (line(kind, "Enterprise EMEA", answers), line(kind, None, {kind.scale[-1]: 4}))
        return SurveyResults(
            name, kind, channel, asks, bool(asks), line(kind, None, answers), lines
        )

    comment = SurveyComment(
        id=7,
        survey="How we helped",
        kind=Kind.CSAT,
        segment="Enterprise EMEA",
        agent="Mara Lindqvist",
        score=4,
        comment="Quick.",
        second="Say when it is mended.",
        at=NOW - HOUR,
        connection="zendesk",
        ticket="58213",
        subject="Nobody can sign in",
    )
    return SurveysView(
        days=30,
        now=NOW,
        surveys=(
            results("How we helped", Kind.CSAT, "mail", "How was our help?", 9),
            results("Would you recommend us", Kind.NPS, "reply", "How likely?", 9),
            results("desk", Kind.CSAT, "desk", "", 2),
            results("How easy", Kind.CES, "webhook", "", 0),
        ),
        reasons=(("unsubscribed", 3), ("no address", 1)),
        comments=(comment, replace(comment, id=5, segment=None, agent=None, second="")),
        older=5,
        sample=True,
    )


def bare_surveys_view() -> SurveysView:
    return SurveysView(30, NOW, (), (), (), None)


def held_view(count: int = 3) -> HeldView:
    return HeldView(
        email="katrin@brandt.example",
        names=("Katrin Brandt",) if count else (),
        lines=(
            HeldLine("Tickets", count, "Subject, text, name, address and tags go"),
            HeldLine("Surveys", 0, "The comment goes, the rating stays"),
        ),
        signs_in=bool(count),
        forgotten_at=NOW if count else None,
    )


def audit_view(broken: Break | None = None) -> AuditView:
    lines = (
        AuditLine(9, NOW, "ines@halden.example", "published playbook 41: Night hours are off."),
        AuditLine(8, NOW - DAY, "command line", "connected the desk zendesk (zendesk)"),
    )
    return AuditView(lines, older=8, chain=ChainView(9, "ab" * 32, broken), written=9)


def bare_audit_view() -> AuditView:
    return AuditView((), None, None, 0)


@dataclass
class Fakes:
    """Every flow the pages need, with what they were asked kept in ``asked``."""

    frame_now: Frame | None = None
    panel_now: PanelView | None = field(default_factory=panel_view)
    lines: tuple[DecisionLine, ...] = field(default_factory=decision_lines)
    decision_now: DecisionView | None = field(default_factory=decision_view)
    again_now: RunAgain = field(default_factory=run_again)
    playbook_now: PlaybookView | None = field(default_factory=playbook_view)
    results_now: ResultsView = field(default_factory=results_view)
    result_tickets_now: ResultTickets = field(default_factory=result_tickets)
    deliveries_now: DeliveriesView = field(default_factory=deliveries_view)
    sources_now: tuple[SourceLine, ...] = field(default_factory=source_lines)
    source_now: SourceForm = field(default_factory=source_form)
    tried_now: TriedSource = field(default_factory=tried_source)
    held_now: HeldView = field(default_factory=held_view)
    survey_now: SurveyView | None = field(default_factory=survey_view)
    leaving_now: UnsubscribeView = field(default_factory=lambda: leaving_view(gone=False))
    surveys_now: SurveysView = field(default_factory=surveys_view)
    quality_now: QualityView | None = field(default_factory=quality_view)
    back_test_form_now: BackTestForm | None = field(default_factory=back_test_form)
    back_test_now: BackTestView = field(default_factory=back_test_view)
    compared_now: ComparedTicket = field(default_factory=compared_ticket)
    drawings_now: Drawings | None = None
    segments_now: SegmentsView | None = field(default_factory=segments_view)
    segment_now: SegmentView = field(default_factory=segment_view)
    overlaps_now: OverlapsView | None = field(default_factory=overlaps_view)
    editor_now: SegmentEditor = field(default_factory=segment_editor)
    rule_now: RuleEditor = field(default_factory=rule_editor)
    review_now: RuleReview = field(default_factory=rule_review)
    case_now: CaseEditor = field(default_factory=lambda: case_editor(playbook()))
    red: RedCases | None = None
    drafts_now: tuple[DraftLine, ...] = field(default_factory=draft_lines)
    draft_now: DraftView = field(default_factory=lambda: draft_view(PLAYBOOK))
    audit_now: AuditView = field(default_factory=audit_view)
    search_now: GroupSearch | None = field(default_factory=group_search)
    found_now: FoundGroups = field(default_factory=found_groups)
    conflict: Conflict | None = None
    unread: bool = False
    fails: Exception | None = None
    asked: list[tuple[object, ...]] = field(default_factory=list)

    def needs(self) -> Needs:
        return Needs(
            frames=FakeFrames(self),
            sign_in=FakeSignIn(self),
            programs=FakeTokens(_Fake(self)),
            tokens=FakeTokens(_Fake(self)),
            to_programs=FakeToPrograms(_Fake(self)),
            panel=FakePanel(self),
            decisions=FakeDecisions(self),
            playbook=FakePlaybook(self),
            drafts=FakeDrafts(self),
            rule_checks=FakeChecks(self),
            rule_trials=FakeTrials(self),
            rule_editing=FakeRules(self),
            rule_quality=FakeQuality(self),
            case_editing=FakeCases(self),
            back_tests=FakeBackTests(self),
            segments=FakeSegments(self),
            segment_editing=FakeEditing(self),
            groups=FakeGroups(self),
            results=FakeResults(self),
            deliveries=FakeDeliveries(self),
            sources=FakeSources(self),
            mails=FakeMails(_Fake(self)),
            exports=FakeExports(_Fake(self)),
            receivers=FakeReceivers(_Fake(self)),
            customers=FakeCustomers(self),
            audit=FakeAudit(self),
            surveys=FakeSurveys(self),
            drawings=self.drawings_now or FakeDrawings(self),
            survey_results=FakeSurveyResults(self),
            # Their pages are tried beside their own samples.
            **dict.fromkeys(("compares", "goals", "value")),
            issues=FakeIssues(self),
            topic=FakeTopic(self),
        )


@dataclass
class _Fake:
    fakes: Fakes

    def note(self, *what: object) -> None:
        self.fakes.asked.append(what)
        if self.fakes.fails is not None:
            raise self.fakes.fails


class FakeFrames(_Fake):
    def frame(self, person: Person) -> Frame:
        made = self.fakes.frame_now or Frame(
            person, "Halden Books", 41, parked=3, sample=False, counts={"decisions": 86}
        )
        return replace(made, person=person)


class FakeSignIn(_Fake):
    people: Mapping[str, Person] = {one.email: one for one in (AGENT, LEAD, ADMIN)}

    def check(self, email: str, password: str, address: str) -> Person:
        self.note("check", email, address)
        if password != PASSWORD or email not in self.people:
            raise SignInRefused("E-mail and password do not fit together.")
        return self.people[email]

    def start(self, person: Person) -> str:
        return f"token of {person.email}"

    def person(self, session_token: str) -> Person | None:
        return self.people.get(session_token.removeprefix("token of "))

    def end(self, session_token: str) -> None:
        self.note("end", session_token)


class FakePanel(_Fake):
    def view(self, connection: str, ticket: str) -> PanelView | None:
        self.note("panel", connection, ticket)
        return self.fakes.panel_now

    def move(self, decision_id: int, queue: str, note: str, person: Person) -> None:
        self.note("move", decision_id, queue, note, person)

    def inserted(self, decision_id: int, reply: str, position: int, person: Person) -> None:
        self.note("inserted", decision_id, reply, position, person)


class FakeDecisions(_Fake):
    def recent(self, limit: int, before: int | None) -> tuple[DecisionLine, ...]:
        self.note("recent", limit, before)
        return self.fakes.lines[:limit]

    def view(self, decision_id: int) -> DecisionView | None:
        self.note("decision", decision_id)
        return self.fakes.decision_now

    def again(self, decision_id: int) -> RunAgain:
        self.note("again", decision_id)
        return self.fakes.again_now


class FakeTrials(_Fake):
    def told(self) -> dict[str, tuple[str, ...]]:
        view = self.fakes.playbook_now
        rules = () if view is None else view.rules[:1]
        return {rule.name: ("Shadow: would have fired for 120 tickets.",) for rule in rules}


class FakeChecks(_Fake):
    def findings(self, playbook: Playbook) -> tuple[Finding, ...] | None:
        return None if self.fakes.unread else lint(playbook, NOW)


class FakePlaybook(_Fake):
    def view(self, version: int | None) -> PlaybookView | None:
        if version == 40:
            return playbook_view(40, live=False)
        return self.fakes.playbook_now if version in {None, 41} else None

    def text(self, version: int) -> str:
        if version > 41:
            raise NotThere(f"There is no playbook {version}.")
        return PLAYBOOK

    def changed(self, version: int) -> tuple[str, ...] | None:
        return None if version == 40 else ("Rule “Night hours”: state was on, is off.",) * 7

    def check(self, text: str) -> Playbook:
        self.note("check text")
        return read_playbook(text)

    def proofs(self, playbook: Playbook) -> tuple[Proof, ...]:
        return prove(playbook, NOW)

    def publish(self, text: str, note: str, based_on: int, person: Person) -> int:
        return self.publish_draft(ToPublish(text, note, based_on), person)

    def publish_draft(self, change: ToPublish, person: Person) -> int:
        self.note("publish", change.note, change.based_on, person)
        read_playbook(change.text)
        if self.fakes.conflict is not None:
            raise self.fakes.conflict
        if self.fakes.red is not None:
            raise self.fakes.red
        return 42

    def roll_back(self, version: int, person: Person) -> int:
        self.note("roll back", version, person)
        if self.fakes.conflict is not None:
            raise self.fakes.conflict
        return 42


class FakeIssues(_Fake):
    """No topics yet; those with topics are tried by tests of their own."""

    def view(self, asked: IssuesAsked) -> IssuesView:
        self.note("issues", asked)
        return IssuesView(asked, NOW, LookState.NONE, None)


class FakeTopic(_Fake):
    """There is no topic."""

    def __call__(self, topic: int, among: Among, before: int | None) -> TopicView:
        self.note("topic", topic, among, before)
        raise NotThere("There is no such topic.")


class FakeResults(_Fake):
    def now(self) -> datetime:
        return NOW

    def overview(self, asked: Asked) -> ResultsView:
        self.note("results", asked)
        return replace(self.fakes.results_now, asked=asked)

    def answer(self, question: Question) -> Answer:
        self.note("answer", question)
        return replace(self.fakes.results_now.answer, question=question)

    def tickets(self, asked: Asked, having: Having, before: int | None) -> ResultTickets:
        self.note("result tickets", asked, having, before)
        return replace(self.fakes.result_tickets_now, asked=asked, having=having)


class FakeDeliveries(_Fake):
    def view(self, wanted: DeliveriesWanted, person: Person) -> DeliveriesView:
        self.note("deliveries", wanted, person)
        return self.fakes.deliveries_now

    def replay(self, delivery_id: int, person: Person) -> None:
        self.note("replay", delivery_id, person)

    def replay_all_parked(self, person: Person) -> int:
        self.note("replay all", person)
        return 3


class FakeSources(_Fake):
    def view(self) -> tuple[SourceLine, ...]:
        return self.fakes.sources_now

    def kinds(self) -> tuple[SourceKind, ...]:
        return (self.fakes.source_now.kind,)

    def form(self, name: str | None, kind: str) -> SourceForm:
        del kind
        made = self.fakes.source_now
        if name is None:
            return replace(made, name="", is_new=True, has=frozenset(), values={})
        if name != made.name:
            raise NotThere("There is no such source.")
        return made

    def save(self, name: str, kind: str, values: Mapping[str, str], by: str, *, new: bool) -> None:
        self.note("save", name, kind, dict(values), by, new)
        if self.fakes.source_now.problems:
            raise BadSource(replace(self.fakes.source_now, is_new=new))

    def remove(self, name: str, by: str) -> None:
        self.note("remove", name, by)

    def try_out(self, name: str, who: str) -> TriedSource:
        self.note("try", name, who)
        return self.fakes.tried_now

    def upload(self, source: str, path: Path, *, dry: bool) -> Uploaded:
        self.note("upload", source, path.read_bytes(), dry)
        refused = ((3, "“many” is not a number."),)
        return Uploaded(source, dry, 4, 3, 1, refused, ("shoe size",))


class FakeCustomers(_Fake):
    def keeps(self) -> Keeps:
        return Keeps(tickets=0, deliveries=30)

    def held(self, email: str, person: Person) -> HeldView:
        self.note("held", email, person)
        if "@" not in email:
            raise Refused(f"“{email}” is not an e-mail address.")
        return self.fakes.held_now

    def export(self, email: str, person: Person, *, as_csv: bool = False) -> str:
        self.note("export", email, person, as_csv)
        return "table,row" if as_csv else "{}"

    def forget(self, email: str, person: Person) -> HeldView:
        self.note("forget", email, person)
        return self.fakes.held_now


class FakeAudit(_Fake):
    def view(self, find: str, before: int | None) -> AuditView:
        self.note("audit", find, before)
        return self.fakes.audit_now

    def export(self, person: Person, *, csv: bool) -> Iterator[str]:
        self.note("export audit", person, csv)
        return iter(("line,at\r\n",) if csv else ("{}\n",))


class FakeSurveys(_Fake):
    def view(self, token: str) -> SurveyView:
        self.note("survey", token)
        return self._known()

    def answer(self, token: str, score: int, comment: str, second: str = "") -> SurveyView:
        self.note("answer", token, score, comment, second)
        return replace(self._known(), score=score, comment=comment, second=second, answered=True)

    def leaving(self, token: str) -> UnsubscribeView:
        self.note("leaving", token)
        return self.fakes.leaving_now

    def leave(self, token: str, *, gone: bool) -> UnsubscribeView:
        self.note("leave", token, gone)
        return replace(self.fakes.leaving_now, gone=gone)

    def _known(self) -> SurveyView:
        if self.fakes.survey_now is None:
            raise SurveyGone("It was open for 14 days, until 4 December.")
        return self.fakes.survey_now


class FakeDrawings(_Fake):
    edition = "edition"

    def on_page(self, chart: Chart, width: int) -> bytes:
        self.note("drawn", chart.kind, width)
        return b"<svg/>"

    def alone(self, chart: Chart, width: int) -> bytes:
        self.note("drawn alone", chart.kind, width)
        return b"<svg/>"

    def png(self, chart: Chart, width: int) -> bytes:
        self.note("drawn png", chart.kind, width)
        return b"png"

    def spec(self, chart: Chart, width: int) -> bytes:
        self.note("spec", chart.kind, width)
        return b"{}"

    def runtime(self) -> bytes:
        return compress(b"window.vegaEmbed = null;")


class FakeSurveyResults(_Fake):
    def results(self, days: int, before: int | None) -> SurveysView:
        self.note("survey results", days, before)
        return self.fakes.surveys_now


class KeptTemplates(BytecodeCache):
    """Compiled templates, kept over all apps of a test run: compiling is what takes the time."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self.kept:
            bucket.bytecode_from_string(self.kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.kept[bucket.key] = bucket.bytecode_to_string()


_TEMPLATES = KeptTemplates()


def build(fakes: Fakes, *, desk_origins: tuple[str, ...] = (), https: bool = False) -> Flask:
    app = Flask("plugin.web", static_folder=None)
    app.config.update(SECRET_KEY="not a secret", TESTING=True)
    app.jinja_options = {"bytecode_cache": _TEMPLATES}
    build_site(app, fakes.needs(), desk_origins=desk_origins, https=https)
    check_routes(app)
    return app


def client_of(app: Flask, person: Person | None = None) -> FlaskClient:
    """A browser, signed in as this person."""
    client = app.test_client()
    if person is not None:
        with client.session_transaction() as session:
            session["token"] = f"token of {person.email}"
    return client


def form_token(client: FlaskClient, path: str) -> str:
    """The token in the first form of a page."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get(path).text)
    assert found is not None, path
    return found[1]


def poisoned(value: Any) -> Any:
    """The same view with every text in it replaced by a hostile one."""
    if isinstance(value, str):
        return value if isinstance(value, StrEnum) else HOSTILE
    if isinstance(value, Mapping):
        return {poisoned(key): poisoned(one) for key, one in value.items()}
    if isinstance(value, tuple | frozenset):
        parts = [poisoned(one) for one in value]
        return type(value)(*parts) if hasattr(value, "_fields") else type(value)(parts)
    if not is_dataclass(value) or isinstance(value, type):
        return value
    # The conditions of a playbook are code, made from its text; pages show only their sentences.
    whole = ("name", "default_queue", "queues", "agents", "replies", "cases")
    names = whole if isinstance(value, Playbook) else [one.name for one in fields_of(value)]
    return replace(value, **{name: poisoned(getattr(value, name)) for name in names})
