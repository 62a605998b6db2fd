"""What the pages show: frozen values that flows make and templates lay out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from plugin.chain import Break
from routing.back_test.report import BackTestReport
from routing.conditions.form_view import Node
from routing.decide import Decision, NearMisses
from routing.differences import Difference
from routing.lint.findings import Finding as RuleFinding
from routing.outcomes.dimensions import Clock
from routing.outcomes.figures import Difference as Apart
from routing.outcomes.figures import Kpis, Score, Share, Times
from routing.outcomes.medians import MediansApart
from routing.playbook import Playbook
from routing.population.findings import Finding
from routing.population.goal import Goal, Progress, Standing
from routing.population.report import SegmentReport, SegmentSize
from routing.prove import Proof
from routing.quality.lessons import Lesson, Lessons, Proposal
from routing.quality.report import QualityReport
from routing.rehearse import Rehearsed
from routing.rules.near import NearMiss
from routing.rules.trace import RuleSeen
from routing.segments.history import Changed
from routing.segments.nearness import Looked
from routing.segments.outline import Outline
from routing.segments.segment import Persona
from routing.surveys.survey import Kind
from routing.tickets import Fact, Facts, Status


class Role(StrEnum):
    """What a person may do; each role may do all that the ones before it may."""

    AGENT = "agent"
    LEAD = "lead"
    ADMIN = "admin"

    def may(self, needed: Role) -> bool:
        """Whether this role is at least the one that is needed."""
        order = list(Role)
        return order.index(self) >= order.index(needed)


class Scope(StrEnum):
    """What a program may read over the API; none implies another."""

    KPIS = "read-kpis"
    TICKETS = "read-tickets"
    PLAYBOOK = "read-playbook"
    DELIVERIES = "read-deliveries"


@dataclass(frozen=True, slots=True)
class Program:
    """A program that has proved itself by a token."""

    id: int
    name: str
    scopes: frozenset[Scope]


@dataclass(frozen=True, slots=True)
class TokenLine:
    """One token in the list. ``used_at`` is true to the hour."""

    name: str
    scopes: tuple[Scope, ...]
    by: str
    created_at: datetime
    used_at: datetime | None
    expires_at: datetime | None
    expired: bool


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token as somebody wants it; ``days`` None is for ever."""

    name: str
    scopes: tuple[str, ...]
    days: int | None


@dataclass(frozen=True, slots=True)
class ToldSegment:
    """One segment as programs are told of it.

    ``customers`` belong to it, as counted at ``counted_at``; both are None before the first count.
    """

    name: str
    model: str
    owner: str
    goal: str
    customers: int | None
    counted_at: datetime | None


@dataclass(frozen=True, slots=True)
class ToldSegments:
    """The segments of the live playbook, in its order."""

    playbook: str
    version: int
    segments: tuple[ToldSegment, ...]


@dataclass(frozen=True, slots=True)
class ToldDecision:
    """One decision on a ticket. ``silent`` are the customer sources that did not answer for it."""

    id: int
    desk: str
    ticket: str
    decided_at: datetime
    applied_at: datetime | None
    playbook: int
    segments: tuple[str, ...]
    rules: tuple[str, ...]
    queue: str
    because: str
    agent: str | None
    priority: str | None
    silent: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ToldDecisions:
    """The decisions on a ticket, the newest first."""

    decisions: tuple[ToldDecision, ...]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who signs in."""

    id: int
    email: str
    name: str
    role: Role


@dataclass(frozen=True, slots=True)
class LetterFinding:
    """One thing in a mail that needs somebody: what, more of it, and where an action leads."""

    what: str
    more: str
    link: str
    action: str


@dataclass(frozen=True, slots=True)
class MissedGoal:
    """A goal that a segment has clearly missed since then, and how it stood when that began."""

    segment: str
    standing: Standing
    since: datetime
    link: str


@dataclass(frozen=True, slots=True)
class Change:
    """How a KPI differs from the period before; ``shown`` says that it is no chance.

    ``difference`` is of shares (−1 to 1) or how many times as fast it goes now; ``medians`` how
    far the medians of a time lie apart.
    """

    difference: Apart
    medians: MediansApart | None
    shown: bool


@dataclass(frozen=True, slots=True)
class DigestLetter:
    """What a digest says of one week. ``before`` are the tickets of the week before it.

    ``changes`` are those of the KPIs since then, by key. ``picture`` is the content id of the KPIs
    drawn over time. ``house`` is the playbook's name. ``why`` says why somebody gets it; ``stop``
    leads to where it can be changed.
    """

    house: str
    title: str
    total: Kpis
    before: int | None
    changes: Mapping[str, Change]
    segments: tuple[SegmentKpis, ...]
    picture: str | None
    missed: tuple[MissedGoal, ...]
    findings: tuple[LetterFinding, ...]
    overview: str
    why: str
    stop: str


@dataclass(frozen=True, slots=True)
class AlertLetter:
    """What an alert says: that a goal is ``missed``, or no longer. ``days`` were looked at."""

    house: str
    title: str
    missed: bool
    segment: str
    standing: Standing
    days: int
    link: str
    why: str
    stop: str


@dataclass(frozen=True, slots=True)
class Rendered:
    """A mail's two forms, and the PNG pictures that the second shows, by content id."""

    text: str
    html: str
    pictures: Mapping[str, bytes] = field(default_factory=dict)


