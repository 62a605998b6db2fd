"""What condition would have sent the tickets right that people moved.

It is found on the older tickets and judged on the newer ones.

Nothing that a worker imports may import this module: it loads numpy.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest

from routing.back_test.judge import fields_asked, judge_table
from routing.back_test.past import Json, PastTicket, columns_of
from routing.conditions.columns import Bools, Table
from routing.conditions.fields import SEGMENT, SEGMENTS, Field
from routing.conditions.tree import read_condition
from routing.conditions.wording import sentence
from routing.outcomes.comparison import discoveries
from routing.outcomes.statistics import share
from routing.playbook import Playbook
from routing.quality.candidates import (
    SENSELESS,
    Document,
    Family,
    Seen,
    families,
    named_segments,
)
from routing.quality.lessons import (
    ENOUGH_TRANSFERS,
    MOST_TESTS,
    Gain,
    Judged,
    Lesson,
    Proposal,
)

OLDER = 0.6
"""The share of a rule's tickets, the oldest, from which is learned; the rest judges."""

LEAST_OLDER = 10
"""Moved tickets that must be among those from which is learned."""

LEAST_NEWER = 5
"""Moved tickets that must be among those that judge."""

LEAST_JUDGED = 10
"""Newer tickets that a condition must hold for before it is proposed."""

LEAST_FOUND = 3
"""Moved tickets that one of several values must find, to be among them."""

MOST_TOGETHER = 8
"""Values that one test may name."""

BEAM = 6
"""Conditions that are followed further at once."""

CAUTION = 1.0
"""Standard deviations taken off a gain, so that luck with few tickets is no reason."""

ELSEWHERE = 0.5
"""What it costs to send a ticket to one wrong queue in place of another one."""

WORTH = 2.0, 0.05
"""Tickets, and the share of what is gained without it, that one more test must gain."""

A_VALUE = 0.5
"""Tickets that each of several values must gain, so that none is named for nothing."""

MOSTLY = 0.5
"""The share of the newer tickets it holds for that a condition must send right."""


Numbers = NDArray[Any]
Places = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Label:
    """Where a ticket is sent, by which rule (None: none), and where people found it right."""

    rule: str | None
    queue: str
    ended: str


def reached(playbook: Playbook, tickets: Sequence[PastTicket]) -> list[tuple[str | None, str]]:
    """The rule that chooses the queue of each ticket (None: none does), and the queue."""
    asked = fields_asked(playbook)
    columns = columns_of(tickets, asked)
    table = Table.build(asked, columns.values, columns.nows, columns.fresh_until, size=columns.size)
    places = judge_table(playbook, table, lambda: [one.ref for one in tickets]).queue_by.tolist()
    rules = [(rule.name, rule.then.leads_to or "") for rule in playbook.rules]
    return [rules[place] if place >= 0 else (None, playbook.default_queue) for place in places]


def worth_learning(labels: Iterable[Label]) -> set[str | None]:
    """The rules of which people moved enough tickets to one other queue."""
    moves = Counter((one.rule, one.queue, one.ended) for one in labels if one.ended != one.queue)
    return {rule for (rule, _, _), count in moves.items() if count >= ENOUGH_TRANSFERS}


@dataclass(frozen=True, slots=True)
class Found:
    """What was found for the tickets of one rule moved to one queue, before it may be proposed."""

    lesson: Lesson
    tests: tuple[Document, ...] = ()
    judged: Judged | None = None


