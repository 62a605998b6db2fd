"""The Flask app: the door, the pages, the health checks."""

from __future__ import annotations

import os

from flask import Flask

from plugin.broker import make_celery, ring_on
from plugin.ports import Unavailable
from plugin.settings import Settings, read_settings
from plugin.store.database import revision
from plugin.store.schema import REVISION
from plugin.store.vault import derive
from plugin.web.door import door_blueprint
from plugin.web.guard import check_routes
from plugin.web.health import health_blueprint
from plugin.web.site import Needs, build_site
from plugin.wiring import Deskroute
from plugin.wiring_apart import Apart


def create_app(settings: Settings | None = None) -> Flask:
    """The app of one web process, with its settings from the environment if none are given."""
    settings = settings or read_settings(os.environ)
    celery = make_celery(settings)
    return build_app(Deskroute(settings, lambda: ring_on(celery)))


def build_app(deskroute: Deskroute) -> Flask:
    """The app over these flows."""
    settings = deskroute.settings
    app = Flask("deskroute", static_folder=None)
    app.config["SECRET_KEY"] = derive(deskroute.keys[0], "web sessions").decode()
    app.config["SECRET_KEY_FALLBACKS"] = [
        derive(key, "web sessions").decode() for key in deskroute.keys[1:]
    ]
    apart = Apart(deskroute)
    needs = Needs(
        frames=deskroute.frames,
        sign_in=deskroute.sign_in,
        programs=deskroute.programs,
        tokens=deskroute.programs,
        to_programs=deskroute.tell_programs,
        panel=deskroute.panel,
        decisions=deskroute.explain,
        playbook=deskroute.edit_playbook,
        drafts=deskroute.drafts,
        rule_checks=deskroute.check_rules,
        rule_trials=deskroute.watch_trials,
        rule_editing=deskroute.edit_rule,
        rule_quality=deskroute.see_quality,
        case_editing=deskroute.edit_case,
        back_tests=deskroute.back_tests,
        segments=apart.see_segments,
        segment_editing=deskroute.edit_segment,
        groups=deskroute.see_groups,
        results=apart.see_results,
        compares=apart.compare_groups,
        goals=apart.see_goals,
        value=apart.see_value,
        issues=deskroute.see_issues,
        topic=apart.see_topic,
        deliveries=deskroute.deliveries,
        sources=deskroute.sources,
        mails=deskroute.my_mails,
        exports=deskroute.exports,
        receivers=deskroute.receivers,
        customers=deskroute.forget,
        audit=deskroute.audit,
        surveys=deskroute.surveys,
        drawings=deskroute.drawings,
        survey_results=apart.see_surveys,
    )
    https = settings.base_url.startswith("https:")
    build_site(app, needs, desk_origins=settings.frame_origins, https=https)
    door = door_blueprint(deskroute.take_in, deskroute.clock, settings.max_body)
    app.register_blueprint(door)
    app.register_blueprint(health_blueprint(lambda: _ready(deskroute)))
    check_routes(app)
    return app


def _ready(deskroute: Deskroute) -> None:
    with deskroute.store.look() as work:
        work.connections.desks()
    has = revision(deskroute.database)
    if has != REVISION:
        raise Unavailable(f"The database is at {has}, not at {REVISION}. Run `deskroute migrate`.")