class MailKind(StrEnum):
    """The mails that somebody can ask for."""

    DIGEST = "digest"
    ALERT = "alert"


@dataclass(frozen=True, slots=True)
class Subscription:
    """Which mail somebody wants, and when. ``weekday`` is 0 for Monday; ``zone`` names a time zone.

    ``segments`` are those it is about; none means all. ``id`` is 0 before it is kept.
    """

    email: str
    kind: MailKind
    weekday: int = 0
    hour: int = 8
    zone: str = "UTC"
    segments: tuple[str, ...] = ()
    since: datetime | None = None
    id: int = 0


@dataclass(frozen=True, slots=True)
class MyMails:
    """Which mails a person gets, and could; ``offered`` are the kinds for their role."""

    email: str
    offered: tuple[MailKind, ...]
    digest: Subscription | None
    alert: Subscription | None
    segments: tuple[str, ...]
    owns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ExportForm:
    """What the page of exports asks, with a proposal; ``agents`` says whether they are named."""

    since: date
    until: date
    agents: bool


@dataclass(frozen=True, slots=True)
class WebhookLine:
    """One message to a receiver. ``state`` is done, waiting or parked; ``why`` says what failed."""

    id: int
    event: str
    type: str
    at: datetime
    state: str
    tries: int
    due: datetime
    why: str


@dataclass(frozen=True, slots=True)
class ReceiverLine:
    """One receiver in the list. ``told`` is how it last answered, ``why`` why it is off.

    ``old_secret_until`` is when the secret before the newest stops to count.
    """

    name: str
    url: str
    events: tuple[str, ...]
    segments: tuple[str, ...]
    enabled: bool
    why: str
    failing_since: datetime | None
    told_at: datetime | None
    told: str
    waiting: int
    parked: int
    old_secret_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class ReceiverView:
    """One receiver with what it was told; ``older`` is the id to page before."""

    line: ReceiverLine
    messages: tuple[WebhookLine, ...]
    older: int | None


@dataclass(frozen=True, slots=True)
class NewReceiver:
    """A receiver as somebody wants it, before it is checked."""

    name: str
    url: str
    events: tuple[str, ...]
    segments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OfferedReply:
    """One suggested reply. ``text`` is None where it cannot be offered; ``because`` says why."""

    name: str
    because: str
    text: str | None


@dataclass(frozen=True, slots=True)
class SolvedCase:
    """A similar ticket that was solved."""

    ticket: str
    subject: str
    took: timedelta
    url: str | None


@dataclass(frozen=True, slots=True)
class OtherTicket:
    """Another ticket of the same customer, as it was when it was read last."""

    ticket: str
    subject: str
    status: Status
    opened_at: datetime
    solved_at: datetime | None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Rating:
    """How a customer rated a solving, from 1 to 5, and when."""

    score: int
    at: datetime


@dataclass(frozen=True, slots=True)
class CustomerHistory:
    """A customer's other tickets: how many there are, how many of them are open.

    ``tickets`` and ``ratings`` are the last few, newest first.
    """

    count: int = 0
    open: int = 0
    tickets: tuple[OtherTicket, ...] = ()
    ratings: tuple[Rating, ...] = ()


@dataclass(frozen=True, slots=True)
class PanelView:
    """The agent's panel for one ticket.

    ``due_at`` is when the first reply is due, None where no target is set or it was given
    (``replied_at``). ``greeted`` is the customer's name as replies use it, None if unknown.
    ``other_queues`` are the queues "Wrong queue" offers, best first. ``degraded`` names customer
    sources that did not answer when the ticket was routed. ``queue_now`` is where the ticket was
    moved since, None if it was not. ``known`` are all customer facts, by how a field is said.
    """

    decision_id: int
    connection: str
    ticket: str
    subject: str
    decision: Decision
    facts: Facts
    persona: Persona | None
    replies: tuple[OfferedReply, ...]
    solved_before: tuple[SolvedCase, ...]
    other_queues: tuple[str, ...]
    degraded: tuple[str, ...]
    due_at: datetime | None
    target: timedelta | None
    replied_at: datetime | None
    greeted: str | None
    now: datetime
    queue_now: str | None = None
    near: NearMiss | None = None
    history: CustomerHistory = field(default_factory=CustomerHistory)
    known: Mapping[str, Fact] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Done:
    """One line of a decision's history."""

    what: str
    detail: str
    at: datetime
    good: bool = True


