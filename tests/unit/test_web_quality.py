"""The page of each rule's quality."""

from __future__ import annotations

from dataclasses import replace

import pytest
from page_samples import AGENT, LEAD, Fakes, build, client_of, form_token
from quality_samples import quality_view

from plugin.web.rule_quality import apart
from routing.outcomes.comparison import Difference
from routing.quality.report import Aspect, Versus

PAGE = "/playbook/quality"


def test_what_hurts_comes_first_with_what_to_do_and_a_way_to_the_rule() -> None:
    html = client_of(build(Fakes()), LEAD).get(PAGE).text
    assert "Rule 3, Refunds: hurts." in html
    assert "People move its tickets to another queue more often" in html
    assert "/playbook/rules/Refunds/edit" in html
    assert html.index("Refunds: hurts") < html.index("Nobody ever: never fires, on for 41 d")


def test_each_number_has_its_interval_and_its_n_or_is_not_there() -> None:
    html = client_of(build(Fakes()), LEAD).get(PAGE).text
    assert "n 400" in html
    assert "23 more needed" in html
    assert "no difference shown" in html
    assert "beside 225" in html
    assert "Chooses no queue, so no outcome is its own." in html
    assert "and 25 by another wording" in html


@pytest.mark.parametrize(("asked", "days"), [("30", 30), ("all", None), ("7", 90), ("", 90)])
def test_the_period_stands_in_the_address(asked: str, days: int | None) -> None:
    fakes = Fakes()
    assert client_of(build(fakes), LEAD).get(f"{PAGE}?days={asked}").status_code == 200
    assert ("quality", days) in fakes.asked


def test_measuring_anew_is_asked_for_by_a_button() -> None:
    fakes = Fakes(quality_now=replace(quality_view(), report=None))
    client = client_of(build(fakes), LEAD)
    assert "Not measured yet" in client.get(PAGE).text
    token = form_token(client, PAGE)
    assert ("measure",) not in fakes.asked
    answer = client.post(f"{PAGE}/count?days=30", data={"csrf_token": token})
    assert answer.location == f"{PAGE}?days=30"
    assert ("measure",) in fakes.asked


def test_without_a_playbook_there_is_nothing_to_measure() -> None:
    html = client_of(build(Fakes(quality_now=None)), LEAD).get(PAGE).text
    assert "No playbook is live" in html


def test_only_leads_see_the_tab() -> None:
    app = build(Fakes())
    assert "Quality per rule" in client_of(app, LEAD).get("/playbook").text
    assert "Quality per rule" not in client_of(app, AGENT).get("/playbook").text
    assert client_of(app, AGENT).get(PAGE).status_code == 403


def test_a_difference_is_said_with_its_sign_and_its_ends() -> None:
    share = Versus(Aspect.CSAT, Difference(-0.124, -0.167, -0.081, 0.0), 90, 90)
    time = Versus(Aspect.RESOLUTION, Difference(1.306, 1.1, 1.55, 0.0), 90, 90)
    assert apart(share) == "−12.4 (−16.7 to −8.1)"
    assert apart(time) == "1.31 times as fast (1.10 to 1.55)"
