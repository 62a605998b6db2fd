"""The page of each rule's quality."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape

import pytest
from builders import after
from page_samples import AGENT, LEAD, Fakes, build, client_of, form_token
from quality_samples import lessons, quality_view

from plugin.views.rules import RuleDraft
from plugin.web.playbook.rule_quality import apart
from routing.outcomes.figures import Difference
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


def hidden(html: str, action: str) -> dict[str, str]:
    """The inputs of the first form that is sent to this address."""
    form = html[html.index(f'action="{action}"') :]
    form = form[: form.index("</form>")]
    return {
        unescape(name): unescape(value)
        for name, value in re.findall(r'name="([^"]+)" value="([^"]*)"', form)
    }


def test_a_proposal_says_how_it_did_on_newer_tickets_and_in_the_back_test() -> None:
    html = client_of(build(Fakes()), LEAD).get(PAGE).text
    assert "Where subject contains refund, to Priority" in html
    assert "People moved 152 of 2,000 of these from Billing to Priority." in html
    assert "right for 89.3\u202f% (78.5 to 95.0, n 56), wrong for 4" in html
    assert "2 belong to a third queue. It finds 50 of 61 transfers." in html
    assert "Sent right: 87.5\u202f% before, 93.2\u202f% with it; 46 more" in html
    assert "180 move, 150 to where people left them, 9 away from it, 21 that neither" in html
    assert "as the last rule, for tickets that no rule sends anywhere" in html
    assert "Send all tickets of Refunds to Priority, not Billing." in html
    assert "2 ways people often moved tickets, for which nothing was found" in html


def test_a_proposal_opens_as_a_draft_in_the_rules_form_and_publishes_nothing() -> None:
    fakes = Fakes()
    client = client_of(build(fakes), LEAD)
    sent = hidden(client.get(PAGE).text, "/playbook/rules/new")
    assert sent.pop("do") == "preview"
    answer = client.post("/playbook/rules/new", data={**sent, "do": "preview"})
    assert answer.status_code == 200
    draft = next(asked[1] for asked in fakes.asked if asked[0] == "look at rule")
    assert isinstance(draft, RuleDraft)
    proposal = lessons().proposals[0].proposal
    assert proposal is not None
    assert draft == RuleDraft(
        based_on=41,
        was=None,
        place=proposal.place,
        name=proposal.name,
        when=proposal.when,
        queue="Priority",
        after="go on",
        why=proposal.why,
    )
    assert not [asked for asked in fakes.asked if asked[0] in {"publish rules", "review"}]


def test_lessons_about_another_playbook_are_not_opened() -> None:
    old = replace(lessons(), playbook=40, made_at=after(days=1))
    fakes = Fakes(quality_now=replace(quality_view(), lessons=old))
    html = client_of(build(fakes), LEAD).get(PAGE).text
    assert "Learned for playbook 40, which is not live any more." in html
    assert "Open as a draft" not in html


def test_without_transfers_the_page_says_how_many_it_takes() -> None:
    none = replace(lessons(), lessons=())
    fakes = Fakes(quality_now=replace(quality_view(), lessons=none, proposed=()))
    html = client_of(build(fakes), LEAD).get(PAGE).text
    assert "No rule has 20 tickets that people moved to one other queue." in html


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
