"""Every page, with much, with nothing, and with texts that mean harm."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser

import pytest
from back_test_samples import (
    back_test_form,
    back_test_view,
    bare_back_test_view,
    compared_ticket,
)
from case_samples import bare_case_editor, case_editor
from draft_samples import bare_draft_view, draft_lines, draft_view
from page_samples import (
    ADMIN,
    AGENT,
    HOSTILE,
    LEAD,
    PLAYBOOK,
    Fakes,
    audit_view,
    bare_audit_view,
    bare_decision_view,
    bare_deliveries_view,
    bare_panel_view,
    bare_playbook_view,
    bare_surveys_view,
    build,
    client_of,
    decision_lines,
    decision_view,
    deliveries_view,
    form_token,
    leaving_view,
    panel_view,
    playbook,
    playbook_view,
    poisoned,
    run_again,
    source_lines,
    stranger_panel_view,
    survey_view,
    surveys_view,
)
from quality_samples import quality_view
from result_samples import bare_results_view, kpis, result_tickets, results_view
from rule_samples import bare_rule_editor, rule_editor, rule_review
from segment_samples import (
    bare_group_search,
    bare_overlaps_view,
    bare_segment_editor,
    bare_segment_view,
    bare_segments_view,
    group_search,
    overlaps_view,
    segment_editor,
    segment_view,
    segments_view,
)

from plugin.chain import Break
from plugin.pages.decisions import DeliveriesWanted
from plugin.views.panel import Frame
from plugin.views.results import Group
from routing.outcomes.statistics import share

PAGES = (
    "/",
    "/?days=7",
    "/?by=queue&clock=calendar&against=nothing&kpi=resolution&segment=none&channel=chat",
    "/?since=2026-01-01&until=2026-03-31&exact=1",
    "/results/tickets",
    "/results/tickets?having=transferred&queue=Billing&before=9",
    "/decisions",
    "/decisions?before=5",
    "/decisions/7",
    "/decisions/7?again=1",
    "/playbook",
    "/playbook?find=zzz",
    "/playbook/segments",
    "/playbook/segments?find=zzz",
    "/playbook/queues",
    "/playbook/replies",
    "/playbook/surveys",
    "/playbook/replies?find=zzz",
    "/playbook/cases",
    "/playbook/cases?find=zzz",
    "/playbook/versions",
    "/playbook/versions/40",
    "/playbook/versions/40/cases",
    "/playbook/versions/40/segments",
    "/playbook/versions/40/queues",
    "/playbook/versions/40/replies",
    "/playbook/versions/40/surveys",
    "/playbook/import",
    "/playbook/quality",
    "/playbook/quality?days=all",
    "/playbook/import?draft=5",
    "/playbook/drafts/5",
    "/playbook/back-test",
    "/playbook/back-test/3",
    "/playbook/back-test/3?from=50",
    "/playbook/back-test/3/tickets/7",
    "/playbook/cases/new",
    "/playbook/cases/new?decision=7",
    "/playbook/cases/A%20VIP%20comes%20first/edit",
    "/playbook/rules/new",
    "/playbook/rules/new?like=Night%20hours",
    "/playbook/rules/Night%20hours/edit",
    "/playbook/rules/Night%20hours/delete",
    "/segments",
    "/segments?show=to+review",
    "/segments?show=templates",
    "/segments/overlaps",
    "/segments/find",
    "/segments/Enterprise%20EMEA",
    "/segments/new",
    "/segments/new?template=country",
    "/segments/Enterprise%20EMEA/edit",
    "/deliveries",
    "/deliveries?state=parked&desk=zammad&find=4&before=9&open=7",
    "/audit",
    "/audit?find=zzz&before=8",
    "/sources",
    "/exports",
    "/mails",
    "/receivers",
    "/tokens",
    "/receivers/CRM",
    "/customers",
    "/sources/new/http",
    "/sources/one?name=CRM",
    "/panel/zendesk/58213",
    "/panel/zendesk/58213?theme=dark&reply=1",
    "/s/tok",
    "/s/tok?score=4",
    "/w/tok",
    "/u/tok",
    "/surveys",
    "/surveys?days=90&before=5",
)


def bare() -> Fakes:
    return Fakes(
        frame_now=Frame(ADMIN, "Bare", 0, parked=0, sample=True),
        panel_now=bare_panel_view(),
        lines=(),
        decision_now=bare_decision_view(),
        again_now=run_again(changed=False),
        playbook_now=bare_playbook_view(),
        results_now=bare_results_view(),
        result_tickets_now=replace(result_tickets(), lines=(), more=False),
        deliveries_now=bare_deliveries_view(),
        sources_now=(),
        survey_now=replace(survey_view("pl"), first_name=None, solved_by=None, brand=""),
        surveys_now=bare_surveys_view(),
        quality_now=replace(quality_view(), report=None, lessons=None, proposed=()),
        back_test_form_now=None,
        back_test_now=bare_back_test_view(),
        segments_now=bare_segments_view(),
        segment_now=bare_segment_view(),
        overlaps_now=bare_overlaps_view(),
        editor_now=bare_segment_editor(),
        rule_now=bare_rule_editor(),
        review_now=replace(rule_review(), words=(), lines=()),
        case_now=bare_case_editor(playbook()),
        audit_now=bare_audit_view(),
        drafts_now=(),
        draft_now=bare_draft_view(),
        search_now=bare_group_search(),
    )


def hostile() -> Fakes:
    view = poisoned(playbook_view())
    return Fakes(
        frame_now=poisoned(Frame(ADMIN, "Halden", 41, parked=3, sample=True)),
        panel_now=poisoned(panel_view()),
        lines=poisoned(decision_lines()),
        decision_now=poisoned(decision_view()),
        again_now=poisoned(run_again()),
        playbook_now=replace(view, line=replace(view.line, live=False)),
        results_now=poisoned(results_view()),
        result_tickets_now=poisoned(result_tickets()),
        deliveries_now=poisoned(deliveries_view()),
        sources_now=poisoned(source_lines()),
        survey_now=poisoned(survey_view()),
        leaving_now=poisoned(leaving_view(gone=True)),
        surveys_now=poisoned(surveys_view()),
        quality_now=poisoned(quality_view()),
        back_test_form_now=poisoned(back_test_form()),
        back_test_now=poisoned(back_test_view()),
        compared_now=poisoned(compared_ticket()),
        segments_now=poisoned(segments_view()),
        # A key is chosen from a table; it is nobody’s text.
        segment_now=replace(poisoned(segment_view()), kpi="csat"),
        overlaps_now=poisoned(overlaps_view()),
        editor_now=poisoned(segment_editor()),
        rule_now=poisoned(rule_editor()),
        review_now=poisoned(rule_review()),
        case_now=poisoned(case_editor(playbook())),
        drafts_now=poisoned(draft_lines()),
        draft_now=poisoned(draft_view(PLAYBOOK, at=1, moved_on=True)),
        audit_now=poisoned(audit_view(Break(9, "Line 9 was changed."))),
        search_now=poisoned(group_search()),
    )


class Tags(HTMLParser):
    """Collects what a browser would act on."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def tags_of(html: str) -> list[tuple[str, dict[str, str | None]]]:
    parser = Tags()
    parser.feed(html)
    return parser.found


