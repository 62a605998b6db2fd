"""The pages in a real browser, as agent, lead and admin, over a live desk and real decisions.

With PICTURES=docs in the environment the README's pictures are taken anew.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from browsers import PICTURES, served
from playwright.sync_api import Browser, Page, expect

from plugin.app import build_app
from plugin.children import free_port
from plugin.demo.samples.live import Incoming, incoming
from plugin.demo.stage import CONNECTION, PEOPLE, SEED, Files, Stage, set_up
from plugin.demo.traffic import survey_link
from plugin.ports import EVENTS
from plugin.settings import Settings
from plugin.views.people import Person, Role
from plugin.views.playbook import ToPublish
from plugin.views.receivers import NewReceiver
from plugin.wiring import Deskroute
from plugin.wiring_apart import Apart
from plugin.wiring_columns import roll_up_of
from routing.conditions.wording import sentence
from routing.surveys.choose import survey_for
from routing.surveys.survey import Channel

HOMES = {"agent": "/decisions", "lead": "/playbook", "admin": "/"}


@dataclass(frozen=True)
class Site:
    """A running Deskroute with a few routed tickets."""

    url: str
    stage: Stage
    flows: Deskroute
    tickets: tuple[tuple[str, Incoming], ...]
    cookies: dict[str, Any] = field(default_factory=dict)
    """Of a role that has signed in, so that only its first test does so by the form."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("pages")
    port = free_port(8400)
    settings = Settings(
        data=folder,
        database_url=f"sqlite:///{folder / 'deskroute.sqlite'}",
        base_url=f"http://127.0.0.1:{port}",
    )
    stage = set_up(settings, Files(), lambda _: None)
    flows = Deskroute(settings, ring=lambda: None)
    try:
        with served(build_app(flows), port):
            stage.desk.point_webhooks_at(
                f"{settings.base_url}/webhooks/demo/{stage.webhook_secret}"
            )
            arriving = [one for one, _ in zip(incoming(SEED, stage.people), range(8), strict=False)]
            opened = []
            for one in arriving:
                ticket = stage.desk.open_by_api("General", one.subject, one.text, one.email)
                opened.append((ticket, one))
            while flows.work_off(20):
                pass
            author = Person(0, "somebody@else.example", "Somebody", Role.LEAD)
            assert flows.drafts.keep(ToPublish(_reworded(flows), "A better name.", 1), author) == 1
            Apart(flows).count_worth(lambda _done, _of: None)
            crm = NewReceiver("CRM", "https://crm.example.com/in", tuple(EVENTS))
            flows.receivers.add(crm, "test")
            yield Site(settings.base_url, stage, flows, tuple(opened))
    finally:
        stage.desk.stop()


def _reworded(flows: Deskroute) -> str:
    live = flows.edit_playbook.live()
    assert live is not None
    return live[1].replace("An outage of", "The outage of")


def sign_in(browser: Browser, site: Site, role: str, **context: Any) -> Page:
    email = next(email for email, _, has in PEOPLE if has == role)
    known = site.cookies.get(role)
    page = browser.new_context(storage_state=known, **context).new_page()
    if known is not None:
        return page
    page.goto(site.url)
    page.fill("input[name=email]", email)
    page.fill("input[name=password]", site.stage.password)
    page.click("button[type=submit]")
    page.wait_for_url(site.url + HOMES[role])
    site.cookies[role] = page.context.storage_state()
    return page


def count_results(site: Site) -> None:
    """What a worker does every few seconds: count what has changed."""
    while roll_up_of(site.flows)(60):
        pass


def decided(site: Site) -> str:
    """A ticket whose customer has a segment, and which was offered a reply."""
    for ticket, _ in site.tickets:
        view = site.flows.panel.view(CONNECTION, ticket)
        if view and view.decision.segment and any(one.text for one in view.replies):
            return ticket
    pytest.fail("no sample ticket has both a segment and a reply")


def test_an_agent_sees_the_segment_the_reason_and_the_replies(site: Site, browser: Browser) -> None:
    page = sign_in(browser, site, "agent")
    ticket = decided(site)
    page.goto(f"{site.url}/panel/{CONNECTION}/{ticket}")
    view = site.flows.panel.view(CONNECTION, ticket)
    assert view is not None
    panel = page.locator(".panel")
    expect(panel).to_contain_text(view.decision.segment or "")
    expect(panel).to_contain_text(view.decision.queue)
    expect(panel).to_contain_text(view.decision.agent.agent or "")
    for reply in view.replies:
        expect(panel).to_contain_text(reply.name)
    page.context.close()


