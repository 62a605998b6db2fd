"""The pages on which rules are written and put in order: what buttons do, and what is kept."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from builders import NOON
from flask.testing import FlaskClient
from page_samples import AGENT, LEAD, Fakes, build, client_of, form_token, playbook_view
from rule_samples import rule_editor, rule_review
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from plugin.pages.refusals import Conflict
from plugin.views.rules import DraftFindings, Found, RuleDraft, RuleEditor, RuleOrder
from routing.lint.findings import Finding, Kind, Severity, Witness
from routing.tickets import Facts, Ticket, TicketRef

EDIT = "/playbook/rules/Night%20hours/edit"
ORDER = "/playbook/rules/order"
FORM = {
    "based_on": "41",
    "place": "3",
    "name": "  Night   hours ",
    "when.group": "all",
    "when.0.field": "account.employees",
    "when.0.op": "at least",
    "when.0.value": "500",
    "queue": "General",
    "priority": "high",
    "tags": " night, ,  late shift,night",
    "first_reply": "2 h",
    "after": "go on",
    "state": "off",
    "why": "Until June.",
    "note": "Because",
}


def a_finding(kind: Kind, says: str, rules: tuple[int, ...]) -> Finding:
    ticket = Ticket(TicketRef("lint", "1"), "", "", None, NOON)
    witness = Witness(Facts(ticket, NOON), (("channel", "mail"),), "It shows it.")
    return Finding(kind, Severity.BAD, says, witness, rules)


def send(client: FlaskClient, path: str, do: str, **form: str) -> TestResponse:
    names = {key.replace("__", "."): value for key, value in form.items()}
    data = {"csrf_token": form_token(client, EDIT), **FORM, "do": do, **names}
    return client.post(path, data=data)


def order(client: FlaskClient, do: str, places: str | None, **form: str) -> TestResponse:
    data = {"csrf_token": form_token(client, EDIT), "based_on": "41", "do": do, **form}
    return client.post(ORDER, data=data if places is None else {**data, "order": places})


def looked_at(fakes: Fakes) -> RuleDraft:
    draft = [what[1] for what in fakes.asked if what[0] == "look at rule"][-1]
    assert isinstance(draft, RuleDraft)
    return draft


def published(fakes: Fakes) -> list[object]:
    return [what[1] for what in fakes.asked if what[0] == "publish rules"]


def test_the_form_is_read_whole_whatever_button_is_pressed() -> None:
    fakes = Fakes()
    assert send(client_of(build(fakes), LEAD), EDIT, "preview").status_code == 200
    assert looked_at(fakes) == RuleDraft(
        based_on=41,
        was="Night hours",
        place=3,
        name="Night hours",
        when={"all": [{"field": "account.employees", "at least": 500}]},
        queue="General",
        priority="high",
        tags=("night", "late shift"),
        first_reply="2 h",
        after="go on",
        state="off",
        why="Until June.",
        note="Because",
    )


def test_hostile_values_in_the_form_are_bounded() -> None:
    fakes = Fakes()
    wrong = {"place": "9" * 30, "state": "x", "after": "x", "priority": "x", "name": "n" * 9_000}
    more = {"tags": ",".join(str(n) for n in range(900)), "try__text": "t" * 90_000}
    send(client_of(build(fakes), LEAD), EDIT, "preview", **wrong, **more)
    draft = looked_at(fakes)
    assert (draft.state, draft.after, draft.priority) == ("on", "stop", "")
    assert (draft.place, len(draft.name), len(draft.tags)) == (100_000, 120, 50)


def test_an_agent_reads_rules_and_changes_none() -> None:
    client = client_of(build(Fakes()), AGENT)
    html = client.get("/playbook").text
    assert "Night hours" in html
    assert "Move Night hours up" not in html
    assert "/playbook/rules/" not in html
    for path in (EDIT, "/playbook/rules/new", "/playbook/rules/Night%20hours/delete"):
        assert client.get(path).status_code == 403
    token = form_token(client, "/decisions")
    assert client.post(ORDER, data={"csrf_token": token}).status_code == 403


def test_a_rule_shows_how_many_past_tickets_it_and_each_line_match() -> None:
    html = client_of(build(Fakes()), LEAD).get(EDIT).text
    assert "<b>412</b> of 2,000 past tickets match" in html
    assert "It fires for 380; for 32 an earlier rule says stop." in html
    assert "Unknown for 31" in html
    assert '<span class="live" data-count="when.0">480</span>' in html
    assert "412 of 2,000 past tickets</span>" in html


def test_a_tried_ticket_shows_which_test_fails_and_where_it_would_go() -> None:
    html = client_of(build(Fakes()), LEAD).get(EDIT).text
    assert "Does not fire." in html
    assert "58213: Invoice twice" in html
    assert "not: subject contains invoice" in html
    assert "goes to General; without this change it goes to Enterprise desk" in html


@pytest.mark.parametrize(
    ("do", "said", "focus"),
    [
        ("add-test when", "Condition added.", "when.1"),
        ("negate when.0", "Turned round.", "when.0"),
        ("move-up when.0", "Moved up.", "when.0"),
    ],
)
def test_a_button_changes_the_condition_and_says_so(do: str, said: str, focus: str) -> None:
    answer = send(client_of(build(Fakes()), LEAD), EDIT, do)
    assert f'id="builder-said">{said}<' in answer.text
    assert f'name="{focus}.field" aria-label="Field" data-live autofocus' in answer.text


def test_what_changes_is_said_in_words_before_anything_is_published() -> None:
    fakes = Fakes()
    answer = send(client_of(build(fakes), LEAD), EDIT, "review")
    assert answer.status_code == 200
    assert "queue was General, is Enterprise desk." in answer.text
    assert '<ins class="line-new">+    then: {queue: All}</ins>' in answer.text
    assert '<input type="hidden" name="when.0.value" value="500">' in answer.text
    assert f'action="{EDIT}"' in answer.text
    assert published(fakes) == []


def test_publishing_leads_to_the_rules() -> None:
    fakes = Fakes()
    answer = send(client_of(build(fakes), LEAD), EDIT, "publish")
    assert answer.location == "/playbook"
    (draft,) = published(fakes)
    assert isinstance(draft, RuleDraft)
    assert draft.note == "Because"


@pytest.mark.parametrize("places", [None, "2 1"])
def test_publishing_needs_a_note(places: str | None) -> None:
    fakes = Fakes()
    client = client_of(build(fakes), LEAD)
    if places is None:
        answer = send(client, EDIT, "publish", note=" ")
    else:
        answer = order(client, "publish", places)
    assert answer.status_code == 422
    assert "Say what changes first" in answer.text
    assert published(fakes) == []


def test_a_rule_with_a_problem_comes_back_as_it_was_sent() -> None:
    answer = send(client_of(build(Fakes()), LEAD), EDIT, "publish", when__0__value="many")
    assert answer.status_code == 422
    assert "Not published." in answer.text
    assert 'value="many"' in answer.text
    assert 'value="Until June."' in answer.text


def test_problems_stand_beside_what_they_are_about() -> None:
    view = rule_editor(None, name="Another rule has it.", queue="Gone.", **{"when.0": "No number."})
    html = client_of(build(Fakes(rule_now=view)), LEAD).get(EDIT).text
    for place in ("name", "queue", "when.0"):
        assert f'id="{place}-e"' in html
        assert re.search(f'aria-describedby="[^"]*{place}-e"', html)


def test_a_conflict_keeps_the_draft_and_says_what_differs() -> None:
    fakes = Fakes(conflict=Conflict(42, "Samuel Okoro"))
    answer = send(client_of(build(fakes), LEAD), EDIT, "publish")
    assert answer.status_code == 409
    assert "Samuel Okoro published playbook 42 while you were writing." in answer.text
    assert "What others changed meanwhile" in answer.text
    assert 'name="based_on" value="42"' in answer.text
    assert 'name="when.0.value" value="500"' in answer.text
    assert 'value="Because"' in answer.text


def test_a_conflict_over_an_order_keeps_it() -> None:
    fakes = Fakes(conflict=Conflict(42, "Samuel Okoro"))
    answer = order(client_of(build(fakes), LEAD), "publish", "2 1 3 4 5 6", note="Mine")
    assert answer.status_code == 409
    assert '<input type="hidden" name="order" value="2 1 3 4 5 6">' in answer.text
    assert f'action="{ORDER}"' in answer.text


@pytest.mark.parametrize(
    ("do", "places", "after", "said", "focus"),
    [
        ("move-up 3", None, "1 3 2 4 5 6", "desk is now rule 2 of 6.", "move-up 3"),
        ("move-up 3", "1 3 2 4 5 6", "3 1 2 4 5 6", "desk is now rule 1 of 6.", "move-down 3"),
        ("move-down 5", None, "1 2 3 4 6 5", "Compliance is now rule 6 of 6.", "move-up 5"),
        ("put 1 4", None, "2 3 4 1 5 6", "Priority is now rule 4 of 6.", "move-up 1"),
        ("gone 1", "2 1 3", "2 1 3", "", ""),
    ],
)
def test_a_move_says_the_new_place_and_keeps_the_focus(
    do: str, places: str | None, after: str, said: str, focus: str
) -> None:
    html = order(client_of(build(Fakes()), LEAD), do, places).text
    assert f'name="order" value="{after}"' in html
    assert f'{said}</p>\n<form method="post" action="{ORDER}"' in html
    assert html.count("autofocus") == (1 if focus else 0)
    if focus:
        (button,) = [part for part in html.split("<button") if "autofocus" in part]
        assert f'value="{focus}"' in button


def test_an_order_that_is_no_list_of_numbers_is_read_as_far_as_it_goes() -> None:
    fakes = Fakes()
    order(client_of(build(fakes), LEAD), "review", "2 x 1 -3 99999999999999 ²")
    assert ("review", RuleOrder(41, (2, 1))) in fakes.asked


def test_taking_a_rule_out_shows_what_changes_first() -> None:
    client = client_of(build(Fakes()), LEAD)
    html = client.get("/playbook/rules/Night%20hours/delete").text
    assert "What you change" in html
    assert '<input type="hidden" name="order" value="1 2 4">' in html
    assert client.get("/playbook/rules/Gone/delete").status_code == 404


def test_back_from_the_changes_leads_to_the_same_draft() -> None:
    fakes = Fakes()
    client = client_of(build(fakes), LEAD)
    page = send(client, EDIT, "review", try__text="two\nlines").text
    sent = MultiDict([("csrf_token", form_token(client, EDIT)), ("do", "preview")])
    for part in page.split("<form")[-1].split("<input")[1:]:
        if 'type="hidden"' in part and "csrf" not in part:
            name, value = part.split('name="')[1].split('"')[0], part.split('value="')[1]
            sent.add(name, value.split('"')[0])
    client.post(EDIT, data=sent)
    assert looked_at(fakes).when == {"all": [{"field": "account.employees", "at least": 500}]}
    assert looked_at(fakes).tags == ("night", "late shift")
    assert '<textarea hidden name="try.text">\ntwo\nlines</textarea>' in page


def history_of(page: str) -> str:
    return page.split('name="history" value="')[1].split('"', maxsplit=1)[0]


def test_what_was_chosen_and_pressed_is_undone_and_done_again_step_by_step() -> None:
    fakes = Fakes()
    client = client_of(build(fakes), LEAD)
    page = send(client, EDIT, "preview").text
    assert page.count('value="undo" aria-label="Undo"') == 1
    pressed = send(client, EDIT, "negate when.0", history=history_of(page)).text
    turned = {"all": [{"not": {"field": "account.employees", "at least": 500}}]}
    assert looked_at(fakes).when == turned
    # Typed and chosen after the page was shown: one step, also where undo is the next button.
    more = {"when__0__not": "yes", "queue": "Priority", "tags": "late"}
    back = send(client, EDIT, "undo", history=history_of(pressed), **more).text
    assert 'id="builder-said">Undone: the queue and the tags.<' in back
    assert (looked_at(fakes).queue, looked_at(fakes).when) == ("General", turned)
    assert (looked_at(fakes).note, looked_at(fakes).based_on) == ("Because", 41)
    back = send(client, EDIT, "undo", history=history_of(back), when__0__not="yes").text
    assert 'id="builder-said">Undone: the condition.<' in back
    assert looked_at(fakes).when == {"all": [{"field": "account.employees", "at least": 500}]}
    again = send(client, EDIT, "redo", history=history_of(back)).text
    assert 'id="builder-said">Done again: the condition.<' in again
    assert looked_at(fakes).when == turned


def test_where_nothing_was_done_there_is_nothing_to_undo() -> None:
    client = client_of(build(Fakes()), LEAD)
    for history in ("", "no history"):
        answer = send(client, EDIT, "undo", history=history)
        assert answer.status_code == 200
        assert "There is nothing to undo." in answer.text
    begun = client.get(EDIT).text
    for button in ("undo", "redo"):
        (said,) = [part for part in begun.split("<button") if f'value="{button}"' in part]
        assert " disabled" in said.split(">")[0]


def test_a_wait_and_a_share_that_the_form_hides_are_not_kept() -> None:
    fakes = Fakes()
    client = client_of(build(fakes), LEAD)
    hidden = {"waits": "4 h", "share": "10", "guards": "csat"}
    send(client, EDIT, "preview", **hidden)
    assert (looked_at(fakes).waits, looked_at(fakes).share) == ("", "")
    assert looked_at(fakes).guards == ()
    send(client, EDIT, "preview", on="waiting", state="canary", **hidden)
    assert (looked_at(fakes).waits, looked_at(fakes).share) == ("4 h", "10")
    assert looked_at(fakes).guards == ("csat",)


class TestWhatIsWrong:
    """Findings stand beside the draft, those that are new told apart, with what mends them."""

    def view(self) -> RuleEditor:
        shadowed = a_finding(Kind.SHADOWED, "Never fires: rule 2 takes every ticket.", (3, 2))
        always = a_finding(Kind.ALWAYS, "Holds for every ticket.", (3,))
        other = a_finding(Kind.SHADOWED, "Never fires: rule 3 takes every ticket.", (5, 3))
        mended = a_finding(Kind.NEVER, "Never fires: it was never true.", (4,))
        own = (Found(shadowed, new=True), Found(always, new=False))
        return replace(rule_editor(), findings=DraftFindings(own, (other,), (mended,)))

    def test_each_has_its_witness_and_the_button_that_mends_it(self) -> None:
        html = client_of(build(Fakes(rule_now=self.view())), LEAD).get(EDIT).text
        checks = html.split('id="checks"')[1].split("</section>")[0]
        assert checks.count("Witness: a ticket with channel mail.") == 3
        assert 'value="place 2">Move above rule 2<' in checks
        assert 'value="always">Write always<' in checks
        assert 'value="place 5">Move this rule below rule 5<' in checks
        assert "Mended: rule 4. <s>Never fires: it was never true.</s>" in checks
        assert checks.count("new with this change") == 1
        assert checks.count("live already") == 1

    def test_a_rule_with_nothing_wrong_says_so_and_too_many_rules_too(self) -> None:
        well = client_of(build(Fakes()), LEAD).get(EDIT).text
        assert "No rule stands in its way, and it stands in the way of none." in well
        view = replace(rule_editor(), findings=DraftFindings(unread=True))
        long = client_of(build(Fakes(rule_now=view)), LEAD).get(EDIT).text
        assert "too many rules to look for mistakes while you write" in long

    @pytest.mark.parametrize(
        ("do", "place", "when", "said"),
        [
            ("place 2", 2, None, "The rule has another place."),
            ("place 0", 1, None, "The rule has another place."),
            ("place x", 3, None, ""),
            ("always", 3, "always", "The condition is always now."),
        ],
    )
    def test_a_mend_changes_the_draft_and_says_so(
        self, do: str, place: int, when: str | None, said: str
    ) -> None:
        fakes = Fakes()
        html = send(client_of(build(fakes), LEAD), EDIT, do).text
        assert looked_at(fakes).place == place
        assert when is None or looked_at(fakes).when == when
        if said:
            assert f'id="builder-said">{said}<' in html

    def test_the_page_of_rules_leads_to_the_form_with_always_in_it_not_yet_published(self) -> None:
        fakes = Fakes()
        html = client_of(build(fakes), LEAD).get(f"{EDIT}?always=1").text
        assert looked_at(fakes).when == "always"
        (undo,) = [part for part in html.split("<button") if 'value="undo"' in part]
        assert " disabled" not in undo.split(">")[0]
        assert published(fakes) == []

    def test_before_publishing_the_review_says_what_is_new(self) -> None:
        found = self.view().findings
        assert found is not None
        fakes = Fakes(review_now=replace(rule_review(), findings=found))
        html = send(client_of(build(fakes), LEAD), EDIT, "review").text
        assert "Rule 3. <b>Never fires: rule 2 takes every ticket.</b>" in html
        assert "Rule 5. <b>Never fires: rule 3 takes every ticket.</b>" in html
        assert "Holds for every ticket." not in html


def test_an_order_goes_back_step_by_step_and_says_so() -> None:
    client = client_of(build(Fakes()), LEAD)
    html = order(client, "move-up 3", None).text
    assert 'name="past" value="3&gt;3"' in html
    html = order(client, "remove 2", "1 3 2 4 5 6", past="3>3").text
    assert 'name="order" value="1 3 4 5 6"' in html
    assert 'name="past" value="3&gt;3 2&gt;3"' in html
    assert "Undo brings it back" in html
    html = order(client, "undo", "1 3 4 5 6", past="3>3 2>3").text
    assert 'name="order" value="1 3 2 4 5 6"' in html
    assert "Undone: " in html
    assert " is now rule 3 of 6." in html
    assert 'name="future" value="2&gt;0"' in html
    html = order(client, "redo", "1 3 2 4 5 6", past="3>3", future="2>0 junk ²>1 9").text
    assert 'name="order" value="1 3 4 5 6"' in html
    html = order(client, "undo", "1 2 3 4 5 6").text
    assert "There is nothing to undo." in html


def test_a_canary_is_marked_with_its_share_and_found_by_it() -> None:
    view = playbook_view()
    canary = "canary for 10 % of tickets, guarded by csat"
    rules = (replace(view.rules[0], state=canary), *view.rules[1:])
    client = client_of(build(Fakes(playbook_now=replace(view, rules=rules))), LEAD)
    assert '<span class="badge">canary for 10 % of tickets</span>' in client.get("/playbook").text
    found = client.get("/playbook?find=canary").text
    assert found.count('class="rule-line"') == 1
    assert view.rules[0].name in found
    assert "No rule has “xyz” in it" in client.get("/playbook?find=xyz").text


def test_a_copy_and_a_new_rule_begin_in_the_form() -> None:
    fakes = Fakes()
    client = client_of(build(fakes), LEAD)
    client.get("/playbook/rules/new?like=Night%20hours")
    assert send(client, "/playbook/rules/new", "publish").location == "/playbook"
    assert ("begin rule", None, "Night hours") in fakes.asked
    (draft,) = published(fakes)
    assert isinstance(draft, RuleDraft)
    assert draft.was is None


def test_the_versions_say_in_words_what_they_changed() -> None:
    html = client_of(build(Fakes()), LEAD).get("/playbook/versions").text
    assert html.count("<li>Rule “Night hours”: state was on, is off.</li>") == 5
    assert "And 2 more." in html


def test_only_the_live_rules_can_be_moved_and_only_all_of_them() -> None:
    client = client_of(build(Fakes()), LEAD)
    assert "Move Night hours up" in client.get("/playbook").text
    assert "Move Night hours up" not in client.get("/playbook?find=Night").text
    assert "Move Night hours up" not in client.get("/playbook/versions/40").text


def test_no_rule_is_written_without_the_forms_token() -> None:
    client = client_of(build(Fakes()), LEAD)
    assert client.post(ORDER, data={"do": "publish"}).status_code == 400
    assert client.post(EDIT, data=FORM).status_code == 400
