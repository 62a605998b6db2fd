"""What was promised for a ticket (its SLA), and whether that was kept."""

from __future__ import annotations

from enum import StrEnum


class Kept(StrEnum):
    """How a promise stands. ``OPEN`` is one that is not due yet and not fulfilled either."""

    MET = "met"
    MISSED = "missed"
    OPEN = "open"


def kept(promised: int | None, took: int | None, waited: int) -> Kept | None:
    """How a promise stands; None where there was none.

    All are seconds since the opening, counted in the same way: in working time for a ticket that
    has a schedule, in calendar time for all others. ``promised`` is the time there is, ``took``
    when it was done (None: not yet), ``waited`` how much has passed by now. What is done in the
    last second of the time is in time. What is late already is missed, also while it is not done.
    """
    if promised is None:
        return None
    if took is not None:
        return Kept.MET if took <= promised else Kept.MISSED
    return Kept.OPEN if waited <= promised else Kept.MISSED


def answered(first_reply: int | None, first_solved: int | None) -> int | None:
    """When the promise of a first reply was fulfilled, in seconds; None while it is not.

    Whoever was helped without a written reply (by telephone, say) does not wait for one any more,
    so the first solving counts as well. The promise of a solution is fulfilled by the last
    solving: while a ticket is open again, so is its promise.
    """
    return min((at for at in (first_reply, first_solved) if at is not None), default=None)
