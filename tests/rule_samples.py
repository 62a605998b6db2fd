"""Views of a rule's pages as the flow would make them, and the flow that hands them out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from plugin.pages.refusals import NotThere
from plugin.views.people import Person
from plugin.views.rules import (
    DraftFindings,
    RuleDraft,
    RuleEditor,
    RuleOrder,
    RuleReview,
    RulesDraft,
    TicketToTry,
    TriedRule,
)
from routing.conditions.evaluate import Seen
from routing.conditions.fields import RULE_FIELDS
from routing.conditions.form import from_pairs
from routing.conditions.form_edit import act
from routing.conditions.form_view import fields_by_group, form_of
from routing.conditions.tree import read_condition
from routing.conditions.wording import sentence
from routing.errors import Invalid
from routing.rehearse import Rehearsed
from routing.rules.order import Arranged
from routing.rules.trace import RuleSeen, Verdict

NOW = datetime(2026, 11, 20, 11, 22, 4, tzinfo=UTC)
WHEN = {
    "all": [
        {"field": "segment", "is": "Enterprise EMEA"},
        {"not": {"field": "ticket.subject", "contains": "invoice"}},
    ]
}
WORDS = ("Rule “Enterprise EMEA to Enterprise desk”: queue was General, is Enterprise desk.",)
LINES = ("@@ -1,3 +1,3 @@", " rules:", "-    then: {queue: General}", "+    then: {queue: All}")


def rule_draft() -> RuleDraft:
    return RuleDraft(
        based_on=41,
        was="Enterprise EMEA to Enterprise desk",
        place=3,
        name="Enterprise EMEA to Enterprise desk",
        when=WHEN,
        queue="Enterprise desk",
        priority="high",
        tags=("ent-emea", "written"),
        first_reply="2 h",
        owner="Ines Moreau",
        why="Two hours is in their contract.",
    )


def tried_rule() -> TriedRule:
    tests = (
        Seen(
            "segment is Enterprise EMEA",
            result=True,
            value="Enterprise EMEA",
            source="Deskroute",
            as_of=NOW,
        ),
        Seen("not: subject contains invoice", result=False, value="Invoice twice", source="ticket"),
        Seen("employees is at least 500", None),
        Seen(
            "plan is Business",
            result=True,
            value="Business",
            source="CRM",
            as_of=NOW - timedelta(days=3),
        ),
    )
    return TriedRule(
        title="58213: Invoice twice",
        seen=RuleSeen(
            3, "Enterprise EMEA to Enterprise desk", Verdict.NOT_MATCHED, matched=False, tests=tests
        ),
        queue="General",
        because="No rule matched, so the default queue General.",
        queue_before="Enterprise desk",
    )


def rule_editor(draft: RuleDraft | None = None, **problems: str) -> RuleEditor:
    draft = draft or rule_draft()
    try:
        says = sentence(read_condition(draft.when, RULE_FIELDS))
    except Invalid:
        says = None
    return RuleEditor(
        draft=draft,
        fields={
            group: tuple((one.name, one.says) for one in those)
            for group, those in fields_by_group(RULE_FIELDS).items()
        },
        form=form_of(draft.when, RULE_FIELDS, {"segment": ("Enterprise EMEA", "VIP by hand")}),
        sentence=says,
        then=(draft.queue, "priority high", "stop") if says else None,
        rehearsed=Rehearsed(2_000, 412, 31, 380, {"when": 412, "when.0": 480, "when.1": 1_800}),
        problems=problems,
        elsewhere=(),
        places=("VIP by hand to Priority", "Tag tickets from the web"),
        queues=("Priority", "Enterprise desk", "General"),
        agents=("Mara Lindqvist",),
        replies=("Import in five steps", "Copy of an invoice"),
        people=("Ines Moreau", "Priya Raman"),
        trying=TicketToTry(id="58213"),
        tried=tried_rule(),
        now=NOW,
        findings=DraftFindings(),
        here=draft.place,
    )


def bare_rule_editor() -> RuleEditor:
    view = rule_editor(RuleDraft(1, None, 1, "", {"field": ""}))
    return replace(
        view,
        rehearsed=Rehearsed(0, 0, 0, 0, {}),
        places=(),
        people=(),
        agents=(),
        trying=TicketToTry(),
        tried=None,
    )


def rule_review() -> RuleReview:
    return RuleReview(41, "Ines Moreau", words=WORDS, lines=LINES, text="playbook: Halden Books\n")


class FakeRules:
    """The flow behind the pages of rules; ``fakes`` is what ``page_samples`` has."""

    def __init__(self, fakes: Any) -> None:
        self.fakes = fakes

    def begin(self, name: str | None, like: str | None) -> RuleDraft:
        self.fakes.asked.append(("begin rule", name, like))
        draft: RuleDraft = self.fakes.rule_now.draft
        return draft

    def condition(self, pairs: Iterable[tuple[str, str]], action: str) -> Any:
        return act(from_pairs(pairs, RULE_FIELDS), action)

    def look(self, draft: RuleDraft, trying: TicketToTry, *, strict: bool = False) -> RuleEditor:
        self.fakes.asked.append(("look at rule", draft, trying, strict))
        if draft is self.fakes.rule_now.draft:
            view: RuleEditor = self.fakes.rule_now
            return view
        return replace(rule_editor(draft), trying=trying)

    def arrange(self, change: RuleOrder, action: str = "") -> RulesDraft:
        view = self.fakes.playbook_now
        order = change.order
        if order is None:
            order = tuple(range(1, len(view.rules) + 1))
        order = tuple(one for one in order if one <= len(view.rules))
        made = Arranged(order, change.past, change.future).act(action, {})
        lines = tuple(
            replace(view.rules[one - 1], place=at) for at, one in enumerate(made.order, 1)
        )
        return RulesDraft(
            RuleOrder(41, made.order, change.note, made.past, made.future),
            replace(view, rules=lines),
            ("Rule “X” moved.",),
            DraftFindings(),
        )

    def without(self, name: str) -> RuleOrder:
        if name == "Gone":
            raise NotThere("There is no rule “Gone” in the live playbook.")
        return RuleOrder(41, (1, 2, 4))

    def review(self, change: RuleDraft | RuleOrder) -> RuleReview:
        self.fakes.asked.append(("review", change))
        review: RuleReview = self.fakes.review_now
        if self.fakes.conflict is not None:
            return replace(review, version=42, by="Samuel Okoro", meanwhile=WORDS)
        return review

    def publish(self, change: RuleDraft | RuleOrder, person: Person) -> int:
        self.fakes.asked.append(("publish rules", change, person))
        if self.fakes.conflict is not None:
            raise self.fakes.conflict
        if isinstance(change, RuleDraft):
            read_condition(change.when, RULE_FIELDS, ("when",))
        return 42
