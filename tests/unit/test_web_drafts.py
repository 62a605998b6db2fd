"""The pages of drafts: who sees which button, and what each does."""

from __future__ import annotations

from dataclasses import replace

import pytest
from case_samples import NOW, VALUES
from draft_samples import bare_draft_view, draft_view
from flask.testing import FlaskClient
from page_samples import (
    ADMIN,
    AGENT,
    LEAD,
    PLAYBOOK,
    RED,
    Fakes,
    build,
    client_of,
    form_token,
)
from werkzeug.test import TestResponse

from plugin.pages.refusals import AskedForApproval, Conflict, RedCases
from plugin.ports import Refused
from plugin.views.panel import Frame
from plugin.views.people import Person
from plugin.views.playbook import ToPublish
from routing.playbook_file import read_playbook
from routing.prove import prove

DRAFT = "/playbook/drafts/5"
NEW_CASE = "/playbook/cases/new"


def act(client: FlaskClient, do: str, path: str = DRAFT, **form: str) -> TestResponse:
    data = {"csrf_token": form_token(client, NEW_CASE), "seal": "5ea1", "do": do, **form}
    return client.post(path, data=data)


def frame(person: Person, *, approvals: bool = True, asked: int = 0) -> Frame:
    made = Frame(person, "Halden Books", 41, parked=0, sample=False)
    return replace(made, approvals=approvals, asked=asked)


def test_the_list_shows_leads_each_draft_with_its_state_and_agents_none() -> None:
    app = build(Fakes())
    html = client_of(app, LEAD).get("/playbook/versions").text
    assert "waits for approval" in html
    assert "Samuel Okoro: Banks wait too long with this." in html
    assert "/playbook/drafts/5" in html
    assert "/playbook/drafts" not in client_of(app, AGENT).get("/playbook/versions").text
    none = client_of(build(Fakes(playbook_now=None)), LEAD).get("/playbook/versions").text
    assert "/playbook/drafts/3" in none


def test_the_menu_tells_a_lead_what_waits_for_them() -> None:
    waits = Fakes(frame_now=frame(LEAD, asked=2))
    assert "2 to approve" in client_of(build(waits), LEAD).get("/decisions").text
    assert "to approve" not in client_of(build(Fakes()), LEAD).get("/decisions").text


def test_a_draft_says_what_changes_and_how_it_does_in_lint_and_cases() -> None:
    html = client_of(build(Fakes()), LEAD).get(DRAFT).text
    assert "Rule “Night hours”: state was off, is on." in html
    assert '<ins class="line-new">+    state: on</ins>' in html
    assert "Cases 2 of 2" in html
    assert "Lint" in html
    assert "/playbook/back-test" in html
    assert "/playbook/import?draft=5" in html


@pytest.mark.parametrize(
    ("may", "says", "not_said"),
    [
        (("approve", "send-back"), ("Approve and publish", "Send back"), ("Discard draft",)),
        (("ask", "discard"), ("Ask for approval", "Discard draft"), ("Approve and publish",)),
        (("publish",), (">Publish<",), ("Ask for approval", "Approve and publish")),
    ],
)
def test_only_what_somebody_may_do_has_a_button(
    may: tuple[str, ...], says: tuple[str, ...], not_said: tuple[str, ...]
) -> None:
    fakes = Fakes(draft_now=draft_view(PLAYBOOK, *may))
    html = client_of(build(fakes), LEAD).get(DRAFT).text
    assert [one for one in says if one not in html] == []
    assert [one for one in not_said if one in html] == []


def test_a_draft_with_red_cases_one_that_live_has_left_behind_and_one_sent_back_say_so() -> None:
    view = draft_view(RED, at=1, moved_on=True)
    html = client_of(build(Fakes(draft_now=view)), LEAD).get(DRAFT).text
    assert "Case <b>A bank goes to Compliance</b> is red." in html
    assert "1 of 2</a>" in html
    assert "Ines Moreau published playbook 42." in html
    assert "Sent back by Samuel Okoro." in html
    bare = client_of(build(Fakes(draft_now=bare_draft_view())), LEAD).get(DRAFT).text
    assert "It cannot be published yet." in bare


@pytest.mark.parametrize(
    ("do", "asked", "led_to"),
    [
        ("approve", ("approve", 5, "5ea1", LEAD), "/playbook/versions"),
        ("publish", ("publish draft", 5, "5ea1", LEAD), "/playbook/versions"),
        ("ask", ("ask", 5, "5ea1", LEAD), DRAFT),
        ("discard", ("discard", 5, LEAD), "/playbook/versions"),
        ("send-back", ("send back", 5, "Too long.", LEAD), "/playbook/versions"),
    ],
)
def test_each_button_does_what_it_says(do: str, asked: tuple[object, ...], led_to: str) -> None:
    fakes = Fakes()
    answer = act(client_of(build(fakes), LEAD), do, reason=" Too  long. ")
    assert (answer.status_code, answer.location) == (303, led_to)
    assert asked in fakes.asked