def test_a_key_inserts_a_reply_and_its_use_is_recorded(site: Site, browser: Browser) -> None:
    page = sign_in(browser, site, "agent", permissions=["clipboard-read", "clipboard-write"])
    ticket = decided(site)
    page.goto(f"{site.url}/panel/{CONNECTION}/{ticket}")
    view = site.flows.panel.view(CONNECTION, ticket)
    assert view is not None
    first = next(one for one in view.replies if one.text)
    with page.expect_response(re.compile(r"/replies$")) as answered:
        page.keyboard.press("1")
    assert answered.value.status < 400
    copied = page.evaluate("navigator.clipboard.readText()").replace("\r\n", "\n")
    assert copied.strip() == (first.text or "").strip()
    with site.flows.store.look() as work:
        assert work.decisions.uses()[first.name].inserted == 1
    page.context.close()


def test_wrong_queue_moves_the_ticket_in_the_desk(site: Site, browser: Browser) -> None:
    page = sign_in(browser, site, "agent")
    ticket = site.tickets[-1][0]
    page.goto(f"{site.url}/panel/{CONNECTION}/{ticket}")
    page.keyboard.press("w")
    box = page.locator("form.wrong")
    expect(box).to_be_visible()
    queue = box.locator("select option").first.inner_text()
    box.get_by_role("button", name="Move ticket").click()
    page.wait_for_load_state()
    shown = site.stage.desk.ticket(ticket)
    assert site.stage.playbook.queue_of(CONNECTION, str(shown["queue"])) == queue
    page.context.close()


def test_an_agent_may_not_see_deliveries_and_is_told_who_may(site: Site, browser: Browser) -> None:
    page = sign_in(browser, site, "agent")
    answer = page.goto(f"{site.url}/deliveries")
    assert answer is not None
    assert answer.status == 403
    expect(page.locator("body")).to_contain_text("admins")
    page.context.close()


def test_a_lead_reads_rules_in_words_and_mends_a_playbook_by_its_problems(
    site: Site, browser: Browser
) -> None:
    page = sign_in(browser, site, "lead")
    page.goto(site.url + HOMES["lead"])
    expect(page.locator("body")).to_contain_text("segments contains VIP by hand")
    page.get_by_role("link", name="Edit or import").click()
    text = page.locator("textarea[name=text]")
    good = text.input_value()
    bad = good.replace("default_queue: General", "default_queue: Generall")
    text.evaluate("(area, text) => { area.value = text }", bad)
    page.get_by_role("button", name=re.compile(r"Check")).click()
    expect(page.locator("body")).to_contain_text(
        "There is no queue “Generall”. Did you mean General?"
    )
    better = good + "\n# tried in a browser\n"
    page.locator("textarea[name=text]").evaluate("(area, text) => { area.value = text }", better)
    page.locator("[name=note]").fill("Tried in a browser.")
    page.get_by_role("button", name=re.compile(r"Publish")).last.click()
    page.wait_for_load_state()
    with site.flows.store.look() as work:
        newest = work.playbooks.versions()[0]
    assert newest.note == "Tried in a browser."
    assert newest.by == "Ines Moreau"
    page.context.close()


@pytest.mark.parametrize("script", [True, False], ids=["with a script", "without"])
def test_a_lead_builds_a_segment_from_a_template(
    site: Site, browser: Browser, script: bool
) -> None:
    page = sign_in(browser, site, "lead", java_script_enabled=script)
    page.goto(f"{site.url}/segments?show=templates")
    page.locator("a[href*='template=large-companies']").click()
    name = f"Large, {'with' if script else 'without'} a script"
    page.locator("#name").fill(name)
    page.locator("[name='when.0.value']").fill("50")
    page.get_by_role("button", name="Count again").click()
    expect(page.locator("#preview")).to_contain_text("employees is at least 50,")
    page.locator("button[value='add-test when']").click()
    page.locator("[name='when.2.field']").select_option("customer.country")
    page.get_by_role("button", name="Count again").click()
    page.locator("[name='when.2.op']").select_option("is none of")
    page.get_by_role("button", name="Count again").click()
    page.locator("textarea[name='when.2.value']").fill("DE\nAT")
    page.locator("button[value='move-up when.2']").click()
    expect(page.locator("#builder-said")).to_have_text("Moved up.")
    expect(page.locator("[name='when.1.field']")).to_be_focused()
    expect(page.locator("#preview")).to_contain_text("and country is not DE or AT, and plan is")
    expect(page.locator(".count-line")).to_contain_text("customers,")
    page.locator("#note").fill("Built in a browser.")
    page.get_by_role("button", name="Publish").click()
    page.wait_for_url(re.compile(r"/segments/Large"))
    expect(page.locator("h1")).to_have_text(name)
    with site.flows.store.look() as work:
        live = work.playbooks.live()
    assert live is not None
    assert sentence(live.segment(name).when) == (
        "employees is at least 50, and country is not DE or AT, and plan is Business or Enterprise"
    )
    page.context.close()


