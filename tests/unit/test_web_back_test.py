"""The pages of back-tests: what is sent, what is waited for, and where the drawing goes."""

from __future__ import annotations

from io import BytesIO
from itertools import pairwise

import pytest
from back_test_samples import back_test_line, back_test_report
from flask.testing import FlaskClient
from page_samples import AGENT, LEAD, PLAYBOOK, Fakes, build, client_of, form_token
from werkzeug.test import TestResponse

from plugin.ports import Refused
from plugin.views.back_tests import BackTestDraft, BackTestView
from plugin.web.playbook.flow_picture import heats, picture

HERE = "/playbook/back-test"


def send(client: FlaskClient, **form: object) -> TestResponse:
    return client.post(HERE, data={"csrf_token": form_token(client, HERE)} | form)


def sent(fakes: Fakes) -> list[object]:
    return [what[1] for what in fakes.asked if what[0] == "back-test"]


def test_a_pasted_draft_is_tried_over_the_days_that_were_chosen() -> None:
    fakes = Fakes()
    answer = send(client_of(build(fakes), LEAD), text=PLAYBOOK.replace("\n", "\r\n"), days="30")
    assert answer.location == f"{HERE}/3"
    assert sent(fakes) == [BackTestDraft(PLAYBOOK, "Pasted draft", None, 30)]


def test_a_file_comes_before_a_text_and_a_text_before_a_version() -> None:
    fakes = Fakes()
    client = client_of(build(fakes), LEAD)
    file = (BytesIO(PLAYBOOK.encode()), "mine.yaml")
    send(client, text="ignored", version="40", file=file)
    send(client, text=PLAYBOOK, version="40")
    send(client, version="40", days="12345")
    assert sent(fakes) == [
        BackTestDraft(PLAYBOOK, "mine.yaml"),
        BackTestDraft(PLAYBOOK, "Pasted draft"),
        BackTestDraft(version=40),
    ]


def test_the_editors_text_is_back_tested_by_a_button_of_its_own() -> None:
    fakes = Fakes()
    client = client_of(build(fakes), LEAD)
    html = client.get("/playbook/import").text
    assert f'formaction="{HERE}"' in html
    form = {"csrf_token": form_token(client, "/playbook/import"), "based_on": "41", "note": "Why"}
    assert client.post(HERE, data=form | {"text": PLAYBOOK}).location == f"{HERE}/3"


def test_a_broken_draft_is_shown_again_with_its_problems() -> None:
    answer = send(client_of(build(Fakes()), LEAD), text="playbook: X\nrulez: []\n")
    assert answer.status_code == 422
    assert "Line 2" in answer.text
    assert "rulez: []" in answer.text


def test_a_file_that_is_no_text_is_refused() -> None:
    answer = send(client_of(build(Fakes()), LEAD), file=(BytesIO(b"\xff\xfe"), "x.yaml"))
    assert answer.status_code == 422
    assert "not UTF-8" in answer.text


def test_nothing_chosen_is_asked_for_again() -> None:
    answer = send(client_of(build(Fakes()), LEAD))
    assert answer.status_code == 422
    assert "Choose a file, paste a draft, or choose a version." in answer.text


def test_a_second_one_at_once_is_refused_with_the_reason() -> None:
    fakes = Fakes(fails=Refused("A back-test is running."))
    answer = send(client_of(build(fakes), LEAD), text=PLAYBOOK)
    assert answer.status_code >= 400
    assert "A back-test is running." in answer.text


def test_a_running_one_looks_again_by_itself_without_a_script() -> None:
    fakes = Fakes(back_test_now=BackTestView(back_test_line("running"), None))
    answer = client_of(build(fakes), LEAD).get(f"{HERE}/3")
    assert answer.headers["Refresh"] == "2"
    assert f'href="{HERE}/3"' in answer.text


def test_a_failed_one_says_why_and_does_not_look_again() -> None:
    fakes = Fakes(back_test_now=BackTestView(back_test_line("failed", "It is gone."), None))
    answer = client_of(build(fakes), LEAD).get(f"{HERE}/3")
    assert "It is gone." in answer.text
    assert "Refresh" not in answer.headers


def test_the_list_of_changed_tickets_has_pages() -> None:
    client = client_of(build(Fakes()), LEAD)
    first, second = client.get(f"{HERE}/3").text, client.get(f"{HERE}/3?from=50").text
    assert "1 to 50 of 61 listed" in first
    assert 'href="?from=50"' in first
    assert "51 to 61 of 61 listed" in second
    assert 'href="?from=0"' in second


@pytest.mark.parametrize("path", [HERE, f"{HERE}/3", f"{HERE}/3/tickets/7"])
def test_agents_are_kept_out(path: str) -> None:
    assert client_of(build(Fakes()), AGENT).get(path).status_code == 403


def test_the_drawing_tells_the_largest_flows_and_counts_the_others() -> None:
    report = back_test_report()
    drawn = picture(report)
    assert drawn is not None
    shown = sum(one.flow.tickets for one in drawn.ribbons)
    assert shown + drawn.left_out == sum(flow.tickets for flow in report.flows)
    assert drawn.left_out > 0
    assert max(one.flow.tickets for one in drawn.ribbons) == 1_102


def test_names_in_the_drawing_do_not_run_into_each_other() -> None:
    drawn = picture(back_test_report())
    assert drawn is not None
    for side in (drawn.before, drawn.after):
        gaps = [below.y - above.y for above, below in pairwise(side)]
        assert all(gap >= 30 for gap in gaps)
        assert side[-1].y + side[-1].height <= drawn.height


def test_ribbons_fill_the_bars_of_both_sides_exactly() -> None:
    drawn = picture(back_test_report())
    assert drawn is not None
    assert {stop.queue: stop.tickets for stop in drawn.after} == {
        "Onboarding": 1_366,
        "Compliance": 486,
        "General": 33,
    }
    heights = [sum(stop.height for stop in side) for side in (drawn.before, drawn.after)]
    assert heights[0] == pytest.approx(heights[1], abs=1.0)


def test_only_queues_that_change_have_their_hours_drawn_each_with_its_own_scale() -> None:
    found = heats(back_test_report(), 6)
    assert [one.load.queue for one in found] == ["General", "Onboarding"]
    for one in found:
        assert max(cell.dark for cell in one.cells) == one.most.dark == 1
        assert (one.most.day * 24 + one.most.hour) == one.load.busiest
