"""Charts on pages: their addresses, the pictures and data behind these, and what templates ask.

An address carries its chart, signed: any web process can draw it, no table has to keep it, and
nobody can have us draw what no page of ours has shown.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, current_app, request, url_for
from itsdangerous import BadData, URLSafeSerializer

from plugin.charts.room import room
from plugin.charts.tables import Table, table
from plugin.charts.values import Chart
from plugin.charts.written import read, write
from plugin.pages.refusals import NotThere
from plugin.pages.results import Drawings
from plugin.spreadsheet import as_csv
from plugin.views.people import Role
from plugin.web.guard import allow

WIDTHS = (328, 640, 700, 1120)
"""The widths in pixels in which a page asks for a picture: a phone's, a tablet's, two of a desk."""

PHONE, TABLET, COLUMN, PAGE = WIDTHS

MOST_LETTERS = 6_000
"""Longest chart in an address; servers and proxies take lines of at least 8,000 letters."""

_ALONE = 960
"""Width of a picture that is saved, in pixels."""

_KINDS = {
    "svg": "image/svg+xml",
    "png": "image/png",
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
}
_NO_LETTERS = re.compile(r"[^a-z0-9]+")
_SHUT = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
"""What a picture opened by itself may do: nothing but look as it does."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A chart as the template of a figure needs it.

    ``token`` is the chart as addresses carry it; None where it is too much to draw.
    """

    chart: Chart
    table: Table
    name: str
    token: str | None
    height: int
    narrow_height: int


def charts_blueprint(drawings: Drawings) -> Blueprint:
    """Pictures, data and the script of charts, and what templates ask of them."""
    blueprint = Blueprint("charts", __name__, url_prefix="/charts")

    @blueprint.get("/<name>.<any(svg,png,csv,json):form>")
    @allow(Role.AGENT)
    def picture(name: str, form: str) -> Response:
        chart = _chart(request.args.get("of", ""))
        width = request.args.get("width", type=int)
        if width is not None and width not in WIDTHS:
            raise NotThere(f"No chart is {width} pixels wide.")
        response = Response(_body(drawings, chart, form, width), content_type=_KINDS[form])
        # The address holds all that it shows, so what it shows stays; a new release may redraw it.
        response.headers["Cache-Control"] = "private, max-age=3600"
        response.headers["Content-Security-Policy"] = _SHUT
        if width is None and form != "json":
            how = "attachment" if form == "csv" else "inline"
            response.headers.set("Content-Disposition", how, filename=f"{_slug(name)}.{form}")
        return response

    @blueprint.get("/runtime/<edition>.js")
    @allow(Role.AGENT)
    def runtime(edition: str) -> Response:
        if edition != drawings.edition:
            raise NotThere("This script is of another release.")
        packed = drawings.runtime()
        unpacked = not request.accept_encodings["gzip"]
        response = Response(gzip.decompress(packed) if unpacked else packed)
        response.content_type = "text/javascript; charset=utf-8"
        response.headers["Cache-Control"] = "private, max-age=31536000, immutable"
        response.headers["Vary"] = "Accept-Encoding"
        if not unpacked:
            response.headers["Content-Encoding"] = "gzip"
        return response

    @blueprint.app_context_processor
    def tell_templates() -> dict[str, Callable[..., Any]]:
        return {
            "shown_chart": shown,
            "chart_runtime": lambda: url_for("charts.runtime", edition=drawings.edition),
        }

    return blueprint


def shown(chart: Chart) -> Shown:
    """What the template of a figure needs of a chart."""
    written = write(chart)
    # The table is of what stands in the address, so that it and the picture cannot differ.
    chart = read(written) or chart
    token = _signer().dumps(written)
    text = token if isinstance(token, str) else token.decode("ascii")
    return Shown(
        chart=chart,
        table=table(chart),
        name=_slug(chart.title),
        token=text if len(text) <= MOST_LETTERS else None,
        height=room(chart, narrow=False).whole,
        narrow_height=room(chart, narrow=True).whole,
    )


def _body(drawings: Drawings, chart: Chart, form: str, width: int | None) -> bytes:
    match form:
        case "csv":
            return as_csv(table(chart).plain_rows()).encode()
        case "json":
            return drawings.spec(chart, width or PAGE)
        case "png":
            return drawings.png(chart, width or _ALONE)
        case _:
            return (
                drawings.alone(chart, _ALONE) if width is None else drawings.on_page(chart, width)
            )


def _chart(token: str) -> Chart:
    """The chart that we have signed. Raises NotThere for anything else."""
    try:
        written = _signer().loads(token[: MOST_LETTERS + 1])
    except (BadData, UnicodeError):
        written = None
    chart = read(written)
    if chart is None:
        raise NotThere("There is no such chart.")
    return chart


def _signer() -> URLSafeSerializer:
    config = current_app.config
    # itsdangerous signs with the last key of a list and reads with all of them.
    keys = [*reversed(config.get("SECRET_KEY_FALLBACKS") or ()), config["SECRET_KEY"]]
    return URLSafeSerializer(keys, salt="chart")


def _slug(title: str) -> str:
    return _NO_LETTERS.sub("-", title.casefold()).strip("-")[:60] or "chart"
