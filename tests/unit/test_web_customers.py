"""The page of customers' data: find one, export it, forget it."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from page_samples import (
    ADMIN,
    HOSTILE,
    LEAD,
    Fakes,
    build,
    client_of,
    form_token,
    held_view,
    poisoned,
)
from werkzeug.test import TestResponse

EMAIL = "katrin@brandt.example"


def send(client: FlaskClient, path: str = "", **form: str) -> TestResponse:
    token = form_token(client, "/customers")
    return client.post(f"/customers{path}", data={"csrf_token": token, "email": EMAIL, **form})


def test_what_is_held_is_shown_with_what_becomes_of_it() -> None:
    fakes = Fakes()
    html = send(client_of(build(fakes), ADMIN)).text
    assert ("held", EMAIL, ADMIN) in fakes.asked
    assert "Katrin Brandt" in html
    assert "Subject, text, name, address and tags go" in html
    assert "The comment goes" not in html  # there is none
    assert "also signs in here" in html
    assert "Forget this customer…" in html


def test_where_nothing_is_held_the_page_says_so_and_offers_no_export() -> None:
    html = send(client_of(build(Fakes(held_now=held_view(0))), ADMIN)).text
    assert "Nothing is held" in html
    assert "Export as JSON" not in html


def test_a_text_that_is_no_address_is_refused_beside_its_field() -> None:
    answer = send(client_of(build(Fakes()), ADMIN), email="katrin")
    assert answer.status_code == 400
    assert "“katrin” is not an e-mail address." in answer.text
    assert 'aria-invalid="true"' in answer.text


def test_the_address_never_stands_in_a_link() -> None:
    client = client_of(build(Fakes()), ADMIN)
    for path in ("", "/confirm"):
        html = send(client, path).text
        assert "?email" not in html
        assert 'method="get"' not in html.casefold()


@pytest.mark.parametrize(("wanted", "kind"), [("json", "application/json"), ("csv", "text/csv")])
def test_the_export_is_a_file(wanted: str, kind: str) -> None:
    fakes = Fakes()
    answer = send(client_of(build(fakes), ADMIN), "/export", **{"as": wanted})
    assert answer.mimetype == kind
    assert answer.headers["Content-Disposition"] == f'attachment; filename="customer.{wanted}"'
    assert "no-store" in answer.headers["Cache-Control"]
    assert ("export", EMAIL, ADMIN, wanted == "csv") in fakes.asked


def test_forgetting_asks_first_and_says_what_goes() -> None:
    fakes = Fakes()
    html = send(client_of(build(fakes), ADMIN), "/confirm").text
    assert "What goes cannot be brought back." in html
    assert "Subject, text, name, address and tags go" in html
    assert not [asked for asked in fakes.asked if asked[0] == "forget"]


@pytest.mark.parametrize("again", ["", "katrin", "other@brandt.example"])
def test_without_the_address_typed_again_nobody_is_forgotten(again: str) -> None:
    fakes = Fakes()
    answer = send(client_of(build(fakes), ADMIN), "/forget", again=again)
    assert answer.status_code == 400
    assert "Nothing was forgotten." in answer.text
    assert not [asked for asked in fakes.asked if asked[0] == "forget"]


def test_with_the_address_typed_again_the_customer_is_forgotten() -> None:
    fakes = Fakes()
    client = client_of(build(fakes), ADMIN)
    answer = send(client, "/forget", again=f" {EMAIL.upper()} ")
    assert (answer.status_code, answer.location) == (303, "/customers")
    assert ("forget", EMAIL, ADMIN) in fakes.asked
    html = client.get("/customers").text
    assert "The customer is forgotten." in html
    assert EMAIL not in html


def test_no_text_of_a_stranger_becomes_markup() -> None:
    fakes = Fakes(held_now=poisoned(held_view()))
    for path in ("", "/confirm"):
        answer = send(client_of(build(fakes), ADMIN), path)
        assert answer.status_code == 200
        assert HOSTILE not in answer.text


@pytest.mark.parametrize("path", ["", "/export", "/confirm", "/forget"])
def test_only_admins_see_customers_data(path: str) -> None:
    client = client_of(build(Fakes()), LEAD)
    token = form_token(client, "/decisions")
    answer = client.post(f"/customers{path}", data={"csrf_token": token, "email": EMAIL})
    assert answer.status_code == 403
