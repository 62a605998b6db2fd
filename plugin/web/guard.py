"""Who may open which page. Every route says so itself, and one that does not stops the start."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from flask import Flask, Response, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFProtect
from werkzeug.exceptions import Forbidden, Unauthorized

from plugin.pages.out import Programs
from plugin.pages.people import SignIn
from plugin.pages.refusals import BadToken
from plugin.views.people import Person, Role
from plugin.views.programs import Program, Scope
from plugin.web.cookies import in_panel, tokens

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_ACCESS = "deskroute_access"
_WITHIN = re.compile(r"/(?![/\\])[^\x00-\x20\\\x7f]*")

_View = TypeVar("_View", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Access:
    """Who may use a route. ``role`` None is everybody.

    With a ``scope`` it is for programs alone, which prove themselves by a token in each request.
    ``form_token`` tells whether a POST must carry the token of a form that we have shown.
    ``max_body`` is the largest request in bytes, where a route reads more than others.
    """

    role: Role | None
    form_token: bool = True
    max_body: int | None = None
    scope: Scope | None = None


class WrongRole(Forbidden):
    """Somebody who has signed in, but whose role may not do this."""

    def __init__(self, person: Person, needed: Role) -> None:
        super().__init__()
        self.person = person
        self.needed = needed


class WrongScope(Forbidden):
    """A program whose token may not read this."""

    def __init__(self, program: Program, needed: Scope) -> None:
        super().__init__()
        self.program = program
        self.needed = needed


def allow(role: Role, *, max_body: int | None = None) -> Callable[[_View], _View]:
    """Mark a view as one for people of this role and of those above it."""
    return _marked(Access(role, max_body=max_body))


def public(view: _View) -> _View:
    """Mark a view as one that everybody may open."""
    return _marked(Access(None))(view)


def signed(view: _View) -> _View:
    """Mark a view as one for everybody whose requests prove themselves.

    They carry a signature, or a signed token in the URL, so a form's token would add nothing.
    """
    return _marked(Access(None, form_token=False))(view)


def for_programs(scope: Scope) -> Callable[[_View], _View]:
    """Mark a view as one for programs whose token has this scope."""
    return _marked(Access(None, form_token=False, scope=scope))


def _marked(access: Access) -> Callable[[_View], _View]:
    def mark(view: _View) -> _View:
        view.__dict__[_ACCESS] = access
        return view

    return mark


def check_routes(app: Flask) -> None:
    """Raise RuntimeError, naming them, if any route does not say who may use it."""
    endpoints = sorted({rule.endpoint for rule in app.url_map.iter_rules()})
    unmarked = [endpoint for endpoint in endpoints if access_of(app, endpoint) is None]
    if unmarked:
        raise RuntimeError(
            f"These routes do not say who may use them: {', '.join(unmarked)}. "
            "Mark each view with allow(role), for_programs(scope), public or signed."
        )


def access_of(app: Flask, endpoint: str) -> Access | None:
    """Who may use an endpoint; None if it does not say."""
    return cast("Access | None", vars(app.view_functions[endpoint]).get(_ACCESS))


def stand_guard(app: Flask, sign_in: SignIn, programs: Programs, csrf: CSRFProtect) -> None:
    """Look at each request before its view does."""

    @app.before_request
    def look() -> ResponseReturnValue | None:
        if request.endpoint is None:
            return None  # No such page or method: the error page follows.
        access = access_of(app, request.endpoint)
        if access is None:
            raise RuntimeError(f"{request.endpoint} does not say who may use it.")
        if access.scope is not None:
            _admit(programs, access.scope)
        if access.role is not None:
            person = signed_in(sign_in)
            if person is None:
                return _to_sign_in()
            if not person.role.may(access.role):
                raise WrongRole(person, access.role)
            g.person = person
        if access.max_body is not None:
            request.max_content_length = access.max_body
        if access.form_token and request.method not in _SAFE_METHODS:
            csrf.protect()
        return None


def current_person() -> Person:
    """Who is signed in, on a page that only signed-in people reach."""
    return cast("Person", g.person)


def signed_in(sign_in: SignIn) -> Person | None:
    """Who has signed in, by any of the tokens that the request carries."""
    return next(filter(None, map(sign_in.person, tokens())), None)


def _admit(programs: Programs, scope: Scope) -> None:
    """Let the program in that asks, or raise BadToken, TooOften or WrongScope."""
    program = programs.admit(_bearer())
    if scope not in program.scopes:
        raise WrongScope(program, scope)


def _bearer() -> str:
    """The token in the header of a program's request (RFC 6750, 2.1). Raises BadToken.

    Only there: an address is written into logs, and a cookie is sent by any page's form.
    """
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer":
        raise BadToken
    return token.strip()


def wants_json() -> bool:
    """Whether the caller is our own script, which wants to be told and not led somewhere."""
    return request.accept_mimetypes.best == "application/json"


def _to_sign_in() -> Response:
    if wants_json():
        raise Unauthorized
    if in_panel(request.path):
        return _to_panel_sign_in()
    # Only a page can be come back to; a form would have to be sent again.
    wanted = request.full_path.rstrip("?") if request.method == "GET" else None
    return cast("Response", redirect(url_for("sign_in.form", next=wanted), 303))


def _to_panel_sign_in() -> Response:
    # Its forms too lead back to the ticket that they were about.
    wanted = url_for("panel.page", **(request.view_args or {}), theme=request.args.get("theme"))
    address = url_for("panel_sign_in.form", next=wanted, theme=request.args.get("theme"))
    return cast("Response", redirect(address, 303))


def within(address: str | None) -> str | None:
    """The address if it is a path on this site, else None.

    Browsers take two slashes, a backslash, or a tab between them for the way to another site.
    """
    return address if address and _WITHIN.fullmatch(address) else None


def home(role: Role) -> str:
    """The address of the first page for a role."""
    return url_for(_HOMES[role])


_HOMES = {
    Role.AGENT: "decisions.recent",
    Role.LEAD: "playbook.rules",
    Role.ADMIN: "results.overview",
}