def learn(
    playbook: Playbook, past: Sequence[PastTicket], labels: Sequence[Label]
) -> tuple[Lesson, ...]:
    """What the transfers of these tickets teach, the most frequent first.

    Only tickets with the facts of their time are used, and of these only facts that were known
    when they were decided. A proposal's rule is not placed yet: its ``when`` is only what was
    learned.
    """
    groups: dict[tuple[str | None, str], list[tuple[PastTicket, str]]] = defaultdict(list)
    for one, label in zip(past, labels, strict=True):
        if one.as_then:
            groups[label.rule, label.queue].append((known_then(one), label.ended))
    found = [
        one
        for (rule, queue), tickets in groups.items()
        for one in _from_group(playbook, rule, queue, tickets)
    ]
    shown = iter(discoveries([one.judged.gain.p for one in found if one.judged is not None]))
    lessons = [
        one.lesson if one.judged is None else _told(one, one.judged, playbook, holds=next(shown))
        for one in found
    ]
    return tuple(
        sorted(lessons, key=lambda one: (one.proposal is None, -one.transfers, one.rule or ""))
    )


def known_then(one: PastTicket) -> PastTicket:
    """The ticket without what was learned of its customer after it was decided."""
    now = datetime.fromisoformat(one.facts["now"])
    customer = one.facts["customer"]
    known = {name: fact for name, fact in customer.items() if _is_known(fact, now)}
    if len(known) == len(customer):
        return one
    return replace(one, facts={**one.facts, "customer": known})


def _is_known(fact: Json, now: datetime) -> bool:
    as_of = fact.get("as_of")
    return as_of is None or datetime.fromisoformat(as_of) <= now


@dataclass(frozen=True, slots=True, eq=False)
class _Teaching:
    """Tickets that were moved to the queue, that stayed, and that were moved to a third one."""

    moved: Bools
    stayed: Bools
    elsewhere: Bools

    def places(self, holds: Bools) -> tuple[Places, Places, Places]:
        """Where those of each are for which a condition holds."""
        moved, stayed, elsewhere = (
            np.flatnonzero(holds & one) for one in (self.moved, self.stayed, self.elsewhere)
        )
        return moved, stayed, elsewhere

    def gain(self, holds: Bools) -> float:
        """What a condition gains on them, less the doubt about it."""
        return float(_gain(*(np.array(len(one)) for one in self.places(holds))))


@dataclass(frozen=True, slots=True, eq=False)
class _Parts:
    """The tickets of one rule: the older ones teach, the newer ones judge."""

    moved: Bools
    stayed: Bools
    older: Bools

    @property
    def teaching(self) -> _Teaching:
        """The older tickets."""
        moved, stayed = self.moved & self.older, self.stayed & self.older
        return _Teaching(moved, stayed, self.older & ~moved & ~stayed)

    @property
    def enough(self) -> bool:
        """Whether there are enough moved ones to learn from, and to judge by."""
        older, newer = (self.moved & self.older).sum(), (self.moved & ~self.older).sum()
        return bool(older >= LEAST_OLDER and newer >= LEAST_NEWER)


def _from_group(
    playbook: Playbook, rule: str | None, queue: str, tickets: list[tuple[PastTicket, str]]
) -> Iterator[Found]:
    counts = Counter(ended for _, ended in tickets if ended != queue)
    targets = [one for one, count in counts.most_common() if count >= ENOUGH_TRANSFERS]
    if not targets:
        return
    tickets = sorted(tickets, key=lambda two: (two[0].facts["now"], two[0].id or 0))
    ended = np.array([end for _, end in tickets])
    older = np.arange(len(tickets)) < round(len(tickets) * OLDER)
    majority = Counter(ended[older].tolist()).most_common(1)[0][0]
    hits = int((ended[~older] == majority).sum())
    seen = _seen(playbook, [one for one, _ in tickets])
    for target in targets:
        parts = _Parts(ended == target, ended == queue, older)
        lesson = Lesson(rule, queue, target, len(tickets), counts[target])
        if not parts.enough:
            nothing = "Too few of them are old enough to learn from, or new enough to judge by."
            yield Found(replace(lesson, nothing=nothing))
            continue
        teaching = parts.teaching
        fields = playbook.rule_fields
        tried = list(families(fields, seen, teaching.moved, teaching.stayed))
        yield _found(lesson, _search(tried, teaching), parts, hits)


