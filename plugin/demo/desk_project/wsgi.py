"""The live desk as a WSGI application, its style sheets and scripts included."""

# Django and its kin are published without types.
# mypy: disable-error-code="import-untyped"
from __future__ import annotations

from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.wsgi import get_wsgi_application

# Serves static files whatever DEBUG says, so the desk needs no web server in front of it.
application = StaticFilesHandler(get_wsgi_application())
