"""All segments counted over all customers, block by block, in several processes at once."""

from __future__ import annotations

import gc
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from multiprocessing import get_context
from typing import TypeVar

import numpy as np

from plugin.records.customers import TrustedSource
from plugin.store.census import SqlCensus
from plugin.store.database import Database, open_engine
from routing.conditions.columns import Table
from routing.playbook import Playbook
from routing.playbook_file import read_playbook
from routing.population.count import (
    BlockCount,
    count_block,
    fields_asked,
    members_of,
    report_of,
    values_wanted,
)
from routing.population.members import Keys
from routing.population.report import SegmentReport

Span = tuple[int, int]
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Task:
    """What every process has to know; a playbook as text, since compiled ones cannot be sent."""

    url: str
    playbook: str
    version: int
    sources: tuple[TrustedSource, ...]
    now: datetime


@dataclass(frozen=True, slots=True)
class CountCustomers:
    """Counts over the database of this URL, in so many processes."""

    url: str
    processes: int

    def __call__(
        self,
        text: str,
        version: int,
        sources: Sequence[TrustedSource],
        now: datetime,
        tell: Callable[[int, int], None],
    ) -> SegmentReport:
        """The report on a playbook's segments; ``tell`` hears how many blocks of all are done."""
        task = Task(self.url, text, version, tuple(sources), now)
        counted = over_all(task, count_span, self.processes, tell)
        return report_of(counted, read_playbook(text, version), now)


@dataclass(frozen=True, slots=True)
class FindMembers:
    """Finds who belongs to each segment, over the database of this URL, in so many processes."""

    url: str
    processes: int

    def __call__(
        self, text: str, version: int, sources: Sequence[TrustedSource], now: datetime
    ) -> Mapping[str, Keys]:
        """The members of every segment of a playbook, by its name."""
        task = Task(self.url, text, version, tuple(sources), now)
        found: dict[str, list[Keys]] = defaultdict(list)
        for block in over_all(task, members_of_span, self.processes, lambda *_: None):
            for name, keys in block.items():
                found[name].append(keys)
        return {name: np.unique(np.concatenate(some)) for name, some in found.items()}


def over_all(
    task: Task,
    work: Callable[[Task, Span, Playbook | None], Found],
    processes: int,
    tell: Callable[[int, int], None],
) -> Iterator[Found]:
    """What comes of every block; ``tell`` hears how many of all are done."""
    with census_of(task) as census:
        spans = census.spans()
    if len(spans) < 2:
        yield from _told((work(task, span, None) for span in spans), len(spans), tell)
        return
    # Spawned, not forked: sockets and threads of ours must not be shared.
    context = get_context("spawn")
    with ProcessPoolExecutor(processes, context, _begin, (task,)) as pool:
        yield from _told(pool.map(partial(_one, work), spans), len(spans), tell)


def _told(found: Iterable[Found], of: int, tell: Callable[[int, int], None]) -> Iterator[Found]:
    for done, block in enumerate(found, 1):
        tell(done, of)
        yield block


@contextmanager
def census_of(task: Task, *, named: bool = False) -> Iterator[SqlCensus]:
    """All customers as a task's sources know them, in one reading transaction."""
    engine = open_engine(task.url, pool=1)
    try:
        with Database(engine).read() as connection:
            yield SqlCensus(connection, task.sources, named=named)
    finally:
        engine.dispose()


def count_span(task: Task, span: Span, playbook: Playbook | None = None) -> BlockCount:
    """One block, read and counted."""
    playbook = playbook or read_playbook(task.playbook, task.version)
    fields = fields_asked(playbook)
    with census_of(task) as census:
        block = census.block(span, values_wanted(fields))
    table = Table.build(fields, block.values, task.now, block.fresh_until, size=block.size)
    return count_block(playbook, table, block.disputed)


def members_of_span(task: Task, span: Span, playbook: Playbook | None = None) -> dict[str, Keys]:
    """Who of one block belongs to each segment."""
    playbook = playbook or read_playbook(task.playbook, task.version)
    fields = fields_asked(playbook)
    with census_of(task, named=True) as census:
        block = census.block(span, values_wanted(fields))
    table = Table.build(fields, block.values, task.now, block.fresh_until, size=block.size)
    return members_of(playbook, table, block.rows, [external for external, _ in block.who])


@dataclass(slots=True)
class _Process:
    """What a process of the pool remembers from one block to the next."""

    task: Task | None = None
    playbook: Playbook | None = None


_here = _Process()


def _begin(task: Task) -> None:
    # Nothing here goes round in circles, and the collector would look through a million facts.
    gc.disable()
    _here.task = task
    _here.playbook = read_playbook(task.playbook, task.version)


def _one(work: Callable[[Task, Span, Playbook | None], Found], span: Span) -> Found:
    assert _here.task is not None
    return work(_here.task, span, _here.playbook)
