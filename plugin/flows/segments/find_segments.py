"""Groups among all customers, as drafts of segments for a lead to edit.

Needs numpy and scikit-learn: only commands load it, never the web.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

import numpy as np

from plugin.flows.customers.trusted import trusted
from plugin.ports import Refused
from plugin.records.customers import CustomerBlock, CustomerBlocks
from plugin.records.work import Store
from routing.conditions.fields import CUSTOMER_FIELDS, Fields
from routing.population.clusters import Floats, find_groups
from routing.population.groups import SENSELESS, Draft, Groups, NoGroups, numbers

NAMED = 2
"""Fields that a draft's name tells of."""

FAR = 0.5
"""Standard deviations from everybody's mean from which on a field is worth a word."""


@dataclass(frozen=True, slots=True)
class FindSegments:
    """Looks for groups in the numbers that uploaded and remembered sources know."""

    store: Store
    blocks: CustomerBlocks

    def __call__(
        self, names: Sequence[str], seed: int, count: int | None = None
    ) -> tuple[Groups, tuple[Draft, ...]]:
        """The groups in these fields, or in all numbers where none is named. Raises Refused.

        With ``count`` there are so many groups, else as many as stand apart best.
        """
        with self.store.look() as work:
            live = work.playbooks.live()
            sources = [trusted(record) for record in work.connections.sources()]
        fields = CUSTOMER_FIELDS if live is None else live.fields
        every = [name for name in numbers(fields) if name not in SENSELESS]
        chosen = [_number(fields, name) for name in names] or every
        told = [_columns(block, chosen) for block in self.blocks(sources, chosen)]
        values = np.vstack(told) if told else np.zeros((0, len(chosen)))
        if not names:
            # Numbers that nobody has are no news; those that were asked for are.
            known = np.flatnonzero((~np.isnan(values)).any(axis=0))
            chosen = [chosen[place] for place in known]
            values = values[:, known]
        try:
            groups = find_groups(chosen, values, seed, count)
        except NoGroups as error:
            raise Refused(str(error)) from None
        return groups, _drafts(groups, fields)


def _columns(block: CustomerBlock, names: Sequence[str]) -> Floats:
    columns = [[_value(one) for one in block.values[name]] for name in names]
    return np.array(columns, dtype=np.float64).reshape(len(names), block.size).T


def _value(told: object) -> float:
    return float(told) if isinstance(told, int | float) else float("nan")


def _number(fields: Fields, name: str) -> str:
    field = fields.get(name)
    if field is None:
        near = get_close_matches(name, numbers(fields), n=1)
        raise Refused(
            f"There is no field “{name}”." + (f" Did you mean {near[0]}?" if near else "")
        )
    if name not in numbers(fields):
        raise Refused(f"{name} holds no numbers of customers; groups are found in numbers.")
    return name


def _drafts(groups: Groups, fields: Fields) -> tuple[Draft, ...]:
    drafts: dict[str, Draft] = {}
    for group in groups.groups:
        name = _name(group.far, fields)
        number = sum(one.startswith(name) for one in drafts)
        full = f"{name} {number + 1}" if number else name
        drafts[full] = Draft(full, group)
    return tuple(drafts.values())


def _name(far: Mapping[str, float], fields: Fields) -> str:
    words = [
        f"{'high' if deviations > 0 else 'low'} {fields[name].says}"
        for name, deviations in list(far.items())[:NAMED]
        if abs(deviations) >= FAR
    ]
    said = ", ".join(words) or "middling in everything"
    return f"Draft: {said}"[:120]
