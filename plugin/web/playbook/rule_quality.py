"""How well each rule of the live playbook routes: what is wrong first, then every number."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from plugin.amounts import points
from plugin.pages.rules import RuleQualities
from plugin.views.people import Role
from plugin.web.guard import allow
from plugin.web.playbook.playbook import tab_page
from routing.quality.lessons import ENOUGH_TRANSFERS
from routing.quality.report import Aspect, Versus

PERIODS = {"30": 30, "90": 90, "all": None}
"""The periods to choose from, as they stand in the address."""

USUAL = "90"

MOST_NOTHING = 20
"""Ways of moving tickets without a proposal that the page lists."""


def quality_blueprint(quality: RuleQualities) -> Blueprint:
    """The page, and the button that has it measured anew."""
    blueprint = Blueprint("quality", __name__, url_prefix="/playbook/quality")

    @blueprint.get("")
    @allow(Role.LEAD)
    def page() -> str:
        wanted = request.args.get("days", USUAL)
        wanted = wanted if wanted in PERIODS else USUAL
        view = quality.view(PERIODS[wanted])
        if view is None:
            return render_template("pages/playbook_none.html")
        return tab_page(
            view.playbook,
            "quality",
            None,
            quality=view,
            period=None if view.report is None else view.report.period(view.days),
            periods=tuple(PERIODS),
            wanted=wanted,
            aspects={one.name.lower(): one for one in Aspect},
            apart=apart,
            least_transfers=ENOUGH_TRANSFERS,
            most_nothing=MOST_NOTHING,
        )

    @blueprint.post("/count")
    @allow(Role.LEAD)
    def count() -> ResponseReturnValue:
        quality.count()
        flash(
            "The rules are being measured. With 100,000 tickets it takes half a minute; look again."
        )
        return redirect(url_for(".page", days=request.args.get("days", USUAL)), 303)

    return blueprint


def apart(versus: Versus) -> str:
    """A shown difference in words: ``+12.4 (8.1 to 16.7)``, or ``1.31 times as fast (…)``."""
    one = versus.difference
    if versus.aspect.is_time:
        return f"{one.value:.2f} times as fast ({one.low:.2f} to {one.high:.2f})"
    signed = f"{'+' if one.value > 0 else '−'}{points(abs(one.value))}"
    return f"{signed} ({_signed(one.low)} to {_signed(one.high)})"


def _signed(share: float) -> str:
    return f"−{points(-share)}" if share < 0 else points(share)
