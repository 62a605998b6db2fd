"""The customer's way back into a ticket: an e-mail."""

# Django and its kin are published without types.
# mypy: disable-error-code="import-untyped, untyped-decorator"
from __future__ import annotations

import logging

from django.shortcuts import get_object_or_404
from helpdesk.email import extract_email_metadata
from helpdesk.models import Queue
from rest_framework.decorators import api_view, permission_classes
from rest_framework.permissions import IsAdminUser
from rest_framework.request import Request
from rest_framework.response import Response

_log = logging.getLogger("helpdesk.mail")


@api_view(["POST"])
@permission_classes([IsAdminUser])
def take_in(request: Request, slug: str) -> Response:
    """Take one message (RFC 5322, as the body) into the mailbox of the queue with this slug.

    The desk does with it what it does with mail it fetches; only the fetching is left out, so
    that nobody has to wait for the next round. Answers with the ticket's id, None if the desk
    made nothing of the message.
    """
    queue = get_object_or_404(Queue, slug=slug)
    message = request.body.decode("utf-8", errors="replace")
    ticket = extract_email_metadata(message, queue, _log)
    return Response({"ticket": None if ticket is None else int(ticket.id)})