@dataclass(frozen=True, slots=True)
class DecisionView:
    """Why one ticket went where it went.

    ``known`` are the facts used, by how a field is said. ``effects`` says what each rule that
    fired does. ``earlier`` are the decisions that stood in this one's place, oldest first.
    ``published`` is the version it was decided by, None if it is gone. ``live`` is the version
    that is live now, None where it cannot be decided again. ``happened`` says what had happened
    to the ticket, and ``others`` are the decisions on what else did, oldest first.
    """

    id: int
    connection: str
    ticket: str
    subject: str
    requester: str
    decided_at: datetime
    decision: Decision
    playbook_name: str
    known: Mapping[str, Fact]
    unknown: tuple[str, ...]
    history: tuple[Done, ...]
    degraded: tuple[str, ...]
    facts: Facts
    near: NearMisses = NearMisses()
    effects: Mapping[str, str] = field(default_factory=dict)
    earlier: tuple[EarlierDecision, ...] = ()
    published: VersionLine | None = None
    live: int | None = None
    happened: str = ""
    others: tuple[OtherDecision, ...] = ()


@dataclass(frozen=True, slots=True)
class OtherDecision:
    """Another decision on the same ticket: what had happened, and what came of it."""

    id: int
    at: datetime
    happened: str
    queue: str
    fired: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EarlierDecision:
    """A decision that was made again: what it said, and what the next one says differently."""

    decided_at: datetime
    decision: Decision
    degraded: tuple[str, ...]
    changes: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class RunAgain:
    """A stored decision's facts under the live playbook: what would come out differently."""

    version: int
    decision: Decision
    changes: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class Verified:
    """One revision of a decision, decided again by its own version.

    ``apart`` is every value that came out otherwise; none is as it should be.
    """

    revision: int
    apart: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class DecisionLine:
    """One decision in the list of them."""

    id: int
    connection: str
    ticket: str
    subject: str
    segment: str | None
    queue: str
    agent: str | None
    rule: str | None
    decided_at: datetime
    state: str


@dataclass(frozen=True, slots=True)
class VersionLine:
    """One published version of the playbook."""

    version: int
    note: str
    by: str
    at: datetime
    live: bool


@dataclass(frozen=True, slots=True)
class RuleLine:
    """One rule in words. ``when`` and ``then`` are sentences; ``fired`` counts 90 days.

    ``group`` is the heading of the rules that are tried together with it.
    """

    place: int
    name: str
    when: str
    then: tuple[str, ...]
    group: str
    state: str
    owner: str
    note: str
    fired: int


@dataclass(frozen=True, slots=True)
class SegmentLine:
    """One segment in words. ``tickets`` counts 90 days."""

    name: str
    model: str
    when: str
    owner: str
    goal: str
    persona: Persona
    tickets: int


@dataclass(frozen=True, slots=True)
class PlaybookView:
    """One version of the playbook, as the lead's pages show it."""

    playbook: Playbook
    line: VersionLine
    rules: tuple[RuleLine, ...]
    segments: tuple[SegmentLine, ...]
    versions: tuple[VersionLine, ...]


@dataclass(frozen=True, slots=True)
class ProposedRule:
    """What transfers taught as a draft: ``pairs`` are its condition in the rules' form.

    ``edits`` tells that it is the rule itself that should send its tickets elsewhere.
    """

    lesson: Lesson
    proposal: Proposal
    pairs: tuple[tuple[str, str], ...]
    edits: bool


@dataclass(frozen=True, slots=True)
class QualityView:
    """The quality of each rule of the live ``playbook``, whose lines are left out.

    ``days`` is the period that is wanted, None for all times. ``report`` and ``lessons`` are None
    before the first. ``proposed`` are the proposals among the lessons, as drafts.
    """

    playbook: PlaybookView
    days: int | None
    now: datetime
    report: QualityReport | None
    lessons: Lessons | None = None
    proposed: tuple[ProposedRule, ...] = ()


@dataclass(frozen=True, slots=True)
class SegmentNote:
    """What somebody of any team wrote about a segment."""

    by: str
    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class SegmentReview:
    """When a segment's definition was last looked at and found right, and by whom."""

    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class SegmentTicket:
    """One ticket of a segment. ``decision`` is None for one from before Deskroute."""

    connection: str
    ticket: str
    subject: str
    queue: str | None
    agent: str | None
    opened_at: datetime
    solved_at: datetime | None
    score: int | None
    decision: int | None