@pytest.mark.parametrize("path", PAGES)
def test_every_page_shows_much(path: str) -> None:
    answer = client_of(build(Fakes()), ADMIN).get(path)
    assert answer.status_code == 200
    assert "</html>" in answer.text


@pytest.mark.parametrize("path", [path for path in PAGES if "versions/40" not in path])
def test_every_page_shows_nothing_gracefully(path: str) -> None:
    answer = client_of(build(bare()), ADMIN).get(path)
    assert answer.status_code == 200
    assert "None" not in answer.text


@pytest.mark.parametrize("path", [path for path in PAGES if "versions/40" not in path])
def test_no_text_of_a_stranger_becomes_markup_or_code(path: str) -> None:
    answer = client_of(build(hostile()), ADMIN).get(path)
    assert answer.status_code == 200
    assert HOSTILE not in answer.text
    for tag, attributes in tags_of(answer.text):
        assert tag != "img" or (attributes.get("src") or "").startswith("/charts/")
        assert tag != "script" or (attributes.get("src") or "").startswith("/static/")
        assert not [name for name in attributes if name.startswith("on")]
        assert not (attributes.get("href") or "").casefold().startswith("javascript:")
        assert "style" not in attributes


def test_a_hostile_text_is_shown_as_it_is() -> None:
    html = client_of(build(hostile()), ADMIN).get("/decisions").text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "{{7*7}}" in html


