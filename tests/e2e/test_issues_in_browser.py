"""Issues in a real browser: looked for by the button, in a process of its own, and shown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from axe_playwright_python.sync_playwright import Axe
from browsers import PICTURES, served
from playwright.sync_api import Browser, Page, expect

from plugin.app import build_app
from plugin.children import free_port
from plugin.demo.samples.generate import customers, tickets
from plugin.records.tickets import PastTicket
from plugin.settings import Settings
from plugin.store.migrate import upgrade
from plugin.views.people import Role
from plugin.wiring import Deskroute
from routing.outcomes.outcome import Outcome
from routing.tickets import Status, Ticket, TicketRef

LEAD, PASSWORD = "lead@halden.example", "a-long-password-of-the-tests"
FEED = "Bank feed stops after renewed consent"
SEGMENTS = ("Enterprise EMEA", "Small shops DE", None)


@dataclass(frozen=True)
class Site:
    """A running Deskroute with three months of tickets."""

    url: str
    flows: Deskroute


def past() -> list[PastTicket]:
    """Sample tickets of 16 weeks, and an issue that comes up in the last four, in one segment."""
    now = datetime.now(UTC)
    people = customers(seed=7, today=now.date())
    made = [
        _past(at, one.subject, one.text, one.requester_email, one.requester_name, one.language,
              one.opened_at, SEGMENTS[at % 3])
        for at, one in enumerate(tickets(7, people, now, 112, 3_000))
    ]  # fmt: skip
    dice = Random(3)
    for at in range(90):
        one = dice.choice(people)
        opened_at = now - timedelta(days=dice.uniform(1.5, 26))
        text = f"Hello,\n\nthe feed has stopped, invoice {at}.\n\n{one.name}"
        made.append(
            _past(9_000 + at, FEED, text, one.email, one.name, "en", opened_at, "Small shops DE")
        )
    return made


def _past(
    key: int,
    subject: str,
    text: str,
    email: str,
    name: str,
    language: str,
    opened_at: datetime,
    segment: str | None,
) -> PastTicket:
    ticket = Ticket(
        ref=TicketRef("desk", str(key)),
        subject=subject,
        text=text,
        requester_email=email,
        requester_name=name,
        opened_at=opened_at,
        status=Status.SOLVED,
    )
    solved = opened_at + timedelta(hours=5)
    outcome = Outcome(
        opened_at=opened_at,
        first_reply_at=opened_at + timedelta(hours=1),
        first_solved_at=solved,
        solved_at=solved,
        public_replies=1,
    )
    return PastTicket(ticket, outcome, language, segment, "General", None, None)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("issues")
    port = free_port(8450)
    settings = Settings(
        data=folder,
        database_url=f"sqlite:///{folder / 'deskroute.sqlite'}",
        base_url=f"http://127.0.0.1:{port}",
    )
    flows = Deskroute(settings, ring=lambda: None)
    upgrade(flows.database.engine)
    flows.sign_in.save(LEAD, "Ines Moreau", Role.LEAD, PASSWORD)
    with flows.store.work() as work:
        work.tickets.add_past(past(), datetime.now(UTC))
        work.commit()
    try:
        with served(build_app(flows), port):
            yield Site(settings.base_url, flows)
    finally:
        flows.database.engine.dispose()


@pytest.fixture(scope="module")
def lead(site: Site, browser: Browser) -> Iterator[Page]:
    """A lead's browser, signed in, once topics were looked for by the button."""
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.goto(f"{site.url}/issues")
    page.fill("input[name=email]", LEAD)
    page.fill("input[name=password]", PASSWORD)
    page.click("button[type=submit]")
    expect(page.get_by_role("heading", name="Not looked for yet")).to_be_visible()
    assert Axe().run(page).violations_count == 0
    page.get_by_role("button", name="Look now").click()
    expect(page.locator("body")).to_contain_text("Topics are being looked for")
    for _ in range(120):
        page.goto(f"{site.url}/issues")
        if page.get_by_role("heading", name="All topics").count():
            break
        page.wait_for_timeout(1_000)
    yield page
    page.context.close()


def test_what_grows_stands_first_with_its_segment_and_the_reply_that_is_missing(
    lead: Page, site: Site
) -> None:
    lead.goto(f"{site.url}/issues")
    row = lead.get_by_role("region", name="Issues that grow").locator("tbody tr").first
    expect(row).to_contain_text(FEED)
    expect(row).to_contain_text("Small shops DE")
    expect(row).to_contain_text("none yet, 90 written by hand")
    row.get_by_role("link", name=FEED).click()
    expect(lead.locator("h1")).to_have_text(FEED)
    listed = lead.get_by_role("region", name="Tickets of the topic").locator("tbody tr")
    expect(listed).to_have_count(50)
    expect(listed.filter(has_text=FEED)).to_have_count(50)
    lead.get_by_role("link", name="Older").click()
    expect(listed).to_have_count(40)


def test_the_overview_names_what_grows(lead: Page, site: Site) -> None:
    lead.goto(site.url)
    expect(lead.get_by_role("region", name="Issues that grow")).to_contain_text(FEED)
    lead.get_by_role("link", name="All issues").click()
    lead.wait_for_url(f"{site.url}/issues")


def test_a_segment_a_language_and_a_table_are_one_choice_away(lead: Page, site: Site) -> None:
    lead.goto(f"{site.url}/issues")
    lead.get_by_label("Among").select_option(label="Enterprise EMEA")
    lead.get_by_label("Language").select_option(label="German")
    lead.get_by_role("button", name="Show", exact=True).click()
    expect(lead.get_by_role("heading", name="Nothing grows")).to_be_visible()
    expect(lead.locator("main")).not_to_contain_text(FEED)
    with lead.expect_download() as saved:
        lead.get_by_role("link", name="CSV", exact=True).click()
    text = Path(saved.value.path()).read_text(encoding="utf-8-sig")
    assert text.startswith("topic,from,language")
    assert FEED in text


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_are_for_everybody(lead: Page, site: Site, browser: Browser, scheme: str) -> None:
    state = lead.context.storage_state()
    page = browser.new_context(storage_state=state, color_scheme=scheme).new_page()
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    for name, path in (("issues", "/issues"), ("issue", ""), ("overview", "/")):
        page.set_viewport_size({"width": 1440, "height": 900})
        if path:
            page.goto(site.url + path)
        else:
            page.get_by_role("link", name=FEED).first.click()
        if PICTURES:
            page.screenshot(path=Path(PICTURES) / f"{name}-{scheme}.png", full_page=True)
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        page.set_viewport_size({"width": 360, "height": 900})
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 360, f"{name} scrolls sideways at 360 px: it is {wide} px wide"
        if PICTURES:
            page.screenshot(path=Path(PICTURES) / f"{name}-{scheme}-360.png", full_page=True)
    assert complaints == []
    page.context.close()