@dataclass(frozen=True, slots=True)
class ListedSegment:
    """One segment in the list of them.

    ``share`` is its part (0 to 1) of all revenue. ``standings`` has an entry for each goal; one
    that cannot be measured is the words it was written in. ``trend`` is the first goal that can,
    week by week, the oldest first. ``read_next`` is when somebody should look at it again.
    """

    place: int
    name: str
    model: str
    when: str
    owner: str
    size: SegmentSize | None
    share: float | None
    standings: tuple[Standing | str, ...]
    trend: tuple[Standing, ...]
    findings: tuple[Finding, ...]
    read_next: datetime

    def to_review(self, now: datetime) -> bool:
        """Whether somebody should look at it: it is time, or something is wrong with it."""
        return self.read_next <= now or any(one.severity != "note" for one in self.findings)


@dataclass(frozen=True, slots=True)
class SegmentsView:
    """The list of segments, in order of priority.

    ``report`` is the newest count of all customers, None before the first. ``findings`` are about
    all segments, what matters most first.
    """

    now: datetime
    version: int
    days: int
    report: SegmentReport | None
    lines: tuple[ListedSegment, ...]
    findings: tuple[Finding, ...]
    templates: tuple[TemplateLine, ...]


@dataclass(frozen=True, slots=True)
class TemplateLine:
    """A template to start a segment from. ``wants`` are its fields, as they are said."""

    key: str
    title: str
    model: str
    says: str
    wants: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DefinitionStep:
    """One change of a segment's definition, or the version that made it."""

    version: int
    at: datetime
    by: str
    note: str
    made: bool
    changes: tuple[Changed, ...]


@dataclass(frozen=True, slots=True)
class SharedCustomers:
    """Another segment with customers in common: how many, and their share (0 to 1) of this one."""

    name: str
    customers: int
    share: float


@dataclass(frozen=True, slots=True)
class SegmentView:
    """One segment, whole.

    ``week_ago`` is its size about a week before the newest count. ``clock`` says whose hours count.
    ``goals`` has an entry for each; one that cannot be measured is the words it was written in.
    ``weeks`` are the ends of the four-week windows over which ``trend`` measures the ``kpi``.
    ``looked`` is a sample of ``known`` customers. ``rules`` are those that name it, with their
    place from 1; ``replies`` are for it.
    """

    now: datetime
    version: int
    days: int
    clock: Clock
    place: int
    of: int
    name: str
    model: str
    owner: str
    goal: str
    persona: Persona
    outline: Outline
    report: SegmentReport | None
    week_ago: SegmentSize | None
    kpis: Kpis
    goals: tuple[Progress | str, ...]
    kpi: str
    weeks: tuple[datetime, ...]
    trend: tuple[Share | Times | Score | None, ...]
    looked: Looked
    known: int
    tickets: tuple[SegmentTicket, ...]
    steps: tuple[DefinitionStep, ...]
    notes: tuple[SegmentNote, ...]
    review: SegmentReview | None
    read_next: datetime
    findings: tuple[Finding, ...]
    rules: tuple[tuple[int, str], ...]
    replies: tuple[str, ...]
    shared: tuple[SharedCustomers, ...]

    @property
    def progress(self) -> tuple[Progress, ...]:
        """The goals that are measured."""
        return tuple(one for one in self.goals if isinstance(one, Progress))

    @property
    def standings(self) -> tuple[Standing | str, ...]:
        """Where it stands against each goal."""
        return tuple(one if isinstance(one, str) else one.now for one in self.goals)


@dataclass(frozen=True, slots=True)
class SegmentDraft:
    """A segment while a lead writes it.

    ``was`` is its name in playbook ``based_on``; None for a new one. ``place`` is its priority,
    from 1. ``when`` is the condition as the playbook's YAML holds it.
    """

    based_on: int
    was: str | None
    place: int
    name: str
    model: str
    owner: str
    goal: str
    persona: Persona
    when: Any
    note: str = ""


@dataclass(frozen=True, slots=True)
class SegmentEditor:
    """A draft with all that its form shows.

    ``form`` is the condition as nodes; ``counts`` says how many of the ``known`` customers each
    place of it holds for, estimated from those ``looked`` at. ``looked`` and ``sentence`` are None
    while the condition cannot be read. ``problems`` are by the place of the form they belong to,
    ``elsewhere`` are all others. ``places`` are the names of the other segments, in their order.
    """

    draft: SegmentDraft
    fields: Mapping[str, tuple[tuple[str, str], ...]]
    form: Node
    counts: Mapping[str, int]
    sentence: str | None
    looked: Looked | None
    known: int
    problems: Mapping[str, str]
    elsewhere: tuple[str, ...]
    places: tuple[str, ...]
    people: tuple[str, ...]
    goals: tuple[Goal | str, ...]
    now: datetime


