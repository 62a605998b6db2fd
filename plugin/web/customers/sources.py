"""Customer sources: the list, the upload of a file, and a form for each other kind."""

from __future__ import annotations

import tempfile
from pathlib import Path

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest
from werkzeug.utils import secure_filename

from plugin.pages.customers import Sources
from plugin.pages.refusals import BadFile, BadSource
from plugin.views.people import Role
from plugin.views.sources import SourceForm
from plugin.web.guard import allow, current_person

MAX_FILE = 16 * 1024 * 1024
"""Largest file, in bytes: some seconds of work. For more there is the command line."""

LIST, FORM = "pages/sources.html", "pages/source.html"


def sources_blueprint(sources: Sources) -> Blueprint:
    """The list of sources, the form that uploads one, and the forms of all others."""
    blueprint = Blueprint("sources", __name__, url_prefix="/sources")
    _add_list(blueprint, sources)
    _add_forms(blueprint, sources)
    return blueprint


def _add_list(blueprint: Blueprint, sources: Sources) -> None:
    def listed(**told: object) -> str:
        shown = {"done": None, "problem": None, **told}
        return render_template(LIST, lines=sources.view(), kinds=sources.kinds(), **shown)

    @blueprint.get("")
    @allow(Role.ADMIN)
    def page() -> str:
        return listed()

    @blueprint.post("")
    @allow(Role.ADMIN, max_body=MAX_FILE)
    def upload() -> str:
        file = request.files.get("file")
        if file is None or not file.filename:
            raise BadFile("No file was chosen. Choose a CSV, JSON lines or Excel file.")
        name = request.form.get("source", "").strip()[:60] or Path(file.filename).stem[:60]
        dry = request.form.get("do") == "check"
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / (secure_filename(file.filename) or "customers.csv")
            file.save(path)
            done = sources.upload(name, path, dry=dry)
        return listed(done=done)

    @blueprint.errorhandler(BadFile)
    def bad_file(error: BadFile) -> ResponseReturnValue:
        return listed(problem=error), 400


def _add_forms(blueprint: Blueprint, sources: Sources) -> None:
    def shown(form: SourceForm, **told: object) -> str:
        return render_template(FORM, form=form, **{"tried": None, **told})

    @blueprint.get("/new/<kind>")
    @allow(Role.ADMIN)
    def new(kind: str) -> str:
        return shown(sources.form(None, kind))

    @blueprint.post("/new/<kind>")
    @allow(Role.ADMIN)
    def add(kind: str) -> ResponseReturnValue:
        name = request.form.get("name", "").strip()
        sources.save(name, kind, _entered(), current_person().email, new=True)
        flash(f"{name} is added. Try it with a customer you know.")
        return redirect(url_for("sources.edit", name=name), 303)

    # A name may hold a slash, so it stands behind the path.
    @blueprint.get("/one")
    @allow(Role.ADMIN)
    def edit() -> str:
        return shown(sources.form(_named(), ""))

    @blueprint.post("/one")
    @allow(Role.ADMIN)
    def change() -> ResponseReturnValue:
        name = _named()
        match request.form.get("do"):
            case "test":
                tried = sources.try_out(name, request.form.get("who", ""))
                return shown(sources.form(name, ""), tried=tried)
            case "remove":
                sources.remove(name, current_person().email)
                flash(f"{name} is removed, with all that was known from it.")
                return redirect(url_for("sources.page"), 303)
            case "save":
                sources.save(name, "", _entered(), current_person().email, new=False)
                flash("Saved. It is used from the next ticket on.")
                return redirect(url_for("sources.edit", name=name), 303)
            case _:
                raise BadRequest

    @blueprint.errorhandler(BadSource)
    def bad_source(error: BadSource) -> ResponseReturnValue:
        return shown(error.form), 400


def _named() -> str:
    return request.args.get("name", "")


def _entered() -> dict[str, str]:
    return {name: value for name, value in request.form.items() if name != "csrf_token"}