def test_a_link_to_a_solved_case_never_runs_a_script() -> None:
    view = panel_view()
    case = replace(view.solved_before[0], url="javascript:alert(1)")
    fakes = Fakes(panel_now=replace(view, solved_before=(case,)))
    html = client_of(build(fakes), AGENT).get("/panel/zendesk/58213").text
    assert "SAML login loop" in html
    assert "javascript:" not in html


@pytest.mark.parametrize(
    "path", ["/playbook", "/playbook/segments", "/playbook/replies", "/playbook/versions"]
)
def test_without_a_playbook_the_pages_say_so(path: str) -> None:
    html = client_of(build(Fakes(playbook_now=None)), LEAD).get(path).text
    assert "No playbook is live" in html
    assert "Import a playbook" in html


def test_an_agent_is_not_offered_what_only_leads_may_do() -> None:
    app = build(Fakes())
    for_lead = client_of(app, LEAD).get("/playbook/versions").text
    for_agent = client_of(app, AGENT).get("/playbook/versions").text
    assert "Roll back…" in for_lead
    assert "Roll back…" not in for_agent
    assert "Edit or import" not in for_agent


def test_the_menu_shows_only_what_a_role_may_open() -> None:
    app = build(Fakes())
    agent = client_of(app, AGENT).get("/decisions").text
    lead = client_of(app, LEAD).get("/decisions").text
    admin = client_of(app, ADMIN).get("/decisions").text
    assert ("Overview</a>" in agent, "Overview</a>" in lead) == (False, True)
    assert ("3 parked" in lead, "3 parked" in admin) == (False, True)


def test_each_entry_of_the_menu_has_a_key_of_its_own() -> None:
    html = client_of(build(Fakes()), ADMIN).get("/decisions").text
    keys = [attributes["data-go"] for _, attributes in tags_of(html) if "data-go" in attributes]
    assert len(keys) > 10
    assert len(keys) == len(set(keys))
    for key in keys:
        assert f"<kbd>G</kbd> <kbd>{str(key).upper()}</kbd>" in html


def test_how_many_answer_is_told_from_thirty_on() -> None:
    view = results_view()

    def said(hits: int, n: int) -> str:
        total = replace(view.answer.total, answered=share(hits, n))
        shown = replace(view, answer=replace(view.answer, total=total))
        return client_of(build(Fakes(results_now=shown)), LEAD).get("/").text

    assert "we asked 11, too few to tell how many answer" in said(1, 11)
    assert "of 40 we asked, 25.0" in said(10, 40)
    assert "of 20,000 asked" in said(4_000, 20_000)


def test_the_overview_gives_each_number_its_n_and_its_doubt() -> None:
    html = client_of(build(Fakes()), LEAD).get("/").text
    assert "88.0\u202f%" in html
    assert "87.4 to 88.6" in html
    assert "n = 12,052 answers" in html
    assert "25.0\u202f% of 48,210 asked" in html
    assert "Working hours" in html
    assert "+0.6 points (+0.1 to +1.1)" in html
    assert "3 min faster (2 min to 4 min)" in html
    assert "no difference shown" in html
    assert "too few before to compare" in html
    assert "Adds up." in html