@dataclass(frozen=True, slots=True)
class NumberField:
    """A field of numbers in which groups can be looked for, known of so many ``customers``.

    ``share`` (0 to 1) is their part of all. One that is not ``usual`` repeats another field.
    """

    name: str
    says: str
    customers: int
    share: float
    usual: bool


@dataclass(frozen=True, slots=True)
class GroupSearch:
    """What a lead may look for groups in. ``too_few`` are fields known of too few of ``known``.

    ``is_able`` says whether what the search needs is installed.
    """

    fields: tuple[NumberField, ...]
    too_few: tuple[NumberField, ...]
    known: int
    is_able: bool


@dataclass(frozen=True, slots=True)
class FoundGroup:
    """A group found in the data, as a draft: ``pairs`` are its condition in the segments' form.

    The condition catches the share ``recall`` of its ``customers``, and of whom it catches the
    share ``precision`` is in the group. ``means`` are in words, by what each field is called.
    """

    name: str
    sentence: str
    pairs: tuple[tuple[str, str], ...]
    customers: int
    precision: float
    recall: float
    means: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class FoundGroups:
    """What a search found among ``customers``; ``problem`` is set where it found nothing.

    ``silhouette`` (-1 to 1) says how well the groups stand apart; the conditions put the share
    ``agreement`` where they belong. ``left_out`` are fields with why they were not used, and
    ``without_rule`` the sizes of groups that no short condition tells apart. A draft made of a
    group is based on playbook ``based_on``, and gets this ``place`` in it.
    """

    problem: str = ""
    customers: int = 0
    silhouette: float = 0.0
    agreement: float = 0.0
    groups: tuple[FoundGroup, ...] = ()
    left_out: tuple[tuple[str, str], ...] = ()
    without_rule: tuple[int, ...] = ()
    based_on: int = 0
    place: int = 1


@dataclass(frozen=True, slots=True)
class RuleDraft:
    """A rule while a lead writes it.

    ``was`` is its name in playbook ``based_on``; None for a new one. ``place`` counts from 1.
    ``when`` is the condition as the playbook's YAML holds it, ``first_reply`` and its like are
    times as a person writes them; what is empty is not set. ``tell`` is a private note in the
    ticket, ``why`` the rule's own note, ``note`` the version's.
    """

    based_on: int
    was: str | None
    place: int
    name: str
    when: Any
    queue: str = ""
    agent: str = ""
    priority: str = ""
    tags: tuple[str, ...] = ()
    first_reply: str = ""
    after: str = "stop"
    state: str = "on"
    owner: str = ""
    on: str = "opened"
    waits: str = ""
    escalate: str = ""
    resolution: str = ""
    fields: tuple[tuple[str, str], ...] = ()
    tell: str = ""
    suggest: str = ""
    answer: str = ""
    notify: tuple[str, ...] = ()
    hand_back: str = ""
    share: str = ""
    guards: tuple[str, ...] = ()
    why: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class RuleOrder:
    """The rules of playbook ``based_on`` in another order, some perhaps taken out.

    ``order`` has their places in that playbook, from 1; None is as it stands. ``past`` and
    ``future`` are the steps that undo what was done to it, and do again what was undone: each is
    such a number and the place it goes to, from 1, or 0 where it is taken out.
    """

    based_on: int
    order: tuple[int, ...] | None
    note: str = ""
    past: tuple[tuple[int, int], ...] = ()
    future: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class TicketToTry:
    """A ticket to try a rule on: a desk's id of one that was decided, or one typed in."""

    id: str = ""
    subject: str = ""
    text: str = ""
    email: str = ""

    @property
    def anything(self) -> bool:
        """Whether there is a ticket at all."""
        return bool(self.id or self.subject or self.text or self.email)


@dataclass(frozen=True, slots=True)
class TriedRule:
    """What became of a rule on one ticket, with the tests that decided it.

    ``problem`` is set where there is no such ticket. ``seen`` is the rule as it came out; one that
    is off is tried as if it were on. ``queue`` and ``because`` are what the playbook says with the
    rule as it is written here, ``queue_before`` is what the live one says.
    """

    problem: str = ""
    title: str = ""
    seen: RuleSeen | None = None
    queue: str = ""
    because: str = ""
    queue_before: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """One thing that is wrong with a draft; ``new`` says whether the live playbook lacks it."""

    finding: RuleFinding
    new: bool


