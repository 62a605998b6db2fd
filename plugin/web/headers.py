"""The headers that tell a browser what our pages may do, and who may keep or frame them."""

from __future__ import annotations

from flask import Flask, Response, request

from plugin.web.cookies import in_panel
from plugin.web.surveys.survey import WIDGET


def set_headers(app: Flask, desk_origins: tuple[str, ...], *, https: bool) -> None:
    """Add the security headers to every answer.

    ``desk_origins`` are the origins of the desks and web sites that may frame the panel and the
    survey widget, and nothing but those two, for example ``https://acme.zendesk.com``; the
    settings let nothing else through.
    ``https`` tells browsers never to come without TLS again.
    """
    ours = _headers((), https=https)
    framed = _headers(desk_origins, https=https)

    @app.after_request
    def add(response: Response) -> Response:
        wanted = framed if _may_be_framed(request.path) else ours
        # Not setdefault for each: that searches and checks all of them every time.
        there = {name.lower() for name in response.headers.keys()}  # ruff: ignore[in-dict-keys]
        response.headers.extend(pair for pair in wanted if pair[0].lower() not in there)
        return response


def _may_be_framed(path: str) -> bool:
    return in_panel(path) or path.startswith(WIDGET)


def _headers(framers: tuple[str, ...], *, https: bool) -> tuple[tuple[str, str], ...]:
    headers = [
        ("Content-Security-Policy", _policy(framers)),
        ("X-Content-Type-Options", "nosniff"),
        # Other sites learn nothing of ticket numbers and survey tokens; the check that a form
        # comes from our own pages still sees where it comes from.
        ("Referrer-Policy", "same-origin"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Cache-Control", "no-store"),
    ]
    if not framers:
        # For browsers that know no frame-ancestors. It can name no other origin, so where desks
        # may frame us it stays away.
        headers.append(("X-Frame-Options", "SAMEORIGIN"))
    if https:
        headers.append(("Strict-Transport-Security", "max-age=31536000"))
    return tuple(headers)


def _policy(framers: tuple[str, ...]) -> str:
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data:",  # the stylesheet draws the arrow of a select itself
            "connect-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            " ".join(("frame-ancestors 'self'", *framers)),
        )
    )
