"""The API: who gets in, what may be asked, and a document that says the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import out_samples
import pytest
from flask import Flask, session
from flask.sessions import NullSession
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from out_samples import TOKEN
from page_samples import ADMIN, Fakes, build, client_of, form_token
from werkzeug.test import TestResponse

from plugin.ports import Unavailable
from plugin.views.deliveries import Tally
from plugin.views.programs import NewToken, Program, Scope
from plugin.web.api import Api
from plugin.web.api_endpoints import DecisionsWanted, every_endpoint

PATHS = ("/api/v1/segments", "/api/v1/decisions?ticket=58213", "/api/v1/deliveries/tally")


@pytest.fixture
def fakes() -> Fakes:
    return Fakes()


@pytest.fixture
def app(fakes: Fakes) -> Flask:
    return build(fakes)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def ask(client: FlaskClient, path: str, token: str | None = TOKEN) -> TestResponse:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    return client.get(path, headers=headers)


def problem(answer: TestResponse, status: int) -> Mapping[str, Any]:
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    told: Mapping[str, Any] = answer.get_json(force=True)
    assert told["status"] == status
    assert {"type", "title", "detail"} <= set(told)
    return told


@pytest.mark.parametrize("path", PATHS)
def test_a_program_with_a_token_is_answered(client: FlaskClient, path: str) -> None:
    answer = ask(client, path)
    assert (answer.status_code, answer.content_type) == (200, "application/json")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer forged"},
        {"Authorization": f"Basic {TOKEN}"},
        {"Authorization": TOKEN},
        {"Authorization": "Bearer"},
        {"Authorization": f"Bearer {TOKEN}x"},
        {"Cookie": f"token={TOKEN}"},
        {"X-Api-Key": TOKEN},
    ],
)
def test_nobody_gets_in_without_one(
    client: FlaskClient, path: str, headers: dict[str, str]
) -> None:
    answer = client.get(path, headers=headers)
    problem(answer, 401)
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("name", ["access_token", "token", "api_key"])
def test_a_token_in_the_address_is_refused_and_not_repeated(client: FlaskClient, name: str) -> None:
    path = f"/api/v1/segments?{name}={TOKEN}"
    problem(client.get(path), 401)
    told = problem(ask(client, path), 400)
    assert told["problems"] == [{"where": name, "why": "There is no such parameter."}]
    assert TOKEN not in str(told)


def test_somebody_who_has_signed_in_is_no_program(app: Flask) -> None:
    for path in PATHS:
        problem(client_of(app, ADMIN).get(path), 401)


def test_no_answer_sets_a_cookie_or_opens_itself_to_other_sites(client: FlaskClient) -> None:
    for path in (*PATHS, "/api/v1/openapi.json", "/api/v1/nothing"):
        headers = ask(client, path).headers
        assert "Set-Cookie" not in headers
        assert not any(name.startswith("Access-Control") for name, _ in headers)


def test_a_token_lets_in_only_where_its_scope_is(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    narrow = Program(2, "Narrow", frozenset({Scope.KPIS}))
    monkeypatch.setattr(out_samples, "PROGRAM", narrow)
    for path in PATHS:
        told = problem(ask(client, path), 403)
        assert told["title"].startswith("This token may not read-")
        assert "It may read-kpis." in told["detail"]


def test_who_asks_too_often_is_told_when_to_come_again(client: FlaskClient) -> None:
    answer = ask(client, PATHS[0], "busy")
    problem(answer, 429)
    assert answer.headers["Retry-After"] == "3"


def test_a_database_that_is_away_is_a_problem_and_says_when_to_come_again(
    fakes: Fakes, client: FlaskClient
) -> None:
    fakes.fails = Unavailable("The database does not answer.", 5)
    answer = ask(client, PATHS[0])
    problem(answer, 503)
    assert answer.headers["Retry-After"] == "5"


@pytest.mark.parametrize(
    ("query", "problems"),
    [
        ("", {"ticket": "Field required."}),
        ("ticket=", {"ticket": "String should have at least 1 character."}),
        (f"ticket={'9' * 101}", {"ticket": "String should have at most 100 characters."}),
        ("ticket=1&ticket=2", {"ticket": "This comes more than once."}),
        ("ticket=1&limit=3", {"limit": "There is no such parameter."}),
        ("desk=x&limit=3", {"limit": "There is no such parameter.", "ticket": "Field required."}),
    ],
)
def test_every_mistake_of_a_question_is_told(
    client: FlaskClient, query: str, problems: dict[str, str]
) -> None:
    told = problem(ask(client, f"/api/v1/decisions?{query}"), 400)
    assert {one["where"]: one["why"] for one in told["problems"]} == problems


def test_what_is_asked_reaches_the_flow(fakes: Fakes, client: FlaskClient) -> None:
    ask(client, "/api/v1/decisions?ticket=58213&desk=zendesk")
    assert ("api decisions", "58213", "zendesk") in fakes.asked


def test_what_is_not_there_is_a_problem(client: FlaskClient) -> None:
    problem(ask(client, "/api/v1/nothing"), 404)
    problem(client.post(PATHS[0]), 405)


def test_the_document_is_openapi_and_names_every_route(app: Flask, client: FlaskClient) -> None:
    document = client.get("/api/v1/openapi.json").get_json()
    assert document["openapi"].startswith("3.1")
    OpenAPIV31SpecValidator(document).validate()
    routes = {
        rule.rule
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/") and rule.endpoint != "api.document"
    }
    assert set(document["paths"]) == routes
    for told in document["paths"].values():
        assert told["get"]["security"] == [{"token": [told["get"]["security"][0]["token"][0]]}]


def test_every_example_is_an_answer_that_the_document_allows(fakes: Fakes) -> None:
    needs = fakes.needs()
    document = every_endpoint(needs.to_programs, needs.results, needs.value).document()
    for path, told in document["paths"].items():
        content = told["get"]["responses"]["200"]["content"]["application/json"]
        schema = {**content["schema"], "components": document["components"]}
        Draft202012Validator(schema).validate(content["example"])
        assert content["example"], path


def test_every_real_answer_is_one_that_the_document_allows(client: FlaskClient) -> None:
    document = client.get("/api/v1/openapi.json").get_json()
    for path in PATHS:
        told = document["paths"][path.partition("?")[0]]["get"]
        schema = told["responses"]["200"]["content"]["application/json"]["schema"]
        validator = Draft202012Validator({**schema, "components": document["components"]})
        validator.validate(ask(client, path).get_json())
        refused = {"$ref": "#/components/schemas/Problem", "components": document["components"]}
        Draft202012Validator(refused).validate(client.get(path).get_json(force=True))


def test_a_parameter_stands_in_the_document_as_it_is_read(client: FlaskClient) -> None:
    document = client.get("/api/v1/openapi.json").get_json()
    ticket, desk = document["paths"]["/api/v1/decisions"]["get"]["parameters"]
    assert (ticket["name"], ticket["required"], ticket["in"]) == ("ticket", True, "query")
    assert ticket["schema"]["maxLength"] == 100
    assert not desk["required"]
    assert DecisionsWanted.__name__ not in document["components"]["schemas"]


def test_an_endpoint_whose_question_has_no_shape_is_refused_at_the_start() -> None:
    api = Api()

    def shapeless(wanted: int) -> Tally:
        raise NotImplementedError

    with pytest.raises(TypeError, match="must be dataclasses"):
        api.get("/x", Scope.KPIS, "X", None)(shapeless)


def test_a_made_token_is_shown_by_the_answer_and_never_again(app: Flask, fakes: Fakes) -> None:
    client = client_of(app, ADMIN)
    data = {"csrf_token": form_token(client, "/tokens"), "name": " Grafana ", "days": "90"}
    answer = client.post("/tokens", data={**data, "scopes": ["read-kpis", "read-kpis"]})
    assert TOKEN in answer.text
    assert ("add token", NewToken("Grafana", ("read-kpis",), 90), ADMIN.email) in fakes.asked
    assert TOKEN not in client.get("/tokens").text
    refused = client.post("/tokens", data=data)
    assert refused.status_code == 400
    assert "at least one thing" in refused.text


def test_a_token_is_revoked_by_its_button(app: Flask, fakes: Fakes) -> None:
    client = client_of(app, ADMIN)
    data = {"csrf_token": form_token(client, "/tokens"), "name": "Grafana"}
    assert client.post("/tokens/revoke", data=data).status_code == 303
    assert ("revoke", "Grafana", ADMIN.email) in fakes.asked


def test_no_cookie_is_even_read_for_a_program(app: Flask) -> None:
    cookie = client_of(app, ADMIN).get_cookie("deskroute")
    assert cookie is not None
    headers = {"Cookie": f"deskroute={cookie.value}"}
    with app.test_request_context("/exports", headers=headers):
        assert session["token"]
    with app.test_request_context(PATHS[0], headers=headers):
        assert isinstance(session, NullSession)