def test_under_thirty_nothing_is_shown_as_measured() -> None:
    view = results_view()
    few = replace(
        view, answer=replace(view.answer, total=kpis(17)), groups=(Group("New", kpis(17)),)
    )
    html = client_of(build(Fakes(results_now=few)), LEAD).get("/").text
    assert "4 answers, shown from 30" in html
    assert "17 tickets, shown from 30" in html
    assert "4 of 30" in html
    assert "100.0" not in html


def test_where_no_reply_is_known_nothing_is_said_of_first_replies_and_one_touch() -> None:
    view = results_view()
    silent = replace(kpis(400), first_reply=None, one_touch=None)
    told = replace(view, answer=replace(view.answer, total=silent), groups=(Group("New", silent),))
    html = client_of(build(Fakes(results_now=told)), LEAD).get("/").text
    assert "No tickets with known replies in this period" in html
    assert '<th scope="col" class="n">First reply</th>' not in html
    assert (
        '<th scope="col" class="n">First reply</th>'
        in client_of(build(Fakes()), LEAD).get("/").text
    )


def test_a_column_that_can_tell_nothing_of_any_group_is_left_out() -> None:
    view = results_view()
    plain = replace(kpis(400), csat=None, promised=None)
    told = replace(view, answer=replace(view.answer, total=plain), groups=(Group("New", plain),))
    html = client_of(build(Fakes(results_now=told)), LEAD).get("/").text
    assert "CSAT, %" not in html
    assert "SLA, %" not in html
    assert "No tickets with a promise in this period" in html


def test_a_demo_is_called_one_where_its_numbers_are_shown() -> None:
    frame = Frame(LEAD, "Halden Books", 41, parked=0, sample=True)
    html = client_of(build(Fakes(frame_now=frame)), LEAD).get("/").text
    assert "<b>Demo.</b>" in html
    assert "demo</span>" in html
    real = replace(results_view(), sample=False)
    assert "<b>Demo.</b>" not in client_of(build(Fakes(results_now=real)), LEAD).get("/").text


def test_the_decision_page_says_which_rule_chose_and_which_never_could() -> None:
    html = client_of(build(Fakes()), AGENT).get("/decisions/7").text
    assert "Rule 3, Enterprise EMEA to Enterprise desk." in html
    assert "Rules 4 to 6, not acted on because rule 3 says stop" in html
    assert "5. Compliance-bound to Compliance: unknown" in html
    assert "ARR is at least 50,000" in html
    assert "it is 48,200" in html
    assert "CRM, 9 d ago" in html


def test_the_decision_page_says_what_was_near_and_what_each_rule_did() -> None:
    html = client_of(build(Fakes()), AGENT).get("/decisions/7").text
    assert "6 rules, 2 matched, 1 near miss." in html
    assert "Would match if ARR is at least 50,000; it is 48,200, from CRM 9 d ago." in html
    assert "Then: Enterprise desk, tag ent-emea, stop." in html
    assert "published" in html
    assert "by Ines Moreau" in html


def test_a_value_is_as_fresh_on_the_decision_page_as_its_source_said() -> None:
    view = decision_view()
    arr = view.facts.customer["account.arr"]
    seen = replace(arr, fresh_until=view.facts.now)
    facts = replace(view.facts, customer={**view.facts.customer, "account.arr": seen})
    stale = '<span class="age age-stale" title="Wed 11 Nov 2026, 11:22 UTC">CRM, 9 d ago'
    by_age = client_of(build(Fakes()), AGENT).get("/decisions/7").text
    by_word = Fakes(decision_now=replace(view, facts=facts, known={}))
    assert stale in by_age
    assert stale not in client_of(build(by_word), AGENT).get("/decisions/7").text


