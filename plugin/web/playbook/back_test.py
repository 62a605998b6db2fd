"""Back-tests: what to try, what came of it, and one ticket by both playbooks."""

from __future__ import annotations

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import FileStorage

from plugin.pages.playbook import BackTests
from plugin.views.back_tests import BackTestDraft
from plugin.views.people import Role
from plugin.web.guard import allow, current_person
from plugin.web.playbook.flow_picture import heats, picture
from routing.errors import Invalid, Problem
from routing.rules.trace import RuleSeen, Verdict

SPANS = {30: "the last 30 days", 90: "the last 90 days", 365: "the last 365 days", 0: "all times"}
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
HEATS = 6
A_PAGE = 50


def back_test_blueprint(back_tests: BackTests) -> Blueprint:
    """The form, the report, and the reasons for one ticket."""
    blueprint = Blueprint("back_test", __name__, url_prefix="/playbook/back-test")

    @blueprint.get("")
    @allow(Role.LEAD)
    def begin() -> str:
        return _form(back_tests, BackTestDraft())

    @blueprint.post("")
    @allow(Role.LEAD)
    def start() -> ResponseReturnValue:
        made = back_tests.start(_sent(), current_person())
        return redirect(url_for(".report", back_test=made), 303)

    @blueprint.get("/<int:back_test>")
    @allow(Role.LEAD)
    def report(back_test: int) -> ResponseReturnValue:
        view = back_tests.view(back_test)
        if view.report is None:
            page = render_template("pages/back_test_waits.html", view=view)
            # By the header the page looks again without a script.
            return page, ({"Refresh": "2"} if view.line.state == "running" else {})
        first = max(0, request.args.get("from", 0, type=int))
        return render_template(
            "pages/back_test_report.html",
            view=view,
            report=view.report,
            picture=picture(view.report),
            heats=heats(view.report, HEATS),
            listed=view.report.listed[first : first + A_PAGE],
            first=first,
            a_page=A_PAGE,
            days=DAYS,
        )

    @blueprint.get("/<int:back_test>/tickets/<int:ticket>")
    @allow(Role.LEAD)
    def ticket(back_test: int, ticket: int) -> str:
        view = back_tests.ticket(back_test, ticket)
        sides = ((f"Playbook {view.line.version}", view.before), ("With the draft", view.after))
        return render_template("pages/back_test_ticket.html", view=view, sides=sides, had=_had_say)

    @blueprint.errorhandler(Invalid)
    def invalid(error: Invalid) -> ResponseReturnValue:
        draft: BackTestDraft = g.get("back_test_draft", BackTestDraft())
        return _form(back_tests, draft, error.problems), 422

    return blueprint


def _form(back_tests: BackTests, draft: BackTestDraft, problems: tuple[Problem, ...] = ()) -> str:
    return render_template(
        "pages/back_test.html",
        form=back_tests.begin(),
        draft=draft,
        problems=problems,
        spans=SPANS,
    )


def _sent() -> BackTestDraft:
    """What the form says: a file comes before a text, and both before a version."""
    form, file = request.form, request.files.get("file")
    days = form.get("days", 90, type=int)
    days = days if days in SPANS else 90
    text = form.get("text", "").replace("\r\n", "\n")
    g.back_test_draft = BackTestDraft(text, "Pasted draft", days=days)
    if file is not None and file.filename:
        g.back_test_draft = BackTestDraft(_decoded(file), file.filename[:100], days=days)
    elif not text.strip():
        version = form.get("version", type=int)
        if version is None:
            raise Invalid((Problem((), "Choose a file, paste a draft, or choose a version."),))
        g.back_test_draft = BackTestDraft(version=version, days=days)
    draft: BackTestDraft = g.back_test_draft
    return draft


def _decoded(file: FileStorage) -> str:
    body: bytes = file.read()
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        problem = Problem((), "The file is not UTF-8 text. Save it as UTF-8.")
        raise Invalid((problem,)) from None


def _had_say(trace: tuple[RuleSeen, ...]) -> list[RuleSeen]:
    """The rules that fired."""
    return [seen for seen in trace if seen.verdict is Verdict.FIRED]
