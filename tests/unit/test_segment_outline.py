"""A definition read aloud, line by line."""

from __future__ import annotations

import pytest

from routing.conditions.fields import CUSTOMER_FIELDS
from routing.conditions.tree import read_condition
from routing.segments.outline import Outline, outline

PLAN = {"field": "customer.plan", "is": "Team"}
SAID = Outline("plan is Team")


@pytest.mark.parametrize(
    ("raw", "lines"),
    [
        ("always", Outline("always")),
        (PLAN, SAID),
        ({"not": PLAN}, Outline("not: plan is Team")),
        ({"not": {"not": PLAN}}, SAID),
        ({"not": "always"}, Outline("never")),
        ({"all": [PLAN, PLAN]}, Outline("all of these are true", (SAID, SAID))),
        ({"any": [PLAN]}, Outline("any of these is true", (SAID,))),
        ({"not": {"all": [PLAN]}}, Outline("not all of these are true", (SAID,))),
        ({"not": {"any": [PLAN]}}, Outline("none of these is true", (SAID,))),
        (
            {"all": [PLAN, {"any": [PLAN]}]},
            Outline("all of these are true", (SAID, Outline("any of these is true", (SAID,)))),
        ),
    ],
)
def test_a_condition_becomes_lines(raw: object, lines: Outline) -> None:
    assert outline(read_condition(raw, CUSTOMER_FIELDS)) == lines
