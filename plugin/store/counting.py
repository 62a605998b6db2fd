"""Segments counted over all customers, block by block, in several processes at once."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from multiprocessing import get_context
from typing import Any, Generic, TypeVar

from plugin.records import TrustedSource
from plugin.store.census import SqlCensus
from plugin.store.database import Database, open_engine
from routing.conditions.columns import Table
from routing.conditions.fields import Field
from routing.playbook import Playbook
from routing.playbook_file import read_playbook
from routing.population.count import count_block, fields_asked, report_of, values_wanted
from routing.population.report import SegmentReport

Span = tuple[int, int]
Tell = Callable[[int, int], None]
Part = TypeVar("Part")


@dataclass(frozen=True, slots=True)
class Counter(Generic[Part]):
    """What is counted of one block: by which fields, and how.

    Both are functions of a module, since others cannot be sent to another process. ``count`` takes
    a playbook, a block as a table, and on how many customers sources do not agree, by field.
    """

    fields: Callable[[Playbook], Iterable[Field]]
    count: Callable[[Playbook, Table, Mapping[str, int]], Part]


_SIZES = Counter(fields_asked, count_block)


@dataclass(frozen=True, slots=True)
class Task(Generic[Part]):
    """What every process has to know; a playbook as text, since compiled ones cannot be sent."""

    url: str
    playbook: str
    version: int
    sources: tuple[TrustedSource, ...]
    now: datetime
    counter: Counter[Part]


@dataclass(frozen=True, slots=True)
class CountCustomers:
    """Counts segments over the database of this URL, in so many processes."""

    url: str
    processes: int

    def __call__(
        self,
        text: str,
        version: int,
        sources: Sequence[TrustedSource],
        now: datetime,
        tell: Tell,
    ) -> SegmentReport:
        """The report on a playbook's segments; ``tell`` hears how many blocks of all are done."""
        task = Task(self.url, text, version, tuple(sources), now, _SIZES)
        return report_of(counted(task, self.processes, tell), read_playbook(text, version), now)


def counted(task: Task[Part], processes: int, tell: Tell) -> Iterator[Part]:
    """What is counted of each block; ``tell`` hears how many of all are done."""
    with _census(task) as census:
        spans = census.spans()
    if len(spans) < 2:
        one_by_one: Iterator[Part] = map(partial(count_span, task), spans)
        yield from _told(one_by_one, len(spans), tell)
        return
    # Spawned, not forked: sockets and threads of ours must not be shared.
    context = get_context("spawn")
    with ProcessPoolExecutor(processes, context, _begin, (task,)) as pool:
        yield from _told(pool.map(_count_one, spans), len(spans), tell)


def _told(parts: Iterator[Part], of: int, tell: Tell) -> Iterator[Part]:
    for done, block in enumerate(parts, 1):
        tell(done, of)
        yield block


@contextmanager
def _census(task: Task[Part]) -> Iterator[SqlCensus]:
    engine = open_engine(task.url, pool=1)
    try:
        with Database(engine).read() as connection:
            yield SqlCensus(connection, task.sources)
    finally:
        engine.dispose()


def count_span(task: Task[Part], span: Span, playbook: Playbook | None = None) -> Part:
    """One block, read and counted."""
    playbook = playbook or read_playbook(task.playbook, task.version)
    fields = tuple(task.counter.fields(playbook))
    with _census(task) as census:
        block = census.block(span, values_wanted(fields))
    table = Table.build(fields, block.values, task.now, block.fresh_until, size=block.size)
    return task.counter.count(playbook, table, block.disputed)


@dataclass(slots=True)
class _Process:
    """What a process of the pool remembers from one block to the next."""

    task: Task[Any] | None = None
    playbook: Playbook | None = None


_here = _Process()


def _begin(task: Task[Any]) -> None:
    # Nothing here goes round in circles, and the collector would look through a million facts.
    gc.disable()
    _here.task = task
    _here.playbook = read_playbook(task.playbook, task.version)


def _count_one(span: Span) -> Any:
    assert _here.task is not None
    return count_span(_here.task, span, _here.playbook)
