"""What a playbook says of many tickets at once: ``decide`` over columns.

Everything comes out as ``routing.decide.decide`` says it of each ticket, but for the agent who
would have been chosen: that hangs on how busy everybody was at that moment. An agent whom a rule
names is told.

Nothing that a web process imports may import this module: it loads numpy.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from routing.conditions.columns import Bools, Marks, Table, truth
from routing.conditions.fields import SEGMENT, SEGMENTS, Field
from routing.conditions.tree import Condition, tests_of
from routing.playbook import Playbook
from routing.rules.rule import After, State, Then
from routing.tickets import Priority, Value

Places = NDArray[np.int32]
"""A place in the playbook for each ticket, -1 for none."""

NONE = -1


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a playbook says of one ticket: ``Decision`` without its reasons, agent and replies."""

    segments: tuple[str, ...]
    fired: tuple[str, ...]
    queue: str
    agent: str | None
    priority: Priority | None
    tags: tuple[str, ...]
    first_reply: timedelta | None


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """What a playbook says of every ticket of a table.

    ``members`` has a row for each segment and ``fired`` one for each rule, with a place for each
    ticket. ``primary`` is the place of the ticket's first segment; ``queue_by``, ``agent_by``,
    ``priority_by`` and ``reply_by`` are the places of the rules that set these.
    """

    playbook: Playbook
    members: Bools
    primary: Places
    fired: Bools
    queue_by: Places
    agent_by: Places
    priority_by: Places
    reply_by: Places

    def verdict(self, ticket: int) -> Verdict:
        """What it says of the ticket at this place."""
        book = self.playbook
        fired = [book.rules[place] for place in np.flatnonzero(self.fired[:, ticket])]
        return Verdict(
            segments=tuple(
                book.segments[place].name for place in np.flatnonzero(self.members[:, ticket])
            ),
            fired=tuple(rule.name for rule in fired),
            queue=self._then(self.queue_by, ticket).queue or book.default_queue,
            agent=self._then(self.agent_by, ticket).agent,
            priority=self._then(self.priority_by, ticket).priority,
            tags=tuple(dict.fromkeys(tag for rule in fired for tag in rule.then.tags)),
            first_reply=self._then(self.reply_by, ticket).first_reply,
        )

    def _then(self, by: Places, ticket: int) -> Then:
        """What the rule at a ticket's place decides; nothing where there is none."""
        place = int(by[ticket])
        return Then() if place == NONE else self.playbook.rules[place].then


class Truths:
    """How conditions come out over one table; those that playbooks share are judged once."""

    def __init__(self) -> None:
        self._known: dict[Condition, Marks] = {}

    def holds(self, when: Condition, table: Table) -> Bools:
        """The tickets for which a condition certainly holds."""
        marks = self._known.get(when)
        if marks is None:
            marks = self._known[when] = truth(when, table).marks
        holds: Bools = marks == 1
        return holds


def fields_asked(playbook: Playbook) -> tuple[Field, ...]:
    """The fields of tickets and customers that its segments and rules ask about, each once."""
    whens = [*(one.when for one in playbook.segments), *(one.when for one in playbook.rules)]
    asked = {test.field.name: test.field for when in whens for test in tests_of(when)}
    return tuple(one for name, one in asked.items() if name not in {SEGMENT.name, SEGMENTS.name})


def judge_table(playbook: Playbook, table: Table, truths: Truths | None = None) -> Judged:
    """Decide every ticket of a table, which has all ``fields_asked``.

    ``truths`` are those of the same table; they must not be shared by tables, nor by playbooks
    that read a field in different ways.
    """
    truths = truths or Truths()
    members = _stacked(table.size, [truths.holds(one.when, table) for one in playbook.segments])
    primary = _first(members)
    with_segments = _put_segments(playbook, table, members, primary)
    own = Truths()
    fired = np.zeros((len(playbook.rules), table.size), np.bool_)
    open_still = np.ones(table.size, np.bool_)
    for place, rule in enumerate(playbook.rules):
        if rule.state is not State.ON:
            continue
        shared = own if _asks_for_segments(rule.when) else truths
        np.logical_and(shared.holds(rule.when, with_segments), open_still, out=fired[place])
        if rule.after is After.STOP:
            open_still &= ~fired[place]
    return Judged(
        playbook=playbook,
        members=members,
        primary=primary,
        fired=fired,
        queue_by=_set_by(fired, [bool(rule.then.queue) for rule in playbook.rules]),
        agent_by=_set_by(fired, [bool(rule.then.agent) for rule in playbook.rules]),
        priority_by=_set_by(fired, [bool(rule.then.priority) for rule in playbook.rules]),
        reply_by=_set_by(fired, [bool(rule.then.first_reply) for rule in playbook.rules]),
    )


def tagged(judged: Judged) -> Mapping[str, Bools]:
    """The tickets that get each tag."""
    found: dict[str, Bools] = {}
    for place, rule in enumerate(judged.playbook.rules):
        for tag in rule.then.tags:
            there = found.get(tag)
            found[tag] = judged.fired[place] if there is None else there | judged.fired[place]
    return found


def _stacked(rows: int, holds: Sequence[Bools]) -> Bools:
    return np.array(holds, dtype=np.bool_).reshape(len(holds), rows)


def _first(holds: Bools) -> Places:
    """For each ticket the place of the first row that holds."""
    count, rows = holds.shape
    first = np.full(rows, NONE, np.int32)
    # From the last to the first: what is written later is what stands earlier.
    for place in range(count - 1, -1, -1):
        first[holds[place]] = place
    return first


def _set_by(fired: Bools, sets: Sequence[bool]) -> Places:
    """For each ticket the first rule that fired and sets this."""
    first = np.full(fired.shape[1], NONE, np.int32)
    for place in range(len(sets) - 1, -1, -1):
        if sets[place]:
            first[fired[place]] = place
    return first


def _asks_for_segments(when: Condition) -> bool:
    return any(test.field.name in {SEGMENT.name, SEGMENTS.name} for test in tests_of(when))


def _put_segments(playbook: Playbook, table: Table, members: Bools, primary: Places) -> Table:
    asked = {test.field.name for rule in playbook.rules for test in tests_of(rule.when)}
    names = [segment.name for segment in playbook.segments]
    if SEGMENT.name in asked:
        table = table.put(SEGMENT, primary, names)
    if SEGMENTS.name in asked:
        codes, sets = _together(members)
        words: list[Value] = [frozenset(names[place] for place in one) for one in sets]
        table = table.put(SEGMENTS, codes, words)
    return table


def _together(members: Bools) -> tuple[Places, list[tuple[int, ...]]]:
    """The different sets of segments that tickets are in, and for each ticket which it is."""
    codes = np.zeros(members.shape[1], np.int64)
    for part in _words_of_bits(members):
        # One code for what was told apart so far, with the next bits behind it.
        _, codes = np.unique(codes, return_inverse=True)
        _, bits = np.unique(part, return_inverse=True)
        codes = codes * (int(bits.max(initial=0)) + 1) + bits
    _, at, places = np.unique(codes, return_index=True, return_inverse=True)
    sets = [tuple(np.flatnonzero(members[:, ticket]).tolist()) for ticket in at]
    return places.astype(np.int32), sets


def _words_of_bits(members: Bools) -> Iterator[NDArray[np.int64]]:
    """The rows of a matrix as numbers of at most 32 bits for each column."""
    for first in range(0, len(members), 32):
        word = np.zeros(members.shape[1], np.int64)
        for bit, row in enumerate(members[first : first + 32]):
            word |= row.astype(np.int64) << bit
        yield word
