"""What a live desk starts with: its queues, its people, the field for tags."""

# Django and its kin are published without types.
# mypy: disable-error-code="import-untyped"
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractUser
from django.contrib.sites.models import Site
from django.utils.text import slugify
from helpdesk.models import CustomField, EmailTemplate, Queue
from rest_framework.authtoken.models import Token

API_USER = "deskroute"
INTAKE_USER = "intake"


def seed(queues: Sequence[str], agents: Sequence[Mapping[str, str]], host: str) -> dict[str, Any]:
    """Make what is missing and say under which ids it all is; doing it again changes nothing.

    ``agents`` have a username, a password, a name and an email. ``host`` is the address and
    port under which people reach the desk.
    """
    # Without templates the desk composes no mail at all, which halves the time a ticket takes.
    EmailTemplate.objects.all().delete()
    Site.objects.update_or_create(id=1, defaults={"domain": host, "name": "Live desk"})
    CustomField.objects.get_or_create(
        name="tags",
        defaults={
            "label": "Tags",
            "data_type": "varchar",
            "max_length": 500,
            "staff_only": True,
        },
    )
    made = [_queue(title) for title in queues]
    return {
        "queues": {queue.title: str(queue.id) for queue in made},
        "slugs": {queue.title: queue.slug for queue in made},
        "agents": {agent["username"]: str(_agent(agent).id) for agent in agents},
        "api_user": str(_robot(API_USER).id),
        "token": Token.objects.get(user__username=API_USER).key,
        "intake_user": str(_robot(INTAKE_USER).id),
        "intake_token": Token.objects.get(user__username=INTAKE_USER).key,
    }


def _queue(title: str) -> Queue:
    found: Queue
    found, _ = Queue.objects.get_or_create(
        title=title,
        defaults={
            "slug": slugify(title)[:50],
            "allow_public_submission": True,
            "allow_email_submission": True,
            "email_box_type": "local",
        },
    )
    return found


def _agent(agent: Mapping[str, str]) -> AbstractUser:
    first, _, last = agent["name"].partition(" ")
    found: AbstractUser
    found, _ = get_user_model().objects.get_or_create(
        username=agent["username"],
        defaults={"first_name": first, "last_name": last, "email": agent["email"]},
    )
    found.is_staff = True
    found.set_password(agent["password"])
    found.save()
    return found


def _robot(username: str) -> AbstractUser:
    """A staff user that only programs use: it has a token and no password that fits."""
    found: AbstractUser
    found, made = get_user_model().objects.get_or_create(
        username=username, defaults={"is_staff": True}
    )
    if made:
        found.set_unusable_password()
        found.save()
    Token.objects.get_or_create(user=found)
    return found
