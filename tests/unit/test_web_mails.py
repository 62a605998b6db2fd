"""The page of one's own mails, and the links that stop them."""

from __future__ import annotations

import pytest
from page_samples import AGENT, LEAD, Fakes, build, client_of, form_token

from plugin.views.mails import MailKind, Subscription


def test_an_agent_is_told_that_there_are_none_for_them() -> None:
    assert "No mails for agents yet" in client_of(build(Fakes()), AGENT).get("/mails").text


def test_what_the_form_says_is_kept_for_who_is_signed_in() -> None:
    fakes = Fakes()
    client = client_of(build(fakes), LEAD)
    data = {
        "csrf_token": form_token(client, "/mails"),
        "do": "save",
        "weekday": "4",
        "hour": "17",
        "zone": "Europe/Berlin",
        "segments": ["VIP by hand"],
        "email": "somebody@else.example",
    }
    assert client.post("/mails/digest", data=data).status_code == 303
    wanted = Subscription(LEAD.email, MailKind.DIGEST, 4, 17, "Europe/Berlin", ("VIP by hand",))
    assert ("save mails", wanted, LEAD) in fakes.asked
    refused = client.post("/mails/digest", data={**data, "zone": "Mars"})
    assert refused.status_code == 400
    assert "is not a time zone" in refused.text
    assert 'value="Mars"' in refused.text
    stopped = client.post("/mails/alert", data={**data, "do": "stop"})
    assert stopped.status_code == 303
    assert ("stop mails", MailKind.ALERT, LEAD) in fakes.asked
    assert client.post("/mails/spam", data=data).status_code == 400


def test_a_link_only_asks_and_its_button_stops() -> None:
    fakes = Fakes()
    client = build(fakes).test_client()
    page = client.get("/stop/good")
    assert page.status_code == 200
    assert "Stop the digest?" in page.text
    assert page.headers["X-Robots-Tag"] == "noindex"
    assert not any(what[0] == "stop by link" for what in fakes.asked)
    # As a mail program does it: without a cookie, and without a form that we have shown.
    done = client.post("/stop/good", data={"List-Unsubscribe": "One-Click"})
    assert done.status_code == 200
    assert ("stop by link", "good") in fakes.asked
    assert "You get no digest any more" in done.text


@pytest.mark.parametrize("token", ["forged", "%00", "x" * 3_000])
def test_a_link_that_is_none_is_gone(token: str) -> None:
    client = build(Fakes()).test_client()
    for answer in (client.get(f"/stop/{token}"), client.post(f"/stop/{token}")):
        assert answer.status_code == 410
        assert "This link is closed" in answer.text
