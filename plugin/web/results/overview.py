"""The numbers of a period, and the tickets behind each of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, render_template, request, url_for

from plugin.pages.results import Results
from plugin.tables.results import table_of
from plugin.views.people import Role
from plugin.views.results import FILTERS, Against, Asked, Having
from plugin.web.downloads import Form, download
from plugin.web.guard import allow
from plugin.web.results.asked import DRAWN, PERIODS, address, asked
from plugin.web.results.charts import trend_of
from routing.outcomes.definitions import KPIS
from routing.outcomes.dimensions import Clock, Dimension

BEHIND: Mapping[str, Having] = {
    "csat": Having.RATED,
    "answered": Having.ASKED,
    "first_reply": Having.ALL,
    "first_resolution": Having.ALL,
    "resolution": Having.ALL,
    "promised": Having.PROMISED,
    "transferred": Having.TRANSFERRED,
    "reopened": Having.REOPENED,
    "one_touch": Having.ONE_TOUCH,
}
"""The tickets that a KPI is made of."""


_BESIDE = ("having", "before", "form")
"""What an address of a page of results has beside what is asked."""


def results_blueprint(results: Results) -> Blueprint:
    """The overview and the lists of tickets."""
    blueprint = Blueprint("results", __name__)

    @blueprint.get("/")
    @allow(Role.LEAD)
    def overview() -> str:
        wanted = asked(request.args, results.now())
        view = results.overview(wanted)
        trend = trend_of(view)
        return render_template(
            "results/overview.html", view=view, trend=trend, **_words(wanted, "overview")
        )

    @blueprint.get("/results.<any(csv,xlsx):form>")
    @allow(Role.LEAD)
    def table(form: str) -> Response:
        wanted = asked(request.args, results.now())
        # Its table says nothing of the time before.
        view = results.overview(replace(wanted, against=Against.NOTHING))
        return download(table_of(view.answer), Form(form))

    @blueprint.get("/results/tickets")
    @allow(Role.LEAD)
    def tickets() -> str:
        wanted = asked(request.args, results.now())
        told = request.args.get("having", "")
        having = Having(told) if told in set(Having) else Having.ALL
        before = request.args.get("before", type=int)
        view = results.tickets(wanted, having, before)
        return render_template(
            "results/tickets.html", view=view, before=before, **_words(wanted, "tickets")
        )

    return blueprint


def _words(wanted: Asked, page: str) -> dict[str, Any]:
    """What every page of results says of what it was asked, and how it links to others."""

    def link(to: str = page, **changes: Any) -> str:
        only = {**wanted.only, **changes.pop("only", {})}
        more = {name: changes.pop(name) for name in _BESIDE if name in changes}
        told: dict[str, Any] = address(replace(wanted, only=only, **changes))
        return url_for(f"results.{to}", **told, **more)

    return {
        "periods": PERIODS,
        "filters": FILTERS,
        "kpis": KPIS,
        "drawn": DRAWN,
        "behind": BEHIND,
        "link": link,
        "address": address(wanted),
        "Against": Against,
        "Clock": Clock,
        "Dimension": Dimension,
    }
