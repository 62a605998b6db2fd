"""Who may open what, and what a stranger gets instead."""

from __future__ import annotations

import pytest
from flask import Blueprint, Flask
from flask.testing import FlaskClient
from page_samples import (
    ADMIN,
    AGENT,
    LEAD,
    PASSWORD,
    Fakes,
    FakeSignIn,
    build,
    client_of,
    form_token,
)
from werkzeug.test import TestResponse

from plugin.ports import Refused, Unavailable
from plugin.views.people import Person, Role
from plugin.views.programs import Scope
from plugin.web.guard import access_of, check_routes, within

PUBLIC = {
    "assets.file",
    "sign_in.form",
    "sign_in.enter",
    "sign_in.leave",
    "panel_sign_in.form",
    "panel_sign_in.enter",
    "panel_sign_in.leave",
    "survey.page",
    "survey.answer",
    "survey.leaving",
    "survey.leave",
    "api.document",
    "mails.ask",
    "mails.stop",
}
SCOPES = {
    "api.kpis": Scope.KPIS,
    "api.value": Scope.KPIS,
    "api.segments": Scope.PLAYBOOK,
    "api.decisions": Scope.TICKETS,
    "api.deliveries_tally": Scope.DELIVERIES,
}
ROLES = {
    "panel": Role.AGENT,
    "decisions": Role.AGENT,
    "playbook": Role.AGENT,
    "quality": Role.LEAD,
    "back_test": Role.LEAD,
    "rules": Role.LEAD,
    "cases": Role.LEAD,
    "drafts": Role.LEAD,
    "segments": Role.AGENT,
    "charts": Role.AGENT,
    "results": Role.LEAD,
    "compare": Role.LEAD,
    "goals": Role.LEAD,
    "value": Role.LEAD,
    "issues": Role.LEAD,
    "surveys": Role.LEAD,
    "deliveries": Role.ADMIN,
    "audit": Role.ADMIN,
    "sources": Role.ADMIN,
    "receivers": Role.ADMIN,
    "mails": Role.AGENT,
    "exports": Role.LEAD,
    "tokens": Role.ADMIN,
    "customers": Role.ADMIN,
}
FOR_LEADS = {
    "playbook.edit",
    "playbook.publish",
    "playbook.roll_back",
    "segments.every",
    "segments.overlaps",
    "segments.search",
    "segments.find",
    "segments.review",
    "segments.new",
    "segments.make",
    "segments.edit",
    "segments.change",
}


FOR_ADMINS = {"drafts.demand", "exports.agents"}


def test_every_route_says_who_may_use_it() -> None:
    app = build(Fakes())
    for rule in app.url_map.iter_rules():
        access = access_of(app, rule.endpoint)
        assert access is not None, rule.endpoint
        assert access.scope is SCOPES.get(rule.endpoint), rule.endpoint
        if access.scope is not None:
            assert access.role is None
            continue
        assert not rule.rule.startswith("/api/") or rule.endpoint == "api.document"
        wanted = None if rule.endpoint in PUBLIC else ROLES[rule.endpoint.split(".")[0]]
        wanted = Role.LEAD if rule.endpoint in FOR_LEADS else wanted
        assert access.role == (Role.ADMIN if rule.endpoint in FOR_ADMINS else wanted), rule.endpoint


def test_only_signed_links_and_programs_need_no_form_token() -> None:
    app = build(Fakes())
    free = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if (access := access_of(app, rule.endpoint)) is not None and not access.form_token
    }
    assert free == {"survey.answer", "survey.leave", "mails.stop", *SCOPES}


def test_a_route_that_says_nothing_stops_the_start() -> None:
    app = build(Fakes())
    app.register_blueprint(_forgetful())
    with pytest.raises(RuntimeError, match=r"forgetful\.page"):
        check_routes(app)


def test_a_route_that_slipped_in_later_is_refused() -> None:
    app = build(Fakes())
    app.register_blueprint(_forgetful())
    assert client_of(app, ADMIN).get("/forgetful").status_code == 500


def _forgetful() -> Blueprint:
    blueprint = Blueprint("forgetful", __name__)
    blueprint.add_url_rule("/forgetful", "page", lambda: "open to all")
    return blueprint


