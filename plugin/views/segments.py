"""Segments: how they are, how they are changed, and groups found in the data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from routing.conditions.form_view import Node
from routing.outcomes.dimensions import Clock
from routing.outcomes.figures import Kpis, Score, Share, Times
from routing.population.findings import Finding
from routing.population.goal import Goal, Progress, Standing
from routing.population.report import SegmentReport, SegmentSize
from routing.segments.history import Changed
from routing.segments.nearness import Looked
from routing.segments.outline import Outline
from routing.segments.segment import Persona


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
class SegmentKpis:
    """The KPIs of one segment; ``segment`` None is everyone else."""

    segment: str | None
    kpis: Kpis
