"""What people's transfers teach about the rules, each lesson with its back-test.

Needs numpy and goes through very many tickets: commands run it, in processes of their own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from plugin.ports import Clock, Refused
from plugin.records.work import Store, Work
from routing.back_test.compare import BackTest
from routing.back_test.past import PastTicket
from routing.conditions.document import ALWAYS
from routing.errors import Invalid
from routing.playbook import Playbook
from routing.playbook_file import read_playbook
from routing.quality.learn import Label, learn, reached, worth_learning
from routing.quality.lessons import Lesson, Lessons, Proposal, Rehearsal
from routing.quality.transfers import Route, right_queue
from routing.rules.rule import After
from routing.rules.written import with_rule
from routing.yaml_text import read_yaml

LOOKS_BACK = timedelta(days=365)
"""How far back tickets teach."""

MOST = 50_000
"""Decided tickets that are looked at, the newest."""

MOST_KEPT, FEWEST = 20_000, 1_000
"""Tickets from which is learned: so many together, the newest of each rule, but at least so many
of each where there are as many.
"""

MOST_REHEARSED = 20
"""Proposals that are back-tested and shown, those with the most transfers."""

LONGEST_NAME = 100
"""Characters of a proposed rule's name."""

Entry = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class LearnFromTransfers:
    """Looks for rules that would have sent tickets right which people moved."""

    store: Store
    clock: Clock

    def __call__(self) -> Lessons:
        """Look now; nothing is kept. Raises Refused while no playbook is published."""
        now = self.clock.now()
        with self.store.look() as work:
            playbook = work.playbooks.live()
            text = None if playbook is None else work.playbooks.text(playbook.version)
            if playbook is None or text is None:
                raise Refused("No playbook is published yet, so there are no rules to learn about.")
            past = _Past(work, self.clock)
            routes = work.tickets.routes(now - LOOKS_BACK, MOST)
            ended = past.ended(playbook, routes)
            labels = past.labels(playbook, routes, ended)
            tickets = past.of_rules(labels, worth_learning(labels.values()))
            lessons = learn(playbook, tickets, [labels[_id(one)] for one in tickets])
            drafts = _Drafts(playbook, text)
            placed = [drafts.place(one) for one in lessons]
            told = list(past.rehearse(playbook, placed, ended))
        return Lessons(now, playbook.version, len(labels), tuple(told))

    def keep(self) -> Lessons:
        """Look now, and keep what was found for the pages. Raises Refused."""
        lessons = self()
        with self.store.work() as work:
            work.rule_reports.keep_lessons(lessons)
            work.commit()
        return lessons


def _id(one: PastTicket) -> int:
    assert one.id is not None  # only those from files have none
    return one.id


