"""What the customers of each segment are worth, over very many of them.

Each block is read apart (``worth_block``); here they are put together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from routing.conditions.columns import Table
from routing.conditions.fields import LIFETIME, REVENUE
from routing.outcomes.figures import ENOUGH
from routing.playbook import Playbook
from routing.population.worth_block import (
    ARR,
    AVERAGE,
    BEGINS,
    EXPECTED,
    LEFT,
    MRR,
    ORDERS,
    RENEWAL,
    SEEN,
    WorthBlock,
    fields_of_worth,
    worth_block,
)
from routing.worth import averages
from routing.worth.report import Worth, WorthReport
from routing.worth.retention import stay
from routing.worth.stay import Signs
from routing.worth.value import bringing, gini, lorenz, year_tells

Floats = NDArray[np.float64]

MONTHS = 12.0


def worth_report(
    blocks: Iterable[WorthBlock], playbook: Playbook, made_at: datetime
) -> WorthReport:
    """The report on all blocks together."""
    nothing = worth_block(playbook, Table.build(fields_of_worth(playbook), {}, made_at))
    whole = _together([nothing, *blocks])
    columns = whole.columns
    by_year = year_tells(columns[REVENUE], columns[LIFETIME])
    known = not by_year and not np.isnan(columns[LIFETIME]).all()
    field = LIFETIME if known else REVENUE
    holders, recurring = _recurring(whole)
    make = _Making(whole, field, float(made_at.date().toordinal()), holders, recurring)
    return WorthReport(
        made_at=made_at,
        playbook=playbook.version,
        revenue_field=field,
        total=make.worth(np.arange(len(whole.place)), None, None),
        groups=tuple(_groups(playbook, whole, make)),
    )


def _together(blocks: list[WorthBlock]) -> WorthBlock:
    return WorthBlock(
        place=np.concatenate([one.place for one in blocks]),
        members=np.sum([one.members for one in blocks], axis=0),
        columns={
            name: np.concatenate([one.columns[name] for one in blocks])
            for name in blocks[0].columns
        },
        account=np.concatenate([one.account for one in blocks]),
        stage=np.concatenate([one.stage for one in blocks]),
    )


def _groups(playbook: Playbook, whole: WorthBlock, make: _Making) -> Iterator[Worth]:
    for number, segment in enumerate(playbook.segments):
        own = np.flatnonzero(whole.place == number)
        yield make.worth(own, segment.name, int(whole.members[number]))
    yield make.worth(np.flatnonzero(whole.place < 0), None, None)


@dataclass(frozen=True, slots=True, eq=False)
class _Making:
    """Makes what groups of customers are worth; ``today`` is in days since the year 1.

    ``recurring`` is the ARR of each account, and ``holders`` the customer for whom it counts.
    """

    whole: WorthBlock
    revenue: str
    today: float
    holders: NDArray[np.intp]
    recurring: Floats

    def worth(self, own: NDArray[np.intp], segment: str | None, members: int | None) -> Worth:
        columns = {name: column[own] for name, column in self.whole.columns.items()}
        customers = len(own)
        revenue = _known(columns[self.revenue])
        enough = len(revenue) >= ENOUGH
        average, orders = _orders(columns)
        expected = _known(columns[EXPECTED])
        recurring = self.recurring[np.isin(self.holders, own, assume_unique=True)]
        stage = self.whole.stage[own]
        signs = Signs(
            signed_up=columns[BEGINS[0]],
            first_order=columns[BEGINS[1]],
            last_order=columns[SEEN[0]],
            last_seen=columns[SEEN[1]],
            renewal=columns[RENEWAL],
            churned=columns[LEFT],
            visits=stage == 1,
            here=stage == 2,
            gone=stage == 3,
        )
        return Worth(
            segment=segment,
            customers=customers,
            members=members,
            revenue=float(revenue.sum()) if len(revenue) else None,
            revenue_unknown=customers - len(revenue),
            lorenz=tuple(round(y, 5) for _, y in lorenz(revenue)) if enough else (),
            gini=gini(revenue) if enough else None,
            few=bringing(revenue) if enough else None,
            orders=int(orders.sum()),
            order=averages.ratio(average * orders, orders),
            usual_order=averages.median(average),
            order_unknown=customers - len(orders),
            expected=averages.mean(expected),
            expected_unknown=customers - len(expected),
            arr=float(recurring.sum()) if len(recurring) else None,
            accounts=len(recurring),
            arr_unknown=int(np.isnan(_arr(columns)).sum()),
            stay=stay(signs.began(), signs.left(self.today), self.today),
        )


def _recurring(whole: WorthBlock) -> tuple[NDArray[np.intp], Floats]:
    """For which customer each account counts, and its ARR.

    Of one account with several customers the largest that is told counts, once, and for the first
    segment that any of them belongs to. Whose account is unknown is one of their own.
    """
    told = _arr(whole.columns)
    known = np.flatnonzero(~np.isnan(told))
    if not len(known):
        return known, np.zeros(0)
    alone = whole.account[known] == 0
    key = np.where(alone, np.arange(len(known)), whole.account[known])
    place = np.where(whole.place[known] < 0, np.iinfo(np.int32).max, whole.place[known])
    order = np.lexsort((place, alone, key))
    same = (np.diff(key[order]) == 0) & (np.diff(alone[order].astype(np.int8)) == 0)
    starts = np.flatnonzero(np.concatenate(([True], ~same)))
    return known[order][starts], np.maximum.reduceat(told[known][order], starts)


def _known(values: Floats) -> Floats:
    return values[~np.isnan(values)]


def _orders(columns: Mapping[str, Floats]) -> tuple[Floats, Floats]:
    """The average order and the number of orders of each customer of whom both are known."""
    orders = columns[ORDERS]
    with np.errstate(invalid="ignore", divide="ignore"):
        worked_out = columns[LIFETIME] / np.where(orders > 0, orders, np.nan)
        average = np.where(np.isnan(columns[AVERAGE]), worked_out, columns[AVERAGE])
        both = (orders > 0) & ~np.isnan(average)
    return average[both], orders[both]


def _arr(columns: Mapping[str, Floats]) -> Floats:
    """Each customer's ARR: as it is told, or else twelve times the MRR."""
    return np.where(np.isnan(columns[ARR]), columns[MRR] * MONTHS, columns[ARR])
