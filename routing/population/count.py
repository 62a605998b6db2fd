"""Every segment over very many customers, block by block, with numpy.

A block is some tens of thousands of customers in columns. Blocks are counted apart, also by
several processes, and put together at the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import reduce
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from routing.conditions.columns import Table, truth
from routing.conditions.fields import REVENUE, Field
from routing.conditions.tree import tests_of
from routing.playbook import Playbook
from routing.population.members import Keys, unsorted_keys
from routing.population.report import Overlap, SegmentReport, SegmentSize
from routing.worth.value import top_share

Counts = NDArray[np.int64]
Amounts = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class BlockCount:
    """What one block adds to the whole; arrays have one entry per segment, in their order.

    ``both`` counts customers by pair of segments, its diagonal those of each one. ``spent`` is
    each customer's revenue, where it is known. ``unknown``, ``stale`` and ``disputed`` count
    customers by field: those without a value, with one no longer fresh, and those on whom two
    sources do not agree.
    """

    customers: int
    in_none: int
    primary: Counts
    untold: Counts
    both: Counts
    revenue: Amounts
    revenue_known: Counts
    spent: Amounts
    unknown: Mapping[str, int]
    stale: Mapping[str, int]
    disputed: Mapping[str, int] = field(default_factory=dict)

    def __add__(self, other: BlockCount) -> BlockCount:
        return BlockCount(
            customers=self.customers + other.customers,
            in_none=self.in_none + other.in_none,
            primary=self.primary + other.primary,
            untold=self.untold + other.untold,
            both=self.both + other.both,
            revenue=self.revenue + other.revenue,
            revenue_known=self.revenue_known + other.revenue_known,
            spent=np.concatenate([self.spent, other.spent]),
            unknown=_sum(self.unknown, other.unknown),
            stale=_sum(self.stale, other.stale),
            disputed=_sum(self.disputed, other.disputed),
        )


def fields_asked(playbook: Playbook) -> tuple[Field, ...]:
    """The fields that its segments ask about, and the revenue; each once."""
    asked = {
        test.field.name: test.field for one in playbook.segments for test in tests_of(one.when)
    }
    revenue = playbook.fields[REVENUE]
    return tuple({**asked, revenue.name: revenue}.values())


def values_wanted(fields: Iterable[Field]) -> list[str]:
    """The names under which customers have what these fields are read or derived from."""
    names = [(one.name, one.derived.of) if one.derived else (one.name,) for one in fields]
    return list(dict.fromkeys(chain.from_iterable(names)))


def count_block(
    playbook: Playbook, table: Table, disputed: Mapping[str, int] | None = None
) -> BlockCount:
    """Count the segments of a playbook over one block of customers."""
    truths = [truth(segment.when, table) for segment in playbook.segments]
    rows = len(table)
    holds = np.array([one.holds for one in truths], dtype=bool).reshape(len(truths), rows)
    told = np.array([one.holds | one.fails for one in truths], dtype=bool).reshape(holds.shape)
    spent = table.numbers(REVENUE)
    known = ~np.isnan(spent)
    # One matrix product counts all pairs; sums of ones below 2**24 are exact in single precision.
    ones = holds.astype(np.float32)
    names = [one.name for one in fields_asked(playbook)]
    return BlockCount(
        customers=rows,
        in_none=int((~holds.any(axis=0)).sum()),
        primary=_first(holds),
        untold=(~told).sum(axis=1, dtype=np.int64),
        both=np.rint(ones @ ones.T).astype(np.int64),
        revenue=holds @ np.where(known, spent, 0.0),
        revenue_known=(holds & known).sum(axis=1, dtype=np.int64),
        spent=spent[known],
        unknown={name: table.count_unknown(name) for name in names},
        stale={name: table.count_stale(name) for name in names},
        disputed=disputed or {},
    )


def members_of(
    playbook: Playbook, table: Table, rows: Sequence[int], ids: Sequence[str]
) -> dict[str, Keys]:
    """Who of one block belongs to each segment, by the row numbers and ids of its customers."""
    every = unsorted_keys(rows, ids)
    return {
        segment.name: np.unique(every[truth(segment.when, table).holds])
        for segment in playbook.segments
    }


def _first(holds: NDArray[np.bool_]) -> Counts:
    """For each segment, of how many customers it is the first that holds."""
    if not len(holds):
        return np.zeros(0, dtype=np.int64)
    chosen = holds.argmax(axis=0)[holds.any(axis=0)]
    return np.bincount(chosen, minlength=len(holds)).astype(np.int64)


def report_of(blocks: Iterable[BlockCount], playbook: Playbook, made_at: datetime) -> SegmentReport:
    """The report on all blocks together."""
    nothing = count_block(playbook, Table.build(fields_asked(playbook), {}, made_at))
    whole = reduce(BlockCount.__add__, blocks, nothing)
    return SegmentReport(
        made_at=made_at,
        playbook=playbook.version,
        customers=whole.customers,
        in_none=whole.in_none,
        revenue=float(whole.spent.sum()) if len(whole.spent) else None,
        sizes=tuple(_sizes(playbook, whole)),
        overlaps=tuple(_overlaps(playbook, whole.both)),
        top_fifth=top_share(whole.spent),
        disputed=_shares(whole.disputed, whole.customers),
    )


def _sizes(playbook: Playbook, whole: BlockCount) -> Iterator[SegmentSize]:
    for place, segment in enumerate(playbook.segments):
        asked = list(dict.fromkeys(test.field.name for test in tests_of(segment.when)))
        unknown = {name: whole.unknown[name] for name in asked}
        known = {name: whole.customers - count for name, count in unknown.items()}
        yield SegmentSize(
            name=segment.name,
            customers=int(whole.both[place, place]),
            primary=int(whole.primary[place]),
            unknown=int(whole.untold[place]),
            revenue=float(whole.revenue[place]) if whole.revenue_known[place] else None,
            missing=_shares(unknown, whole.customers),
            stale={name: whole.stale[name] / count for name, count in known.items() if count},
        )


def _overlaps(playbook: Playbook, both: Counts) -> Iterator[Overlap]:
    names = [segment.name for segment in playbook.segments]
    for first, second in zip(*np.triu_indices(len(names), k=1), strict=True):
        if both[first, second]:
            yield Overlap(names[first], names[second], int(both[first, second]))


def _shares(counts: Mapping[str, int], of: int) -> dict[str, float]:
    return {name: count / of for name, count in counts.items()} if of else {}


def _sum(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    return {name: one.get(name, 0) + other.get(name, 0) for name in {**one, **other}}
