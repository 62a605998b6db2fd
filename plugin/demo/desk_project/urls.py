"""Where everything is: the desk at the root, with two doors of ours before its own."""

# Django and its kin are published without types.
# mypy: disable-error-code="import-untyped"
from __future__ import annotations

from django.contrib import admin
from django.urls import include, path
from rest_framework.routers import SimpleRouter

from plugin.demo.desk_project.api import QuickTickets
from plugin.demo.desk_project.mail import take_in

_tickets = SimpleRouter()
_tickets.register("tickets", QuickTickets, basename="quick_ticket")

urlpatterns = [
    path("api/", include(_tickets.urls)),
    path("mail/<slug:slug>/", take_in),
    path("admin/", admin.site.urls),
    path("", include("helpdesk.urls", namespace="helpdesk")),
]