def test_a_lead_finds_groups_in_the_data_and_edits_one(site: Site, browser: Browser) -> None:
    page = sign_in(browser, site, "lead")
    page.goto(f"{site.url}/segments")
    page.get_by_role("link", name="Find segments in the data").click()
    for box in page.locator("input[name=field]").all():
        box.uncheck()
    page.locator("input[value='customer.orders']").check()
    page.locator("input[value='customer.aov']").check()
    page.get_by_role("button", name="Find groups").click()
    expect(page.locator("#found")).to_contain_text("of whom it catches are such")
    assert Axe().run(page).violations_count == 0
    page.locator("#found").get_by_role("button", name="Edit as a segment").first.click()
    expect(page.locator("#name")).to_have_value(re.compile(r"^Draft: "))
    expect(page.locator("#model")).to_have_value("data-driven")
    expect(page.locator(".count-line")).to_contain_text("customers,")
    page.context.close()


@pytest.mark.parametrize("script", [True, False], ids=["with a script", "without"])
def test_a_lead_changes_a_rule_and_moves_it(site: Site, browser: Browser, script: bool) -> None:
    rule = "Free months to Onboarding" if script else "Enterprise EMEA to Enterprise desk"
    page = sign_in(browser, site, "lead", java_script_enabled=script)
    page.goto(f"{site.url}/playbook")
    page.get_by_role("link", name=rule).click()
    page.locator("button[value='add-test when']").click()
    page.locator("[name='when.1.field']").select_option("ticket.subject")
    page.get_by_role("button", name="Count again").click()
    page.locator("[name='when.1.op']").select_option("contains")
    page.get_by_role("button", name="Count again").click()
    page.locator("[name='when.1.value']").fill("import")
    page.locator("button[value='negate when.1']").click()
    expect(page.locator("#builder-said")).to_have_text("Turned round.")
    expect(page.locator("#preview")).to_contain_text("and not subject contains import, then")
    expect(page.locator(".count-line")).to_contain_text("of 8 past tickets match")
    minutes = "20 min" if script else "25 min"
    page.locator("#first_reply").fill(minutes)
    page.locator("#try-id").fill(site.tickets[0][0])
    page.get_by_role("button", name="Try", exact=True).click()
    expect(page.locator("#tried")).to_contain_text("The ticket goes to")
    page.get_by_role("button", name="See what changes").click()
    expect(page.locator("h1")).to_have_text("What changes")
    expect(page.locator(".words-list")).to_contain_text(f"is {minutes.replace('min', 'minutes')}")
    page.get_by_role("button", name="Back to the draft").click()
    expect(page.locator("#first_reply")).to_have_value(minutes)
    page.get_by_role("button", name="See what changes").click()
    page.locator("#note").fill("Changed in a browser.")
    page.get_by_role("button", name="Publish").click()
    page.wait_for_url(f"{site.url}/playbook")
    mover = page.get_by_role("button", name=f"Move {rule} up")
    mover.focus()
    if script:
        page.keyboard.press("Alt+ArrowUp")
    else:
        page.keyboard.press("Enter")
    expect(page.locator("#order-said")).to_contain_text(f"{rule} is now rule ")
    expect(mover).to_be_focused()
    page.get_by_role("button", name="See what changes").click()
    expect(page.locator(".words-list")).to_contain_text("moved from place")
    page.locator("#note").fill("Moved in a browser.")
    page.get_by_role("button", name="Publish").click()
    page.wait_for_url(f"{site.url}/playbook")
    with site.flows.store.look() as work:
        live = work.playbooks.live()
        newest = work.playbooks.versions()[0]
    assert live is not None
    assert newest.note == "Moved in a browser."
    assert "not subject contains import" in sentence(live.rule(rule).when)
    page.context.close()