@pytest.mark.parametrize(
    ("person", "path", "status"),
    [
        (AGENT, "/decisions", 200),
        (AGENT, "/playbook", 200),
        (AGENT, "/panel/zendesk/58213", 200),
        (AGENT, "/", 403),
        (AGENT, "/playbook/import", 403),
        (AGENT, "/deliveries", 403),
        (LEAD, "/audit", 403),
        (AGENT, "/playbook/drafts/5", 403),
        (LEAD, "/playbook/drafts/5", 200),
        (ADMIN, "/audit", 200),
        (LEAD, "/", 200),
        (LEAD, "/playbook/import", 200),
        (LEAD, "/deliveries", 403),
        (ADMIN, "/deliveries", 200),
    ],
)
def test_each_role_may_open_what_is_theirs(person: Person, path: str, status: int) -> None:
    assert client_of(build(Fakes()), person).get(path).status_code == status


@pytest.mark.parametrize(
    ("person", "path"),
    [
        (AGENT, "/playbook/import"),
        (AGENT, "/playbook/versions/40/roll-back"),
        (AGENT, "/deliveries/7/replay"),
        (LEAD, "/deliveries/replay"),
        (LEAD, "/deliveries/7/body"),
        (LEAD, "/audit/export"),
        (LEAD, "/playbook/drafts/approvals"),
        (AGENT, "/playbook/drafts"),
        (AGENT, "/playbook/drafts/5"),
        (AGENT, "/playbook/cases/new"),
    ],
)
def test_a_role_that_is_too_low_changes_nothing_even_with_a_token(
    person: Person, path: str
) -> None:
    fakes = Fakes()
    client = client_of(build(fakes), person)
    token = form_token(client, "/decisions")
    fakes.asked.clear()
    assert client.post(path, data={"csrf_token": token, "text": "x"}).status_code == 403
    assert fakes.asked == []


def test_the_refusal_says_which_role_is_needed() -> None:
    answer = client_of(build(Fakes()), AGENT).get("/deliveries")
    assert "This page is for admins." in answer.text
    assert "signed in as Mara Lindqvist, in the role agent" in answer.text


def test_a_stranger_is_sent_to_sign_in_and_back() -> None:
    answer = client_of(build(Fakes())).get("/decisions?before=5")
    assert answer.status_code == 303
    assert answer.location == "/sign-in?next=/decisions?before%3D5"


def test_a_token_we_no_longer_know_is_a_stranger() -> None:
    client = client_of(build(Fakes()))
    with client.session_transaction() as session:
        session["token"] = "token of somebody@else.example"
    assert client.get("/decisions").status_code == 303


@pytest.mark.parametrize(
    ("person", "home"), [(AGENT, "/decisions"), (LEAD, "/playbook"), (ADMIN, "/")]
)
def test_signing_in_leads_each_role_to_its_first_page(person: Person, home: str) -> None:
    assert sign_in(build(Fakes()), person, "/").location == home


def test_signing_in_leads_back_to_the_page_that_was_wanted() -> None:
    assert sign_in(build(Fakes()), AGENT, "/decisions/7").location == "/decisions/7"


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "/\t/evil.example/",
        "\\\\evil.example",
        "javascript:alert(1)",
        "/\n/evil.example",
        "evil.example",
    ],
)
def test_signing_in_never_leads_to_another_site(elsewhere: str) -> None:
    app = build(Fakes())
    assert within(elsewhere) is None
    assert sign_in(app, AGENT, elsewhere).location == "/decisions"
    signed_in = client_of(app, AGENT).get("/sign-in", query_string={"next": elsewhere})
    assert signed_in.location == "/decisions"


def sign_in(app: Flask, person: Person, wanted: str) -> TestResponse:
    client = client_of(app)
    token = form_token(client, "/sign-in")
    form = {"email": person.email, "password": PASSWORD, "next": wanted, "csrf_token": token}
    return client.post("/sign-in", data=form)


