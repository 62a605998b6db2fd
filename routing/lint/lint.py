"""Rules that never fire, say the same, take each other's tickets or lead nowhere.

Conditions are turned into boxes (see ``space``). That something never happens is said only where
the boxes prove it; that something happens, only of a ticket which the rule book itself was given.
Where neither comes out within a bounded search, nothing is said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from itertools import combinations

from routing.conditions.evaluate import View, truth
from routing.conditions.fields import SEGMENT, SEGMENTS
from routing.conditions.tree import All, Always, AnyOf, Condition, Not
from routing.conditions.values import join_or
from routing.conditions.wording import sentence
from routing.lint.boxes import EVERYTHING, MOST, Box, Boxes, TooMany, key, meet, minus
from routing.lint.findings import Finding, Kind, Severity, Witness
from routing.lint.space import Space
from routing.lint.witness import Tickets, told_segments
from routing.playbook import Playbook
from routing.rules.book import RuleBook
from routing.rules.occasions import Occasion, occasions
from routing.rules.rule import After, Rule, State, Then
from routing.segments.segment import Segment
from routing.tickets import Fact, Facts, Trigger

_ATTEMPTS = 6
"""Tickets that are tried for one box."""

_ROUNDS = 40
"""Rules after which it is given up to find out whether they take all tickets of another one."""

_LATER, _PARTNERS = 500, 6
"""The rules after one that are looked at for overlaps, and those of them that are tried."""

_OVERLAPPING = 6_000
"""Tickets that are tried for overlaps in one look."""

_PAIRS = 40
"""Parts of one condition up to which it is asked which two of them contradict each other."""


def lint(playbook: Playbook, now: datetime) -> tuple[Finding, ...]:
    """Everything found wrong with the playbook's rules and segments, in their order.

    Witnesses arrive at ``now``, aware UTC, or up to a year later.
    """
    found = tuple(_Lint(playbook, now).of_segments())
    return found + lint_rules(playbook, now, occasions(playbook.rules))


def lint_rules(
    playbook: Playbook, now: datetime, wanted: Iterable[Occasion]
) -> tuple[Finding, ...]:
    """What is wrong with the rules for these occasions alone.

    Rules for different occasions never meet, so whoever changes one rule needs no others.
    """
    found: list[Finding] = []
    for occasion in wanted:
        found += _placed(_Lint(_only(playbook, occasion), now).of_rules(occasion), occasion)
    return tuple(found)


def _only(playbook: Playbook, occasion: Occasion) -> Playbook:
    """The playbook with the rules for one occasion alone, as if they were for an opened ticket.

    All rules keep their places.
    """
    rules = []
    for rule in playbook.rules:
        state = rule.state if (rule.on, rule.waits) == occasion else State.OFF
        rules.append(replace(rule, on=Trigger.OPENED, waits=None, state=state))
    return replace(playbook, rules=tuple(rules))


def _placed(found: Iterable[Finding], occasion: Occasion) -> Iterator[Finding]:
    """Findings whose witnesses tell what happened to them."""
    on, waits = occasion
    for one in found:
        facts = replace(one.witness.facts, trigger=on, waited=waits)
        yield replace(one, witness=replace(one.witness, facts=facts))


@dataclass(frozen=True)
class _Seen:
    """What the playbook does with one ticket: its segments, and the places of what fires."""

    view: View
    members: tuple[str, ...]
    book: RuleBook

    @cached_property
    def fired(self) -> tuple[int, ...]:
        # In a long book this costs as much as everything else, and is not always asked for.
        # A canary counts as firing: there are tickets of the same kind for which it does.
        return self.book.fired(self.view.row)


@dataclass(frozen=True, slots=True)
class _Taken:
    """Who takes all tickets of some boxes: places, and the first ticket that was tried."""

    takers: tuple[int, ...]
    box: Box
    facts: Facts


Took = Callable[[_Seen], int | None]
"""Which place took a ticket; None where nobody did."""


@dataclass(slots=True)
class _Lint:
    playbook: Playbook
    now: datetime
    space: Space = field(init=False)
    tickets: Tickets = field(init=False)
    boxes: list[Boxes | None] = field(init=False)
    tried: int = 0

    def __post_init__(self) -> None:
        rules, segments = self.playbook.rules, self.playbook.segments
        asked = [rule.when for rule in rules if rule.state is not State.OFF]
        self.space = Space.of(segments, asked)
        self.tickets = Tickets(self.space, self.now)
        self.boxes = [None if rule.state is State.OFF else self._boxes(rule.when) for rule in rules]

    def of_segments(self) -> Iterator[Finding]:
        yield from self._of_segments()

    def of_rules(self, occasion: Occasion) -> Iterator[Finding]:
        """What is wrong with the rules for one occasion, the only ones that are not off."""
        first: dict[object, int] = {}
        for place, rule in enumerate(self.playbook.rules):
            if rule.state is not State.OFF:
                yield from self._of_rule(place, rule, first)
        yield from self._unserved()
        if occasion[0] is Trigger.OPENED:
            yield from self._gap()
        if occasion[0] is Trigger.MOVED:
            yield from self._loops()

    def _boxes(self, when: Condition, *, holds: bool = True, certain: bool = True) -> Boxes | None:
        try:
            return self.space.boxes(when, holds=holds, certain=certain)
        except TooMany:
            return None

    def _possible(self, boxes: Iterable[Box]) -> list[Box]:
        return [one for box in boxes for one in self.space.possible(box)]

    def _see(self, facts: Facts) -> _Seen:
        """The playbook's own answer, as ``decide`` comes to it."""
        playbook = self.playbook
        view = playbook.layout.view(facts)
        members = tuple(one.name for one, when in playbook.memberships if when.holds(view.row))
        primary = Fact(members[0], "Deskroute", facts.now) if members else None
        playbook.layout.put(view, SEGMENT, primary)
        playbook.layout.put(view, SEGMENTS, Fact(frozenset(members), "Deskroute", facts.now))
        return _Seen(view, members, playbook.books[Trigger.OPENED])

    def _witness(self, box: Box, facts: Facts, shows: str) -> Witness:
        told = self.tickets.told(box, facts)
        return Witness(facts, told + told_segments(self._see(facts).members), shows)

    def _tries(
        self, boxes: Iterable[Box], attempts: int = _ATTEMPTS
    ) -> Iterator[tuple[Box, Facts, _Seen]]:
        """Tickets for boxes, each with the playbook's answer."""
        for box in boxes:
            for attempt in range(attempts):
                facts = self.tickets.make(box, attempt)
                if facts is not None:
                    yield box, facts, self._see(facts)

    def _holding(self, boxes: Iterable[Box], *whens: Condition) -> tuple[Box, Facts] | None:
        """A ticket of these boxes for which all conditions hold."""
        for box, facts, seen in self._tries(boxes):
            if all(truth(when, seen.view) is True for when in whens):
                return box, facts
        return None

    # One rule by itself

    def _of_rule(self, place: int, rule: Rule, first: dict[object, int]) -> Iterator[Finding]:
        boxes = self.boxes[place]
        if boxes is None:
            return
        possible = self._possible(boxes)
        if not possible:
            yield self._never(Kind.NEVER, "Never fires", rule.when, rules=(place + 1,))
            return
        yield from self._dead_parts(place, rule)
        yield from self._always(place, rule)
        twin = first.setdefault((key(boxes), rule.then), place)
        if twin != place and (double := self._duplicate(place, twin, possible)) is not None:
            yield double
            return
        shadowed = self._shadowed(place, rule, possible)
        if shadowed is not None:
            yield shadowed
            return
        yield from self._overlaps(place, rule, possible)

    def _never(
        self,
        kind: Kind,
        what: str,
        when: Condition,
        *,
        rules: tuple[int, ...] = (),
        segments: tuple[str, ...] = (),
    ) -> Finding:
        """A condition that never holds, with the parts that exclude each other."""
        pair = self._contradiction(when)
        near = None
        if pair is None:
            why = f"“{sentence(when)}” is never true."
        else:
            one, other = map(sentence, pair)
            why = f"“{one}” and “{other}” cannot both be true."
            near = self._holding(self._possible(self._boxes(pair[0]) or ()), pair[0])
        if near is not None and pair is not None:
            shows = f"“{sentence(pair[0])}” is true, so “{sentence(pair[1])}” is not."
            witness = self._witness(*near, shows)
        else:
            box, facts = self._some_ticket()
            witness = self._witness(box, facts, "Like every other ticket, it does not meet this.")
        return Finding(kind, Severity.BAD, f"{what}: {why}", witness, rules, segments)

    def _some_ticket(self) -> tuple[Box, Facts]:
        facts = self.tickets.make({})
        assert facts is not None
        return {}, facts

    def _contradiction(self, when: Condition) -> tuple[Condition, Condition] | None:
        parts = when.parts if isinstance(when, All) else ()
        if not 1 < len(parts) <= _PAIRS:
            return None
        boxes = [self._boxes(part) for part in parts]
        if not all(self._possible(one or EVERYTHING) for one in boxes):
            return None
        for (one, left), (other, right) in combinations(zip(parts, boxes, strict=True), 2):
            if left is None or right is None or len(left) * len(right) > MOST:
                continue
            met = (meet(a, b) for a in left for b in right)
            if not self._possible(box for box in met if box is not None):
                return one, other
        return None

    def _dead_parts(self, place: int, rule: Rule) -> Iterator[Finding]:
        for part in _alternatives(rule.when):
            boxes = self._boxes(part)
            if boxes is not None and not self._possible(boxes):
                what = "One of its alternatives never holds"
                found = self._never(Kind.DEAD_PART, what, part, rules=(place + 1,))
                yield Finding(found.kind, Severity.WARN, found.says, found.witness, found.rules)

    def _always(self, place: int, rule: Rule) -> Iterator[Finding]:
        if isinstance(rule.when, Always):
            return
        others = self._boxes(rule.when, holds=False, certain=False)
        if others is None or self._possible(others):
            return
        says = "Holds for every ticket. If that is meant, write always."
        witness = self._witness(*self._some_ticket(), "Even it matches.")
        yield Finding(Kind.ALWAYS, Severity.WARN, says, witness, (place + 1,))

    # One rule beside others

    def _duplicate(self, place: int, twin: int, possible: Sequence[Box]) -> Finding | None:
        rules = self.playbook.rules
        found = self._holding(possible, rules[place].when, rules[twin].when)
        if found is None:
            return None
        witness = self._witness(*found, f"Rules {twin + 1} and {place + 1} both match it.")
        says = f"Says the same as {self._named(twin)}. One of the two can go."
        return Finding(Kind.DUPLICATE, Severity.WARN, says, witness, (place + 1, twin + 1))

    def _named(self, place: int) -> str:
        return f"rule {place + 1}, {self.playbook.rules[place].name}"

    def _shadowed(self, place: int, rule: Rule, possible: Sequence[Box]) -> Finding | None:
        def took(seen: _Seen) -> int | None:
            # What fires behind it takes nothing from it: a shadow lets everything through.
            before = (one for one in seen.fired if one < place)
            return next((one for one in before if self._stopping(one) is not None), None)

        taken = self._taken(possible, rule.when, took, self._stopping)
        if taken is None:
            return None
        numbers = [place + 1, *(taker + 1 for taker in taken.takers)]
        if len(taken.takers) == 1:
            (taker,) = taken.takers
            says = f"Never fires: {self._named(taker)}, takes every ticket that reaches it."
        else:
            listed = join_or([str(number) for number in numbers[1:]], "and")
            says = f"Never fires: rules {listed} together take every ticket that reaches it."
        first = took(self._see(taken.facts))
        assert first is not None
        shows = f"Rule {place + 1} matches it, but rule {first + 1} comes first and stops."
        witness = self._witness(taken.box, taken.facts, shows)
        return Finding(Kind.SHADOWED, Severity.BAD, says, witness, tuple(numbers))

    def _stopping(self, place: int) -> Boxes | None:
        rule = self.playbook.rules[place]
        return self.boxes[place] if rule.state is State.ON and rule.after is After.STOP else None

    def _taken(
        self,
        boxes: Sequence[Box],
        when: Condition,
        took: Took,
        boxes_of: Callable[[int], Boxes | None],
    ) -> _Taken | None:
        """Who takes all tickets of the boxes for which the condition holds, if that is proved.

        A ticket of what is left is tried; whoever takes it is taken out; and so on until nothing
        is left, or somebody's ticket is taken by nobody.
        """
        left, takers, first = list(boxes), list[int](), None
        for _ in range(_ROUNDS):
            if not left:
                break
            tries = (one for one in self._tries(left[:2]) if truth(when, one[2].view) is True)
            tried = next(tries, None)
            taker = None if tried is None else took(tried[2])
            theirs = None if taker is None else boxes_of(taker)
            if tried is None or taker is None or theirs is None or taker in takers:
                return None
            first = first or tried[:2]
            takers.append(taker)
            left = self._without(left, theirs)
            if len(left) > MOST:
                return None
        if left or first is None:
            return None
        # Often one of them would have done.
        for taker in takers:
            if not self._without(boxes, boxes_of(taker) or ()):
                alone = self._alone(taker, boxes, when, took)
                if alone is not None:
                    return alone
        return _Taken(tuple(sorted(takers)), *first)

    def _alone(
        self, taker: int, boxes: Sequence[Box], when: Condition, took: Took
    ) -> _Taken | None:
        """The same said of one taker, with a ticket that this one takes."""
        for box, facts, seen in self._tries(boxes[:2]):
            if truth(when, seen.view) is True and took(seen) == taker:
                return _Taken((taker,), box, facts)
        return None

    def _without(self, boxes: Iterable[Box], others: Boxes) -> list[Box]:
        left = list(boxes)
        for other in others:
            left = [piece for box in left for piece in minus(box, other, self.space.full)]
            if len(left) > 4 * MOST:
                return left
        return self._possible(left)

    def _overlaps(self, place: int, rule: Rule, possible: Sequence[Box]) -> Iterator[Finding]:
        if rule.after is After.STOP or self.tried > _OVERLAPPING:
            return
        partners: list[int] = []
        shown: tuple[Box, Facts] | None = None
        compared = 0
        for other in range(place + 1, min(place + 1 + _LATER, len(self.playbook.rules))):
            theirs = self.boxes[other]
            later = self.playbook.rules[other]
            if not later.may_act or not theirs or not _differ(rule, later):
                continue
            met = [m for a in possible[:8] for b in theirs[:8] if (m := meet(a, b)) is not None]
            if not met:
                continue
            compared += 1
            if compared > (_PARTNERS if partners else _PARTNERS // 2):
                break
            for box, facts, seen in self._tries(self._possible(met[:1])[:1], attempts=2):
                self.tried += 1
                if place in seen.fired and other in seen.fired and self._first(rule, later, seen):
                    partners.append(other)
                    shown = shown or (box, facts)
                    break
        if shown is None:
            return
        things = join_or(
            list(dict.fromkeys(t for p in partners for t in _differ(rule, self.playbook.rules[p]))),
            "and",
        )
        numbers = tuple(partner + 1 for partner in partners)
        listed = f"rule{'s' if len(numbers) > 1 else ''} {join_or(list(map(str, numbers)), 'or')}"
        says = f"Where {listed} fires too, its {things} comes first."
        shows = f"Rules {place + 1} and {numbers[0]} both fire for it; rule {place + 1} is heard."
        witness = self._witness(*shown, shows)
        yield Finding(Kind.OVERLAP, Severity.NOTE, says, witness, (place + 1, *numbers))

    def _first(self, rule: Rule, later: Rule, seen: _Seen) -> bool:
        """Whether in what fires this rule is the first to say something the later one says."""
        fired = [self.playbook.rules[place] for place in seen.fired]
        return any(
            next(one for one in fired if _ONCE[thing](one.then) is not None) is rule
            for thing in _differ(rule, later)
        )

    # Segments

    def _of_segments(self) -> Iterator[Finding]:
        whole = [self._boxes(segment.when) for segment in self.playbook.segments]
        for place, segment in enumerate(self.playbook.segments):
            boxes = whole[place]
            if boxes is None:
                continue
            possible = self._possible(boxes)
            if not possible:
                what = f"Nobody is ever in {segment.name}"
                yield self._never(Kind.NEVER, what, segment.when, segments=(segment.name,))
                continue
            yield from self._never_primary(place, segment, possible, whole)

    def _never_primary(
        self, place: int, segment: Segment, possible: Sequence[Box], whole: Sequence[Boxes | None]
    ) -> Iterator[Finding]:
        names = [one.name for one in self.playbook.segments]

        def took(seen: _Seen) -> int | None:
            first = names.index(seen.members[0])
            return None if first == place else first

        taken = self._taken(possible, segment.when, took, whole.__getitem__)
        if taken is None:
            return
        before = [names[taker] for taker in taken.takers]
        listed = join_or(before, "and")
        verb = "has" if len(before) == 1 else "have"
        says = (
            f"{segment.name} is nobody's primary segment: "
            f"{listed} {'comes' if len(before) == 1 else 'come'} first and {verb} everyone in it."
        )
        primary = self._see(taken.facts).members[0]
        witness = self._witness(taken.box, taken.facts, f"{primary} is the primary segment.")
        named = (segment.name, *before)
        yield Finding(Kind.SHADOWED, Severity.WARN, says, witness, segments=named)

    # Queues

    def _unserved(self) -> Iterator[Finding]:
        served = {queue for agent in self.playbook.agents for queue in agent.queues}
        desks = sorted({desk for queue in self.playbook.queues for desk in queue.ids})
        for queue in self.playbook.queues:
            lacking = [desk for desk in desks if desk not in queue.ids]
            if self.playbook.agents and queue.name not in served:
                says = f"Sends tickets to {queue.name}, which no agent serves."
                yield from self._leads_to(queue.name, says)
            if lacking:
                says = (
                    f"Sends tickets to {queue.name}, which has no id in {join_or(lacking, 'and')}."
                )
                yield from self._leads_to(queue.name, says)

    def _leads_to(self, queue: str, says: str) -> Iterator[Finding]:
        for place, rule in enumerate(self.playbook.rules):
            if rule.then.leads_to != queue or not rule.may_act:
                continue
            for box, facts, seen in self._tries(self._possible(self.boxes[place] or ())[:4]):
                if self._queue(seen) == place:
                    witness = self._witness(box, facts, f"It goes to {queue}.")
                    places = (place + 1,)
                    yield Finding(Kind.REFERENCE, Severity.WARN, says, witness, places)
                    return

    def _queue(self, seen: _Seen) -> int | None:
        """The rule that says into which queue a ticket goes."""
        rules = self.playbook.rules
        return next((place for place in seen.fired if rules[place].then.leads_to), None)

    def _loops(self) -> Iterator[Finding]:
        """Rules for moved tickets that move them on, and in the end back again."""
        known = set[frozenset[int]]()
        for place, rule in enumerate(self.playbook.rules):
            if not rule.may_act or rule.then.leads_to is None:
                continue
            for box, facts, seen in self._tries(self._possible(self.boxes[place] or ())[:4]):
                loop = self._moves(facts) if self._queue(seen) == place else ()
                if loop and loop[0] == place and frozenset(loop) not in known:
                    known.add(frozenset(loop))
                    yield self._loop(loop, box, facts)
                    break

    def _moves(self, facts: Facts) -> tuple[int, ...]:
        """The rules that move a ticket one after the other until the first moves it again."""
        chain: list[int] = []
        while len(chain) <= len(self.playbook.rules):
            mover = self._queue(self._see(facts))
            if mover is None:
                return ()
            if mover in chain:
                return tuple(chain[chain.index(mover) :])
            queue = self.playbook.rules[mover].then.leads_to
            if queue == facts.ticket.queue:
                return ()
            chain.append(mover)
            before = {"ticket.queue": facts.ticket.queue}
            facts = replace(facts, ticket=replace(facts.ticket, queue=queue), before=before)
        return ()

    def _loop(self, loop: tuple[int, ...], box: Box, facts: Facts) -> Finding:
        queues = [str(self.playbook.rules[place].then.leads_to) for place in loop]
        others = [self._named(place) for place in loop[1:]]
        on = f"; {join_or(others, 'and')}, moves it on and back again" if others else " again"
        says = (
            f"A loop: moves tickets to {queues[0]}{on}. Each rule fires once for one move, "
            "so they stop somewhere on the way."
        )
        shows = f"It goes to {', then to '.join([*queues, queues[0]])}."
        places = tuple(place + 1 for place in loop)
        return Finding(Kind.LOOP, Severity.BAD, says, self._witness(box, facts, shows), places)

    def _gap(self) -> Iterator[Finding]:
        rules = self.playbook.rules
        if not any(rule.then.leads_to and rule.may_act for rule in rules):
            return
        left = list(EVERYTHING)
        known = set[int]()
        for _ in range(_ROUNDS):
            tried = next(self._tries(left[:1]), None)
            if tried is None:
                return
            box, facts, seen = tried
            taker = self._queue(seen)
            if taker is None:
                default = self.playbook.default_queue
                says = f"Some tickets meet no rule that names a queue. They go to {default}."
                witness = self._witness(box, facts, f"It goes to {default}.")
                yield Finding(Kind.GAP, Severity.NOTE, says, witness)
                return
            theirs = self.boxes[taker]
            if theirs is None or taker in known or rules[taker].state is not State.ON:
                return
            known.add(taker)
            left = self._without(left, theirs)
            if not left or len(left) > MOST:
                return


def _alternatives(when: Condition) -> Iterator[Condition]:
    """Every part of an "any" that makes the condition hold."""
    match when:
        case AnyOf(parts):
            for part in parts:
                yield part
                yield from _alternatives(part)
        case All(parts):
            for part in parts:
                yield from _alternatives(part)
        case Not() | _:
            return


_ONCE: Mapping[str, Callable[[Then], object]] = {
    "queue": lambda then: then.leads_to,
    "agent": lambda then: then.agent,
    "priority": lambda then: then.urgency,
    "first reply": lambda then: then.first_reply,
    "resolution": lambda then: then.resolution,
    "automatic reply": lambda then: then.answer,
    "time to hand back": lambda then: then.hand_back,
}
"""What only one rule decides of all that fire."""


def _differ(one: Rule, other: Rule) -> list[str]:
    """What both rules decide, each in its own way."""
    both = ((thing, of(one.then), of(other.then)) for thing, of in _ONCE.items())
    return [thing for thing, a, b in both if a is not None and b is not None and a != b]