def _found(lesson: Lesson, best: _Condition | None, parts: _Parts, majority: int) -> Found:
    if best is None:
        nothing = "Nothing found that tells them from the tickets that stayed."
        return Found(replace(lesson, nothing=nothing))
    judged = _judge(best.holds, parts, majority)
    nothing = "" if judged else "Nothing found that holds for any newer ticket."
    return Found(replace(lesson, nothing=nothing), best.tests, judged)


def _seen(playbook: Playbook, past: Sequence[PastTicket]) -> Seen:
    """The tickets in columns, with their primary segment."""
    named = {name for one in past for name in one.facts["customer"]}
    fields = playbook.rule_fields
    asked: dict[str, Field] = {one.name: one for one in fields_asked(playbook)}
    for name, field in fields.items():
        of = name if field.derived is None else field.derived.of
        if field.read is not None or field.clock is not None or {name, of} & named:
            asked[name] = field
    asked.pop(SEGMENT.name, None)
    asked.pop(SEGMENTS.name, None)
    columns = columns_of(past, asked.values())
    table = Table.build(
        asked.values(), columns.values, columns.nows, columns.fresh_until, size=columns.size
    )
    told: dict[str, Sequence[object | None]] = {
        name: columns.values[name] for name in asked if name in columns.values
    }
    told |= {
        name: [field.clock(now) for now in columns.nows]
        for name, field in asked.items()
        if field.clock is not None and name not in SENSELESS
    }
    if playbook.segments:
        judged = judge_table(replace(playbook, rules=()), table, list)
        names = [one.name for one in playbook.segments]
        table = table.put(SEGMENT, judged.primary, names)
        told[SEGMENT.name] = named_segments(judged.primary.tolist(), names)
    # Of whom nobody knows who they are, each may be another one.
    who = [one.facts["ticket"]["requester_email"] or at for at, one in enumerate(past)]
    return Seen(table, told, who)


@dataclass(frozen=True, slots=True, eq=False)
class _Condition:
    """Tests that all hold, for which rows they do, and what they gain on the older ones.

    ``cost`` is what was taken off the gain for the values they name.
    """

    tests: tuple[Document, ...]
    holds: Bools
    gain: float
    cost: float = 0.0

    @property
    def asks(self) -> set[tuple[str, str]]:
        """The fields and operators of its tests."""
        return {(test["field"], next(key for key in test if key != "field")) for test in self.tests}


def _search(tried: Sequence[Family], teaching: _Teaching) -> _Condition | None:
    """The condition of a few tests with the best gain, or None where none gains anything.

    A beam: of all conditions of one test the best few are followed to two tests, and so on.
    """
    every = np.ones(len(teaching.moved), np.bool_)
    best = _Condition((), every, teaching.gain(every))
    beam = [best]
    for _ in range(MOST_TESTS):
        longer = [one for begun in beam for one in _longer(begun, tried, teaching)]
        longer.sort(key=lambda one: -one.gain)
        beam = _different(longer)
        if not beam:
            break
        if beam[0].gain > best.gain + max(WORTH[0], WORTH[1] * best.gain):
            best = beam[0]
    return best if best.gain > 0 else None


def _gain(right: Numbers, wrong: Numbers, elsewhere: Numbers) -> Numbers:
    """Tickets gained, less the doubt about it."""
    doubt: Numbers = np.sqrt(right + wrong + elsewhere)
    return right - wrong - ELSEWHERE * elsewhere - CAUTION * doubt


def _different(found: Sequence[_Condition]) -> list[_Condition]:
    """The best that do not hold for just the same tickets."""
    kept: dict[bytes, _Condition] = {}
    for one in found:
        kept.setdefault(np.packbits(one.holds).tobytes(), one)
        if len(kept) == BEAM:
            break
    return list(kept.values())


