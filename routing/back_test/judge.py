"""What a playbook says of many tickets at once: ``decide`` over columns.

Everything comes out as ``routing.decide.decide`` says it of each ticket, but for the agent who
would have been chosen: that hangs on how busy everybody was at that moment. An agent whom a rule
names is told.

Nothing that a worker imports may import this module: it loads numpy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from routing.conditions.columns import Bools, Marks, Table, truth
from routing.conditions.fields import SEGMENT, SEGMENTS, Field
from routing.conditions.tree import Condition, tests_of
from routing.playbook import Playbook
from routing.rules.canary import takes_part
from routing.rules.rule import After, Rule, State, Then
from routing.rules.together import notes, together
from routing.tickets import TicketRef, Trigger, Value

Places = NDArray[np.int32]
"""A place in the playbook for each ticket, -1 for none."""

NONE = -1

Refs = Callable[[], Sequence[TicketRef]]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a playbook says of one ticket: ``Decision`` without its reasons and its agent.

    ``then`` is what its rules say together; the replies are only those that rules suggest.
    """

    segments: tuple[str, ...]
    fired: tuple[str, ...]
    queue: str
    then: Then
    notes: tuple[str, ...] = ()
    suggested: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Judged:
    """What a playbook says of every ticket of a table.

    ``members`` has a row for each segment and ``fired`` one for each rule, with a place for each
    ticket. ``primary`` is the place of the ticket's first segment.
    """

    playbook: Playbook
    members: Bools
    primary: Places
    fired: Bools

    def verdict(self, ticket: int) -> Verdict:
        """What it says of the ticket at this place."""
        book = self.playbook
        fired = [book.rules[place] for place in np.flatnonzero(self.fired[:, ticket])]
        said = [rule.then for rule in fired]
        then = together(said)
        return Verdict(
            segments=tuple(
                book.segments[place].name for place in np.flatnonzero(self.members[:, ticket])
            ),
            fired=tuple(rule.name for rule in fired),
            queue=then.queue or book.default_queue,
            then=then,
            notes=notes(said),
            suggested=tuple(dict.fromkeys(one.suggest for one in said if one.suggest)),
        )

    @cached_property
    def queue_by(self) -> Places:
        """For each ticket the place of the rule that says where it goes."""
        return self.first(lambda then: then.leads_to)

    def first(self, sets: Callable[[Then], object]) -> Places:
        """For each ticket the place of the first rule that fired and sets this."""
        first = np.full(self.fired.shape[1], NONE, np.int32)
        # From the last to the first: what is written later is what stands earlier.
        for place in range(len(self.fired) - 1, -1, -1):
            if sets(self.playbook.rules[place].then):
                first[self.fired[place]] = place
        return first

    def labelled(self, labels: Callable[[Then], Iterable[str]]) -> Mapping[str, Bools]:
        """The tickets that get each of these, such as a tag, of which they can have many."""
        found: dict[str, Bools] = {}
        for place, rule in enumerate(self.playbook.rules):
            for label in labels(rule.then):
                there = found.get(label)
                found[label] = self.fired[place] if there is None else there | self.fired[place]
        return found


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


def judge_table(
    playbook: Playbook, table: Table, refs: Refs, truths: Truths | None = None
) -> Judged:
    """Decide every ticket of a table, which has all ``fields_asked``, as it was opened.

    ``refs`` gives the tickets in the table's order; they are asked for where there are canaries.
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
        if not rule.may_act or rule.on is not Trigger.OPENED:
            continue
        shared = own if _asks_for_segments(rule.when) else truths
        np.logical_and(shared.holds(rule.when, with_segments), open_still, out=fired[place])
        if rule.state is State.CANARY:
            fired[place] &= _drawn(rule, refs())
        if rule.after is After.STOP:
            open_still &= ~fired[place]
    return Judged(playbook, members, primary, fired)


def _drawn(rule: Rule, refs: Sequence[TicketRef]) -> Bools:
    """The tickets for which a canary has an effect."""
    return np.fromiter((takes_part(rule, ref) for ref in refs), np.bool_, len(refs))


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
