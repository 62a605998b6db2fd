"""All pages, put together: the one call that wiring makes."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask, g
from flask_wtf.csrf import CSRFProtect

from plugin.house import TEMPLATES
from plugin.pages.audit import AuditPages
from plugin.pages.customers import CustomerPages, Sources
from plugin.pages.decisions import Decisions, Deliveries
from plugin.pages.out import Exports, MailPages, Programs, ReceiverPages, TokenPages, ToPrograms
from plugin.pages.panel import Frames, Panel
from plugin.pages.people import SignIn
from plugin.pages.playbook import BackTests, DraftPages, PlaybookPages
from plugin.pages.results import (
    Compares,
    Drawings,
    Goals,
    IssuePages,
    Results,
    SurveyPages,
    TopicPages,
    ValuePages,
)
from plugin.pages.rules import CaseEditing, RuleChecks, RuleEditing, RuleQualities, RuleTrials
from plugin.pages.segments import GroupFinding, SegmentEditing, SegmentPages
from plugin.pages.surveys import Surveys
from plugin.views.panel import Frame
from plugin.views.people import Role
from plugin.web import display
from plugin.web.api_endpoints import every_endpoint
from plugin.web.assets import assets_blueprint
from plugin.web.charts import charts_blueprint
from plugin.web.cookies import Cookies
from plugin.web.customers.customers import customers_blueprint
from plugin.web.customers.sources import sources_blueprint
from plugin.web.errors import handle_errors
from plugin.web.guard import current_person, home, stand_guard
from plugin.web.headers import set_headers
from plugin.web.out.mails import mails_blueprint
from plugin.web.out.receivers import receivers_blueprint
from plugin.web.people.audit import audit_blueprint
from plugin.web.people.sign_in import panel_sign_in_blueprint, sign_in_blueprint
from plugin.web.people.tokens import tokens_blueprint
from plugin.web.playbook.back_test import back_test_blueprint
from plugin.web.playbook.cases import cases_blueprint
from plugin.web.playbook.drafts import drafts_blueprint
from plugin.web.playbook.playbook import playbook_blueprint
from plugin.web.playbook.rule_editor import rules_blueprint
from plugin.web.playbook.rule_quality import quality_blueprint
from plugin.web.results import words
from plugin.web.results.compare import compare_blueprint
from plugin.web.results.exports import exports_blueprint
from plugin.web.results.goals import goals_blueprint
from plugin.web.results.issues import issues_blueprint
from plugin.web.results.overview import results_blueprint
from plugin.web.results.value import value_blueprint
from plugin.web.segments.segments import segments_blueprint
from plugin.web.surveys.survey import survey_blueprint
from plugin.web.surveys.survey_results import survey_results_blueprint
from plugin.web.tickets.decisions import decisions_blueprint
from plugin.web.tickets.deliveries import deliveries_blueprint
from plugin.web.tickets.panel import panel_blueprint

MAX_BODY = 4 * 1024 * 1024
"""Largest request that is read, in bytes: a playbook of ten thousand rules fits."""


@dataclass(frozen=True, slots=True)
class Needs:
    """The flows behind the pages."""

    frames: Frames
    sign_in: SignIn
    programs: Programs
    tokens: TokenPages
    to_programs: ToPrograms
    panel: Panel
    decisions: Decisions
    playbook: PlaybookPages
    drafts: DraftPages
    rule_checks: RuleChecks
    rule_trials: RuleTrials
    rule_editing: RuleEditing
    rule_quality: RuleQualities
    case_editing: CaseEditing
    back_tests: BackTests
    segments: SegmentPages
    segment_editing: SegmentEditing
    groups: GroupFinding
    results: Results
    compares: Compares
    goals: Goals
    value: ValuePages
    issues: IssuePages
    topic: TopicPages
    deliveries: Deliveries
    sources: Sources
    receivers: ReceiverPages
    exports: Exports
    mails: MailPages
    customers: CustomerPages
    audit: AuditPages
    surveys: Surveys
    drawings: Drawings
    survey_results: SurveyPages


def build_site(
    app: Flask, needs: Needs, *, desk_origins: tuple[str, ...] = (), https: bool = False
) -> None:
    """Add all pages, their guard, headers and error pages to ``app``.

    The app needs a ``SECRET_KEY`` and no static folder of its own. ``desk_origins`` may frame the
    panel. ``https`` says that people reach us over TLS. Once every other blueprint is registered
    too, call ``plugin.web.guard.check_routes``.
    """
    _configure(app, https=https)
    display.prepare(app.jinja_env)
    words.prepare(app.jinja_env)
    stand_guard(app, needs.sign_in, needs.programs, CSRFProtect(app))
    set_headers(app, desk_origins, https=https)
    handle_errors(app)
    _tell_templates(app, needs.frames)
    for blueprint in (
        assets_blueprint(),
        sign_in_blueprint(needs.sign_in),
        panel_sign_in_blueprint(needs.sign_in),
        panel_blueprint(needs.panel),
        decisions_blueprint(needs.decisions),
        playbook_blueprint(needs.playbook, needs.rule_checks, needs.rule_trials, needs.drafts),
        drafts_blueprint(needs.drafts),
        rules_blueprint(needs.rule_editing),
        cases_blueprint(needs.case_editing),
        quality_blueprint(needs.rule_quality),
        back_test_blueprint(needs.back_tests),
        segments_blueprint(needs.segments, needs.segment_editing, needs.groups),
        results_blueprint(needs.results),
        compare_blueprint(needs.compares),
        goals_blueprint(needs.goals),
        value_blueprint(needs.value),
        issues_blueprint(needs.issues, needs.topic),
        deliveries_blueprint(needs.deliveries),
        sources_blueprint(needs.sources),
        exports_blueprint(needs.exports),
        mails_blueprint(needs.mails),
        receivers_blueprint(needs.receivers),
        tokens_blueprint(needs.tokens),
        every_endpoint(needs.to_programs, needs.results, needs.value).blueprint(),
        customers_blueprint(needs.customers),
        audit_blueprint(needs.audit),
        survey_blueprint(needs.surveys),
        charts_blueprint(needs.drawings),
        survey_results_blueprint(needs.survey_results),
    ):
        app.register_blueprint(blueprint)


def _configure(app: Flask, *, https: bool) -> None:
    app.template_folder = str(TEMPLATES)
    app.session_interface = Cookies()
    app.config.update(
        MAX_CONTENT_LENGTH=MAX_BODY,
        MAX_FORM_MEMORY_SIZE=MAX_BODY,
        SESSION_COOKIE_NAME="deskroute",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=https,
        # The guard asks for the token itself, where the route says that it needs one.
        WTF_CSRF_CHECK_DEFAULT=False,
        # A panel may stay open all day; the token lasts as long as the session it belongs to.
        WTF_CSRF_TIME_LIMIT=None,
    )


def _tell_templates(app: Flask, frames: Frames) -> None:
    def frame() -> Frame:
        if "frame" not in g:
            g.frame = frames.frame(current_person())
        made: Frame = g.frame
        return made

    app.jinja_env.globals.update(the_frame=frame, home=home, Role=Role)
