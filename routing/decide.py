"""THE door: facts and a playbook in, a decision with its reasons out.

The same function serves the live path, the command line, the back-test and the answer to "why".
It is deterministic: the same facts and playbook give the same decision, bit for bit.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

from routing.assignment.choose import Assignment, choose_agent
from routing.conditions.evaluate import View
from routing.conditions.fields import SEGMENT, SEGMENTS
from routing.playbook import Playbook
from routing.replies.rank import Suggestion, best_replies, suggested_first, uses_that_count
from routing.rules.near import Candidate, NearMiss, near_misses
from routing.rules.rule import After, Then
from routing.rules.together import notes, together
from routing.rules.trace import RuleSeen, explain
from routing.segments.membership import Membership, explain_membership
from routing.segments.segment import Segment
from routing.tickets import Fact, Facts, Priority, Trigger


@dataclass(frozen=True, slots=True)
class Decision:
    """What one playbook version says about one ticket.

    All names are the playbook's. ``queue`` is always set; ``because`` says in one sentence which
    rule chose it. ``fired`` names the rules that fired, in order. ``first_reply`` and
    ``resolution`` are the target times from opening to the first reply and to the solving, where
    a rule sets one. ``answer`` is a reply that is sent by itself; after ``hand_back`` without an
    answer the ticket is taken from its agent.
    """

    playbook: int
    segments: tuple[Membership, ...]
    fired: tuple[str, ...]
    queue: str
    because: str
    agent: Assignment
    priority: Priority | None
    tags: tuple[str, ...]
    first_reply: timedelta | None
    replies: tuple[Suggestion, ...]
    trace: tuple[RuleSeen, ...]
    resolution: timedelta | None = None
    fields: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    answer: str | None = None
    notify: tuple[str, ...] = ()
    hand_back: timedelta | None = None

    @property
    def segment(self) -> str | None:
        """The primary segment; None when the customer is in no segment."""
        return self.segments[0].segment if self.segments else None


@dataclass(frozen=True, slots=True)
class NearMisses:
    """Segments that would have held and rules that would have fired but for one test."""

    segments: tuple[NearMiss, ...] = ()
    rules: tuple[NearMiss, ...] = ()


def decide(facts: Facts, playbook: Playbook, *, traced: bool = True) -> Decision:
    """Decide one ticket; without ``traced`` it does not say how each rule came out.

    With many rules that is most of the work, and not all who ask for a decision show it.
    """
    view, members = as_rules_see(facts, playbook)
    primary = members[0].name if members else None
    places = _fired(facts, playbook, view)
    fired = [playbook.rules[place] for place in places]
    said = [rule.then for rule in fired]
    then = together(said)
    queue = then.queue or _queue_so_far(facts) or playbook.default_queue
    return Decision(
        playbook=playbook.version,
        segments=tuple(explain_membership(segment, view) for segment in members),
        fired=tuple(rule.name for rule in fired),
        queue=queue,
        because=_because(places, playbook, facts, queue),
        agent=_agent(then, queue, playbook, facts),
        priority=then.priority,
        tags=then.tags,
        first_reply=then.first_reply,
        replies=suggested_first(
            _suggested(places, playbook),
            best_replies(
                playbook.replies,
                text=f"{facts.ticket.subject}\n{facts.ticket.text}",
                language=facts.language,
                segment=primary,
                uses=facts.uses,
            ),
        ),
        trace=tuple(explain(playbook.rules, places, view)) if traced else (),
        resolution=then.resolution,
        fields=then.fields,
        notes=notes(said),
        answer=then.answer,
        notify=then.notify,
        hand_back=then.hand_back,
    )


def as_rules_see(facts: Facts, playbook: Playbook) -> tuple[View, list[Segment]]:
    """The ticket as rules see it, and the segments of its customer, the primary one first."""
    view = playbook.layout.view(facts)
    members = [segment for segment, when in playbook.memberships if when.holds(view.row)]
    # Set even where there is none: no customer source may say it instead.
    known = Fact(members[0].name, "Deskroute", facts.now) if members else None
    playbook.layout.put(view, SEGMENT, known)
    names = frozenset(segment.name for segment in members)
    playbook.layout.put(view, SEGMENTS, Fact(names, "Deskroute", facts.now))
    return view, members


def what_was_near(facts: Facts, playbook: Playbook) -> NearMisses:
    """The near misses of what ``decide`` says of the same facts; worked out when it is shown."""
    view, _ = as_rules_see(facts, playbook)
    fired = _fired(facts, playbook, view)
    stop = next((place for place in fired if playbook.rules[place].after is After.STOP), None)
    # Behind a stop no rule would have fired, whatever its tests had said.
    rules = [
        Candidate(place, rule.name, rule.when)
        for place, rule in enumerate(playbook.rules[:stop], 1)
        if place - 1 not in fired
        and rule.may_act
        and (rule.on, rule.waits) == (facts.trigger, facts.waited)
    ]
    return NearMisses(_near_segments(playbook, view), near_misses(rules, view))


def near_segments(facts: Facts, playbook: Playbook) -> tuple[NearMiss, ...]:
    """The segments alone, for where no more is shown."""
    return _near_segments(playbook, playbook.layout.view(facts))


def _near_segments(playbook: Playbook, view: View) -> tuple[NearMiss, ...]:
    places = enumerate(playbook.segments, 1)
    # One that holds is no near miss, and is passed over there.
    return near_misses((Candidate(place, one.name, one.when) for place, one in places), view)


def used_facts(facts: Facts, playbook: Playbook, segment: str | None) -> Facts:
    """The facts without replies' figures that had no say; ``decide`` says the same of them.

    ``segment`` is the primary one.
    """
    if not facts.uses:
        return facts
    uses = uses_that_count(
        playbook.replies,
        text=f"{facts.ticket.subject}\n{facts.ticket.text}",
        language=facts.language,
        segment=segment,
        uses=facts.uses,
    )
    return replace(facts, uses=uses)


def primary_segment(facts: Facts, playbook: Playbook) -> str | None:
    """The segment that ``decide`` would name first, without the rest of its work."""
    row = playbook.layout.view(facts).row
    return next((one.name for one, when in playbook.memberships if when.holds(row)), None)


def _fired(facts: Facts, playbook: Playbook, view: View) -> tuple[int, ...]:
    book = playbook.books[facts.trigger]
    return book.fired(view.row, book.held(facts))


def _suggested(places: tuple[int, ...], playbook: Playbook) -> Iterator[Suggestion]:
    for place in places:
        rule = playbook.rules[place]
        if rule.then.suggest:
            yield Suggestion(rule.then.suggest, f"Rule {place + 1}, {rule.name}")


def _queue_so_far(facts: Facts) -> str | None:
    """Where a ticket stays that was routed before, unless a rule for what happened moves it."""
    if facts.trigger is Trigger.OPENED or facts.standing is None:
        return None
    return facts.standing.queue


def _because(places: tuple[int, ...], playbook: Playbook, facts: Facts, queue: str) -> str:
    for place in places:
        rule = playbook.rules[place]
        if rule.then.leads_to:
            return f"Rule {place + 1}, {rule.name}."
    if _queue_so_far(facts) is not None:
        return f"No rule moves it, so it stays in {queue}."
    if not places:
        return f"No rule matched, so the default queue {queue}."
    return f"No rule that matched names a queue, so the default queue {queue}."


def _agent(then: Then, queue: str, playbook: Playbook, facts: Facts) -> Assignment:
    standing = facts.standing
    if then.agent is None:
        # In the same queue a ticket stays with whom it is.
        keeps = facts.trigger is not Trigger.HANDED_BACK
        if keeps and standing is not None and standing.queue == queue:
            return Assignment(standing.agent, standing.because)
        return choose_agent(queue, playbook.agents, facts)
    named = playbook.agent(then.agent)
    load = facts.loads.get(named.name)
    if load is None or (load.present and load.open < named.capacity):
        return Assignment(named.name, f"A rule names {named.name}.")
    other = choose_agent(queue, playbook.agents, facts)
    return Assignment(other.agent, f"A rule names {named.name}, who has no room. {other.because}")
