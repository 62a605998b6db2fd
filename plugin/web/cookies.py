"""The two signed cookies: one for the pages, and one for the panel inside a desk's page.

A browser sends the pages' cookie only to pages that it shows itself. The panel stands in a frame
of another site, so it has a cookie of its own: with TLS it is ``SameSite=None; Partitioned``,
which a browser keeps for each site that frames us apart (CHIPS), and it goes nowhere but to
``/panel``. Without TLS no browser takes such a cookie; then it is ``Lax``, and the panel stays
signed in only where desk and Deskroute are on the same site.
"""

from __future__ import annotations

from collections.abc import Iterator

from flask import Flask, Request, Response, current_app, request, session
from flask.sessions import (
    SecureCookieSession,
    SecureCookieSessionInterface,
    SessionInterface,
    SessionMixin,
)

SIGNED_IN = "token"
"""The one entry of ours in a cookie: the token by which the flows know who has signed in."""

PANEL_COOKIE = "deskroute_panel"
_PANEL = "/panel"
_FOR_PROGRAMS = ("/webhooks/", "/api/")
"""Below these paths no cookie is read or set: programs prove themselves in other ways."""


class _PanelContent(SecureCookieSession):
    """What is in the panel's cookie."""


class _PanelCookie(SecureCookieSessionInterface):
    """The panel's cookie."""

    salt = "panel-cookie"  # so that neither cookie can be passed off as the other
    session_class = _PanelContent

    def get_cookie_name(self, app: Flask) -> str:
        """Another name than the pages' cookie has."""
        _ = app
        return PANEL_COOKIE

    def get_cookie_path(self, app: Flask) -> str:
        """Only the panel is told."""
        _ = app
        return _PANEL

    def get_cookie_samesite(self, app: Flask) -> str:
        """None, which every browser refuses without TLS, or else Lax."""
        return "None" if self.get_cookie_secure(app) else "Lax"

    def get_cookie_partitioned(self, app: Flask) -> bool:
        """One cookie for each site that frames us, where browsers can."""
        return self.get_cookie_secure(app)


class Cookies(SessionInterface):
    """Picks the cookie of a request by its path. A program's request has none."""

    def __init__(self) -> None:
        self.pages = SecureCookieSessionInterface()
        self.panel = _PanelCookie()

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """What is in the request's cookie; None for programs, where nothing may be written."""
        if request.path.startswith(_FOR_PROGRAMS):
            return None
        kept = self.panel if in_panel(request.path) else self.pages
        return kept.open_session(app, request)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Keep it in the cookie that it came from."""
        kept = self.panel if isinstance(session, _PanelContent) else self.pages
        kept.save_session(app, session, response)


def in_panel(path: str) -> bool:
    """Whether a path is the panel's."""
    return path == _PANEL or path.startswith(f"{_PANEL}/")


def tokens() -> Iterator[str]:
    """The tokens that the request carries.

    In the panel these may be two: its own, and that of the pages, which comes along where a
    browser shows the panel by itself or in a page of our own site.
    """
    yield from _token_in(session)
    kept = current_app.session_interface
    if in_panel(request.path) and isinstance(kept, Cookies):
        yield from _token_in(kept.pages.open_session(current_app, request) or {})


def _token_in(content: SessionMixin | dict[str, object]) -> Iterator[str]:
    token = content.get(SIGNED_IN)
    if isinstance(token, str):
        yield token
