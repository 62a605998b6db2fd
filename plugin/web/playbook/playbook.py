"""The playbook in words: rules, segments, queues, replies, surveys, cases, versions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import cast

from flask import Blueprint, Response, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from plugin.pages.playbook import DraftPages, PlaybookPages
from plugin.pages.refusals import Conflict, NotThere
from plugin.pages.rules import RuleChecks, RuleTrials
from plugin.views.people import Role
from plugin.views.playbook import DraftView, PlaybookView, RuleLine, ToPublish
from plugin.web.errors import clash
from plugin.web.guard import allow, current_person
from routing.assignment.staff import Agent
from routing.errors import Invalid, Problem
from routing.lint.findings import Finding
from routing.playbook import Playbook
from routing.prove import Proof
from routing.rules.wording import GROUPS
from routing.tickets import Trigger

IN_WORDS = 8
"""Versions, the newest first, whose changes the list of them says in words."""

_TABS = ("rules", "segments", "queues", "replies", "surveys", "cases", "quality", "versions")


def playbook_blueprint(
    pages: PlaybookPages, checks: RuleChecks, trials: RuleTrials, drafts: DraftPages
) -> Blueprint:
    """Everything about the playbook."""
    blueprint = Blueprint("playbook", __name__, url_prefix="/playbook")
    _to_read(blueprint, pages, checks, trials, drafts)
    _to_edit(blueprint, pages, drafts)
    _to_change(blueprint, pages, checks, drafts)
    return blueprint


def _to_read(
    blueprint: Blueprint,
    pages: PlaybookPages,
    checks: RuleChecks,
    trials: RuleTrials,
    drafts: DraftPages,
) -> None:
    @blueprint.get("")
    @allow(Role.AGENT)
    def rules() -> str:
        return _tab(pages, "rules", None, checks.findings, trials=trials.told())

    @blueprint.get("/<any(segments, queues, replies, surveys, cases, versions):tab>")
    @allow(Role.AGENT)
    def part(tab: str) -> str:
        if tab != "versions":
            return _tab(pages, tab, None)
        person = current_person()
        listed = drafts.every(person) if person.role.may(Role.LEAD) else ()
        return _tab(pages, tab, None, drafts=listed)

    @blueprint.get("/versions/<int:version>")
    @allow(Role.AGENT)
    def version(version: int) -> str:
        return _tab(pages, "rules", version, checks.findings)

    @blueprint.get("/versions/<int:version>/<any(segments, queues, replies, surveys, cases):tab>")
    @allow(Role.AGENT)
    def version_part(version: int, tab: str) -> str:
        return _tab(pages, tab, version)

    @blueprint.get("/versions/<int:version>/playbook.yaml")
    @allow(Role.AGENT)
    def export(version: int) -> Response:
        response = Response(pages.text(version), content_type="application/yaml; charset=utf-8")
        response.headers["Content-Disposition"] = f'attachment; filename="playbook-{version}.yaml"'
        return response


def _to_edit(blueprint: Blueprint, pages: PlaybookPages, drafts: DraftPages) -> None:
    @blueprint.get("/import")
    @allow(Role.LEAD)
    def edit() -> str:
        live = pages.view(None)
        wanted = request.args.get("draft", type=int)
        if wanted is not None:
            return _opened(drafts.view(wanted, current_person()))
        if live is None:
            return _editor(Draft())
        return _editor(Draft(pages.text(live.line.version), based_on=live.line.version))


def _to_change(
    blueprint: Blueprint, pages: PlaybookPages, checks: RuleChecks, drafts: DraftPages
) -> None:
    @blueprint.post("/versions/<int:version>/roll-back")
    @allow(Role.LEAD)
    def roll_back(version: int) -> ResponseReturnValue:
        new = pages.roll_back(version, current_person())
        flash(f"Rolled back. Playbook {new} is live and says what playbook {version} said.")
        return redirect(url_for(".part", tab="versions"), 303)

    @blueprint.post("/import")
    @allow(Role.LEAD)
    def publish() -> ResponseReturnValue:
        draft = _sent()
        if request.form.get("do") == "keep":
            change = ToPublish(draft.text, draft.note, draft.based_on, draft=draft.id)
            kept = drafts.keep(change, current_person())
            flash(f"Kept as draft {kept}. Nothing is published yet.")
            return redirect(url_for("drafts.one", draft=kept), 303)
        # Nothing is published but by the button that says so.
        if request.form.get("do") != "publish":
            checked = pages.check(draft.text)
            findings = checks.findings(checked) or ()
            return _editor(draft, checked=Checked(checked, findings, pages.proofs(checked)))
        if not draft.note:
            return _editor(draft, note_missing=True), 422
        change = ToPublish(draft.text, draft.note, draft.based_on, draft=draft.id)
        new = pages.publish_draft(change, current_person())
        flash(f"Published. Playbook {new} is live; new tickets go by it from now on.")
        return redirect(url_for(".rules"), 303)

    @blueprint.errorhandler(Invalid)
    def invalid(error: Invalid) -> ResponseReturnValue:
        return _editor(_kept(), problems=error.problems), 422

    @blueprint.errorhandler(Conflict)
    def conflict(error: Conflict) -> ResponseReturnValue:
        if "draft" not in g:
            return clash(error)
        return _editor(_kept(), conflict=error), 409


@dataclass(frozen=True, slots=True)
class Draft:
    """A playbook's text while a person writes it. ``based_on`` 0 is none.

    ``id`` is the draft that is kept of it, None where none is.
    """

    text: str = ""
    note: str = ""
    based_on: int = 0
    id: int | None = None


def _opened(view: DraftView) -> str:
    """A draft that was kept, in the editor; on top of what is live by now."""
    line = view.line
    moved = None if view.live is None or not view.moved_on else view.live
    return _editor(
        Draft(view.text, line.note, line.based_on, line.id),
        conflict=None if moved is None else Conflict(moved.version, moved.by),
    )


@dataclass(frozen=True, slots=True)
class Checked:
    """A playbook that can be read, what is wrong with its rules all the same, and its cases."""

    playbook: Playbook
    findings: tuple[Finding, ...]
    proofs: tuple[Proof, ...]


def _sent() -> Draft:
    """The draft as it was sent: an uploaded file comes before the text in the form."""
    form, file = request.form, request.files.get("file")
    g.draft = draft = Draft(
        text=form.get("text", "").replace("\r\n", "\n"),
        note=form.get("note", "").strip(),
        based_on=form.get("based_on", 0, type=int),
        id=form.get("draft", type=int),
    )
    if file is not None and file.filename:
        g.draft = draft = replace(draft, text=_decoded(file.read()))
    return draft


def _kept() -> Draft:
    """What was sent, to be shown again beside what is wrong with it."""
    return cast("Draft", g.get("draft", Draft()))


def _decoded(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        problem = Problem((), "The file is not UTF-8 text. Save it as UTF-8.", line)
        raise Invalid((problem,)) from None


def _editor(
    draft: Draft,
    *,
    checked: Checked | None = None,
    problems: tuple[Problem, ...] = (),
    conflict: Conflict | None = None,
    note_missing: bool = False,
) -> str:
    return render_template(
        "pages/playbook_import.html",
        draft=draft,
        checked=checked,
        problems=problems,
        conflict=conflict,
        note_missing=note_missing,
    )


Findings = Callable[[Playbook], tuple[Finding, ...] | None]


def _nothing_found(_: Playbook) -> tuple[Finding, ...]:
    return ()


def _tab(
    pages: PlaybookPages,
    tab: str,
    version: int | None,
    findings: Findings = _nothing_found,
    **more: object,
) -> str:
    view = pages.view(version)
    if view is None and version is not None:
        raise NotThere(f"There is no playbook {version}.")
    if view is None:
        return render_template("pages/playbook_none.html", drafts=more.get("drafts", ()))
    return tab_page(
        view,
        tab,
        version,
        changed=pages.changed,
        in_words=IN_WORDS,
        findings=findings(view.playbook),
        proofs=pages.proofs(view.playbook) if tab == "cases" else (),
        **more,
    )


def tab_page(view: PlaybookView, tab: str, version: int | None, **more: object) -> str:
    """One tab of the playbook, as a page; ``version`` is None on the page of the live one.

    ``more`` is what only some tabs show: the draft of an order, or what versions changed.
    """
    find = request.args.get("find", "").strip()
    more = {
        "draft": None,
        "done": "",
        "moved": "",
        "focus_at": None,
        "trials": {},
        "drafts": (),
        **more,
    }
    return render_template(
        f"pages/playbook_{tab}.html",
        view=view,
        tab=tab,
        tabs=_tabs(view, version),
        find=find,
        team=partial(_team, view.playbook),
        groups=_groups,
        usual_group=GROUPS[Trigger.OPENED],
        finds=lambda *texts: find.casefold() in "\n".join(texts).casefold(),
        old=version is not None and not view.line.live,
        **more,
    )


def _groups(rules: Sequence[RuleLine]) -> list[tuple[str, list[RuleLine]]]:
    """The rules by what they are for, the groups in the order in which such things happen."""
    order = list(GROUPS.values())
    groups: dict[str, list[RuleLine]] = {}
    for rule in rules:
        groups.setdefault(rule.group, []).append(rule)
    waiting = order.index(GROUPS[Trigger.WAITING])
    places = {group: order.index(group) if group in order else waiting for group in groups}
    return sorted(groups.items(), key=lambda one: places[one[0]])


def _team(playbook: Playbook, queue: str) -> list[Agent]:
    """Who serves a queue, in the playbook's order."""
    return [agent for agent in playbook.agents if queue in agent.queues]


@dataclass(frozen=True, slots=True)
class Tab:
    """One tab of the playbook: its name, where it leads, and how many things are on it.

    ``count`` is None where nothing is counted.
    """

    name: str
    href: str
    count: int | None


def _tabs(view: PlaybookView, version: int | None) -> list[Tab]:
    counts = (
        len(view.playbook.rules),
        len(view.playbook.segments),
        len(view.playbook.queues),
        len(view.playbook.replies),
        len(view.playbook.surveys),
        len(view.playbook.cases),
        None,
        len(view.versions),
    )
    tabs = [Tab(tab, _href(tab, version), n) for tab, n in zip(_TABS, counts, strict=True)]
    return [tab for tab in tabs if tab.name != "quality" or current_person().role.may(Role.LEAD)]


def _href(tab: str, version: int | None) -> str:
    if tab == "quality":
        return url_for("quality.page")
    if version is None or tab == "versions":
        return url_for("playbook.rules") if tab == "rules" else url_for("playbook.part", tab=tab)
    if tab == "rules":
        return url_for("playbook.version", version=version)
    return url_for("playbook.version_part", version=version, tab=tab)
