"""A draft beside another version over many past tickets, block by block, with numpy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from routing.back_test.judge import NONE, Judged, Places, Truths, Verdict, fields_asked, judge_table
from routing.back_test.past import PastTicket, columns_of
from routing.back_test.report import (
    HOURS,
    LISTED,
    BackTestReport,
    ChangedTicket,
    Flow,
    MovedSegment,
    QueueLoad,
    RuleCount,
    Said,
    TagChange,
    UnknownField,
    largest_first,
)
from routing.conditions.columns import Bools, Table
from routing.conditions.durations import say_duration
from routing.conditions.fields import Field
from routing.playbook import Playbook
from routing.rules.rule import Then
from routing.rules.wording import then_tells
from routing.tickets import TicketRef, Trigger

Hours = NDArray[np.int64]
Pairs = Counter[tuple[str, str]]

NOTHING = "none"


@dataclass(slots=True)
class BackTest:
    """Takes blocks of past tickets in, newest first, and adds up what a draft would change."""

    live: Playbook
    draft: Playbook
    _tickets: int = 0
    _as_then: int = 0
    _moved: int = 0
    _changed: int = 0
    _other_segment: int = 0
    _moved_known: int = 0
    _right_before: int = 0
    _right_after: int = 0
    _first: datetime | None = None
    _last: datetime | None = None
    _flows: Counter[tuple[str, str, str | None]] = field(default_factory=Counter)
    _segments: Counter[str | None] = field(default_factory=Counter)
    _hours: tuple[dict[str, Hours], dict[str, Hours]] = field(default_factory=lambda: ({}, {}))
    _priorities: Pairs = field(default_factory=Counter)
    _agents: Pairs = field(default_factory=Counter)
    _replies: Pairs = field(default_factory=Counter)
    _more: Counter[str] = field(default_factory=Counter)
    _fewer: Counter[str] = field(default_factory=Counter)
    _fired: tuple[Counter[str], Counter[str]] = field(
        default_factory=lambda: (Counter(), Counter())
    )
    _unknown: Counter[str] = field(default_factory=Counter)
    _moving: list[ChangedTicket] = field(default_factory=list)
    _changing: list[ChangedTicket] = field(default_factory=list)

    def add(self, tickets: Sequence[PastTicket]) -> None:
        """Take some tickets in; the newest should come first, since they are listed."""
        if not tickets:
            return
        table, before, after = self._judge(tickets)
        self._tickets += len(tickets)
        self._as_then += sum(one.as_then for one in tickets)
        self._count_queues(tickets, before, after)
        self._count_the_rest(before, after)
        for side, judged in zip(self._fired, (before, after), strict=True):
            counts = judged.fired.sum(axis=1).tolist()
            side.update({r.name: n for r, n in zip(judged.playbook.rules, counts, strict=True)})
        for one in fields_asked(self.draft):
            self._unknown[one.says] += table.count_unknown(one.name)

    def _judge(self, tickets: Sequence[PastTicket]) -> tuple[Table, Judged, Judged]:
        def refs() -> list[TicketRef]:
            return [one.ref for one in tickets]

        asked = {one.name: one for one in fields_asked(self.live)}
        wanted = {one.name: one for one in fields_asked(self.draft)}
        if all(wanted.get(name, one) == one for name, one in asked.items()):
            # All that both ask, they read alike: one table serves both, and is judged once.
            table, truths = _table(tickets, tuple({**asked, **wanted}.values())), Truths()
            before = judge_table(self.live, table, refs, truths)
            return table, before, judge_table(self.draft, table, refs, truths)
        before = judge_table(self.live, _table(tickets, tuple(asked.values())), refs)
        table = _table(tickets, tuple(wanted.values()))
        return table, before, judge_table(self.draft, table, refs)

    def _count_queues(self, tickets: Sequence[PastTicket], before: Judged, after: Judged) -> None:
        opened = [one.opened_at for one in tickets]
        self._first = min(opened) if self._first is None else min(self._first, *opened)
        self._last = max(opened) if self._last is None else max(self._last, *opened)
        queues = _queues(before), _queues(after)
        hours = hours_of_week(opened, self.draft.time_zone)
        for side, coded in zip(self._hours, queues, strict=True):
            for code, name in enumerate(coded.names):
                there = side.setdefault(name, np.zeros(HOURS, np.int64))
                there += np.bincount(hours[coded.codes == code], minlength=HOURS)
        segments = _segments_of(after)
        for (segment,), count in _tallied((segments,), np.ones(len(tickets), np.bool_)):
            self._segments[segment] += count
        moved = _differ(*queues)
        self._moved += int(moved.sum())
        for place in np.flatnonzero(moved).tolist():
            ended = tickets[place].ended_in
            if ended is not None:
                was, will = (side.name(int(side.codes[place])) for side in queues)
                self._moved_known += 1
                self._right_before += was == ended
                self._right_after += will == ended
        for (old, new, segment), count in _tallied((*queues, segments), moved):
            assert old is not None
            assert new is not None
            self._flows[old, new, segment] += count
        other = _differ(_segments_of(before), segments)
        self._other_segment += int(other.sum())
        changed = moved | _changed(before, after)
        self._changed += int(changed.sum())
        self._list(tickets, (before, after), moved, changed & ~moved)

    def _list(
        self, tickets: Sequence[PastTicket], sides: tuple[Judged, Judged], moved: Bools, rest: Bools
    ) -> None:
        for marks, listed in ((moved, self._moving), (rest, self._changing)):
            for place in islice(np.flatnonzero(marks).tolist(), LISTED - len(listed)):
                one = tickets[place]
                before, after = (_said(side, place) for side in sides)
                listed.append(
                    ChangedTicket(one.id, one.name, one.subject, one.opened_at, before, after)
                )

    def _count_the_rest(self, before: Judged, after: Judged) -> None:
        for counted, coded in (
            (self._priorities, _priorities),
            (self._agents, _agents),
            (self._replies, _replies),
        ):
            sides = coded(before), coded(after)
            for (old, new), count in _tallied(sides, _differ(*sides)):
                counted[old or NOTHING, new or NOTHING] += count
        old_tags, new_tags = before.labelled(_tags), after.labelled(_tags)
        none = np.zeros(before.primary.shape, np.bool_)
        for tag in {**old_tags, **new_tags}:
            was, will = old_tags.get(tag, none), new_tags.get(tag, none)
            self._more[tag] += int((will & ~was).sum())
            self._fewer[tag] += int((was & ~will).sum())

    def report(self) -> BackTestReport:
        """All that was taken in, together."""
        moved: Counter[str | None] = Counter()
        for (_, _, segment), count in self._flows.items():
            moved[segment] += count
        names = [*(one.name for one in self.draft.segments), None]
        return BackTestReport(
            version=self.live.version,
            time_zone=self.draft.time_zone,
            tickets=self._tickets,
            as_then=self._as_then,
            first=self._first,
            last=self._last,
            moved=self._moved,
            changed=self._changed,
            other_segment=self._other_segment,
            moved_known=self._moved_known,
            right_before=self._right_before,
            right_after=self._right_after,
            flows=tuple(Flow(*flow, count) for flow, count in self._flows.most_common()),
            segments=tuple(MovedSegment(one, moved[one], self._segments[one]) for one in names),
            loads=tuple(self._loads()),
            priorities=largest_first(self._priorities),
            agents=largest_first(self._agents),
            first_replies=largest_first(self._replies),
            tags=tuple(
                TagChange(tag, self._more[tag], self._fewer[tag])
                for tag in sorted(self._more)
                if self._more[tag] or self._fewer[tag]
            ),
            rules=tuple(self._rules()),
            unknown=tuple(
                UnknownField(says, count) for says, count in self._unknown.most_common() if count
            ),
            listed=(*self._moving, *self._changing),
        )

    def _loads(self) -> Iterator[QueueLoad]:
        old, new = self._hours
        nothing = np.zeros(HOURS, np.int64)
        for name in {**new, **old}:
            was, will = old.get(name, nothing), new.get(name, nothing)
            if was.any() or will.any():
                yield QueueLoad(
                    name, int(was.sum()), int(will.sum()), (*was.tolist(),), (*will.tolist(),)
                )

    def _rules(self) -> Iterator[RuleCount]:
        old, new = self._fired
        there = {rule.name for rule in self.live.rules}
        for rule in self.draft.rules:
            if rule.on is not Trigger.OPENED:
                continue
            before = old[rule.name] if rule.name in there else None
            yield RuleCount(rule.name, new[rule.name], before, rule.may_act)


@dataclass(frozen=True, slots=True, eq=False)
class _Coded:
    """A name, or None, for each ticket; ``codes`` are places in ``names``, -1 for none."""

    codes: Places
    names: Sequence[str]

    def name(self, code: int) -> str | None:
        return None if code == NONE else self.names[code]


def _table(tickets: Sequence[PastTicket], fields: tuple[Field, ...]) -> Table:
    columns = columns_of(tickets, fields)
    return Table.build(fields, columns.values, columns.nows, columns.fresh_until, size=columns.size)


def hours_of_week(moments: Sequence[datetime], time_zone: str) -> NDArray[np.int64]:
    """The hour of the week of each moment, 0 from Monday 0 h on, in this time zone."""
    zone = ZoneInfo(time_zone)
    known: dict[int, int] = {}
    hours = []
    for moment in moments:
        # Zones differ by quarters of an hour, and years have few of them.
        quarter = int(moment.timestamp()) // 900
        hour = known.get(quarter)
        if hour is None:
            local = moment.astimezone(zone)
            hour = known[quarter] = local.weekday() * 24 + local.hour
        hours.append(hour)
    return np.array(hours, dtype=np.int64)


def _said(judged: Judged, ticket: int) -> Said:
    verdict = judged.verdict(ticket)
    by = int(judged.queue_by[ticket])
    return Said(
        queue=verdict.queue,
        rule=None if by == NONE else judged.playbook.rules[by].name,
        segment=verdict.segments[0] if verdict.segments else None,
        agent=verdict.then.agent,
        priority=verdict.then.priority,
        tags=verdict.then.tags,
        first_reply=verdict.then.first_reply,
        more=tuple(_more(verdict)),
    )


def _more(verdict: Verdict) -> Iterator[str]:
    """What else its rules do with the ticket, in words."""
    told = then_tells(verdict.then)
    for what in ("resolution", "fields", "automatic reply", "told", "handed back after"):
        if told[what]:
            yield f"{what} {told[what]}"
    yield from (f"suggested reply {one}" for one in verdict.suggested)
    yield from (f"private note {one}" for one in verdict.notes)


def _queues(judged: Judged) -> _Coded:
    playbook = judged.playbook
    coded = _coded(judged, lambda then: then.leads_to)
    names = list(dict.fromkeys([*coded.names, playbook.default_queue]))
    default = names.index(playbook.default_queue)
    return _Coded(np.where(coded.codes == NONE, np.int32(default), coded.codes), names)


def _priorities(judged: Judged) -> _Coded:
    return _coded(judged, lambda then: then.urgency)


def _agents(judged: Judged) -> _Coded:
    return _coded(judged, lambda then: then.agent)


def _replies(judged: Judged) -> _Coded:
    return _coded(judged, lambda then: _span(then.first_reply))


def _span(span: timedelta | None) -> str | None:
    return say_duration(span) if span else None


def _segments_of(judged: Judged) -> _Coded:
    return _Coded(judged.primary, [segment.name for segment in judged.playbook.segments])


def _coded(judged: Judged, of: Callable[[Then], str | None]) -> _Coded:
    """What the first rule that fired and sets this sets it to."""
    by = judged.first(of)
    sets = [of(rule.then) for rule in judged.playbook.rules]
    names = list(dict.fromkeys(str(one) for one in sets if one))
    codes = [names.index(str(one)) if one else NONE for one in sets]
    # The place -1 picks the last one: none.
    return _Coded(np.array([*codes, NONE], np.int32)[by], names)


def _differ(one: _Coded, other: _Coded) -> Bools:
    """The tickets whose names differ, by whatever code."""
    names = {name: code for code, name in enumerate(other.names)}
    # A name that the other does not know is like no code of it.
    to_other = [names.get(name, NONE - 1) for name in one.names]
    differ: Bools = np.array([*to_other, NONE], np.int32)[one.codes] != other.codes
    return differ


def _changed(before: Judged, after: Judged) -> Bools:
    """The tickets that come out differently in anything but queue and segment."""
    changed = _differ(_priorities(before), _priorities(after))
    changed |= _differ(_agents(before), _agents(after))
    changed |= _differ(_replies(before), _replies(after))
    for of in (*_ONE_OF, *_custom_fields(before, after)):
        changed |= _differ(_coded(before, of), _coded(after, of))
    none = np.zeros(changed.shape, np.bool_)
    for labels in (_tags, _labels):
        old, new = before.labelled(labels), after.labelled(labels)
        for label in {**old, **new}:
            changed |= old.get(label, none) ^ new.get(label, none)
    return changed


_ONE_OF: tuple[Callable[[Then], str | None], ...] = (
    lambda then: _span(then.resolution),
    lambda then: then.answer,
    lambda then: _span(then.hand_back),
)
"""What else is said once for a ticket, by the first rule that says it."""


def _custom_fields(*judged: Judged) -> Iterator[Callable[[Then], str | None]]:
    """What is said of each of the desk's custom fields that rules set."""
    rules = (rule for one in judged for rule in one.playbook.rules)
    for name in {name: None for rule in rules for name, _ in rule.then.fields}:
        yield partial(_custom_field, name)


def _custom_field(name: str, then: Then) -> str | None:
    return dict(then.fields).get(name)


def _tags(then: Then) -> Iterable[str]:
    return then.tags


def _labels(then: Then) -> Iterator[str]:
    """What else several rules can say beside each other."""
    yield from (f"tell {one}" for one in then.notify)
    if then.note:
        yield f"note {then.note}"
    if then.suggest:
        yield f"suggest {then.suggest}"


def _tallied(
    columns: tuple[_Coded, ...], where: Bools
) -> Iterator[tuple[tuple[str | None, ...], int]]:
    """The different combinations of names among these tickets, with how often each occurs."""
    if not where.any():
        return
    rows = np.stack([one.codes[where] for one in columns], axis=1)
    different, counts = np.unique(rows, axis=0, return_counts=True)
    for codes, count in zip(different.tolist(), counts.tolist(), strict=True):
        yield tuple(one.name(code) for one, code in zip(columns, codes, strict=True)), count
