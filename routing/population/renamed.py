"""What was counted of segments, under whatever name each had at the time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from operator import add

from routing.outcomes.tallies import Tally

Label = str | None


def under_todays_names(
    each: Mapping[Label, Tally], names: Mapping[str, Sequence[str]]
) -> dict[Label, Tally]:
    """Each segment's tickets by the name it has now; None are those in no segment.

    ``names`` has every name that each segment of today has had. Those that are gone are left out,
    and so is a segment without tickets.
    """
    found: dict[Label, Tally] = {None: each[None]} if None in each else {}
    for today, had in names.items():
        parts = [each[name] for name in had if name in each]
        if parts:
            found[today] = reduce(add, parts)
    return found
