"""The page that finds groups: what it offers, what it tells, and the draft it leads to."""

from __future__ import annotations

from dataclasses import replace

from page_samples import AGENT, LEAD, Fakes, build, client_of, form_token
from segment_samples import bare_group_search, group_search

from plugin.views.segments import FoundGroups, SegmentDraft

PAGE = "/segments/find"


def test_only_fields_that_say_something_of_their_own_are_chosen_at_first() -> None:
    html = client_of(build(Fakes()), LEAD).get(PAGE).text
    assert 'value="customer.orders" checked' in html
    assert 'value="customer.revenue_rank">' in html
    assert "known of 14,002 (90.0\u202f%)" in html
    assert "Known of too few to look in: income (12.0\u202f%)." in html


def test_a_search_keeps_what_was_chosen_and_tells_each_group() -> None:
    fakes = Fakes()
    client = client_of(build(fakes), LEAD)
    chosen = {"field": ["customer.days_to_pay", "customer.revenue_rank"], "count": "3"}
    html = client.post(PAGE, data={"csrf_token": form_token(client, PAGE), **chosen}).text
    assert ("find groups", ("customer.days_to_pay", "customer.revenue_rank"), 3) in fakes.asked
    assert 'value="customer.revenue_rank" checked' in html
    assert 'value="customer.orders">' in html
    assert '<option value="3" selected>' in html
    assert "days to pay is more than 34, and orders is at most 20" in html
    assert "catches 98.0\u202f% of them; 96.0\u202f% of whom it catches are such" in html
    assert "days to pay 50.3, orders 4" in html
    assert "Not used: sessions, the same for everybody." in html
    assert "A group of 310 could not be told apart" in html


def test_a_found_group_opens_the_form_as_a_draft_and_publishes_nothing() -> None:
    fakes = Fakes()
    client = client_of(build(fakes), LEAD)
    found = fakes.found_now
    form = {
        "csrf_token": form_token(client, PAGE),
        "based_on": "41",
        "place": "11",
        "name": found.groups[0].name,
        "model": "data-driven",
        "do": "preview",
        **dict(found.groups[0].pairs),
    }
    html = client.post(PAGE, data={"csrf_token": form["csrf_token"]}).text
    for name, value in form.items():
        if name not in {"csrf_token", "do"}:
            assert f'name="{name}" value="{value}"' in html
    answer = client.post("/segments/new", data=form)
    assert answer.status_code == 200
    (draft,) = [what[1] for what in fakes.asked if what[0] == "look"]
    assert isinstance(draft, SegmentDraft)
    assert (draft.was, draft.model, draft.place) == (None, "data-driven", 11)
    assert draft.when == {
        "all": [
            {"field": "customer.days_to_pay", "more than": 34},
            {"field": "customer.orders", "at most": 20},
        ]
    }
    assert not [what for what in fakes.asked if what[0] == "publish segment"]


def test_why_nothing_was_found_is_said_and_the_choice_is_kept() -> None:
    fakes = Fakes(found_now=FoundGroups("99 customers are known; 100 are needed."))
    client = client_of(build(fakes), LEAD)
    data = {"csrf_token": form_token(client, PAGE), "field": "customer.orders"}
    html = client.post(PAGE, data=data).text
    assert "<b>No groups.</b> 99 customers are known; 100 are needed." in html
    assert 'value="customer.orders" checked' in html


def test_what_is_missing_for_a_search_is_said_before_it_is_begun() -> None:
    missing = replace(group_search(), is_able=False)
    html = client_of(build(Fakes(search_now=missing)), LEAD).get(PAGE).text
    assert 'pip install "deskroute[analysis]"' in html
    assert "Find groups</button>" not in html
    html = client_of(build(Fakes(search_now=bare_group_search())), LEAD).get(PAGE).text
    assert "Nothing to look in" in html
    assert "Find groups</button>" not in html
    assert "No playbook is live" in client_of(build(Fakes(search_now=None)), LEAD).get(PAGE).text


def test_groups_are_for_leads() -> None:
    client = client_of(build(Fakes()), AGENT)
    assert client.get(PAGE).status_code == 403
    html = client_of(build(Fakes()), LEAD).get("/segments").text
    assert 'href="/segments/find">Find segments in the data</a>' in html