@dataclass(frozen=True, slots=True)
class DraftFindings:
    """What a draft does to what is wrong with the rules.

    ``own`` is about the draft itself, ``elsewhere`` is new at other rules, with places in the
    draft, and ``gone`` is what it mends, with places in the live playbook. ``unread`` says that
    the rules are too long to be looked through here.
    """

    own: tuple[Found, ...] = ()
    elsewhere: tuple[RuleFinding, ...] = ()
    gone: tuple[RuleFinding, ...] = ()
    unread: bool = False


@dataclass(frozen=True, slots=True)
class RuleEditor:
    """A rule's draft with all that its form shows.

    ``form`` is the condition as nodes. ``sentence`` and ``then`` say the rule in words, None while
    it cannot be read. ``rehearsed`` is the rule over past tickets; ``counts`` are those of its
    parts, of the ``known`` tickets looked at. ``problems`` are by the place of the form they
    belong to, ``elsewhere`` are all others. ``places`` are the names of the other rules, and
    ``here`` is the draft's place among them, from 1. ``findings`` is what lint says of the draft,
    None while the condition cannot be read.
    """

    draft: RuleDraft
    fields: Mapping[str, tuple[tuple[str, str], ...]]
    form: Node
    sentence: str | None
    then: tuple[str, ...] | None
    rehearsed: Rehearsed
    problems: Mapping[str, str]
    elsewhere: tuple[str, ...]
    places: tuple[str, ...]
    queues: tuple[str, ...]
    agents: tuple[str, ...]
    replies: tuple[str, ...]
    people: tuple[str, ...]
    trying: TicketToTry
    tried: TriedRule | None
    now: datetime
    findings: DraftFindings | None
    here: int

    @property
    def counts(self) -> Mapping[str, int]:
        """For how many of the known tickets each part of the condition holds by itself."""
        return self.rehearsed.counts

    @property
    def known(self) -> int:
        """How many past tickets were looked at."""
        return self.rehearsed.tickets


@dataclass(frozen=True, slots=True)
class RulesDraft:
    """The rules in an order a lead is making: the page of rules, and what differs, in words.

    ``findings`` is what lint says of them in this order.
    """

    change: RuleOrder
    view: PlaybookView
    words: tuple[str, ...]
    findings: DraftFindings


@dataclass(frozen=True, slots=True)
class RuleReview:
    """What publishing a change to the rules would do to the playbook ``version``, live now.

    ``words`` say what differs and ``lines`` show it in the text. ``meanwhile`` is what others
    changed since the version the change began with, ``by`` whom the last. ``problems`` say why it
    cannot be published as it is; then there are no words. ``findings`` is what lint says of a
    change that can be, ``proofs`` are its cases, and ``text`` is the playbook as it would be.
    """

    version: int
    by: str
    meanwhile: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    findings: DraftFindings = DraftFindings()
    proofs: tuple[Proof, ...] = ()
    text: str = ""


@dataclass(frozen=True, slots=True)
class CaseDraft:
    """A case as it stands in a form, by the name of each input; all of it is text.

    ``was`` is what it is called in the playbook, None for a new one. ``taken_from`` is the
    decision whose ticket it was made of.
    """

    based_on: int
    was: str | None
    values: Mapping[str, str]
    note: str = ""
    taken_from: int | None = None


@dataclass(frozen=True, slots=True)
class CaseEditor:
    """A case's form: the draft, what comes out of it, and what is wrong with it.

    ``proof`` is None where the draft cannot be read. ``problems`` are by input; ``elsewhere`` are
    about another part of the playbook. ``choices`` are the names that an input takes. ``fields``
    are those of customers: name and words.
    """

    draft: CaseDraft
    proof: Proof | None
    problems: Mapping[str, str]
    elsewhere: tuple[str, ...]
    choices: Mapping[str, tuple[str, ...]]
    fields: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class OverlapsView:
    """How many customers each two segments share; ``names`` are in order of priority.

    ``shared`` maps a pair of names, in that order, to the count.
    """

    report: SegmentReport | None
    names: tuple[str, ...]
    sizes: Mapping[str, int]
    shared: Mapping[tuple[str, str], int]


