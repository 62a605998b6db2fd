"""The forms of customer sources: adding, changing, trying and removing one."""

from __future__ import annotations

from dataclasses import replace

import pytest
from page_samples import (
    ADMIN,
    HOSTILE,
    LEAD,
    Fakes,
    build,
    client_of,
    form_token,
    poisoned,
    source_form,
    tried_source,
)

from plugin.customers.addresses import Addresses
from plugin.customers.kinds import Kinds

ENTERED = {"name": "CRM", "url": "https://crm.example.com/{email}", "token": "s3cret", "place": "4"}
ONE = "/sources/one?name=CRM"


def post(fakes: Fakes, path: str, **form: str) -> tuple[int, str]:
    client = client_of(build(fakes), ADMIN)
    token = form_token(client, path)
    answer = client.post(path, data={"csrf_token": token, **form})
    return answer.status_code, answer.text


def test_a_source_is_added_with_what_was_entered_and_by_whom() -> None:
    fakes = Fakes()
    status, _ = post(fakes, "/sources/new/http", **ENTERED, do="save")
    assert status == 303
    entered = {**ENTERED, "do": "save"}
    assert fakes.asked == [("save", "CRM", "http", entered, ADMIN.email, True)]


def test_a_source_is_changed_under_the_name_it_has() -> None:
    fakes = Fakes()
    status, _ = post(fakes, ONE, url="https://x.example/{email}", do="save")
    assert status == 303
    assert fakes.asked[0][:3] == ("save", "CRM", "")
    assert fakes.asked[0][-1] is False


def test_what_is_wrong_stands_at_its_field_and_nothing_that_was_entered_is_lost() -> None:
    wrong = replace(source_form(), problems={"url": "The address must begin with https://"})
    status, text = post(Fakes(source_now=wrong), "/sources/new/http", **ENTERED)
    assert status == 400
    assert "Not saved." in text
    assert 'aria-describedby="url-h url-e" aria-invalid="true"' in text
    assert "The address must begin with https://" in text
    assert 'value="https://crm.example.com/{email}"' in text


def test_a_secret_is_never_shown_again_only_that_there_is_one() -> None:
    values = {**source_form().values, "token": "the-token-nobody-may-see"}
    fakes = Fakes(source_now=replace(source_form(), values=values))
    text = client_of(build(fakes), ADMIN).get(ONE).text
    assert "nobody-may-see" not in text
    assert "One is kept; leave this empty to keep it." in text


def test_a_try_shows_what_came_with_its_kind_and_what_was_not_taken() -> None:
    fakes = Fakes()
    status, text = post(fakes, ONE, do="test", who="lena@kontor.example")
    assert fakes.asked == [("try", "CRM", "lena@kontor.example")]
    assert status == 200
    assert "1 fact in 0.21" in text
    assert "customer.plan" in text
    assert "“many” is not a number." in text


def test_a_try_that_failed_says_why() -> None:
    tried = replace(tried_source(), known=False, problem="CRM answered 503 Service Unavailable.")
    _, text = post(Fakes(tried_now=tried), ONE, do="test", who="lena@kontor.example")
    assert "CRM answered 503 Service Unavailable." in text


def test_nothing_a_source_says_becomes_markup() -> None:
    fakes = Fakes(tried_now=poisoned(replace(tried_source(), problem="")))
    _, text = post(fakes, ONE, do="test", who="lena@kontor.example")
    assert HOSTILE not in text


def test_a_source_is_removed_and_the_list_says_so() -> None:
    fakes = Fakes()
    status, _ = post(fakes, ONE, do="remove")
    assert (status, fakes.asked) == (303, [("remove", "CRM", ADMIN.email)])


def test_a_form_that_says_nothing_known_changes_nothing() -> None:
    fakes = Fakes()
    status, _ = post(fakes, ONE, do="explode", url="https://x.example/{email}")
    assert (status, fakes.asked) == (400, [])


def test_a_kind_whose_client_is_missing_says_how_to_install_it_before_anything_is_entered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("plugin.customers.kinds.find_spec", lambda _: None)
    kinds = {kind.name: kind for kind in Kinds(Addresses()).all()}
    assert [name for name, kind in kinds.items() if kind.missing] == ["hubspot", "stripe"]
    fakes = Fakes(source_now=replace(source_form(), kind=kinds["hubspot"]))
    client = client_of(build(fakes), ADMIN)
    listed, form = client.get("/sources").text, client.get("/sources/new/hubspot").text
    assert "/sources/new/hubspot" not in listed
    for page in (listed, form):
        assert "HubSpot needs its client, which is not installed." in page
        assert ".venv/bin/pip install -e" in page


def test_a_source_that_is_down_is_said_above_the_list() -> None:
    text = client_of(build(Fakes()), ADMIN).get("/sources").text
    assert "Billing is not answering since" in text
    assert "Routed on what is known; checked again when it returns." in text
    assert "account.arr, customer.plan" in text


def test_what_the_desk_knows_itself_stands_last_and_cannot_be_changed() -> None:
    text = client_of(build(Fakes()), ADMIN).get("/sources").text
    assert "desk’s own fields" in text
    assert "name=zendesk" not in text


def test_a_source_that_is_not_there_is_not_found() -> None:
    assert client_of(build(Fakes()), ADMIN).get("/sources/one?name=Nobody").status_code == 404


@pytest.mark.parametrize("path", ["/sources/new/http", ONE])
def test_a_lead_may_not_open_the_forms(path: str) -> None:
    assert client_of(build(Fakes()), LEAD).get(path).status_code == 403
