"""Customer sources, and the upload of a file as one."""

from __future__ import annotations

import tempfile
from pathlib import Path

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.utils import secure_filename

from plugin.pages import BadFile, Sources
from plugin.views import Role
from plugin.web.guard import allow

MAX_FILE = 64 * 1024 * 1024
"""Largest file, in bytes; for more there is the command line."""


def sources_blueprint(sources: Sources) -> Blueprint:
    """The list of sources with the form that uploads one."""
    blueprint = Blueprint("sources", __name__, url_prefix="/sources")

    @blueprint.get("")
    @allow(Role.ADMIN)
    def page() -> str:
        return render_template("pages/sources.html", lines=sources.view(), done=None, problem=None)

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
        return render_template("pages/sources.html", lines=sources.view(), done=done, problem=None)

    @blueprint.errorhandler(BadFile)
    def bad_file(error: BadFile) -> ResponseReturnValue:
        lines = sources.view()
        return render_template("pages/sources.html", lines=lines, done=None, problem=error), 400

    return blueprint
