"""A rule in a form, and the order of all rules: tried on past tickets, and out as a version."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from difflib import unified_diff
from typing import Any

from plugin.flows.playbook.check_rules import MOST_WHILE_WRITING, CheckRules
from plugin.flows.playbook.edit_playbook import EditPlaybook
from plugin.flows.playbook.try_rule import TryRule
from plugin.pages.refusals import Conflict, NotThere
from plugin.ports import Clock
from plugin.records.work import Store
from plugin.views.people import Person
from plugin.views.rules import (
    DraftFindings,
    RuleDraft,
    RuleEditor,
    RuleOrder,
    RuleReview,
    RulesDraft,
    TicketToTry,
)
from routing.cases.written import following
from routing.conditions.durations import read_duration
from routing.conditions.fields import SEGMENT, SEGMENTS
from routing.conditions.form import from_pairs
from routing.conditions.form_edit import NEW_TEST, act
from routing.conditions.form_parts import parts_of, placed, readable, settled, usual_values
from routing.conditions.form_view import fields_by_group, form_of
from routing.conditions.tree import AnyOf, Condition
from routing.conditions.wording import sentence
from routing.errors import Invalid, Problem
from routing.playbook import Playbook
from routing.playbook_diff import diff
from routing.playbook_file import read_playbook
from routing.rehearse import rehearse
from routing.rules.order import Arranged, rebased
from routing.rules.rule import After, Canary, Guard, Rule, State, Then
from routing.rules.wording import does, group
from routing.rules.written import with_order, with_rule
from routing.tickets import Facts, Priority, Trigger
from routing.yaml_text import read_yaml

PAST = 2_000
"""Past tickets that a rule is tried on, the newest."""

SINCE = timedelta(days=365)
"""How far back they reach."""

NAMELESS = "the new rule"
"""What findings call a rule whose name is still empty."""

SHOWN = 400
"""Lines of the text's difference that a page shows."""

KEYS = {
    "name": "name",
    "then.queue": "queue",
    "then.agent": "agent",
    "then.priority": "priority",
    "then.tags": "tags",
    "then.first_reply": "first_reply",
    "then.escalate": "escalate",
    "then.resolution": "resolution",
    "then.fields": "fields",
    "then.note": "tell",
    "then.suggest": "suggest",
    "then.answer": "answer",
    "then.notify": "notify",
    "then.hand_back": "hand_back",
    "then": "then",
    "on": "on",
    "waits": "waits",
    "after": "after",
    "state": "state",
    "canary.share": "share",
    "canary.guards": "guards",
    "owner": "owner",
    "note": "why",
}
"""The inputs of the form, by the key of the entry that they say."""


