"""THE door: facts and a playbook in, a decision with its reasons out.

The same function serves the live path, the command line, the back-test and the answer to "why".
It is deterministic: the same facts and playbook give the same decision, bit for bit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from routing.assignment.choose import Assignment, choose_agent
from routing.conditions.fields import SEGMENT, SEGMENTS
from routing.playbook import Playbook
from routing.replies.rank import Suggestion, Use, best_replies
from routing.rules.rule import Rule, Then
from routing.rules.trace import RuleSeen, explain
from routing.segments.membership import Membership, explain_membership
from routing.tickets import Fact, Facts, Priority


@dataclass(frozen=True, slots=True)
class Decision:
    """What one playbook version says about one ticket.

    All names are the playbook's. ``queue`` is always set; ``because`` says in one sentence which
    rule chose it. ``fired`` names the rules that fired, in order. ``first_reply`` is the target
    time from opening to the first reply, where a rule sets one.
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

    @property
    def segment(self) -> str | None:
        """The primary segment; None when the customer is in no segment."""
        return self.segments[0].segment if self.segments else None


def decide(facts: Facts, playbook: Playbook, uses: Mapping[str, Use] | None = None) -> Decision:
    """Decide one ticket. ``uses`` says how replies have done so far, by name."""
    view = playbook.layout.view(facts)
    members = [segment for segment, when in playbook.memberships if when.holds(view.row)]
    primary = members[0].name if members else None
    # Set even where there is none: no customer source may say it instead.
    known = None if primary is None else Fact(primary, "Deskroute", facts.now)
    playbook.layout.put(view, SEGMENT, known)
    names = frozenset(segment.name for segment in members)
    playbook.layout.put(view, SEGMENTS, Fact(names, "Deskroute", facts.now))
    places = playbook.book.fired(view.row)
    fired = [playbook.rules[place] for place in places]
    then = _together(fired)
    queue = then.queue or playbook.default_queue
    return Decision(
        playbook=playbook.version,
        segments=tuple(explain_membership(segment, view) for segment in members),
        fired=tuple(rule.name for rule in fired),
        queue=queue,
        because=_because(places, playbook, queue),
        agent=_agent(then, queue, playbook, facts),
        priority=then.priority,
        tags=then.tags,
        first_reply=then.first_reply,
        replies=best_replies(
            playbook.replies,
            text=f"{facts.ticket.subject}\n{facts.ticket.text}",
            language=facts.language,
            segment=primary,
            uses=uses,
        ),
        trace=tuple(explain(playbook.rules, places, view)),
    )


def primary_segment(facts: Facts, playbook: Playbook) -> str | None:
    """The segment that ``decide`` would name first, without the rest of its work."""
    row = playbook.layout.view(facts).row
    return next((one.name for one, when in playbook.memberships if when.holds(row)), None)


def _together(fired: list[Rule]) -> Then:
    """What the rules say together: the first to set a thing keeps it, tags add up."""
    return Then(
        queue=next((r.then.queue for r in fired if r.then.queue), None),
        agent=next((r.then.agent for r in fired if r.then.agent), None),
        priority=next((r.then.priority for r in fired if r.then.priority), None),
        tags=tuple(dict.fromkeys(tag for r in fired for tag in r.then.tags)),
        first_reply=next((r.then.first_reply for r in fired if r.then.first_reply), None),
    )


def _because(places: tuple[int, ...], playbook: Playbook, queue: str) -> str:
    for place in places:
        rule = playbook.rules[place]
        if rule.then.queue:
            return f"Rule {place + 1}, {rule.name}."
    if not places:
        return f"No rule matched, so the default queue {queue}."
    return f"No rule that matched names a queue, so the default queue {queue}."


def _agent(then: Then, queue: str, playbook: Playbook, facts: Facts) -> Assignment:
    if then.agent is None:
        return choose_agent(queue, playbook.agents, facts)
    named = playbook.agent(then.agent)
    load = facts.loads.get(named.name)
    if load is None or (load.present and load.open < named.capacity):
        return Assignment(named.name, f"A rule names {named.name}.")
    other = choose_agent(queue, playbook.agents, facts)
    return Assignment(other.agent, f"A rule names {named.name}, who has no room. {other.because}")