def test_signing_in_drops_whatever_the_session_held() -> None:
    client = client_of(build(Fakes()))
    token = form_token(client, "/sign-in")
    with client.session_transaction() as session:
        session["planted"] = "by a stranger"
    form = {"email": AGENT.email, "password": PASSWORD, "csrf_token": token}
    client.post("/sign-in", data=form)
    with client.session_transaction() as session:
        assert dict(session) == {"token": f"token of {AGENT.email}"}


def test_a_wrong_password_keeps_the_mail_and_never_the_password() -> None:
    client = client_of(build(Fakes()))
    token = form_token(client, "/sign-in")
    form = {"email": AGENT.email, "password": "not it", "csrf_token": token}
    answer = client.post("/sign-in", data=form)
    assert answer.status_code == 401
    assert "do not fit together" in answer.text
    assert AGENT.email in answer.text
    assert "not it" not in answer.text
    assert client.get("/decisions").status_code == 303


def test_signing_out_forgets_the_token_on_both_sides() -> None:
    fakes = Fakes()
    client = client_of(build(fakes), AGENT)
    token = form_token(client, "/decisions")
    assert client.post("/sign-out", data={"csrf_token": token}).location == "/sign-in"
    assert ("end", f"token of {AGENT.email}") in fakes.asked
    assert client.get("/decisions").status_code == 303


@pytest.mark.parametrize(
    ("person", "path"),
    [
        (None, "/sign-in"),
        (AGENT, "/sign-out"),
        (AGENT, "/panel/zendesk/58213/replies"),
        (AGENT, "/panel/zendesk/58213/queue"),
        (LEAD, "/playbook/import"),
        (LEAD, "/playbook/versions/40/roll-back"),
        (ADMIN, "/deliveries/replay"),
        (ADMIN, "/deliveries/7/replay"),
        (ADMIN, "/deliveries/7/body"),
        (ADMIN, "/audit/export"),
        (LEAD, "/playbook/cases/new"),
        (LEAD, "/playbook/drafts"),
        (LEAD, "/playbook/drafts/5"),
        (ADMIN, "/playbook/drafts/approvals"),
    ],
)
@pytest.mark.parametrize("token", [None, "forged"])
def test_a_form_that_is_not_ours_changes_nothing(
    person: Person | None, path: str, token: str | None
) -> None:
    fakes = Fakes()
    data = {} if token is None else {"csrf_token": token}
    answer = client_of(build(fakes), person).post(path, data=data)
    assert answer.status_code == 400
    assert "Nothing was changed." in answer.text
    assert fakes.asked == []


def test_every_page_carries_the_security_headers() -> None:
    app = build(Fakes(), desk_origins=("https://acme.zendesk.com",), https=True)
    for path in ("/decisions", "/panel/zendesk/58213", "/s/tok", "/sign-in", "/nowhere"):
        headers = client_of(app, AGENT).get(path).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self';" in policy
        assert "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Cache-Control"] == "no-store"
        assert headers["Strict-Transport-Security"].startswith("max-age=")


def test_only_the_panel_may_be_framed_and_only_by_the_desks() -> None:
    client = client_of(build(Fakes(), desk_origins=("https://acme.zendesk.com",)), AGENT)
    panel = client.get("/panel/zendesk/58213").headers["Content-Security-Policy"]
    page = client.get("/decisions").headers["Content-Security-Policy"]
    assert panel.endswith("frame-ancestors 'self' https://acme.zendesk.com")
    assert page.endswith("frame-ancestors 'self'")


@pytest.mark.parametrize("https", [True, False])
def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(https: bool) -> None:
    cookie = client_of(build(Fakes(), https=https)).get("/sign-in").headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert ("Secure" in cookie) is https


def test_files_are_kept_for_a_year_under_the_hash_of_their_content() -> None:
    client = client_of(build(Fakes()))
    html = client.get("/sign-in").text
    address = html.split('rel="stylesheet" href="')[1].split('"')[0]
    fresh = client.get(address)
    assert fresh.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert fresh.headers["Content-Type"] == "text/css; charset=utf-8"
    older = client.get("/static/0123456789abcdef/tokens.css")
    assert older.headers["Cache-Control"] == "no-cache"
    assert client.get("/static/0123456789abcdef/secrets.css").status_code == 404