def test_a_rule_is_moved_by_dragging_it(site: Site, browser: Browser) -> None:
    # So high that nothing has to scroll while the mouse is down.
    page = sign_in(browser, site, "lead", viewport={"width": 1440, "height": 1400})
    page.goto(f"{site.url}/playbook")
    rules = page.locator(".rule")
    name = rules.nth(3).locator("h2 a").inner_text()
    rules.nth(3).locator(".grip").drag_to(rules.nth(0).locator("h2"))
    expect(page.locator("#order-said")).to_contain_text(f"{name} is now rule 1 of ")
    expect(rules.nth(0).locator("h2")).to_have_text(f"{name} moved from 4")
    page.context.close()


def test_a_lead_makes_a_case_and_an_admin_approves_it(site: Site, browser: Browser) -> None:
    drafts, admin = site.flows.drafts, Person(0, "test", "Test", Role.ADMIN)
    drafts.demand(admin, demanded=True)
    page = sign_in(browser, site, "lead")
    page.goto(f"{site.url}/decisions/1")
    page.get_by_role("link", name="Make it a case").click()
    page.get_by_label("Name of the case").fill("Made in a browser")
    page.get_by_role("button", name="Try it").click()
    expect(page.locator("body")).to_contain_text("Rule ")
    page.get_by_label("What changes, for the people").fill("A case of decision 1.")
    page.get_by_role("button", name="Ask for approval").click()
    page.wait_for_url(f"{site.url}/playbook/drafts/*")
    expect(page.locator("body")).to_contain_text("Case “Made in a browser” is new")
    expect(page.get_by_role("button", name="Approve and publish")).to_have_count(0)
    draft = page.url
    page.context.close()
    page = sign_in(browser, site, "admin")
    page.goto(site.url + HOMES["admin"])
    expect(page.locator("#nav")).to_contain_text("1 to approve")
    page.goto(draft)
    expect(page.locator(".draft")).to_contain_text("Cases 12 of 12")
    page.get_by_role("button", name="Approve and publish").click()
    page.wait_for_url(f"{site.url}/playbook/versions")
    expect(page.locator("body")).to_contain_text("A case of decision 1. Approved by ")
    page.get_by_role("button", name="Let leads publish alone").click()
    expect(page.locator("body")).to_contain_text("Every lead publishes alone.")
    page.goto(f"{site.url}/audit")
    expect(page.locator("body")).to_contain_text("The chain is whole: ")
    expect(page.locator("body")).to_contain_text("approved draft 2 of ")
    page.context.close()


def test_an_admin_sees_numbers_with_their_doubt_and_the_sum_of_deliveries(
    site: Site, browser: Browser
) -> None:
    count_results(site)
    page = sign_in(browser, site, "admin")
    page.goto(site.url + HOMES["admin"])
    body = page.locator("body")
    expect(body).to_contain_text("No number here is about your desk.")
    expect(body).to_contain_text("Enterprise EMEA")
    expect(body).to_contain_text("n =")
    page.goto(f"{site.url}/deliveries")
    with site.flows.store.look() as work:
        tally = work.inbox.tally()
    expect(page.locator(".sum")).to_contain_text(f"{tally.received}")
    expect(body).to_contain_text("Adds up.")
    page.context.close()


def test_a_customer_rates_only_by_pressing_the_button(site: Site, browser: Browser) -> None:
    ticket = asked_in_the_ticket(site)
    view = site.flows.panel.view(CONNECTION, ticket)
    assert view is not None
    agent = "".join(c for c in (view.decision.agent.agent or "") if c.isalnum() or c == " ")
    site.stage.desk.agent_solve(agent.casefold().replace(" ", "."), ticket, "Solved.")
    while site.flows.work_off(20):
        pass
    link = survey_link(site.stage.desk, ticket)
    assert link is not None
    for agent_name in ("Mozilla/5.0", "SafeLinks scanner", "WhatsApp/2.0"):
        for method in ("GET", "HEAD"):
            httpx.request(method, f"{link}?score=1", headers={"user-agent": agent_name})
    assert score_of(site, ticket) is None
    page = browser.new_context().new_page()
    page.goto(f"{link}?score=4")
    assert page.locator("input[value='4']").is_checked()
    assert score_of(site, ticket) is None
    page.locator("textarea").fill("<script>alert(1)</script> thank you")
    page.locator("button[type=submit]").click()
    page.wait_for_load_state()
    assert score_of(site, ticket) == 4
    page.context.close()


