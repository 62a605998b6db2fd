"""The panel: what an agent can do in it, with a script and without."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from page_samples import AGENT, HOUR, MIN, NOW, Fakes, build, client_of, form_token, panel_view

PANEL = "/panel/zendesk/58213"


def test_the_script_is_told_that_the_insert_was_recorded() -> None:
    fakes = Fakes()
    client = client_of(build(fakes), AGENT)
    form = {
        "csrf_token": form_token(client, PANEL),
        "decision": "7",
        "reply": "SSO: which identity provider?",
        "position": "2",
    }
    answer = client.post(f"{PANEL}/replies", data=form, headers={"Accept": "application/json"})
    assert answer.status_code == 204
    assert fakes.asked[-1] == ("inserted", 7, "SSO: which identity provider?", 2, AGENT)


def test_without_a_script_the_text_is_shown_to_copy() -> None:
    client = client_of(build(Fakes()), AGENT)
    form = {"csrf_token": form_token(client, PANEL), "decision": "7", "reply": "x", "position": "1"}
    answer = client.post(f"{PANEL}/replies?theme=dark", data=form)
    assert answer.location == f"{PANEL}?theme=dark&reply=1#reply"
    html = client.get(answer.location).text
    assert "readonly>\nHello Katrin,\nSSO: renew the certificate.</textarea>" in html
    assert 'id="reply" aria-label' in html


@pytest.mark.parametrize("reply", ["0", "-1", "9", "x"])
def test_a_reply_that_is_not_there_opens_nothing(reply: str) -> None:
    html = client_of(build(Fakes()), AGENT).get(f"{PANEL}?reply={reply}").text
    assert 'id="reply" hidden' in html


def test_a_wrong_queue_is_mended_in_one_step() -> None:
    fakes = Fakes()
    client = client_of(build(fakes), AGENT)
    form = {
        "csrf_token": form_token(client, PANEL),
        "decision": "7",
        "queue": "Compliance",
        "note": " It asks for an audit. ",
    }
    answer = client.post(f"{PANEL}/queue", data=form, follow_redirects=True)
    assert ("move", 7, "Compliance", "It asks for an audit.", AGENT) in fakes.asked
    assert "Moved to Compliance." in answer.text


def test_many_queues_become_a_list_to_choose_from() -> None:
    view = replace(panel_view(), other_queues=tuple(f"Queue {n}" for n in range(9)))
    html = client_of(build(Fakes(panel_now=view)), AGENT).get(PANEL).text
    assert html.count("<option>Queue") == 9


def test_a_ticket_without_a_decision_says_so_and_offers_to_try_again() -> None:
    answer = client_of(build(Fakes(panel_now=None)), AGENT).get(PANEL)
    assert answer.status_code == 404
    assert "Not routed yet." in answer.text
    assert 'aria-keyshortcuts="r"' in answer.text


@pytest.mark.parametrize(
    ("left", "css", "says"),
    [
        (31 * MIN, 'class="sla"', "in 31 min"),
        (30 * MIN, "sla-risk", "in 30 min"),
        (-MIN, "sla-late", "1 min late"),
        (3 * HOUR + 40 * MIN, 'class="sla"', "in 3 h 40"),
    ],
)
def test_the_time_left_is_coloured_only_when_it_matters(
    left: timedelta, css: str, says: str
) -> None:
    view = replace(panel_view(), due_at=NOW + left)
    html = client_of(build(Fakes(panel_now=view)), AGENT).get(PANEL).text
    assert css in html
    assert says in html


def test_a_first_reply_that_was_given_is_no_longer_due() -> None:
    view = replace(panel_view(), due_at=None, replied_at=NOW)
    html = client_of(build(Fakes(panel_now=view)), AGENT).get(PANEL).text
    assert "<b>given</b>" in html
    assert "due" not in html


@pytest.mark.parametrize(
    ("asked", "set_to"),
    [("dark", ' data-theme="dark"'), ("light", ' data-theme="light"'), ('"><script>', "")],
)
def test_the_panel_takes_the_desks_theme(asked: str, set_to: str) -> None:
    html = client_of(build(Fakes()), AGENT).get(PANEL, query_string={"theme": asked}).text
    assert f'<html lang="en"{set_to}>' in html


def test_the_reasons_name_the_value_its_source_and_its_age() -> None:
    html = client_of(build(Fakes()), AGENT).get(PANEL).text
    assert "employees is at least 500 (1,240)" in html
    assert "CRM, 2 h ago" in html
    assert "CRM, 9 d ago" in html
    assert "age-stale" in html
