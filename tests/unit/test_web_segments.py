"""The pages of segments: what they say, who may change what, and the form's buttons."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from page_samples import AGENT, LEAD, Fakes, build, client_of, form_token
from segment_samples import segment_editor
from werkzeug.test import TestResponse

from plugin.pages.refusals import Conflict
from plugin.views.segments import SegmentDraft

ONE = "/segments/Enterprise%20EMEA"
EDIT = f"{ONE}/edit"
FORM = {
    "based_on": "41",
    "place": "2",
    "name": "  Enterprise   EMEA ",
    "model": "firmographic",
    "goal": "CSAT at least 90 %",
    "persona.tone": "Brief",
    "when.group": "all",
    "when.0.field": "account.employees",
    "when.0.op": "at least",
    "when.0.value": "500",
    "note": "Because",
}


def send(client: FlaskClient, path: str, do: str, **form: str) -> TestResponse:
    names = {key.replace("__", "."): value for key, value in form.items()}
    data = {"csrf_token": form_token(client, path), **FORM, "do": do, **names}
    return client.post(path, data=data)


def looked_at(fakes: Fakes) -> SegmentDraft:
    drafts = [what[1] for what in fakes.asked if what[0] == "look"]
    draft = drafts[-1]
    assert isinstance(draft, SegmentDraft)
    return draft


def test_the_list_says_who_brings_the_revenue_and_how_far_goals_are() -> None:
    html = client_of(build(Fakes()), LEAD).get("/segments").text
    assert "The fifth of your 15,559 customers who spend most bring 79.0\u202f% of revenue" in html
    assert "CSAT ≥ 90\u202f%" in html
    assert "−12.1; by March" in html
    assert "First reply ≤ 1 h" in html
    assert "met, 42 min to spare" in html
    assert "too few to tell: 16 more tickets needed" in html
    assert "in words, not measured" in html
    assert "its membership has drifted" in html


def test_the_tab_to_review_leaves_out_what_is_fine() -> None:
    html = client_of(build(Fakes()), LEAD).get("/segments?show=to+review").text
    assert 'href="/segments/Enterprise%20EMEA"' in html
    assert 'href="/segments/Plain%20talk"' in html
    assert 'href="/segments/VIP%20by%20hand"' not in html


def test_templates_lead_into_the_form() -> None:
    html = client_of(build(Fakes()), LEAD).get("/segments?show=templates").text
    assert "/segments/new?template=country" in html


def test_without_a_playbook_the_list_says_so() -> None:
    for path in ("/segments", "/segments/overlaps"):
        fakes = Fakes(segments_now=None, overlaps_now=None)
        assert "No playbook is live" in client_of(build(fakes), LEAD).get(path).text


def test_an_agent_reads_a_segment_and_changes_nothing_but_notes() -> None:
    fakes = Fakes()
    client = client_of(build(fakes), AGENT)
    html = client.get(ONE).text
    assert "Edit definition" not in html
    assert "Reviewed, still right" not in html
    assert client.get("/segments").status_code == 403
    assert client.get(EDIT).status_code == 403
    token = form_token(client, ONE)
    assert client.post(f"{ONE}/review", data={"csrf_token": token}).status_code == 403
    sent = client.post(f"{ONE}/notes", data={"csrf_token": token, "text": " They\r\nask. "})
    assert sent.location == f"{ONE}#notes"
    assert ("note", "Enterprise EMEA", "They\nask.", AGENT) in fakes.asked


@pytest.mark.parametrize(("text", "told"), [("  ", "The note is empty"), ("x" * 4_001, "4,001")])
def test_a_note_that_is_empty_or_too_long_is_refused_and_kept(text: str, told: str) -> None:
    fakes = Fakes()
    client = client_of(build(fakes), AGENT)
    sent = client.post(f"{ONE}/notes", data={"csrf_token": form_token(client, ONE), "text": text})
    assert sent.status_code == 422
    assert told in sent.text
    assert not [what for what in fakes.asked if what[0] == "note"]


def test_a_segment_shows_its_edge_with_the_reason_and_the_age() -> None:
    html = client_of(build(Fakes()), LEAD).get(ONE).text
    assert "would be in if employees is at least 500; it is 499" in html
    assert "CRM, 1 d ago" in html
    assert "none of these is true" in html
    assert "Unknown for 1 customer of 6 looked at" in html


def test_a_segment_shows_its_history_in_words() -> None:
    html = client_of(build(Fakes()), LEAD).get(ONE).text
    assert "CSAT at least 82 %</del> to <ins" in html
    assert "Read and kept" in html
    assert "Made in playbook 12" in html


def test_a_review_is_kept_under_the_persons_name() -> None:
    fakes = Fakes()
    client = client_of(build(fakes), LEAD)
    form = {"csrf_token": form_token(client, ONE)}
    answer = client.post(f"{ONE}/review", data=form, follow_redirects=True)
    assert ("review", "Enterprise EMEA", LEAD) in fakes.asked
    assert "was reviewed today and is still right" in answer.text


def test_a_segment_that_is_gone_is_not_found() -> None:
    answer = client_of(build(Fakes()), LEAD).get("/segments/Gone")
    assert answer.status_code == 404
    assert "There is no segment “Gone”" in answer.text


def test_overlaps_above_the_limit_are_marked_both_ways_of_reading() -> None:
    html = client_of(build(Fakes()), LEAD).get("/segments/overlaps").text
    assert "<b>94.7</b>" in html
    assert "8.7" in html
    assert html.count("nearly the same</span>") == 2


def test_the_form_is_read_whole_whatever_button_is_pressed() -> None:
    fakes = Fakes()
    answer = send(client_of(build(fakes), LEAD), EDIT, "preview")
    assert answer.status_code == 200
    draft = looked_at(fakes)
    assert (draft.was, draft.name, draft.based_on, draft.place) == (
        "Enterprise EMEA",
        "Enterprise EMEA",
        41,
        2,
    )
    assert draft.persona.tone == "Brief"
    assert draft.when == {"all": [{"field": "account.employees", "at least": 500}]}
    assert draft.note == "Because"


@pytest.mark.parametrize(
    ("do", "when", "said", "focus"),
    [
        ("add-test when", {"all": 2}, "Condition added.", "when.1"),
        ("add-group when", {"all": 2}, "Group added.", "when.1.0"),
        ("negate when.0", {"all": 1}, "Turned round.", "when.0"),
        ("move-up when.0", {"all": 1}, "Moved up.", "when.0"),
        ("gone when.7", {"all": 1}, "", ""),
    ],
)
def test_a_button_changes_the_definition_and_says_so(
    do: str, when: dict[str, int], said: str, focus: str
) -> None:
    fakes = Fakes()
    answer = send(client_of(build(fakes), LEAD), EDIT, do)
    draft = looked_at(fakes)
    assert {key: len(parts) for key, parts in draft.when.items()} == when
    assert f'id="builder-said">{said}<' in answer.text
    assert ("autofocus" in answer.text) is bool(focus)
    if focus:
        assert f'name="{focus}.field" aria-label="Field" data-live autofocus' in answer.text


def test_moving_a_condition_takes_the_focus_along() -> None:
    fakes = Fakes()
    more = {"when__1__field": "customer.plan", "when__1__op": "is", "when__1__value": "Team"}
    answer = send(client_of(build(fakes), LEAD), EDIT, "move-up when.1", **more)
    assert looked_at(fakes).when["all"][0]["field"] == "customer.plan"
    assert 'name="when.0.field" aria-label="Field" data-live autofocus' in answer.text


def test_publishing_leads_to_the_segment() -> None:
    fakes = Fakes()
    answer = send(client_of(build(fakes), LEAD), EDIT, "publish")
    assert answer.location == ONE
    ((_, draft, person),) = [what for what in fakes.asked if what[0] == "publish segment"]
    assert isinstance(draft, SegmentDraft)
    assert (draft.note, person) == ("Because", LEAD)


def test_publishing_needs_a_note() -> None:
    fakes = Fakes()
    answer = send(client_of(build(fakes), LEAD), EDIT, "publish", note=" ")
    assert answer.status_code == 422
    assert "Say what changes first" in answer.text
    assert not [what for what in fakes.asked if what[0] == "publish segment"]


def test_a_definition_with_a_problem_comes_back_as_it_was_sent() -> None:
    fakes = Fakes()
    answer = send(client_of(build(fakes), LEAD), EDIT, "publish", when__0__value="many")
    assert answer.status_code == 422
    assert "Not published." in answer.text
    assert 'value="many"' in answer.text
    assert fakes.asked[-1][2] is True


def test_a_conflict_keeps_the_draft_and_says_what_others_changed() -> None:
    fakes = Fakes(conflict=Conflict(42, "Samuel Okoro"))
    answer = send(client_of(build(fakes), LEAD), EDIT, "publish")
    assert answer.status_code == 409
    assert "Samuel Okoro published playbook 42 while you were writing." in answer.text
    assert "goal is now “CSAT at least 95 %”" in answer.text
    assert 'name="based_on" value="42"' in answer.text
    assert "Because" in answer.text


def test_a_new_segment_has_no_name_in_the_playbook_yet() -> None:
    fakes = Fakes()
    client = client_of(build(fakes), LEAD)
    assert send(client, "/segments/new", "publish").location == ONE
    assert ("begin", None, None) in fakes.asked
    client.get("/segments/new?template=country")
    assert ("begin", None, "country") in fakes.asked


def test_problems_stand_beside_what_they_are_about() -> None:
    view = segment_editor(None, name="Another segment has it.", **{"when.0": "Not a number."})
    html = client_of(build(Fakes(editor_now=view)), LEAD).get(EDIT).text
    assert 'id="name-e"' in html
    assert 'id="when.0-e"' in html
    assert 'aria-describedby="when.0-e"' in html


def test_hostile_numbers_in_the_form_are_bounded() -> None:
    fakes = Fakes()
    answer = send(
        client_of(build(fakes), LEAD),
        EDIT,
        "preview",
        place="-99999999999999",
        based_on="x",
        name="n" * 9_000,
        model="<script>",
    )
    assert answer.status_code == 200
    draft = looked_at(fakes)
    assert (draft.place, draft.based_on, len(draft.name)) == (1, 0, 120)
    assert draft.model == "behavioural"