def test_what_cannot_answer_now_says_when_to_come_back() -> None:
    fakes = Fakes(fails=Unavailable("database is down", retry_after=2.2))
    answer = client_of(build(fakes), AGENT).get("/decisions/7")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "3"
    assert "Tickets are safe" in answer.text
    assert 'href="/decisions/7" aria-keyshortcuts="r"' in answer.text
    assert "database" not in answer.text


def test_what_the_desk_refuses_is_said_with_its_reason() -> None:
    fakes = Fakes(fails=Refused("the queue is gone from the desk."))
    client = client_of(build(fakes), ADMIN)
    answer = client.get("/decisions")
    assert answer.status_code == 409
    assert "Not done: the queue is gone from the desk." in answer.text


def test_an_accident_shows_a_code_and_nothing_else(caplog: pytest.LogCaptureFixture) -> None:
    fakes = Fakes(fails=ZeroDivisionError("secret detail"))
    answer = client_of(build(fakes), AGENT).get("/decisions")
    assert answer.status_code == 500
    assert "secret detail" not in answer.text
    assert "Traceback" not in answer.text
    code = answer.text.split('<span class="mono">')[1].split("<")[0]
    assert code in caplog.text


@pytest.mark.parametrize("path", ["/webhooks/nowhere", "/api/nowhere"])
def test_a_program_gets_its_errors_as_problem_documents(path: str) -> None:
    answer = client_of(build(Fakes())).get(path)
    assert answer.status_code == 404
    assert answer.content_type == "application/problem+json"
    assert answer.get_json(force=True)["status"] == 404


def test_a_wrong_method_says_which_ones_are_right() -> None:
    answer = client_of(build(Fakes()), AGENT).delete("/decisions")
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]


def test_too_large_a_body_is_refused() -> None:
    client = client_of(build(Fakes()), LEAD)
    answer = client.post("/playbook/import", data={"text": "x" * (5 * 1024 * 1024)})
    assert answer.status_code == 413
    assert "too large" in answer.text


DESK = "https://acme.zendesk.com"


def panel_sign_in(client: FlaskClient, wanted: str, password: str = PASSWORD) -> TestResponse:
    form = {
        "email": AGENT.email,
        "password": password,
        "next": wanted,
        "csrf_token": form_token(client, "/panel/sign-in"),
    }
    # Over TLS a form must say that it comes from us.
    return client.post("/panel/sign-in", data=form, headers={"Referer": "https://localhost/panel"})


def test_in_the_panel_a_stranger_signs_in_within_the_frame_and_comes_back() -> None:
    client = client_of(build(Fakes()))
    answer = client.get("/panel/zendesk/58213?theme=dark")
    assert answer.location is not None
    assert answer.location.startswith("/panel/sign-in?next=/panel/zendesk/58213")
    assert answer.location.endswith("theme=dark")
    assert "has ended" not in client.get(answer.location).text
    back = panel_sign_in(client, "/panel/zendesk/58213?theme=dark")
    assert back.location == "/panel/zendesk/58213?theme=dark"
    assert client.get(back.location).status_code == 200


@pytest.mark.parametrize("path", ["replies", "queue"])
def test_a_form_of_the_panel_that_needs_a_sign_in_comes_back_to_its_ticket(path: str) -> None:
    answer = client_of(build(Fakes())).post(f"/panel/zendesk/58213/{path}?theme=light")
    assert answer.location is not None
    assert "next=/panel/zendesk/58213?theme%3Dlight" in answer.location


def test_the_panels_script_is_told_that_the_sign_in_has_ended() -> None:
    answer = client_of(build(Fakes())).post(
        "/panel/zendesk/58213/replies", headers={"Accept": "application/json"}
    )
    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("https", "wanted"),
    [(True, "Secure; HttpOnly; Path=/panel; SameSite=None; Partitioned"), (False, "SameSite=Lax")],
)
def test_the_panel_has_a_cookie_of_its_own_for_each_site_that_frames_it(
    https: bool, wanted: str
) -> None:
    client = client_of(build(Fakes(), desk_origins=(DESK,), https=https))
    cookie = client.get("/panel/sign-in").headers["Set-Cookie"]
    assert cookie.startswith("deskroute_panel=")
    assert cookie.endswith(wanted)
    assert "Path=/panel" in cookie
    assert ("Partitioned" in cookie) is https


