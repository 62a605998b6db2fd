"""What the answers to a survey amount to, with their doubt."""

from __future__ import annotations

from collections.abc import Mapping

from routing.outcomes.figures import Score
from routing.outcomes.result import SATISFIED
from routing.outcomes.scores import ces, nps
from routing.outcomes.statistics import share
from routing.surveys.survey import Kind


def scored(kind: Kind, answers: Mapping[int, int]) -> Score | None:
    """What answers (each score with how often it was given) amount to; None without any.

    CSAT is the share of 4 and 5, from 0 to 1; NPS goes from -100 to 100, CES from 1 to 7.
    """
    match kind:
        case Kind.NPS:
            return nps(answers)
        case Kind.CES:
            return ces(answers)
        case _:
            good = sum(count for score, count in answers.items() if score >= SATISFIED)
            found = share(good, sum(answers.values()))
            return None if found is None else Score(found.value, found.low, found.high, found.n)
