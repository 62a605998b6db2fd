"""Django's settings for the live desk. Everything it writes goes into the folder it is given."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def _kept_key(path: Path) -> str:
    """The key that signs the desk's cookies: random, and the same at the next start."""
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(48), encoding="ascii")
    return path.read_text(encoding="ascii")


def webhook_urls() -> list[str]:
    """Where both webhooks go: read at each delivery, so that it can be set while the desk runs."""
    try:
        return (FOLDER / "webhook_url").read_text(encoding="utf-8").split()
    except FileNotFoundError:
        return []


FOLDER = Path(os.environ["DESKROUTE_DESK_FOLDER"])
SECRET_KEY = _kept_key(FOLDER / "secret_key")
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.sites",
    "django.contrib.humanize",
    "rest_framework",
    "rest_framework.authtoken",
    "helpdesk",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
# The tables are made as they are today, not as the sum of all they ever were: that takes a
# twentieth of the time, and what the skipped steps would have copied does not exist yet.
MIGRATION_MODULES = {app.rpartition(".")[2]: None for app in INSTALLED_APPS}
ROOT_URLCONF = "plugin.demo.desk_project.urls"
WSGI_APPLICATION = "plugin.demo.desk_project.wsgi.application"
SITE_ID = 1
STATIC_URL = "/static/"
MEDIA_ROOT = str(FOLDER / "media")
MEDIA_URL = "/media/"
LOGIN_URL = "/login/"
LOGIN_REDIRECT_URL = "/"
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
USE_TZ = True
TIME_ZONE = "UTC"

# Cookies know hosts but not ports: without a name of its own, the desk would sign a person out
# of every other Django site they have open on this machine.
SESSION_COOKIE_NAME = "desk_session"
CSRF_COOKIE_NAME = "desk_csrf"

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(FOLDER / "desk.sqlite3"),
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            # The desk's data is made up, so a power cut may cost its last second.
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;",
        },
    }
}
PASSWORD_HASHERS = ["plugin.demo.desk_project.hashers.QuickHasher"]

# No mail ever leaves: the back end throws it away, and the desk is told to compose none.
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
HELPDESK_PRIVATE_FOLLOWUP_MEANS_NO_EMAILS = True
HELPDESK_DEFAULT_SETTINGS = {"email_on_ticket_change": False, "email_on_ticket_assign": False}

HELPDESK_TEAMS_MODE_ENABLED = False
HELPDESK_KB_ENABLED = True
HELPDESK_API_ENABLED = True
HELPDESK_ACTIVATE_API_ENDPOINT = True
HELPDESK_ENABLE_ATTACHMENTS = False
# A customer who answers a resolved ticket by mail opens it again; alone, 2.6 does so only for
# closed ones.
HELPDESK_EMAIL_REOPEN_STATUSES = (3, 4)
HELPDESK_GET_NEW_TICKET_WEBHOOK_URLS = webhook_urls
HELPDESK_GET_FOLLOWUP_WEBHOOK_URLS = webhook_urls

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "rest_framework.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
}
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {name} {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "ERROR"},
    "loggers": {
        # Each of these sets its own level or handler, so the root's is not enough.
        "django": {"handlers": ["stderr"], "level": "ERROR", "propagate": False},
        "django.server": {"handlers": ["stderr"], "level": "ERROR", "propagate": False},
    },
}