def test_who_signed_in_on_the_panel_is_a_stranger_on_the_pages() -> None:
    client = client_of(build(Fakes()))
    panel_sign_in(client, "/panel/zendesk/58213")
    assert client.get("/panel/zendesk/58213").status_code == 200
    assert client.get("/decisions").status_code == 303


def test_neither_cookie_can_be_passed_off_as_the_other() -> None:
    client = client_of(build(Fakes()))
    panel_sign_in(client, "/panel/zendesk/58213")
    kept = client.get_cookie("deskroute_panel", path="/panel")
    assert kept is not None
    client.set_cookie("deskroute", kept.value)
    assert client.get("/decisions").status_code == 303


def test_who_signed_in_on_the_pages_may_open_the_panel_beside_them() -> None:
    assert client_of(build(Fakes()), AGENT).get("/panel/zendesk/58213").status_code == 200


def test_a_sign_in_that_has_ended_says_so_in_the_panel() -> None:
    client = client_of(build(Fakes()))
    panel_sign_in(client, "/panel/zendesk/58213")
    FakeSignIn.people, everyone = {}, FakeSignIn.people
    try:
        answer = client.get("/panel/zendesk/58213", follow_redirects=True)
    finally:
        FakeSignIn.people = everyone
    assert "Your sign-in has ended." in answer.text


def test_a_wrong_password_in_the_panel_keeps_the_ticket_and_the_mail() -> None:
    client = client_of(build(Fakes()))
    answer = panel_sign_in(client, "/panel/zendesk/58213", "not it")
    assert answer.status_code == 401
    assert "do not fit together" in answer.text
    assert 'name="next" value="/panel/zendesk/58213"' in answer.text
    assert AGENT.email in answer.text
    assert "not it" not in answer.text


def test_a_browser_that_keeps_no_cookie_in_a_frame_is_shown_another_way() -> None:
    form = {"email": AGENT.email, "password": PASSWORD, "next": "/panel/zendesk/58213"}
    answer = client_of(build(Fakes())).post("/panel/sign-in", data=form)
    assert answer.status_code == 400
    assert "Open the panel in a tab of its own" in answer.text
    assert 'href="/panel/zendesk/58213" target="_blank"' in answer.text


@pytest.mark.parametrize("elsewhere", ["https://evil.example/panel/", "//panel/x", "/decisions"])
def test_signing_in_within_the_frame_never_leads_out_of_the_panel(elsewhere: str) -> None:
    client = client_of(build(Fakes()))
    assert panel_sign_in(client, elsewhere).location == "/panel/sign-in"
    assert "Open a ticket" in client.get("/panel/sign-in").text


def test_signing_out_in_the_panel_forgets_the_token_on_both_sides() -> None:
    fakes = Fakes()
    client = client_of(build(fakes))
    panel_sign_in(client, "/panel/zendesk/58213")
    token = form_token(client, "/panel/zendesk/58213")
    client.post("/panel/sign-out", data={"csrf_token": token, "next": "/panel/zendesk/58213"})
    assert ("end", f"token of {AGENT.email}") in fakes.asked
    assert client.get("/panel/zendesk/58213").status_code == 303


def test_old_browsers_are_told_too_that_no_other_site_may_frame_us() -> None:
    client = client_of(build(Fakes(), desk_origins=(DESK,)), AGENT)
    assert client.get("/decisions").headers["X-Frame-Options"] == "SAMEORIGIN"
    # The old header cannot name a desk, so it would shut the panel out of it.
    assert "X-Frame-Options" not in client.get("/panel/zendesk/58213").headers
    alone = client_of(build(Fakes()), AGENT)
    assert alone.get("/panel/zendesk/58213").headers["X-Frame-Options"] == "SAMEORIGIN"


def test_the_sign_in_of_the_pages_cannot_be_framed_by_a_desk() -> None:
    client = client_of(build(Fakes(), desk_origins=(DESK,)))
    assert DESK not in client.get("/sign-in").headers["Content-Security-Policy"]
    assert DESK in client.get("/panel/sign-in").headers["Content-Security-Policy"]
