"""The pages of results: the numbers of a period, against those before, and the tickets behind."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from math import copysign

from plugin.flows.results.export_tickets import may_name_agents
from plugin.flows.results.measure import Counted, Measure
from plugin.labels import label_says
from plugin.ports import Clock, Refused
from plugin.records.page import Page
from plugin.records.work import Store
from plugin.views.mails import Change
from plugin.views.results import (
    Against,
    Asked,
    Group,
    Having,
    Missed,
    Mix,
    Mover,
    ResultsView,
    ResultTickets,
)
from routing.outcomes.dimensions import Dimension
from routing.outcomes.figures import Shift
from routing.outcomes.many import all_pairs
from routing.outcomes.mix import Cell, shift
from routing.outcomes.question import Answer, Label, Question
from routing.outcomes.sides import COMPARED, counts_of, side_of
from routing.playbook import Playbook
from routing.population.goal import Goal, read_goals, standing

LISTED = 50
"""Tickets of one page of a list."""


@dataclass(frozen=True, slots=True)
class SeeResults:
    """The numbers, as leads and admins see them."""

    store: Store
    clock: Clock
    measure: Measure

    def now(self) -> datetime:
        """The present moment."""
        return self.clock.now()

    def overview(self, asked: Asked) -> ResultsView:
        """The KPIs of a period, by whatever is asked; of agents only where the house allows it."""
        with self.store.look() as work:
            agents = may_name_agents(work)
            playbook = work.playbooks.live()
            tally = work.inbox.tally()
            desks = work.connections.desks()
            state = work.measured_days.state()
            versions = work.playbooks.versions()
        asked = asked if agents else without_agents(asked)
        now = self.measure.counted(asked.question)
        if asked.kpi == "csat" and now.answer.total.csat is None:
            # Where nobody rates there still is a line to draw: how long it takes.
            asked = replace(asked, kpi="resolution")
            now = self.measure.counted(asked.question)
        then = self.measure.counted(asked.before) if asked.against is Against.BEFORE else None
        answer, before = now.answer, None if then is None else then.answer
        return ResultsView(
            asked=asked,
            answer=answer,
            before=before,
            segments=() if playbook is None else tuple(one.name for one in playbook.segments),
            groups=_groups(asked, answer, before, playbook),
            changes={} if then is None else changes(now, then),
            labels=self.measure.labels(asked.since, asked.until),
            playbooks=tuple(
                (line.version, line.at) for line in versions if asked.since < line.at < asked.until
            ),
            deliveries=tally,
            agents=agents,
            sample=any(desk.sample for desk in desks),
            began=state.began,
            mix=None if then is None else mix_of("csat", asked.by, now, then),
            missed=() if asked.only else tuple(_missed(playbook, answer)),
        )

    def answer(self, question: Question) -> Answer:
        """The KPIs a program asks for. Raises Refused if it asks for agents and may not."""
        with self.store.look() as work:
            allowed = may_name_agents(work)
        if not allowed and Dimension.AGENT in {question.by, *question.only}:
            raise Refused("Reports name no agents here; an admin can allow it under Exports.")
        return self.measure(question)

    def tickets(self, asked: Asked, having: Having, before: int | None) -> ResultTickets:
        """The tickets behind a number, newest first."""
        with self.store.look() as work:
            asked = asked if may_name_agents(work) else without_agents(asked)
            lines = work.result_lines(
                asked.since, asked.until, asked.only, having, Page(before, LISTED + 1)
            )
        return ResultTickets(asked, having, tuple(lines[:LISTED]), more=len(lines) > LISTED)


def without_agents(asked: Asked) -> Asked:
    """The same where nothing is told of single agents."""
    only = {**asked.only}
    only.pop(Dimension.AGENT, None)
    by = Dimension.SEGMENT if asked.by is Dimension.AGENT else asked.by
    return replace(asked, only=only, by=by)


def changes(now: Counted, before: Counted) -> Mapping[str, Change]:
    """How each KPI differs from before, by its key; what is no chance is told of all together."""
    found = all_pairs({"now": side_of(now.every), "before": side_of(before.every)})
    keys = {measure: key for key, measure in COMPARED.items()}
    return {keys[one.measure]: Change(one.difference, one.medians, one.shown) for one in found.made}


def mix_of(key: str, by: Dimension, now: Counted, before: Counted) -> Mix | None:
    """Where a share's change comes from; None where a period has nothing to go by."""
    cells = [
        {label: Cell.of_share(*counts_of(key, tally)) for label, tally in one.each.items()}
        for one in (before, now)
    ]
    found = shift(*cells)
    return None if found is None else Mix(key, by, found, _mover(found, by, *cells))


def _mover(
    found: Shift, by: Dimension, before: Mapping[Label, Cell], now: Mapping[Label, Cell]
) -> Mover | None:
    most = max(found.groups, key=lambda one: one.mix * copysign(1, found.mix.value))
    was, is_now = (
        cells[most.name].n / n if most.name in cells else 0.0
        for cells, n in ((before, found.before), (now, found.after))
    )
    return None if was == is_now else Mover(label_says(most.name, by), was, is_now, most.mix)


def _missed(playbook: Playbook | None, answer: Answer) -> Iterator[Missed]:
    """Segments that are surely on the bad side of a goal; numbers by anything else say nothing."""
    if playbook is None or answer.question.by is not Dimension.SEGMENT:
        return
    for segment in playbook.segments:
        kpis = answer.groups.get(segment.name)
        for goal in read_goals(segment.goal):
            if kpis is not None and isinstance(goal, Goal):
                stands = standing(goal, kpis)
                if stands.surely_missed:
                    yield Missed(segment.name, stands)


def _groups(
    asked: Asked, answer: Answer, before: Answer | None, playbook: Playbook | None
) -> tuple[Group, ...]:
    place = order_of(asked.by, playbook, answer)
    goals = {} if asked.by is not Dimension.SEGMENT else _goals(playbook)
    earlier = {} if before is None else before.groups
    return tuple(
        Group(label, kpis, earlier.get(label), goals.get(label, {}))
        for label, kpis in sorted(answer.groups.items(), key=lambda one: place(one[0]))
    )


def _goals(playbook: Playbook | None) -> Mapping[Label, Mapping[str, float]]:
    """The goals of each segment by KPI, as far as they can be measured."""
    return {
        segment.name: {
            goal.metric.key: goal.value
            for goal in read_goals(segment.goal)
            if isinstance(goal, Goal) and goal.quantile == "median"
        }
        for segment in (() if playbook is None else playbook.segments)
    }


def order_of(
    by: Dimension, playbook: Playbook | None, answer: Answer
) -> Callable[[Label], tuple[int, float, str]]:
    """In the playbook's order where it has one, then by size; whoever has no label comes last."""
    told = {
        Dimension.SEGMENT: lambda book: [one.name for one in book.segments],
        Dimension.QUEUE: lambda book: [one.name for one in book.queues],
        Dimension.RULE: lambda book: [one.name for one in book.rules],
    }.get(by)
    names = told(playbook) if told is not None and playbook is not None else []
    known = {name: place for place, name in enumerate(names)}

    def place(label: Label) -> tuple[int, float, str]:
        if label is None:
            return 2, 0, ""
        if label in known:
            return 0, known[label], ""
        return 1, -answer.groups[label].tickets, label

    return place
