"""The comparison: a few groups of tickets beside each other, and what explains a difference."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice

from plugin.amounts import duration
from plugin.charts.values import EVERYONE_ELSE, colours
from plugin.flows.results.export_tickets import may_name_agents
from plugin.flows.results.measure import Counted, Measure
from plugin.flows.results.see_results import mix_of, order_of, without_agents
from plugin.labels import label_says, names_of
from plugin.ports import Clock
from plugin.records.work import Store
from plugin.views.results import (
    Asked,
    ComparedGroup,
    ComparedKpi,
    Comparison,
    Pair,
    Turned,
)
from routing.outcomes.compared import Coming, told
from routing.outcomes.comparison import Side
from routing.outcomes.crossed import within
from routing.outcomes.definitions import KPIS
from routing.outcomes.dimensions import Dimension
from routing.outcomes.kpis import kpis_of
from routing.outcomes.many import Answers, all_pairs
from routing.outcomes.question import Label, Question
from routing.outcomes.reversal import Reversal, reversals
from routing.outcomes.sides import COMPARED, side_of
from routing.outcomes.statistics import share

MOST = 6
"""Groups that are compared at once: with more of them a page says too much."""

USUAL = 4
"""Groups that are compared where none are chosen."""

SPLIT = ("csat", "transferred", "reopened", "one_touch", "answered", "promised")
"""The shares, by key, whose change is split into mix and change."""

MAY_TURN = (Dimension.CHANNEL, Dimension.QUEUE, Dimension.LANGUAGE, Dimension.DESK)
"""By what the total may point the other way than every segment does."""

LARGEST = 8
"""Labels of a dimension that are looked at for that, the largest ones."""

MOST_TURNED = 4
"""Of what points the other way, so many are told."""


@dataclass(frozen=True, slots=True)
class CompareGroups:
    """Compares groups, as leads and admins see them."""

    store: Store
    clock: Clock
    measure: Measure

    def now(self) -> datetime:
        """The present moment."""
        return self.clock.now()

    def compare(self, asked: Asked, chosen: Sequence[Label]) -> Comparison:
        """The chosen groups that have tickets, or the first few where none has."""
        with self.store.look() as work:
            agents = may_name_agents(work)
            playbook = work.playbooks.live()
            sample = any(desk.sample for desk in work.connections.desks())
        asked = _plain(asked if agents else without_agents(asked))
        counted = self.measure.counted(replace(asked.question, trend=None))
        order = sorted(counted.each, key=order_of(asked.by, playbook, counted.answer))
        here = [label for label in dict.fromkeys(chosen) if label in counted.each]
        taken = here[:MOST] or _usual(order)
        names = names_of(order, asked.by)
        segments = () if playbook is None else tuple(one.name for one in playbook.segments)
        groups = _groups(taken, counted, names, _colours(asked.by, segments, taken))
        sides = {names[label]: side_of(counted.each[label]) for label in taken}
        answers = all_pairs(sides)
        labels = self.measure.labels(asked.since, asked.until)
        kpis = [key for key in KPIS if any(one.figure(key) for one in groups)]
        return Comparison(
            asked=asked,
            groups=groups,
            others=tuple((one, names[one]) for one in order if one not in taken),
            ignored=tuple(
                label_says(one, asked.by) for one in dict.fromkeys(chosen) if one not in taken
            ),
            answer=replace(
                counted.answer, groups={one: counted.answer.groups[one] for one in taken}
            ),
            kpis=tuple(_told(key, answers, sides, asked) for key in kpis),
            silent=tuple(key for key in KPIS if key not in kpis),
            mix=mix_of(asked.kpi, asked.by, counted, self.measure.counted(asked.before)),
            turned=tuple(islice(self._turned(asked), MOST_TURNED)),
            pairs=tuple(_pairs(answers)),
            without_correction=answers.without_correction,
            labels=labels,
            agents=agents,
            eras=self._has_both_eras(asked),
            sample=sample,
            most=MOST,
        )

    def _has_both_eras(self, asked: Asked) -> bool:
        by_era = replace(asked.question, by=Dimension.ERA, trend=None)
        return len(self.measure.counted(by_era).each) > 1

    def _turned(self, asked: Asked) -> Iterator[Turned]:
        """Labels of which the total says the one thing, and every segment the other."""
        among = MAY_TURN if asked.by is Dimension.SEGMENT else (asked.by,)
        question = replace(asked.question, by=Dimension.SEGMENT)
        for dimension in among:
            if dimension not in asked.only:
                yield from self._turned_by(question, dimension)

    def _turned_by(self, question: Question, dimension: Dimension) -> Iterator[Turned]:
        for key, cells in self.measure.crossed(question, dimension).items():
            by_label = within(cells)
            sizes = {label: sum(n for _, n in each.values()) for label, each in by_label.items()}
            largest = sorted(by_label, key=lambda label: -sizes[label])[:LARGEST]
            names = names_of(largest, dimension)
            labels = {name: label for label, name in names.items()}
            counts = {name: by_label[label] for name, label in labels.items()}
            for one in reversals(counts):
                yield _turned(key, dimension, one, labels, counts)


def _usual(order: Sequence[Label]) -> list[Label]:
    """The first few groups; whoever has no label is among them only if there is no other."""
    named: list[Label] = [label for label in order if label is not None]
    return (named if len(named) > 1 else list(order))[:USUAL]


def _plain(asked: Asked) -> Asked:
    """The same without what a comparison does not ask: lines over time, its own label, or times."""
    only = {one: label for one, label in asked.only.items() if one is not asked.by}
    return replace(asked, only=only, kpi=asked.kpi if asked.kpi in SPLIT else "csat", exact=False)


def _colours(by: Dimension, segments: Iterable[str], taken: Sequence[Label]) -> Mapping[Label, int]:
    """A segment's own colour, which it has on every page; else one for each group here."""
    if by is Dimension.SEGMENT:
        own = colours(segments)
        return {label: own.get(label or "", EVERYONE_ELSE) for label in taken}
    return {label: place for place, label in enumerate(taken, 1)}


