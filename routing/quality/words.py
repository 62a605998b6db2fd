"""What is wrong with a rule, and what to do about it, in one line each."""

from __future__ import annotations

from routing.quality.report import Against, Aspect, RuleQuality, Verdict, Versus

_TROUBLE = {
    Aspect.TRANSFERRED: "People move its tickets to another queue more often",
    Aspect.REOPENED: "Its solved tickets are opened again more often",
    Aspect.CSAT: "Its customers are satisfied less often",
}
_CURES = {
    Aspect.TRANSFERRED: "Look at where people move them: narrow its condition, or put a rule "
    "for those tickets above it.",
    Aspect.REOPENED: "Look through the tickets that came back: the queue may lack what it takes "
    "to finish them.",
    Aspect.CSAT: "Read its low ratings: the queue, its replies or its waiting time may not suit "
    "these customers.",
}


def finding_on(one: RuleQuality) -> str:
    """What is wrong, or why nothing can be told; empty where nothing is."""
    match one.verdict:
        case Verdict.HURTS:
            return " ".join(_trouble(versus, one.against) for versus in one.versus if versus.hurts)
        case Verdict.DEAD:
            most = "" if one.firing is None else f", so for at most {one.firing.high * 100:.2g} % "
            return f"It fired for none of {one.decided:,} tickets{most}of all."
        case Verdict.MUTE:
            return (
                f"It fired for {one.fired:,} tickets, but a rule before it had always chosen "
                "their queue."
            )
        case Verdict.TOO_FEW:
            return f"Too few to tell: {one.missing:,} more needed."
        case _:
            return ""


def _trouble(versus: Versus, against: Against) -> str:
    low, high = sorted((abs(versus.difference.low), abs(versus.difference.high)))
    whom = (
        "than those that others sent to the same queue"
        if against is Against.QUEUE
        else "than all others"
    )
    return (
        f"{_TROUBLE[versus.aspect]} {whom}: by {_points(abs(versus.difference.value))} points "
        f"({_points(low)} to {_points(high)})."
    )


def advice_on(one: RuleQuality, blocked: str) -> str:
    """What to do; empty where nothing has to be done."""
    match one.verdict:
        case Verdict.HURTS:
            return next(_CURES[versus.aspect] for versus in one.versus if versus.hurts)
        case Verdict.DEAD if blocked:
            return f"{blocked} Move it up, change its condition, or take it out."
        case Verdict.DEAD:
            return (
                "Try it on a ticket that it is meant for: mend its condition, or switch it off if "
                "such tickets no longer come."
            )
        case Verdict.MUTE:
            return "Move it above the rules that choose before it, or take its queue out."
        case _:
            return ""


def _points(part: float) -> str:
    return f"{part * 100:.1f}"