def _longer(
    begun: _Condition, tried: Sequence[Family], teaching: _Teaching
) -> Iterator[_Condition]:
    """The condition with one more test."""
    places = teaching.places(begun.holds)
    used = {field for field, _ in begun.asks}
    for family in tried:
        if family.field in used and (family.union or (family.field, family.operator) in begun.asks):
            continue
        right, wrong, elsewhere = (family.holds[:, rows].sum(axis=1) for rows in places)
        gains = _gain(right, wrong, elsewhere) - begun.cost
        best = int(np.argmax(gains))
        yield _with(begun, family, [best], float(gains[best]), begun.cost)
        lost = wrong + ELSEWHERE * elsewhere
        several = [
            int(place)
            for place in np.argsort(lost - right, kind="stable")
            if right[place] >= LEAST_FOUND and right[place] > lost[place]
        ][:MOST_TOGETHER]
        if family.union and len(several) > 1:
            holds: Bools = np.any(family.holds[several], axis=0) & begun.holds
            cost = begun.cost + A_VALUE * len(several)
            yield _with(begun, family, several, teaching.gain(holds) - cost, cost)


def _with(
    begun: _Condition, family: Family, places: list[int], gain: float, cost: float
) -> _Condition:
    holds = begun.holds & np.any(family.holds[places], axis=0)
    return _Condition((*begun.tests, family.document(places)), holds, gain, cost)


def _judge(holds: Bools, parts: _Parts, majority: int) -> Judged | None:
    """The condition on the newer tickets; None where it holds for too few of them."""
    newer = ~parts.older
    covered = holds & newer
    right = int((covered & parts.moved).sum())
    wrong = int((covered & parts.stayed).sum())
    precision = share(right, int(covered.sum()))
    if precision is None:
        return None
    return Judged(
        tickets=int(newer.sum()),
        transfers=int((newer & parts.moved).sum()),
        right=right,
        wrong=wrong,
        elsewhere=precision.n - right - wrong,
        stayed=int((newer & parts.stayed).sum()),
        majority=majority,
        precision=precision,
        gain=gain_of(right, wrong),
    )


def gain_of(right: int, wrong: int) -> Gain:
    """Of tickets of which some were sent right and some wrongly, how many more were right.

    The interval is Wilson's of the share that was right, the probability that of a sign test:
    without any gain as many would be right as wrong.
    """
    changed = right + wrong
    part = share(right, changed)
    if part is None:
        return Gain(0, 0.0, 0.0, 1.0)
    return Gain(
        value=right - wrong,
        low=(2 * part.low - 1) * changed,
        high=(2 * part.high - 1) * changed,
        p=float(binomtest(right, changed).pvalue),
    )


def together(tests: Sequence[Document]) -> Any:
    """The condition that all of these hold, as the playbook's file holds it."""
    if not tests:
        return "always"
    return tests[0] if len(tests) == 1 else {"all": list(tests)}


def _told(found: Found, judged: Judged, playbook: Playbook, *, holds: bool) -> Lesson:
    """The lesson with its proposal, if that holds on newer tickets."""
    lesson, when = found.lesson, together(found.tests)
    words = "all its tickets"
    if found.tests:
        words = sentence(read_condition(when, playbook.rule_fields))
    mostly = judged.precision.value >= MOSTLY
    if judged.covered < LEAST_JUDGED or judged.gain.low <= 0 or not (holds and mostly):
        seen = f"{judged.right:,} of {judged.covered:,}"
        return replace(
            lesson,
            nothing=f"Nothing found that would hold: “{words}” was right for only {seen} newer "
            "tickets.",
        )
    proposal = Proposal(
        name="",
        place=0,
        queue=lesson.target,
        tests=found.tests,
        words=words,
        when=when,
        why=(
            f"Of tickets sent to {lesson.queue}, people moved {lesson.transfers:,} to "
            f"{lesson.target}. On newer ones this was right for {judged.right:,} of "
            f"{judged.covered:,}."
        ),
        judged=judged,
    )
    return replace(lesson, proposal=proposal)
