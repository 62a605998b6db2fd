"""The named classes of RFM: how lately, how often and for how much a customer bought."""

from __future__ import annotations

from typing import NamedTuple

FIFTHS = 5
"""Scores run from 1, the least, to this, the most."""


class RfmClass(NamedTuple):
    """One named class: the recency scores it spans, and the least worth that belongs to it.

    A customer's worth is the mean of their frequency and money scores, 1 to 5.
    """

    name: str
    least_recency: int
    most_recency: int
    least_worth: float
    means: str


RFM_CLASSES = (
    RfmClass("champions", 4, 5, 4.0, "bought lately, often, and for much"),
    RfmClass("loyal", 3, 5, 3.0, "come back, and bring a fair sum"),
    RfmClass("promising", 3, 5, 1.0, "bought lately, but little so far"),
    RfmClass("cannot lose", 1, 2, 4.0, "were among the best, and have gone quiet"),
    RfmClass("at risk", 1, 2, 3.0, "used to come back, and have not for long"),
    RfmClass("sleeping", 2, 2, 1.0, "bought little, a while ago"),
    RfmClass("lost", 1, 1, 1.0, "bought little, and that was long ago"),
)
"""Every class of an RFM score, the first that fits counts; each of the 125 scores fits one."""


def rfm_class(recency: int, frequency: int, money: int) -> str | None:
    """The class of one customer's scores, each 1 to 5; None where one of them is 0, unknown."""
    if not (recency and frequency and money):
        return None
    worth = (frequency + money) / 2
    return next(
        one.name
        for one in RFM_CLASSES
        if one.least_recency <= recency <= one.most_recency and worth >= one.least_worth
    )
