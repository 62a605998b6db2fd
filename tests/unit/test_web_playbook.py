"""Import, publish, roll back and export."""

from __future__ import annotations

from io import BytesIO

import pytest
from flask.testing import FlaskClient
from page_samples import LEAD, PLAYBOOK, Fakes, build, client_of, form_token
from werkzeug.test import TestResponse

from plugin.pages.refusals import Conflict

IMPORT = "/playbook/import"
BROKEN = "playbook: X\ndefault_queue: Gone\nqueues: [{name: All}]\nrulez: []\n"


def send(client: FlaskClient, **form: object) -> TestResponse:
    data = {"csrf_token": form_token(client, IMPORT), "based_on": "41", "note": "Why"} | form
    return client.post(IMPORT, data=data)


def test_the_editor_begins_with_what_is_live() -> None:
    html = client_of(build(Fakes()), LEAD).get(IMPORT).text
    assert "Enterprise EMEA to Enterprise desk" in html
    assert 'name="based_on" value="41"' in html


def test_publishing_names_the_version_it_is_based_on() -> None:
    fakes = Fakes()
    answer = send(client_of(build(fakes), LEAD), text=PLAYBOOK, do="publish")
    assert answer.location == "/playbook"
    assert ("publish", "Why", 41, LEAD) in fakes.asked


def test_nothing_but_the_button_to_publish_publishes() -> None:
    fakes = Fakes()
    answer = send(client_of(build(fakes), LEAD), text=PLAYBOOK, note="Trying.", do="frobnicate")
    assert answer.status_code == 200
    assert not [one for one in fakes.asked if one[0] == "publish"]


@pytest.mark.parametrize("do", ["check", "publish"])
def test_every_problem_is_listed_with_its_line_and_the_text_is_kept(do: str) -> None:
    answer = send(client_of(build(Fakes()), LEAD), text=BROKEN, do=do)
    assert answer.status_code == 422
    assert "Not published: 1 problem." in answer.text or "problems." in answer.text
    assert "Line 4" in answer.text
    assert "Did you mean rules?" in answer.text
    assert "default_queue: Gone" in answer.text
    assert 'value="Why"' in answer.text


def test_a_file_comes_before_the_text_and_is_kept_too() -> None:
    file = (BytesIO(b"\xef\xbb\xbf" + BROKEN.encode()), "playbook.yaml")
    answer = send(client_of(build(Fakes()), LEAD), text="ignored", do="check", file=file)
    assert answer.status_code == 422
    assert "default_queue: Gone" in answer.text
    assert "ignored" not in answer.text
    assert "\ufeff" not in answer.text


def test_a_file_that_is_no_text_says_in_which_line() -> None:
    file = (BytesIO(b"playbook: X\nname: \xff\xfe\n"), "playbook.yaml")
    answer = send(client_of(build(Fakes()), LEAD), text="kept", do="publish", file=file)
    assert answer.status_code == 422
    assert "<b>Line 2</b>" in answer.text
    assert "not UTF-8" in answer.text
    assert "kept</textarea>" in answer.text


def test_a_check_publishes_nothing_and_says_what_was_found() -> None:
    fakes = Fakes()
    answer = send(client_of(build(fakes), LEAD), text=PLAYBOOK, do="check", note="")
    assert answer.status_code == 200
    assert "No problems found." in answer.text
    assert "4 segments, 5 queues, 3 agents, 6 rules, 3 replies." in answer.text
    assert "publish" not in {what for what, *_ in fakes.asked}


def test_publishing_needs_a_note() -> None:
    fakes = Fakes()
    answer = send(client_of(build(fakes), LEAD), text=PLAYBOOK, do="publish", note="  ")
    assert answer.status_code == 422
    assert "Say what changes first" in answer.text
    assert "publish" not in {what for what, *_ in fakes.asked}


def test_a_conflict_says_who_was_first_and_keeps_the_text() -> None:
    fakes = Fakes(conflict=Conflict(42, "Samuel Okoro"))
    answer = send(client_of(build(fakes), LEAD), text=PLAYBOOK, do="publish")
    assert answer.status_code == 409
    assert "Samuel Okoro published playbook 42 while you were writing." in answer.text
    assert "Enterprise EMEA to Enterprise desk" in answer.text
    assert 'name="based_on" value="42"' in answer.text


def test_rolling_back_says_what_is_live_now() -> None:
    fakes = Fakes()
    client = client_of(build(fakes), LEAD)
    form = {"csrf_token": form_token(client, "/playbook/versions")}
    answer = client.post("/playbook/versions/40/roll-back", data=form, follow_redirects=True)
    assert ("roll back", 40, LEAD) in fakes.asked
    assert "Playbook 42 is live and says what playbook 40 said." in answer.text


def test_rolling_back_while_somebody_publishes_says_who_was_first() -> None:
    client = client_of(build(Fakes(conflict=Conflict(42, "Samuel Okoro"))), LEAD)
    form = {"csrf_token": form_token(client, "/playbook/versions")}
    answer = client.post("/playbook/versions/40/roll-back", data=form)
    assert answer.status_code == 409
    assert "Not done: Samuel Okoro published playbook 42" in answer.text
    assert "Your text is kept" not in answer.text


def test_the_export_is_the_text_as_it_was_published() -> None:
    answer = client_of(build(Fakes()), LEAD).get("/playbook/versions/41/playbook.yaml")
    assert answer.text == PLAYBOOK
    assert answer.headers["Content-Disposition"] == 'attachment; filename="playbook-41.yaml"'


@pytest.mark.parametrize("path", ["/playbook/versions/99", "/playbook/versions/99/playbook.yaml"])
def test_a_version_that_never_was_is_not_found(path: str) -> None:
    answer = client_of(build(Fakes()), LEAD).get(path)
    assert answer.status_code == 404
    assert "There is no playbook 99." in answer.text


def test_an_old_version_says_that_it_is_not_live() -> None:
    html = client_of(build(Fakes()), LEAD).get("/playbook/versions/40").text
    assert "Playbook 40 is not live." in html


def test_finding_looks_into_conditions_and_owners() -> None:
    client = client_of(build(Fakes()), LEAD)
    html = client.get("/playbook?find=BANKING").text
    assert "Banks with a DPA" in html
    assert "Night hours" not in html
    assert "Tag tickets from the web" in client.get("/playbook?find=moreau").text
