"""One block of customers in columns: to which segment each belongs, and what tells their worth.

Blocks are made apart, also by several processes, which load numpy and no statistics.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from routing.conditions.columns import Table, truth
from routing.conditions.fields import LIFETIME, REVENUE, Field
from routing.conditions.tree import read_condition, tests_of
from routing.playbook import Playbook

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

ORDERS, AVERAGE, EXPECTED = "customer.orders", "customer.aov", "customer.expected_value"
ARR, MRR = "account.arr", "account.mrr"
STAGE = "customer.stage"
ACCOUNT = ("account.domain", "account.name")
"""By what two customers are known to be of one account, the surer first."""

NUMBERS = (REVENUE, LIFETIME, ORDERS, AVERAGE, EXPECTED, ARR, MRR)
BEGINS = ("customer.signed_up", "customer.first_order")
SEEN = ("customer.last_order", "customer.last_seen")
RENEWAL, LEFT = "customer.renewal", "customer.churned"
DAYS = (*BEGINS, *SEEN, RENEWAL, LEFT)

VISITOR, CHURNED = "visitor", "churned"
"""The stages in which somebody is no customer yet, and is none any more."""

MONTHS = 12.0


@dataclass(frozen=True, slots=True, eq=False)
class WorthBlock:
    """One block of customers in columns, by field; NaN is unknown, days are since the year 1.

    ``place`` is that of their first segment in the playbook, -1 for none. ``members`` counts, by
    segment, all who belong to it. ``account`` is a number for each account, 0 where it is unknown.
    ``stage`` is 1 for visitors, 2 for customers, 3 for those who have churned, 0 if unknown.
    """

    place: NDArray[np.int32]
    members: NDArray[np.int64]
    columns: Mapping[str, Floats]
    account: NDArray[np.int64]
    stage: NDArray[np.int8]


def fields_of_worth(playbook: Playbook) -> tuple[Field, ...]:
    """The fields that its segments ask about, and those that say what customers are worth."""
    asked = {
        test.field.name: test.field for one in playbook.segments for test in tests_of(one.when)
    }
    wanted = (playbook.fields[name] for name in (*NUMBERS, *DAYS, STAGE, *ACCOUNT))
    return tuple({**asked, **{one.name: one for one in wanted}}.values())


def worth_block(playbook: Playbook, table: Table) -> WorthBlock:
    """One block of customers, and the segments of a playbook that they belong to."""
    rows = len(table)
    place = np.full(rows, -1, dtype=np.int32)
    members = np.zeros(len(playbook.segments), dtype=np.int64)
    for number, segment in enumerate(playbook.segments):
        holds = truth(segment.when, table).holds
        members[number] = holds.sum()
        place[holds & (place < 0)] = number
    return WorthBlock(
        place=place,
        members=members,
        columns={
            **{name: table.numbers(name) for name in NUMBERS},
            **{name: table.days(name) for name in DAYS},
        },
        account=_accounts(table),
        stage=_stages(playbook, table),
    )


def _accounts(table: Table) -> NDArray[np.int64]:
    """A number for each account, the same in every process; 0 where nothing tells it."""
    found = np.zeros(len(table), dtype=np.int64)
    for name in ACCOUNT:
        codes, uniques = table.codes(name)
        hashes = [_number_of(f"{name}={one}") for one in uniques]
        # The code -1 picks the last one.
        told = np.array([*hashes, 0], dtype=np.int64)[codes]
        found = np.where(found == 0, told, found)
    return found


def _number_of(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), signed=True) or 1


def _stages(playbook: Playbook, table: Table) -> NDArray[np.int8]:
    stages = np.where(table.known(STAGE), 2, 0).astype(np.int8)
    for number, name in ((1, VISITOR), (3, CHURNED)):
        test = read_condition({"field": STAGE, "is": name}, playbook.fields)
        stages[truth(test, table).holds] = number
    return stages
