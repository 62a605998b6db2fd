"""The webhook door: raw bytes in, 202 once they are safe, and a clear reason otherwise."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

from flask import Blueprint, Response, current_app, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import RequestEntityTooLarge

from plugin.json_body import BadBody
from plugin.ports import Clock, Delivery, NotAuthentic, Refused, UnknownDesk
from plugin.records.inbox import Put
from plugin.web.errors import Trouble, answer
from plugin.web.guard import signed


class Door(Protocol):
    """Keeps a delivery."""

    def __call__(self, delivery: Delivery, path_secret: str | None) -> Put:
        """Keep it; when this returns, it is safe."""
        ...


_ANSWERS = {
    Put.NEW: b'{"received": true}\n',
    Put.REPEAT: b'{"received": true, "again": true}\n',
    # A 4xx would only make the desk send it again; people see it parked.
    Put.CONFLICT: b'{"received": true, "parked": "same delivery id with another body"}\n',
}
_BODY_STATUS = {"body-too-large": 413, "body-compressed": 415}

_OURS_RETRY_AFTER = "60"
"""Seconds after which a desk may try again where a person here has something to mend first."""


def door_blueprint(take_in: Door, clock: Clock, max_body: int) -> Blueprint:
    """The routes that desks post to. ``max_body`` is the largest body read, in bytes."""
    blueprint = Blueprint("door", __name__)

    @blueprint.post("/webhooks/<connection>")
    @blueprint.post("/webhooks/<connection>/<secret>")
    @signed
    def receive(connection: str, secret: str | None = None) -> ResponseReturnValue:
        request.max_content_length = max_body
        headers = {name.lower(): value for name, value in request.headers}
        delivery = Delivery(connection, request.get_data(), headers, clock.now())
        put = take_in(delivery, secret)
        return Response(_ANSWERS[put], 202, content_type="application/json")

    @blueprint.errorhandler(RequestEntityTooLarge)
    def too_large(_: RequestEntityTooLarge) -> ResponseReturnValue:
        detail = f"{max_body:,} bytes are allowed. Leave long fields out of the webhook's body."
        return answer(Trouble(413, "The delivery's body is too large.", detail))

    _answer_errors(blueprint)
    return blueprint


def _answer_errors(blueprint: Blueprint) -> None:
    @blueprint.errorhandler(UnknownDesk)
    def unknown(error: UnknownDesk) -> ResponseReturnValue:
        detail = "Copy the address again: `deskroute desks address NAME` prints it."
        return answer(Trouble(404, str(error), detail))

    @blueprint.errorhandler(NotAuthentic)
    def not_authentic(error: NotAuthentic) -> ResponseReturnValue:
        current_app.logger.warning("delivery refused: %s", error.reason)
        trouble = Trouble(401, "The delivery is not accepted.", error.reason)
        if error.ours:
            return answer(replace(trouble, status=503), {"Retry-After": _OURS_RETRY_AFTER})
        return answer(trouble)

    @blueprint.errorhandler(BadBody)
    def bad_body(error: BadBody) -> ResponseReturnValue:
        status = _BODY_STATUS.get(error.code, 400)
        return answer(Trouble(status, "The delivery cannot be read.", error.message))

    @blueprint.errorhandler(Refused)
    def refused(error: Refused) -> ResponseReturnValue:
        return answer(Trouble(400, "The delivery makes no sense.", error.reason))
