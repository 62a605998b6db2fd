"""Rules: how well they route, and how they are changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from plugin.views.playbook import PlaybookView
from routing.conditions.form_view import Node
from routing.lint.findings import Finding as RuleFinding
from routing.population.report import SegmentReport
from routing.prove import Proof
from routing.quality.lessons import Lesson, Lessons, Proposal
from routing.quality.report import QualityReport
from routing.rehearse import Rehearsed
from routing.rules.trace import RuleSeen


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
class OverlapsView:
    """How many customers each two segments share; ``names`` are in order of priority.

    ``shared`` maps a pair of names, in that order, to the count.
    """

    report: SegmentReport | None
    names: tuple[str, ...]
    sizes: Mapping[str, int]
    shared: Mapping[tuple[str, str], int]