def asked_in_the_ticket(site: Site) -> str:
    """A ticket whose customer is asked by a public reply, and not by mail."""
    for ticket, _ in site.tickets:
        view = site.flows.panel.view(CONNECTION, ticket)
        assert view is not None
        survey = survey_for(site.stage.playbook.surveys, view.decision.segment)
        if survey is not None and survey.channel is Channel.REPLY:
            return ticket
    pytest.fail("no sample ticket is asked about by a public reply")


def score_of(site: Site, ticket: str) -> int | None:
    with site.flows.store.look() as work:
        found = work.tickets.find(CONNECTION, ticket)
    assert found is not None
    return found.score


PAGES = [
    ("agent", "/decisions"),
    ("agent", "/decisions/1"),
    ("agent", "/decisions/1?again=1"),
    ("agent", f"/panel/{CONNECTION}/1"),
    ("lead", "/playbook"),
    ("lead", "/playbook/segments"),
    ("lead", "/playbook/queues"),
    ("lead", "/playbook/replies"),
    ("lead", "/playbook/surveys"),
    ("lead", "/surveys"),
    ("lead", "/playbook/quality"),
    ("lead", "/value"),
    ("lead", "/value?days=365&segment=none"),
    ("lead", "/playbook/cases"),
    ("lead", "/playbook/cases/new?decision=1"),
    ("lead", "/playbook/cases/A%20VIP%20at%20risk%20stays%20with%20Priority/edit"),
    ("lead", "/playbook/versions"),
    ("lead", "/playbook/drafts/1"),
    ("lead", "/playbook/rules/Compliance%20questions%20to%20Compliance/edit"),
    ("lead", "/playbook/rules/new"),
    ("lead", "/playbook/rules/Free%20months%20to%20Onboarding/delete"),
    ("agent", "/segments/Enterprise%20EMEA"),
    ("lead", "/segments"),
    ("lead", "/segments?show=templates"),
    ("lead", "/segments/overlaps"),
    ("lead", "/segments/find"),
    ("lead", "/segments/Enterprise%20EMEA/edit"),
    ("lead", "/segments/new?template=renewal-ahead"),
    ("admin", "/"),
    ("admin", "/deliveries"),
    ("admin", "/sources"),
    ("admin", "/sources/new/hubspot"),
    ("admin", "/customers"),
    ("admin", "/tokens"),
    ("lead", "/mails"),
    ("admin", "/exports"),
    ("admin", "/receivers"),
    ("admin", "/receivers/CRM"),
    ("admin", "/audit"),
]


@pytest.mark.parametrize(("role", "path"), PAGES, ids=[path for _, path in PAGES])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_page_has_no_accessibility_violation_and_fits_a_phone(
    site: Site, browser: Browser, role: str, path: str, scheme: str
) -> None:
    page = sign_in(browser, site, role, color_scheme=scheme)
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    # Dark is looked at on the phone, light on the desk: each rule is met in each way once.
    width = 360 if scheme == "dark" else 1440
    page.set_viewport_size({"width": width, "height": 900})
    answer = page.goto(site.url + path)
    assert answer is not None
    assert answer.status == 200
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    page.set_viewport_size({"width": 360, "height": 900})
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 360, f"{path} scrolls sideways at 360 px: it is {wide} px wide"
    assert complaints == []
    page.context.close()


@pytest.mark.skipif(not PICTURES, reason="pictures are taken with PICTURES=docs")
def test_the_pictures_of_the_readme(site: Site, browser: Browser) -> None:
    folder = Path(str(PICTURES))
    count_results(site)
    page = sign_in(browser, site, "agent", viewport={"width": 320, "height": 640})
    page.goto(f"{site.url}/panel/{CONNECTION}/{decided(site)}")
    page.screenshot(path=folder / "panel.png")
    page.context.close()
    page = sign_in(browser, site, "admin", viewport={"width": 1440, "height": 900})
    page.goto(f"{site.url}/?days=90")
    expect(page.locator("table").first).to_be_visible()
    page.screenshot(path=folder / "overview.png")
    page.context.close()
    assert (folder / "overview.png").stat().st_size > 10_000