@dataclass(frozen=True, slots=True)
class EditRule:
    """The form of a rule, and the order of rules."""

    store: Store
    clock: Clock
    playbooks: EditPlaybook
    trials: TryRule
    checks: CheckRules

    def begin(self, name: str | None, like: str | None) -> RuleDraft:
        """A draft of a rule that is there, of another one like it, or of nothing."""
        playbook, text = self._live()
        if name is not None:
            return _of_live(playbook, text, name)
        if like is None:
            # In front of the last one, which mostly takes what is left.
            place = max(1, len(playbook.rules))
            return RuleDraft(playbook.version, None, place, "", dict(NEW_TEST))
        draft = _of_live(playbook, text, like)
        taken = {rule.name for rule in playbook.rules}
        names = (f"{like}, copy{'' if n == 1 else f' {n}'}" for n in range(1, len(taken) + 2))
        copied = next(one for one in names if one not in taken)
        return replace(draft, was=None, name=copied, place=draft.place + 1)

    def condition(self, pairs: Iterable[tuple[str, str]], action: str) -> Any:
        """The condition that a form's pairs say, after one of the builder's buttons."""
        fields = self._live()[0].rule_fields
        return act(settled(from_pairs(pairs, fields), fields), action)

    def look(self, draft: RuleDraft, trying: TicketToTry, *, strict: bool = False) -> RuleEditor:
        """The draft over past tickets and on the one to try, and what is wrong with it."""
        playbook, text = self._live()
        fields = playbook.rule_fields
        past, people = self._past()
        form = form_of(draft.when, fields, _choices(draft.when, playbook, past))
        condition, _ = readable(draft.when, fields)
        parts = parts_of(form, draft.when, fields)
        edited, place = _edited(draft, condition, parts, playbook)
        problems = _problems(draft, playbook, text) if strict else tuple(_begun(draft, playbook))
        at, elsewhere = placed(problems, form, KEYS, strict=strict)
        if "waits" in at:
            # A wait that cannot be read is told there, and not once more as none at all.
            at.pop("on", None)
        return RuleEditor(
            draft=draft,
            fields={
                group: tuple((one.name, one.says) for one in those)
                for group, those in fields_by_group(fields).items()
            },
            form=form,
            sentence=None if condition is None else sentence(condition),
            then=None if condition is None else tuple(does(edited.rules[place])),
            rehearsed=rehearse(edited, place, parts, past),
            problems=at,
            elsewhere=elsewhere,
            places=tuple(one.name for one in playbook.rules if one.name != draft.was),
            queues=tuple(queue.name for queue in playbook.queues),
            agents=tuple(agent.name for agent in playbook.agents),
            replies=tuple(reply.name for reply in playbook.replies),
            people=people,
            trying=trying,
            tried=self.trials(trying, edited, place, playbook)
            if condition is not None and trying.anything
            else None,
            now=self.clock.now(),
            findings=None if condition is None else self._lint(edited, place, playbook, draft.was),
            here=place + 1,
        )

    def _lint(self, edited: Playbook, place: int, live: Playbook, was: str | None) -> DraftFindings:
        rules = list(edited.rules)
        # Findings of other rules name this one.
        rules[place] = replace(rules[place], name=rules[place].name or NAMELESS)
        book = replace(edited, rules=tuple(rules))
        return self.checks.draft(book, place, live, was, MOST_WHILE_WRITING)

    def arrange(self, change: RuleOrder, action: str = "") -> RulesDraft:
        """The rules in this order after one button, based on what is live now."""
        live = self._live()[0]
        order, past, future = change.order, change.past, change.future
        if order is not None and change.based_on != live.version:
            # Its steps speak of places in a playbook that is live no more.
            past, future = (), ()
            now = {rule.name: place for place, rule in enumerate(live.rules, 1)}
            order = tuple(now[name] for name in self._names(change, live))
        if order is None:
            order = tuple(range(1, len(live.rules) + 1))
        order = tuple(one for one in dict.fromkeys(order) if 1 <= one <= len(live.rules))
        past, future = (
            tuple(one for one in steps if 1 <= one[0] <= len(live.rules))
            for steps in (past, future)
        )
        groups = {place: group(rule) for place, rule in enumerate(live.rules, 1)}
        made = Arranged(order, past, future).act(action, groups)
        order = made.order
        view = self.playbooks.view(live.version)
        if view is None:
            raise NotThere(f"There is no playbook {live.version}.")
        lines = [replace(view.rules[one - 1], place=at) for at, one in enumerate(order, 1)]
        after = replace(live, rules=tuple(live.rules[one - 1] for one in order))
        return RulesDraft(
            change=RuleOrder(live.version, order, change.note, made.past, made.future),
            view=replace(view, rules=tuple(lines)),
            words=tuple(map(str, diff(live, after))),
            # Version 0: what is being written is not kept for the live version.
            findings=self.checks.order(replace(after, version=0), live),
        )

    def without(self, name: str) -> RuleOrder:
        """The live rules without this one."""
        live = self._live()[0]
        rest = tuple(place for place, rule in enumerate(live.rules, 1) if rule.name != name)
        if len(rest) == len(live.rules):
            raise NotThere(f"There is no rule “{name}” in the live playbook.")
        return RuleOrder(live.version, rest)

    def review(self, change: RuleDraft | RuleOrder) -> RuleReview:
        """What publishing the change over the live playbook would do."""
        live, text = self._live()
        with self.store.look() as work:
            by = work.playbooks.versions()[0].by
            began = work.playbooks.get(change.based_on)
        review = RuleReview(
            version=live.version,
            by=by,
            meanwhile=() if began is None else tuple(map(str, diff(began, live))),
        )
        try:
            wrote = self._text(change, live, text)
            after = read_playbook(wrote)
            findings = self._reviewed(change, after, live)
        except Invalid as error:
            return replace(review, problems=tuple(map(str, error.problems)))
        return replace(
            review,
            words=tuple(map(str, diff(live, after))),
            lines=tuple(_lines(text, wrote)),
            findings=findings,
            proofs=self.playbooks.proofs(after),
            text=wrote,
        )

    def _reviewed(
        self, change: RuleDraft | RuleOrder, after: Playbook, live: Playbook
    ) -> DraftFindings:
        if isinstance(change, RuleOrder):
            return self.checks.order(after, live)
        place = next(at for at, one in enumerate(after.rules) if one.name == change.name)
        return self.checks.draft(after, place, live, change.was)

    def publish(self, change: RuleDraft | RuleOrder, person: Person) -> int:
        """Publish the playbook with this change; the answer is the new version."""
        live, text = self._live()
        if live.version != change.based_on:
            with self.store.look() as work:
                raise Conflict(live.version, work.playbooks.versions()[0].by)
        if isinstance(change, RuleDraft) and (problems := _problems(change, live, text)):
            raise Invalid(problems)
        wrote = self._text(change, live, text)
        return self.playbooks.publish(wrote, change.note, change.based_on, person)

    def _text(self, change: RuleDraft | RuleOrder, live: Playbook, text: str) -> str:
        if isinstance(change, RuleDraft):
            wrote = with_rule(text, change.was, _said(change), change.place - 1)
            return following(wrote, "rule", change.was, change.name)
        return with_order(text, self._names(change, live))

    def _names(self, change: RuleOrder, live: Playbook) -> list[str]:
        """The rules by name, in the order that was made of those of an earlier playbook."""
        with self.store.look() as work:
            began = work.playbooks.get(change.based_on)
        if began is None:
            raise NotThere(f"There is no playbook {change.based_on}.")
        before = [rule.name for rule in began.rules]
        order = range(1, len(before) + 1) if change.order is None else change.order
        names = [before[one - 1] for one in dict.fromkeys(order) if 1 <= one <= len(before)]
        return rebased(names, before, [rule.name for rule in live.rules])

    def _live(self) -> tuple[Playbook, str]:
        live = self.playbooks.live()
        if live is None:
            raise NotThere("No playbook is live yet, so there is none to put a rule into.")
        return live

    def _past(self) -> tuple[list[Facts], tuple[str, ...]]:
        """The facts of past tickets, the newest first, and the names of our own people."""
        with self.store.look() as work:
            results = work.decisions.results(self.clock.now() - SINCE, PAST)
            past = [facts for facts, _ in results]
            people = tuple(person.name for person in work.people.everyone())
        return past, people


