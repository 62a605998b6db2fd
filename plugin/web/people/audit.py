"""The audit log: who did what, and whether the record of it is whole."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from plugin.pages.audit import AuditPages
from plugin.views.people import Role
from plugin.web.guard import allow, current_person


def audit_blueprint(audit: AuditPages) -> Blueprint:
    """The page of the log, and its export."""
    blueprint = Blueprint("audit", __name__, url_prefix="/audit")

    @blueprint.get("")
    @allow(Role.ADMIN)
    def page() -> str:
        find = request.args.get("find", "").strip()[:200]
        before = request.args.get("before", type=int)
        view = audit.view(find, before)
        return render_template("pages/audit.html", view=view, find=find, before=before)

    @blueprint.post("/export")
    @allow(Role.ADMIN)
    def export() -> ResponseReturnValue:
        # A POST, because taking it along is noted and no GET may write.
        csv = request.form.get("as") == "csv"
        kind, name = ("text/csv", "audit.csv") if csv else ("application/jsonl", "audit.jsonl")
        answer = Response(audit.export(current_person(), csv=csv), mimetype=kind)
        answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return answer

    return blueprint