@dataclass(frozen=True, slots=True)
class _Past:
    """Decided tickets with the facts of their time, read some at a time."""

    work: Work
    clock: Clock

    def blocks(self) -> Iterator[list[PastTicket]]:
        since = self.clock.now() - LOOKS_BACK
        for block in self.work.past.blocks(since, (), MOST):
            yield [one for one in block if one.as_then]

    def ended(self, playbook: Playbook, routes: Sequence[Route]) -> dict[int, str]:
        """The queue that people found right for each ticket, where that is known."""
        of = {queue.name: queue.ids for queue in playbook.queues}
        names = {
            (connection, key): name for name, ids in of.items() for connection, key in ids.items()
        }
        found = {}
        for route in routes:
            chosen = of.get(route.queue, {}).get(route.connection)
            right = right_queue(route, names, chosen, self.clock.now())
            if right is not None:
                found[route.id] = right
        return found

    def labels(
        self, playbook: Playbook, routes: Sequence[Route], ended: Mapping[int, str]
    ) -> dict[int, Label]:
        """The tickets that the live playbook sends to where they were sent, by our id."""
        chosen = {route.id: route.queue for route in routes}
        found = {}
        for block in self.blocks():
            mine = [one for one in block if one.id in ended]
            for one, (rule, queue) in zip(mine, reached(playbook, mine), strict=True):
                if queue == chosen[_id(one)]:
                    found[_id(one)] = Label(rule, queue, ended[_id(one)])
        return found

    def of_rules(self, labels: Mapping[int, Label], rules: set[str | None]) -> list[PastTicket]:
        """The newest tickets of each of these rules."""
        kept: list[PastTicket] = []
        each = max(FEWEST, MOST_KEPT // max(1, len(rules)))
        left = Counter(dict.fromkeys(rules, each))
        for block in self.blocks() if rules else ():
            for one in block:
                label = labels.get(_id(one))
                if label is not None and left[label.rule] > 0:
                    left[label.rule] -= 1
                    kept.append(one)
        return kept

    def rehearse(
        self, playbook: Playbook, placed: Sequence[tuple[Lesson, str]], ended: Mapping[int, str]
    ) -> Iterator[Lesson]:
        """Each lesson, those with a draft of the playbook with what that would change."""
        tests = {
            place: BackTest(playbook, read_playbook(draft))
            for place, (_, draft) in enumerate(placed)
            if draft
        }
        for block in self.blocks() if tests else ():
            known = [replace(one, ended_in=ended.get(_id(one))) for one in block]
            for test in tests.values():
                test.add(known)
        for place, (lesson, _) in enumerate(placed):
            yield _rehearsed(lesson, tests[place]) if place in tests else lesson


def _rehearsed(lesson: Lesson, test: BackTest) -> Lesson:
    report = test.report()
    assert lesson.proposal is not None
    rehearsal = Rehearsal(
        tickets=report.tickets,
        moved=report.moved,
        right=report.right_after,
        wrong=report.right_before,
        flows=tuple((one.before, one.after, one.tickets) for one in report.pairs()),
    )
    return replace(lesson, proposal=replace(lesson.proposal, rehearsal=rehearsal))


class _Drafts:
    """Proposals as rules in the live playbook's text."""

    def __init__(self, playbook: Playbook, text: str) -> None:
        self.playbook = playbook
        self.text = text
        document: Any = read_yaml(text).value
        self.entries: list[Entry] = document.get("rules") or []
        self.taken = {rule.name for rule in playbook.rules}
        self.left = MOST_REHEARSED

    def place(self, lesson: Lesson) -> tuple[Lesson, str]:
        """The lesson with its proposal put in its place, and the playbook with it as a text.

        The text is empty where there is nothing to propose.
        """
        proposal = lesson.proposal
        if proposal is None:
            return lesson, ""
        if not self.left:
            nothing = "Something was found; it is looked at once there are fewer proposals."
            return replace(lesson, proposal=None, nothing=nothing), ""
        self.left -= 1
        placed, said, was = self._placed(lesson, proposal)
        try:
            text = with_rule(self.text, was, said, placed.place - 1)
            read_playbook(text)
        except Invalid as error:
            nothing = f"“{proposal.words}” would be right, but cannot be written: {error}"
            return replace(lesson, proposal=None, nothing=nothing), ""
        return replace(lesson, proposal=placed), text

    def _placed(
        self, lesson: Lesson, proposal: Proposal
    ) -> tuple[Proposal, dict[str, Any], str | None]:
        if lesson.rule is None:
            placed = replace(
                proposal, name=self._name(proposal), place=len(self.playbook.rules) + 1
            )
            return placed, _new(placed), None
        at = next(i for i, one in enumerate(self.playbook.rules) if one.name == lesson.rule)
        rule, entry = self.playbook.rules[at], self.entries[at]
        if not proposal.tests:
            placed = replace(proposal, name=rule.name, place=at + 1, when=entry["when"])
            then = {**entry["then"], "queue": proposal.queue}
            return placed, {**entry, "then": then}, rule.name
        placed = replace(
            proposal,
            name=self._name(proposal),
            place=at + 1,
            when=_both(entry["when"], proposal.tests),
            # What else the rule decides still goes for these tickets, as long as that is not who
            # serves them: another queue has other agents.
            after=After.GO_ON if rule.then.agent is None else After.STOP,
        )
        return placed, _new(placed), None

    def _name(self, proposal: Proposal) -> str:
        name = f"To {proposal.queue}: {proposal.words}"
        name = name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"
        names = (name if n == 1 else f"{name[: LONGEST_NAME - 4]} {n}" for n in range(1, 1_000))
        free = next(one for one in names if one not in self.taken)
        self.taken.add(free)
        return free


def _new(placed: Proposal) -> dict[str, Any]:
    return {
        "name": placed.name,
        "when": placed.when,
        "then": {"queue": placed.queue},
        "after": str(placed.after),
        "note": placed.why,
    }


def _both(when: Any, tests: Sequence[Mapping[str, Any]]) -> Any:
    """What a rule asks for and what was learned, as one condition."""
    if when == ALWAYS:
        own = []
    else:
        is_group = isinstance(when, dict) and set(when) == {"all"}
        own = list(when["all"]) if is_group else [when]
    parts = [*own, *tests]
    return parts[0] if len(parts) == 1 else {"all": parts}