def _of_live(playbook: Playbook, text: str, name: str) -> RuleDraft:
    document: Any = read_yaml(text).value
    for place, rule in enumerate(playbook.rules):
        if rule.name == name:
            entry = document["rules"][place]
            then = rule.then
            return RuleDraft(
                based_on=playbook.version,
                was=name,
                place=place + 1,
                name=name,
                when=entry["when"],
                queue=then.queue or "",
                agent=then.agent or "",
                priority=then.priority or "",
                tags=then.tags,
                first_reply=entry["then"].get("first_reply") or "",
                after=rule.after,
                state=rule.state,
                owner=rule.owner,
                on=rule.on,
                waits=entry.get("waits") or "",
                escalate=then.escalate or "",
                resolution=entry["then"].get("resolution") or "",
                fields=then.fields,
                tell=then.note or "",
                suggest=then.suggest or "",
                answer=then.answer or "",
                notify=then.notify,
                hand_back=entry["then"].get("hand_back") or "",
                share=f"{rule.canary.share:g}" if rule.state is State.CANARY else "",
                guards=rule.canary.guards if rule.state is State.CANARY else (),
                why=rule.note,
            )
    raise NotThere(f"There is no rule “{name}” in the live playbook.")


def _choices(when: Any, playbook: Playbook, past: list[Facts]) -> dict[str, Any]:
    """What the form offers as values: names of the playbook, and what past tickets had."""
    segments = tuple(segment.name for segment in playbook.segments)
    usual = usual_values(when, playbook.rule_fields, [facts.customer for facts in past])
    queues = tuple(queue.name for queue in playbook.queues)
    return {**usual, SEGMENT.name: segments, SEGMENTS.name: segments, "ticket.queue": queues}