@dataclass(frozen=True, slots=True)
class SegmentKpis:
    """The KPIs of one segment; ``segment`` None is everyone else."""

    segment: str | None
    kpis: Kpis


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of everything the desks told us. ``adds_up`` is the promise."""

    received: int
    done: int
    waiting: int
    parked: int

    @property
    def adds_up(self) -> bool:
        """Whether each delivery is in exactly one state."""
        return self.received == self.done + self.waiting + self.parked


@dataclass(frozen=True, slots=True)
class DeliveryLine:
    """One delivery in the list. ``why`` says what it waits for, or why it is parked."""

    id: int
    received_at: datetime
    connection: str
    kind: str
    ticket: str
    decision_id: int | None
    state: str
    took: timedelta | None
    why: str


@dataclass(frozen=True, slots=True)
class Try:
    """One try at a delivery."""

    at: datetime
    result: str
    good: bool


@dataclass(frozen=True, slots=True)
class DeliveryView:
    """One delivery, whole. ``body`` has names, addresses and texts hidden unless asked for."""

    line: DeliveryLine
    delivery_id: str
    tries: tuple[Try, ...]
    body: str
    hidden: bool


@dataclass(frozen=True, slots=True)
class DeliveriesView:
    """The deliveries page. ``older`` and ``newer`` are ids to page from, None at the ends."""

    tally: Tally
    counted_at: datetime
    median_took: timedelta | None
    lines: tuple[DeliveryLine, ...]
    state: str | None
    find: str
    connections: tuple[str, ...]
    connection: str | None
    older: int | None
    newer: int | None
    open: DeliveryView | None = None


@dataclass(frozen=True, slots=True)
class SourceAsk:
    """One thing to enter for a kind of customer source. A ``secret`` is never shown again.

    ``lines`` is how high its box is; ``default`` what counts where nothing is entered.
    """

    name: str
    label: str
    hint: str = ""
    secret: bool = False
    needed: bool = True
    lines: int = 1
    default: str = ""


@dataclass(frozen=True, slots=True)
class SourceKind:
    """A kind of customer source: what to enter, and where it finds which of our fields.

    ``remote`` says that it is asked over the network for each customer. ``missing`` says what has
    to be installed before one can be added; empty if nothing has to be.
    """

    name: str
    says: str
    asks: tuple[SourceAsk, ...]
    fields: Mapping[str, str]
    remote: bool = True
    missing: str = ""

    @property
    def is_mapped(self) -> bool:
        """Whether its answers have a shape of their own, of which a map says what is what."""
        return "fields" in [ask.name for ask in self.asks]


@dataclass(frozen=True, slots=True)
class SourceLine:
    """One customer source in the list. ``kind`` is in words; ``customers`` None is uncounted.

    ``down_since`` is set while it does not answer, ``next_try_at`` is when it is asked again.
    ``last_error`` may also be about one answer of a source that is up. One that is not
    ``editable`` comes with the desk, or is worked out here.
    """

    name: str
    kind: str
    customers: int | None
    read_at: datetime | None
    place: int = 0
    says: str = ""
    first_for: tuple[str, ...] = ()
    fresh_for: str = ""
    answered_at: datetime | None = None
    down_since: datetime | None = None
    next_try_at: datetime | None = None
    last_error: str = ""
    editable: bool = True


@dataclass(frozen=True, slots=True)
class SourceForm:
    """The form of one customer source, empty for a new one.

    ``values`` are the settings as entered, by name; ``has`` names the secrets that are kept, and
    ``problems`` says what is wrong, by name.
    """

    name: str
    is_new: bool
    kind: SourceKind
    place: int
    values: Mapping[str, str] = field(default_factory=dict)
    has: frozenset[str] = frozenset()
    problems: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TriedValue:
    """One value a source gave for one customer, by how the field is said and what it holds."""

    field: str
    says: str
    kind: str
    value: str
    as_of: str


@dataclass(frozen=True, slots=True)
class TriedSource:
    """What a source said of one customer, for a person who tries it out.

    ``problem`` is set where it did not answer, and ``mistake`` if its query has to be mended;
    ``refused`` names fields and why their value was
    not taken. ``took`` is in seconds.
    """

    source: str
    who: str
    took: float
    known: bool = False
    problem: str = ""
    values: tuple[TriedValue, ...] = ()
    refused: tuple[tuple[str, str], ...] = ()
    mistake: bool = False


@dataclass(frozen=True, slots=True)
class Uploaded:
    """What became of an uploaded file's rows; ``refused`` names lines and reasons."""

    source: str
    dry: bool
    read: int
    changed: int
    refused_count: int
    refused: tuple[tuple[int, str], ...]
    passed_over: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BackTestLine:
    """One back-test: what was compared, by whom, and how far it is.

    ``called`` is what the draft is called, ``version`` the playbook it is compared with. ``state``
    is running, done or failed; ``why`` says why it failed. It took the tickets opened since
    ``since``; None for all.
    """

    id: int
    called: str
    version: int
    by: str
    since: datetime | None
    started_at: datetime
    ended_at: datetime | None
    state: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class BackTestForm:
    """What can be tried: the live version and those before it, and what was tried of late."""

    live: int
    versions: tuple[VersionLine, ...]
    recent: tuple[BackTestLine, ...]


