"""The pages of receivers: what the form sends, and a secret that is shown once."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from out_samples import SECRET
from page_samples import ADMIN, Fakes, build, client_of, form_token

from plugin.views.receivers import NewReceiver


@pytest.fixture
def fakes() -> Fakes:
    return Fakes()


@pytest.fixture
def client(fakes: Fakes) -> FlaskClient:
    return client_of(build(fakes), ADMIN)


def test_a_new_receivers_secret_is_shown_by_the_answer_and_never_again(
    fakes: Fakes, client: FlaskClient
) -> None:
    answer = client.post(
        "/receivers",
        data={
            "csrf_token": form_token(client, "/receivers"),
            "name": " CRM ",
            "url": "https://crm.example.com",
            "events": ["goal.met", "segment.members", "goal.met"],
            "segments": ["VIP by hand"],
        },
    )
    assert answer.status_code == 200
    assert SECRET in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    wanted = NewReceiver(
        "CRM", "https://crm.example.com", ("goal.met", "segment.members"), ("VIP by hand",)
    )
    assert ("add receiver", wanted, ADMIN.email) in fakes.asked
    assert SECRET not in client.get("/receivers/CRM").text


def test_a_refused_one_comes_back_with_what_was_entered(client: FlaskClient) -> None:
    token = form_token(client, "/receivers")
    data = {"csrf_token": token, "name": "X", "url": "ftp://x", "events": ["goal.met"]}
    answer = client.post("/receivers", data=data)
    assert answer.status_code == 400
    assert "The address must begin with https://" in answer.text
    assert 'value="ftp://x"' in answer.text


def test_a_change_without_an_event_is_refused_where_it_was_made(client: FlaskClient) -> None:
    token = form_token(client, "/receivers/CRM")
    data = {"csrf_token": token, "do": "save", "url": "https://x.example"}
    answer = client.post("/receivers/CRM", data=data)
    assert answer.status_code == 400
    assert "Choose at least one event" in answer.text


@pytest.mark.parametrize(
    ("sent", "asked"),
    [
        ({"do": "test"}, ("test receiver", "CRM", ADMIN.email)),
        ({"do": "on"}, ("switch receiver", "CRM", ADMIN.email, True)),
        ({"do": "off"}, ("switch receiver", "CRM", ADMIN.email, False)),
        ({"do": "replay"}, ("replay messages", "CRM", ADMIN.email, None)),
        ({"do": "replay", "message": "8"}, ("replay messages", "CRM", ADMIN.email, 8)),
        ({"do": "anew"}, ("start over", "CRM", ADMIN.email)),
        ({"do": "remove"}, ("remove receiver", "CRM", ADMIN.email)),
    ],
)
def test_a_button_does_what_it_says(
    fakes: Fakes, client: FlaskClient, sent: dict[str, str], asked: tuple[object, ...]
) -> None:
    token = form_token(client, "/receivers/CRM")
    answer = client.post("/receivers/CRM", data={"csrf_token": token, **sent})
    assert answer.status_code == 303
    assert asked in fakes.asked


def test_a_renewed_secret_is_shown_by_the_answer(client: FlaskClient) -> None:
    token = form_token(client, "/receivers/CRM")
    answer = client.post("/receivers/CRM", data={"csrf_token": token, "do": "renew"})
    assert SECRET in answer.text


def test_a_button_that_is_not_there_is_refused(client: FlaskClient) -> None:
    token = form_token(client, "/receivers/CRM")
    answer = client.post("/receivers/CRM", data={"csrf_token": token, "do": "explode"})
    assert answer.status_code == 400
