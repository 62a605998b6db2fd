"""Groups found in the data, as values: what it takes to look for them, and what comes out.

``clusters`` does the looking; pages need only what is here, and so load nothing for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from routing.conditions.fields import Fields
from routing.conditions.values import Kind
from routing.errors import RoutingError
from routing.segments.segment import Model

LEAST_CUSTOMERS = 100
"""Customers of whom every field must be known."""

LEAST_FIELDS, MOST_FIELDS = 2, 30
"""Fields that groups are looked for in."""

LEAST_KNOWN = 0.5
"""A field that is unknown of more customers than this share leaves too few to look at."""

LEAST_GROUPS, MOST_GROUPS = 2, 8

SENSELESS = frozenset({"customer.revenue_rank", "customer.birth_year"})
"""Numbers that are left out unless they are asked for: another field says the same."""


class NoGroups(RoutingError):
    """Data in which no groups can be found, said so that a person can mend it."""

    code = "no-groups"


@dataclass(frozen=True, slots=True)
class Group:
    """One group as a rule.

    ``document`` is the condition as the playbook holds it. Of ``customers`` in the group the rule
    catches the share ``recall``; of those it catches the share ``precision`` is in the group.
    ``means`` are the group's means by field, and ``far`` how many standard deviations each lies
    from everybody's mean, the farthest first.
    """

    document: Mapping[str, object]
    customers: int
    precision: float
    recall: float
    means: Mapping[str, float]
    far: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Groups:
    """What was found among ``customers``, the largest group first.

    ``silhouette`` (-1 to 1) says how well the groups stand apart, ``agreement`` (0 to 1) which
    share of the customers the rules put where k-means did. ``left_out`` says of each field that
    was not used why not; ``without_rule`` are the sizes of groups the tree could not tell apart.
    """

    groups: tuple[Group, ...]
    customers: int
    silhouette: float
    agreement: float
    left_out: Mapping[str, str] = field(default_factory=dict)
    without_rule: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Draft:
    """One group as a segment of the playbook; ``name`` is made up of what stands out."""

    name: str
    group: Group

    def entry(self) -> dict[str, object]:
        """The draft as it stands in the playbook, once somebody has read and renamed it."""
        return {"name": self.name, "model": Model.DATA_DRIVEN.value, "when": self.group.document}


def numbers(fields: Fields) -> tuple[str, ...]:
    """The fields that groups can be found in: what customers have numbers of."""
    return tuple(
        name for name, field in fields.items() if field.kind is Kind.NUMBER and field.read is None
    )