def test_a_decision_that_was_made_again_shows_the_one_before_it_too() -> None:
    html = client_of(build(Fakes()), AGENT).get("/decisions/7").text
    assert "Decided before" in html
    assert "without CRM: <b>General</b>" in html
    row = '<th scope="row">Queue</th><td data-label="Then">General</td>'
    assert f'{row}<td data-label="Next">Enterprise desk</td>' in html


def test_running_a_decision_again_is_asked_for_and_shows_what_would_differ() -> None:
    fakes = Fakes()
    client = client_of(build(fakes), AGENT)
    html = client.get("/decisions/7").text
    assert "/decisions/7?again=1#again" in html
    assert ("again", 7) not in fakes.asked
    html = client.get("/decisions/7?again=1").text
    assert ("again", 7) in fakes.asked
    row = '<th scope="row">Queue</th><td data-label="Then">Enterprise desk</td>'
    assert f'{row}<td data-label="Now">General</td>' in html
    same = client_of(build(Fakes(again_now=run_again(changed=False))), AGENT)
    assert "which is live, would decide the same" in same.get("/decisions/7?again=1").text


def test_a_decision_that_does_not_exist_is_not_found() -> None:
    answer = client_of(build(Fakes(decision_now=None)), AGENT).get("/decisions/99")
    assert answer.status_code == 404
    assert "There is no decision 99." in answer.text


def test_the_list_of_decisions_pages_by_the_last_id_shown() -> None:
    fakes = Fakes(lines=decision_lines(60))
    html = client_of(build(fakes), AGENT).get("/decisions").text
    assert ("recent", 51, None) in fakes.asked
    assert "/decisions?before=11" in html


def test_a_parked_delivery_can_be_replayed_and_one_that_is_done_cannot() -> None:
    opened = deliveries_view()
    client = client_of(build(Fakes(deliveries_now=opened)), ADMIN)
    assert "/deliveries/7/replay" in client.get("/deliveries?open=7").text
    assert opened.open is not None
    done = replace(opened.open, line=opened.lines[0])
    client = client_of(build(Fakes(deliveries_now=replace(opened, open=done))), ADMIN)
    assert "/deliveries/9/replay" not in client.get("/deliveries?open=9").text


def test_looking_into_a_delivery_is_asked_for_by_a_form_and_with_a_name() -> None:
    fakes = Fakes()
    client = client_of(build(fakes), ADMIN)
    token = form_token(client, "/deliveries?open=7")
    assert client.post("/deliveries/7/body", data={"csrf_token": token}).status_code == 200
    assert ("deliveries", DeliveriesWanted(open=7, show_body=True), ADMIN) in fakes.asked


def test_replaying_all_parked_says_how_many() -> None:
    fakes = Fakes()
    client = client_of(build(fakes), ADMIN)
    token = form_token(client, "/deliveries")
    answer = client.post("/deliveries/replay", data={"csrf_token": token}, follow_redirects=True)
    assert "Replayed 3 parked." in answer.text
    assert ("replay all", ADMIN) in fakes.asked


def test_a_sum_that_does_not_add_up_is_said_loudly() -> None:
    view = results_view()
    wrong = replace(view, deliveries=replace(view.deliveries, done=1))
    html = client_of(build(Fakes(results_now=wrong)), LEAD).get("/").text
    assert "Does not add up." in html


def test_the_panel_of_a_stranger_offers_what_it_can_and_says_why_not() -> None:
    fakes = Fakes(panel_now=stranger_panel_view())
    html = client_of(build(fakes), AGENT).get("/panel/zendesk/58213").text
    assert "No customer is known for katrin@brandt.example" in html
    assert "Replies, without personal details" in html
    assert "Not offered: plan is unknown" in html
    assert "CRM did not answer" in html
    assert "12 min late" in html
