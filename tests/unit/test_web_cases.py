"""The pages of cases: the list, the form, and what a person sees while one is red."""

from __future__ import annotations

from dataclasses import replace

import pytest
from case_samples import NOW, VALUES, case_editor
from flask.testing import FlaskClient
from page_samples import (
    AGENT,
    LEAD,
    RED,
    Fakes,
    build,
    client_of,
    form_token,
    playbook_view,
)
from werkzeug.test import TestResponse

from plugin.pages.refusals import Conflict, RedCases
from plugin.views.cases import CaseDraft
from routing.playbook_file import read_playbook
from routing.prove import prove

NEW = "/playbook/cases/new"
EDIT = "/playbook/cases/A%20bank%20goes%20to%20Compliance/edit"


def red() -> RedCases:
    proofs = prove(read_playbook(RED, 41), NOW)
    return RedCases([one for one in proofs if not one.green], len(proofs), RED, "Why", 41)


def seen_red() -> Fakes:
    book = read_playbook(RED, 41)
    view = replace(case_editor(book), problems={})
    return Fakes(playbook_now=replace(playbook_view(), playbook=book), case_now=view)


def send(client: FlaskClient, path: str = NEW, **form: object) -> TestResponse:
    data = {"csrf_token": form_token(client, NEW), "based_on": "41", "note": "Why"}
    return client.post(path, data={**data, **VALUES, **form})


def test_the_list_says_of_each_case_what_it_expects_and_what_came_out() -> None:
    html = client_of(build(seen_red()), LEAD).get("/playbook/cases").text
    assert "1 of 2 cases are green" in html
    assert "queue Priority" in html
    assert "expected <b>Compliance</b>, came out <b>General</b>" in html
    assert "Rule 1, VIP by hand to Priority." in html
    assert 'Cases <span class="count">2</span>' in html


def test_an_agent_reads_cases_and_is_offered_no_change() -> None:
    html = client_of(build(Fakes()), AGENT).get("/playbook/cases").text
    assert "A VIP comes first" in html
    assert "Add case" not in html
    assert "/playbook/cases/A%20VIP" not in html


def test_a_decision_is_made_a_case_by_leads_alone() -> None:
    app = build(Fakes())
    assert "/playbook/cases/new?decision=7" in client_of(app, LEAD).get("/decisions/7").text
    assert "/playbook/cases/new" not in client_of(app, AGENT).get("/decisions/7").text
    fakes = Fakes()
    html = client_of(build(fakes), LEAD).get(f"{NEW}?decision=7").text
    assert ("begin case", None, 7) in fakes.asked
    assert "Look the text over" in html


def test_what_is_sent_is_shown_again_with_what_comes_out_and_nothing_is_published() -> None:
    fakes = seen_red()
    answer = send(client_of(build(fakes), LEAD), do="frobnicate")
    assert answer.status_code == 200
    assert ("look at case", CaseDraft(41, None, VALUES, "Why"), True) in fakes.asked
    assert "While it is red nothing can be published" in answer.text
    assert not [one for one in fakes.asked if one[0] == "publish case"]


def test_publishing_and_removing_need_a_note_and_their_own_button() -> None:
    fakes = Fakes()
    client = client_of(build(fakes), LEAD)
    assert send(client, EDIT, do="publish", note=" ").status_code == 422
    assert send(client, EDIT, do="remove", note=" ").status_code == 422
    assert not [one for one in fakes.asked if one[0] in {"publish case", "remove case"}]
    assert send(client, EDIT, do="remove").location == "/playbook/cases"
    assert [one[0] for one in fakes.asked if "e case" in str(one[0])] == ["remove case"]
    assert send(client, do="publish").location == "/playbook/cases"
    assert ("publish case", CaseDraft(41, None, VALUES, "Why"), LEAD) in fakes.asked


def test_a_case_that_cannot_be_read_and_a_conflict_keep_the_draft() -> None:
    answer = send(client_of(build(Fakes()), LEAD), do="publish", name="")
    assert answer.status_code == 422
    assert "Our auditor asks where our data is." in answer.text
    fakes = Fakes(conflict=Conflict(42, "Samuel Okoro"))
    answer = send(client_of(build(fakes), LEAD), do="publish")
    assert answer.status_code == 409
    assert "Samuel Okoro published playbook 42" in answer.text
    assert 'name="based_on" value="42"' in answer.text


@pytest.mark.parametrize(
    ("path", "form", "back"),
    [
        ("/playbook/import", {"text": RED}, "check"),
        (NEW, VALUES, "preview"),
    ],
)
def test_while_a_case_is_red_nothing_is_published_and_the_draft_is_kept(
    path: str, form: dict[str, str], back: str
) -> None:
    fakes = Fakes(red=red())
    client = client_of(build(fakes), LEAD)
    data = {"csrf_token": form_token(client, NEW), "based_on": "41", "note": "Why", **form}
    answer = client.post(path, data={**data, "do": "publish"})
    assert answer.status_code == 422
    assert "1 of 2 cases would come out another way" in answer.text
    assert "expected <b>Compliance</b>, came out <b>General</b>" in answer.text
    assert f'name="do" value="{back}"' in answer.text
    assert next(iter(form.values())).split("\n")[-1][:10] in answer.text
    # And back with one button.
    fakes.red = None
    assert client.post(path, data={**data, "do": back}).status_code == 200


def test_a_check_of_a_text_says_which_cases_are_red() -> None:
    client = client_of(build(Fakes()), LEAD)
    data = {"csrf_token": form_token(client, NEW), "text": RED, "do": "check"}
    html = client.post("/playbook/import", data=data).text
    assert "1 of 2 cases are green" in html
    assert "Case <b>A bank goes to Compliance</b> is red." in html