def test_no_other_button_does_anything() -> None:
    fakes = Fakes()
    assert act(client_of(build(fakes), LEAD), "frobnicate").status_code == 400
    assert {one[0] for one in fakes.asked} <= {"begin case", "look at case"}


def test_a_refusal_and_a_conflict_are_told() -> None:
    fakes = Fakes(fails=Refused("The draft was changed since you opened it."))
    answer = act(client_of(build(fakes), LEAD), "approve")
    assert answer.status_code == 409
    assert "The draft was changed since you opened it." in answer.text
    fakes = Fakes(conflict=Conflict(42, "Samuel Okoro"))
    answer = act(client_of(build(fakes), LEAD), "approve")
    assert answer.status_code == 409
    assert "Samuel Okoro published playbook 42" in answer.text
    proofs = [one for one in prove(read_playbook(RED), NOW) if not one.green]
    answer = act(client_of(build(Fakes(red=RedCases(proofs, 2, RED, "", 41))), LEAD), "approve")
    assert answer.status_code == 422


def test_the_editor_keeps_a_text_as_a_draft_and_opens_one_again() -> None:
    fakes = Fakes()
    client = client_of(build(fakes), LEAD)
    html = client.get("/playbook/import?draft=5").text
    assert 'name="draft" value="5"' in html
    assert "Keep as draft" in html
    form = {"text": "not even: whole [", "note": "Later.", "based_on": "41", "draft": "5"}
    answer = act(client, "keep", "/playbook/import", **form)
    assert answer.location == "/playbook/drafts/6"
    kept = ToPublish("not even: whole [", "Later.", 41, draft=5)
    assert ("keep", kept, LEAD) in fakes.asked


def test_a_draft_that_live_has_left_behind_is_opened_on_top_of_it() -> None:
    fakes = Fakes(draft_now=draft_view(PLAYBOOK, moved_on=True))
    html = client_of(build(fakes), LEAD).get("/playbook/import?draft=5").text
    assert 'name="based_on" value="42"' in html
    assert "Ines Moreau published playbook 42" in html


def test_what_is_red_can_be_kept_as_a_draft_from_there() -> None:
    proofs = [one for one in prove(read_playbook(RED), NOW) if not one.green]
    fakes = Fakes(red=RedCases(proofs, 2, RED, "Why", 41))
    client = client_of(build(fakes), LEAD)
    html = act(client, "publish", NEW_CASE, **VALUES, note="Why").text
    assert 'action="/playbook/drafts"' in html
    fakes.red = None
    form = {"text": RED.replace("\n", "\r\n"), "note": "Why", "based_on": "41"}
    assert act(client, "", "/playbook/drafts", **form).location == "/playbook/drafts/6"
    assert ("keep", ToPublish(RED, "Why", 41), LEAD) in fakes.asked


def test_where_approvals_are_demanded_every_button_that_publishes_asks_for_one() -> None:
    fakes = Fakes(frame_now=frame(LEAD))
    client = client_of(build(fakes), LEAD)
    rule = {"csrf_token": form_token(client, NEW_CASE), "do": "review", "name": "X"}
    pages = [
        client.get("/playbook/import").text,
        client.get("/segments/Enterprise%20EMEA/edit").text,
        client.get(NEW_CASE).text,
        client.get("/playbook/versions").text,
        client.post("/playbook/rules/new", data=rule).text,
    ]
    for html in pages:
        assert "Ask for approval" in html
        assert ">Publish</button>" not in html


def test_whoever_publishes_where_an_approval_is_needed_is_led_to_the_draft() -> None:
    fakes = Fakes(fails=AskedForApproval(6))
    client = client_of(build(fakes), LEAD)
    answer = act(client, "publish", "/playbook/import", text=PLAYBOOK, note="Why", based_on="41")
    assert (answer.status_code, answer.location) == (303, "/playbook/drafts/6")
    fakes.fails = None
    assert "Not published yet" in client.get("/playbook/drafts/6").text


def test_an_admin_demands_approvals_and_a_lead_is_only_told() -> None:
    fakes = Fakes()
    app = build(fakes)
    html = client_of(app, LEAD).get("/playbook/versions").text
    assert "Every lead publishes alone." in html
    assert "/playbook/drafts/approvals" not in html
    admin = client_of(app, ADMIN)
    assert "Demand an approval" in admin.get("/playbook/versions").text
    answer = act(admin, "", "/playbook/drafts/approvals", approvals="on")
    assert answer.location == "/playbook/versions"
    act(admin, "", "/playbook/drafts/approvals", approvals="off")
    assert [one for one in fakes.asked if one[0] == "demand"] == [
        ("demand", ADMIN, True),
        ("demand", ADMIN, False),
    ]
    fakes.fails = Refused("Only one person may publish.")
    answer = act(admin, "", "/playbook/drafts/approvals", approvals="on")
    assert answer.status_code == 409
    assert "Only one person may publish." in answer.text
