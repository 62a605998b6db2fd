"""A decision with its reasons, in words for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

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
    Verdict.SHADOW: "◦",
    Verdict.HELD: "◦",
    Verdict.SPENT: "·",
}
_WORDS = {
    Verdict.SHADOW: "would have fired, but only watches",
    Verdict.HELD: "would have fired, but is a canary for other tickets",
    Verdict.SPENT: "has fired before",
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
    for rule in decision.trace:
        yield from _rule(rule, facts, missed.get(rule.place))


def _outcome(decision: Decision, facts: Facts) -> Iterator[str]:
    for name, said in _said(decision, facts).items():
        if said:
            yield f"{name:9} {said}"
    yield from (f"Field     {name} = {value}" for name, value in decision.fields)
    yield from (f"Note      {note}" for note in decision.notes)
    for place, one in enumerate(decision.replies, 1):
        yield f"Reply {place}   {one.reply}. {one.because}"
    if facts.silent:
        yield f"Silent    {', '.join(facts.silent)}"


def _said(decision: Decision, facts: Facts) -> dict[str, str]:
    back = _span(decision.hand_back)
    return {
        "Language": "" if facts.language is None else language_name(facts.language),
        "Priority": decision.priority or "",
        "Tags": ", ".join(decision.tags),
        "Reply": _span(decision.first_reply, "within "),
        "Solved": _span(decision.resolution, "within "),
        "Answer": f"{decision.answer}, by itself" if decision.answer else "",
        "Tell": ", ".join(decision.notify),
        "Back": f"after {back} without an answer" if back else "",
    }


def _span(span: timedelta | None, before: str = "") -> str:
    return "" if span is None else f"{before}{say_duration(span)}"


def _rule(rule: RuleSeen, facts: Facts, miss: NearMiss | None) -> Iterator[str]:
    verdict = _WORDS.get(rule.verdict, rule.verdict.value)
    if rule.verdict is Verdict.AFTER_STOP:
        would = {True: "would match", False: "would not match", None: "unknown"}
        verdict = f"after a stop, {would[rule.matched]}"
    mark = _MARKS[rule.verdict] if miss is None else _NEAR
    yield f"{mark} {rule.place}. {rule.name} ({verdict}{', near miss' if miss else ''})"
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