def _edited(
    draft: RuleDraft, condition: Condition | None, parts: Mapping[str, Condition], live: Playbook
) -> tuple[Playbook, int]:
    """The playbook with the draft in it, and its place there from 0.

    While the condition cannot be read, the rule is off and only made of the parts that can.
    """
    rule = _rule(draft, condition)
    if condition is None:
        # No condition holds where there is none: an empty group fails.
        rule = replace(rule, when=AnyOf(tuple(parts.values())), state=State.OFF)
    rules = [one for one in live.rules if one.name != draft.was]
    place = min(draft.place - 1, len(rules))
    rules.insert(place, rule)
    return replace(live, rules=tuple(rules)), place


def _rule(draft: RuleDraft, condition: Condition | None) -> Rule:
    """The draft as a rule; what cannot be meant is left out of it."""
    return Rule(
        name=draft.name,
        when=AnyOf(()) if condition is None else condition,
        then=Then(
            queue=draft.queue or None,
            agent=draft.agent or None,
            priority=Priority(draft.priority) if draft.priority else None,
            tags=draft.tags,
            first_reply=_span(draft.first_reply),
            resolution=_span(draft.resolution),
            fields=draft.fields,
            note=draft.tell or None,
            suggest=draft.suggest or None,
            answer=draft.answer or None,
            escalate=draft.escalate or None,
            notify=draft.notify,
            hand_back=_span(draft.hand_back),
        ),
        after=After(draft.after),
        state=State(draft.state),
        on=Trigger(draft.on),
        waits=_span(draft.waits),
        canary=_canary(draft),
    )


def _span(written: str) -> timedelta | None:
    try:
        return read_duration(written)
    except ValueError:
        return None


def _canary(draft: RuleDraft) -> Canary:
    usual = Canary()
    try:
        share = float(draft.share)
    except ValueError:
        share = usual.share
    return Canary(share, tuple(map(Guard, draft.guards)))


def _said(draft: RuleDraft) -> dict[str, Any]:
    """The draft as an entry of the playbook's file."""
    return {
        "name": draft.name,
        "when": draft.when,
        "then": {
            "queue": draft.queue,
            "agent": draft.agent,
            "priority": str(draft.priority),
            "tags": list(draft.tags),
            "first_reply": draft.first_reply,
            "escalate": draft.escalate,
            "resolution": draft.resolution,
            "fields": dict(draft.fields),
            "note": draft.tell,
            "suggest": draft.suggest,
            "answer": draft.answer,
            "notify": list(draft.notify),
            "hand_back": draft.hand_back,
        },
        "on": str(draft.on),
        "waits": draft.waits,
        "after": str(draft.after),
        "state": str(draft.state),
        "canary": _canary_said(draft),
        "owner": draft.owner,
        "note": draft.why,
    }


def _canary_said(draft: RuleDraft) -> dict[str, Any]:
    if draft.state != State.CANARY:
        return {}
    try:
        share: float | str = float(draft.share)
    except ValueError:
        share = draft.share
    whole = isinstance(share, float) and share.is_integer()
    return {"share": int(share) if whole else share, "guards": list(draft.guards)}


def _problems(draft: RuleDraft, playbook: Playbook, text: str) -> tuple[Problem, ...]:
    """What the playbook would say of the draft; paths of its own entry begin inside it."""
    own = tuple(_own(draft, playbook))
    if own:
        return own
    place = min(draft.place - 1, len(playbook.rules) - (draft.was is not None))
    try:
        read_playbook(with_rule(text, draft.was, _said(draft), draft.place - 1))
    except Invalid as error:
        return error.seen_from(("rules", place))
    return ()


def _begun(draft: RuleDraft, playbook: Playbook) -> Iterator[Problem]:
    """What is wrong already while somebody writes: a name that is still to come is not."""
    return (one for one in _own(draft, playbook) if draft.name or one.path != ("name",))


def _own(draft: RuleDraft, playbook: Playbook) -> Iterator[Problem]:
    taken = {one.name for one in playbook.rules if one.name != draft.was}
    if not draft.name:
        yield Problem(("name",), "The name is empty. Every decision names its rule.")
    elif draft.name in taken:
        yield Problem(("name",), f"Another rule is called “{draft.name}”. Choose another name.")
    yield from readable(draft.when, playbook.rule_fields)[1]


def _lines(before: str, after: str) -> list[str]:
    """What differs in the text, as lines that begin with -, + or a blank."""
    found = unified_diff(before.splitlines(), after.splitlines(), n=2, lineterm="")
    lines = [line for line in found if not line.startswith(("---", "+++"))]
    return lines if len(lines) <= SHOWN else [*lines[:SHOWN], f"… {len(lines) - SHOWN} more"]
