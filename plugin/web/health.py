"""For load balancers: is this process alive, and can it do its work."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue

from plugin.web.guard import public


def health_blueprint(ready: Callable[[], None]) -> Blueprint:
    """``/health/live`` and ``/health/ready``; ``ready`` raises Unavailable if it is not."""
    blueprint = Blueprint("health", __name__)

    @blueprint.get("/health/live")
    @public
    def live() -> ResponseReturnValue:
        return Response("alive\n", content_type="text/plain")

    @blueprint.get("/health/ready")
    @public
    def is_ready() -> ResponseReturnValue:
        ready()
        return Response("ready\n", content_type="text/plain")

    return blueprint
