"""A decision with its reasons, in words for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from routing.conditions.durations import ago, say_duration
from routing.conditions.evaluate import Seen
from routing.conditions.values import say
from routing.decide import Decision, NearMisses
from routing.languages import language_name
from routing.rules.near import NearMiss
from routing.rules.trace import RuleSeen, Verdict, fact_behind
from routing.tickets import Facts

_MARKS = {
    Verdict.FIRED: "✓",
    Verdict.NOT_MATCHED: "✗",
    Verdict.UNKNOWN: "?",
    Verdict.AFTER_STOP: "·",
    Verdict.OFF: "–",
}
_NEAR = "≈"

_LONGEST = 60
"""The longest value that is told whole, in characters."""


def told(decision: Decision, facts: Facts, near: NearMisses) -> Iterator[str]:
    """What was decided and why, line by line: the outcome, the segments, then every rule."""
    yield f"Queue     {decision.queue}. {decision.because}"
    yield f"Agent     {decision.agent.because}"
    for place, member in enumerate(decision.segments):
        because = "; ".join(_test(one, facts) for one in member.because)
        yield f"{'Segment  ' if place == 0 else 'also     '} {member.segment}: {because or 'all'}"
    if not decision.segments:
        yield "Segment   none"
    for miss in near.segments:
        yield f"nearly    {_segment(miss, facts)}"
    yield from _outcome(decision, facts)
    yield ""
    missed = {miss.place: miss for miss in near.rules}
    for place, rule in enumerate(decision.trace, 1):
        yield from _rule(place, rule, facts, missed.get(place))


def _outcome(decision: Decision, facts: Facts) -> Iterator[str]:
    if facts.language is not None:
        yield f"Language  {language_name(facts.language)}"
    if decision.priority is not None:
        yield f"Priority  {decision.priority}"
    if decision.tags:
        yield f"Tags      {', '.join(decision.tags)}"
    if decision.first_reply is not None:
        yield f"Reply     within {say_duration(decision.first_reply)}"
    for place, one in enumerate(decision.replies, 1):
        yield f"Reply {place}   {one.reply}. {one.because}"
    if facts.silent:
        yield f"Silent    {', '.join(facts.silent)}"


def _rule(place: int, rule: RuleSeen, facts: Facts, miss: NearMiss | None) -> Iterator[str]:
    verdict = rule.verdict.value
    if rule.verdict is Verdict.AFTER_STOP:
        would = {True: "would match", False: "would not match", None: "unknown"}
        verdict = f"after a stop, {would[rule.matched]}"
    mark = _MARKS[rule.verdict] if miss is None else _NEAR
    yield f"{mark} {place}. {rule.name} ({verdict}{', near miss' if miss else ''})"
    if miss is not None:
        yield f"     {_would(miss, facts)}"
    for one in rule.tests:
        yield f"     {_test(one, facts)}"


def _segment(miss: NearMiss, facts: Facts) -> str:
    if miss.is_known:
        return f"{miss.name}: would hold if {miss.why(facts.now)}"
    return f"{miss.name}: cannot be told, {miss.field} is unknown ({miss.test.sentence})"


def _would(miss: NearMiss, facts: Facts) -> str:
    if miss.is_known:
        return f"would match if {miss.why(facts.now)}"
    return f"cannot be told: {miss.field} is unknown"


def _test(seen: Seen, facts: Facts) -> str:
    if seen.value is None:
        return f"{seen.sentence}: unknown" if seen.result is None else seen.sentence
    shown = " ".join(say(seen.value).split())
    shown = shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 1]}…"
    # The sentence may say the value already.
    said = "" if shown.casefold() in seen.sentence.casefold() else f"it is {shown}"
    of = ", ".join(filter(None, (said, _source(seen, facts))))
    return f"{seen.sentence} ({of})" if of else seen.sentence


def _source(seen: Seen, facts: Facts) -> str:
    if not seen.source:
        return ""
    fact = fact_behind(seen, facts)
    stale = fact is not None and not fact.is_fresh(facts.now)
    age = "" if seen.as_of is None or fact is None else f" {ago(seen.as_of, facts.now)}"
    return f"{seen.source}{age}{', stale' if stale else ''}"