@dataclass(frozen=True, slots=True)
class BackTestDraft:
    """What somebody wants to try: a text, or a published ``version`` in its place.

    ``days`` bounds how long ago a ticket was opened; 0 is for ever.
    """

    text: str = ""
    called: str = ""
    version: int | None = None
    days: int = 90


@dataclass(frozen=True, slots=True)
class BackTestView:
    """A back-test and its report, None while it runs or if it failed."""

    line: BackTestLine
    report: BackTestReport | None


@dataclass(frozen=True, slots=True)
class ComparedTicket:
    """One past ticket, decided by both playbooks just now from the facts it had.

    ``as_then`` says that its customer's facts are those of its time.
    """

    line: BackTestLine
    facts: Facts
    as_then: bool
    before: Decision
    after: Decision


@dataclass(frozen=True, slots=True)
class HeldLine:
    """How much of one kind is held about a customer, and what forgetting does with it."""

    what: str
    count: int
    goes: str


@dataclass(frozen=True, slots=True)
class HeldView:
    """What is held about one customer.

    ``signs_in`` tells that the address is also that of one of our own people. ``forgotten_at`` is
    when they were forgotten before, None if they were not.
    """

    email: str
    names: tuple[str, ...]
    lines: tuple[HeldLine, ...]
    signs_in: bool
    forgotten_at: datetime | None

    @property
    def anything(self) -> bool:
        """Whether there is anything to export or to forget."""
        return any(line.count for line in self.lines)


@dataclass(frozen=True, slots=True)
class Keeps:
    """For how many days things are kept; 0 is for ever."""

    tickets: int
    deliveries: int


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


class DraftState(StrEnum):
    """How a draft stands: its author works on it, asks for an approval, or got it back."""

    KEPT = "kept"
    ASKED = "asked"
    SENT_BACK = "sent back"


@dataclass(frozen=True, slots=True)
class ToPublish:
    """A playbook's text that somebody wants to be live.

    ``based_on`` is the version that was live when they began, 0 for none. ``renames`` maps
    segments to their new names, to which their notes follow. ``draft`` is the draft it comes from.
    ``forced`` is set by whoever runs a command on the machine and needs nobody's approval.
    """

    text: str
    note: str
    based_on: int
    renames: Mapping[str, str] = field(default_factory=dict)
    draft: int | None = None
    forced: bool = False


@dataclass(frozen=True, slots=True)
class DraftLine:
    """A draft in a list: by whom, when, and on which version. ``judge`` sent it back, and why."""

    id: int
    by: str
    at: datetime
    based_on: int
    note: str
    state: DraftState
    judge: str = ""
    reason: str = ""
    mine: bool = False


@dataclass(frozen=True, slots=True)
class DraftView:
    """One draft as it would change what is ``live`` (None: nothing is yet).

    ``moved_on`` tells that another version is live than the one it is based on. ``words`` say what
    would change and ``lines`` show it in the text; ``problems`` say why it cannot be published,
    and then there are no words, findings and proofs. ``findings`` is None where there are too many
    rules to look through. ``may`` are the things that whoever looks may do with it, by the name of
    their button. ``seal`` stands for what they see.
    """

    line: DraftLine
    text: str
    seal: str
    live: VersionLine | None
    moved_on: bool
    demanded: bool
    words: tuple[str, ...]
    lines: tuple[str, ...]
    problems: tuple[str, ...]
    findings: tuple[RuleFinding, ...] | None
    proofs: tuple[Proof, ...]
    may: frozenset[str]


@dataclass(frozen=True, slots=True)
class ChainView:
    """What a walk along the audit log found: its lines, the hash of the last, and where it breaks.

    ``broken`` is None where it is whole.
    """

    lines: int
    head: str
    broken: Break | None

    def __str__(self) -> str:
        """The state of the chain in a sentence."""
        if self.broken is not None:
            return f"The chain is broken. {self.broken.why}"
        return f"The chain is whole: {self.lines:,} {'entry' if self.lines == 1 else 'entries'}."


@dataclass(frozen=True, slots=True)
class AuditLine:
    """Who did what, and when."""

    id: int
    at: datetime
    by: str
    did: str


@dataclass(frozen=True, slots=True)
class AuditView:
    """A page of the audit log, newest first.

    ``older`` is the id to page from. ``chain`` is None where the log is too long for a page to
    check; ``written`` is how many lines it has.
    """

    lines: tuple[AuditLine, ...]
    older: int | None
    chain: ChainView | None
    written: int


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around every signed-in page.

    ``approvals`` tells that publishing needs a second person; ``asked`` counts the drafts of others
    that wait for one.
    """

    person: Person
    playbook_name: str
    playbook_version: int
    parked: int
    sample: bool
    counts: Mapping[str, int] = field(default_factory=dict)
    approvals: bool = False
    asked: int = 0