def _groups(
    taken: Sequence[Label],
    counted: Counted,
    names: Mapping[Label, str],
    colour: Mapping[Label, int],
) -> tuple[ComparedGroup, ...]:
    return tuple(
        ComparedGroup(
            label=label,
            name=names[label],
            colour=colour[label],
            kpis=kpis_of(tally),
        )
        for label, tally in ((one, counted.each[one]) for one in taken)
    )


def _told(key: str, answers: Answers, sides: Mapping[str, Side], asked: Asked) -> ComparedKpi:
    of = KPIS[key].of
    since = None if asked.days is None else asked.since
    coming = Coming((of.removesuffix("s"), of), since, asked.until)
    found = told(COMPARED[key], answers, sides, coming, duration)
    return ComparedKpi(key, found.shown, found.same, found.notes)


def _pairs(answers: Answers) -> Iterator[Pair]:
    keys = {measure: key for key, measure in COMPARED.items()}
    for one in answers.made:
        assert one.second is not None  # groups are compared with each other
        yield Pair(keys[one.measure], one.first, one.second, one.difference, one.n, one.shown)


def _turned(
    key: str,
    dimension: Dimension,
    one: Reversal,
    labels: Mapping[str, Label],
    counts: Mapping[str, Mapping[Label, tuple[int, int]]],
) -> Turned:
    first, second = counts[one.first], counts[one.second]
    total = []
    for each in (first, second):
        found = share(sum(hits for hits, _ in each.values()), sum(n for _, n in each.values()))
        assert found is not None  # nothing is turned where there is nothing
        total.append(found)
    groups = []
    for group in one.groups:
        here, there = share(*first[group.name]), share(*second[group.name])
        assert here is not None
        assert there is not None
        groups.append((label_says(group.name, Dimension.SEGMENT), here, there))
    return Turned(
        kpi=key,
        by=dimension,
        within=Dimension.SEGMENT,
        labels=(labels[one.first], labels[one.second]),
        names=(one.first, one.second),
        total=(total[0], total[1]),
        groups=tuple(groups),
        left_out=len(one.left_out),
    )
