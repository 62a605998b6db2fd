"""The panel: what an agent can do in it, with a script and without."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from page_samples import AGENT, HOUR, MIN, NOW, Fakes, build, client_of, form_token, panel_view

from plugin.ports import Refused, Unavailable

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


def test_the_panel_says_where_a_moved_ticket_is_now() -> None:
    view = replace(panel_view(), queue_now="Compliance")
    html = client_of(build(Fakes(panel_now=view)), AGENT).get(PANEL).text
    assert "Compliance, Mara Lindqvist" in html
    assert "Moved since; it came to Enterprise desk." in html


def test_a_segment_that_may_fit_as_well_is_named_with_what_is_unknown() -> None:
    html = client_of(build(Fakes()), AGENT).get(PANEL).text
    assert "Could also be Compliance-bound: unknown whether entitlements contains signed" in html


def test_the_customers_last_tickets_lead_into_the_desk_where_it_gives_addresses() -> None:
    html = client_of(build(Fakes()), AGENT).get(PANEL).text
    assert '<a class="clip" href="https://desk.example/"' in html
    assert "open since 17 Nov" in html
    assert "solved 12 Nov" in html


@pytest.mark.parametrize("path", [PANEL, f"{PANEL}?theme=dark"])
def test_trouble_in_the_panel_keeps_its_look_and_never_leads_out_of_the_frame(path: str) -> None:
    fakes = Fakes(fails=Unavailable("database is down"))
    answer = client_of(build(fakes), AGENT).get(path)
    assert answer.status_code == 503
    assert 'class="panel"' in answer.text
    assert f'href="{path}" data-again="20" aria-keyshortcuts="r"' in answer.text
    assert 'href="/"' not in answer.text


def test_a_form_that_failed_leads_back_to_the_ticket() -> None:
    fakes = Fakes()
    client = client_of(build(fakes), AGENT)
    token = form_token(client, PANEL)
    fakes.fails = Refused("the queue is gone from the desk.")
    answer = client.post(f"{PANEL}/queue", data={"csrf_token": token, "queue": "Old"})
    assert answer.status_code == 409
    assert "Not done: the queue is gone from the desk." in answer.text
    assert f'href="{PANEL}" aria-keyshortcuts="r"' in answer.text


def test_loading_and_out_of_reach_are_ready_before_they_are_needed() -> None:
    html = client_of(build(Fakes()), AGENT).get(PANEL).text
    assert '<template id="loading">' in html
    assert "<b>Deskroute did not answer</b> within 3 seconds." in html


def test_signing_out_is_offered_only_to_who_signed_in_here() -> None:
    assert "Sign out" not in client_of(build(Fakes()), AGENT).get(PANEL).text
