"""Back-tests as their pages show them, rich and empty, and a flow that hands them out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import starmap
from typing import Any

from builders import a_playbook, a_rule, a_segment, a_ticket, some_facts

from plugin.views.back_tests import (
    BackTestDraft,
    BackTestForm,
    BackTestLine,
    BackTestView,
    ComparedTicket,
)
from plugin.views.people import Person
from plugin.views.playbook import VersionLine
from routing.back_test.report import (
    HOURS,
    BackTestReport,
    Change,
    ChangedTicket,
    Flow,
    MovedSegment,
    QueueLoad,
    RuleCount,
    Said,
    TagChange,
    UnknownField,
)
from routing.decide import decide
from routing.playbook_file import read_playbook
from routing.tickets import Priority

NOW = datetime(2026, 11, 20, 11, 22, 4, tzinfo=UTC)
DAY = timedelta(days=1)


def back_test_line(state: str = "done", why: str = "") -> BackTestLine:
    ended = NOW if state != "running" else None
    began = NOW - timedelta(seconds=6)
    return BackTestLine(
        3, "draft.yaml", 41, "Ines Moreau", NOW - 90 * DAY, began, ended, state, why
    )


def back_test_form() -> BackTestForm:
    versions = (
        VersionLine(41, "More Spanish.", "Ines Moreau", NOW - 11 * DAY, live=True),
        VersionLine(40, "", "Samuel Okoro", NOW - 30 * DAY, live=False),
    )
    lines = (back_test_line("running"), back_test_line(), back_test_line("failed", "Gone."))
    return BackTestForm(41, versions, lines)


def listed() -> Iterator[ChangedTicket]:
    old = Said("General", None, None, None, None, (), None)
    new = Said(
        "Onboarding", "Trials", "Trial week 1", "Mara", Priority.HIGH, ("x",), timedelta(hours=4)
    )
    for number in range(60):
        yield ChangedTicket(number + 1, f"58{number}", "Bank feed", NOW - DAY, old, new)
    yield ChangedTicket(None, "c-1", "", NOW - DAY, new, replace(new, priority=None))


def back_test_report() -> BackTestReport:
    hours = tuple(hour % 24 for hour in range(HOURS))
    moves = (
        ("General", "Onboarding", "Trial week 1", 1_102),
        ("Shops DACH", "Onboarding", None, 264),
        ("Enterprise desk", "Compliance", "Compliance-bound", 486),
        *((f"Queue {number}", "General", "Small", 3) for number in range(14)),
    )
    return BackTestReport(
        version=41,
        time_zone="Europe/Berlin",
        tickets=48_210,
        as_then=40_000,
        first=NOW - 90 * DAY,
        last=NOW,
        moved=1_894,
        changed=2_000,
        other_segment=17,
        moved_known=1_588,
        right_before=12,
        right_after=1_284,
        flows=tuple(starmap(Flow, moves)),
        segments=(MovedSegment("Trial week 1", 1_102, 7_730), MovedSegment(None, 0, 20_015)),
        loads=(
            QueueLoad("General", 21_340, 19_909, hours, hours[::-1]),
            QueueLoad("Onboarding", 6_902, 8_268, hours, hours),
            QueueLoad("Retention", 2_528, 2_528, hours, hours),
        ),
        priorities=(Change("none", "high", 12),),
        agents=(Change("Mara", "none", 3),),
        first_replies=(Change("1 day", "4 hours", 5),),
        tags=(TagChange("x", 4, 0),),
        rules=(
            RuleCount("Trials", 1_366, None),
            RuleCount("Never", 0, 3),
            RuleCount("Old", 0, 0, on=False),
        ),
        unknown=(UnknownField("employees", 19_284), UnknownField("plan", 400)),
        listed=tuple(listed()),
    )


def back_test_view() -> BackTestView:
    return BackTestView(back_test_line(), back_test_report())


def bare_back_test_view() -> BackTestView:
    empty = a_playbook()
    nothing = replace(
        back_test_report(),
        version=empty.version,
        tickets=0,
        as_then=0,
        first=None,
        last=None,
        moved=0,
        flows=(),
        segments=(),
        loads=(),
        rules=(),
        unknown=(),
        listed=(),
    )
    return BackTestView(back_test_line(), nothing)


def compared_ticket(**more: Any) -> ComparedTicket:
    large = {"field": "account.employees", "at least": 500}
    facts = some_facts({"account.employees": 900.0}, ticket=a_ticket(tags=["a"]))
    draft = a_playbook(
        segments=[a_segment(when=large)],
        rules=[a_rule("Large", large, queue="Priority", tags=["x"], first_reply=2 * DAY)],
    )
    before, after = decide(facts, a_playbook()), decide(facts, draft)
    made = ComparedTicket(back_test_line(), facts, as_then=False, before=before, after=after)
    return replace(made, **more)


class FakeBackTests:
    def __init__(self, fakes: Any) -> None:
        self.fakes = fakes

    def note(self, *what: object) -> None:
        self.fakes.asked.append(what)
        if self.fakes.fails is not None:
            raise self.fakes.fails

    def begin(self) -> BackTestForm | None:
        form: BackTestForm | None = self.fakes.back_test_form_now
        return form

    def start(self, draft: BackTestDraft, person: Person) -> int:
        self.note("back-test", draft, person)
        if draft.version is None:
            read_playbook(draft.text)
        return 3

    def view(self, back_test: int) -> BackTestView:
        self.note("back-test view", back_test)
        view: BackTestView = self.fakes.back_test_now
        return view

    def ticket(self, back_test: int, ticket: int) -> ComparedTicket:
        self.note("back-test ticket", back_test, ticket)
        compared: ComparedTicket = self.fakes.compared_now
        return compared
