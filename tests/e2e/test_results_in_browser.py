"""Comparison, goals and one segment in a real browser, over tickets with known differences.

With PICTURES=folder in the environment their pictures are kept there.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import ticket_samples
from axe_playwright_python.sync_playwright import Axe
from browsers import PICTURES, served
from playwright.sync_api import Browser, Page, expect

from plugin.app import build_app
from plugin.children import free_port
from plugin.flows.results.roll_up import RollUp
from plugin.settings import Settings
from plugin.store.migrate import upgrade
from plugin.views.people import Role
from plugin.wiring import Deskroute

EMAIL, PASSWORD = "ines@halden.example", "correct horse battery"

PAGES = {
    "compare": "/compare",
    "compare-channels": "/compare?by=channel",
    "compare-one": "/compare?with=Onsite+service",
    "compare-nothing": "/compare?since=2001-01-01&until=2001-02-01",
    "goals": "/goals",
    "segment": "/segments/Compliance-bound",
    "overview": "/",
}


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Deskroute with half a year of tickets."""
    folder = tmp_path_factory.mktemp("results")
    port = free_port(8700)
    base = f"http://127.0.0.1:{port}"
    database = f"sqlite:///{folder / 'deskroute.sqlite'}"
    flows = Deskroute(Settings(data=folder, database_url=database, base_url=base), lambda: None)
    upgrade(flows.database.engine)
    now = datetime.now(UTC)
    with flows.store.work() as work:
        before = now - timedelta(days=40)
        assert work.playbooks.publish(ticket_samples.PLAYBOOK, "For a test.", "Ines", before, 0)
        work.commit()
    ticket_samples.keep(flows.store, now, ticket_samples.BEFORE, ticket_samples.NOW)
    assert not RollUp(flows.store, flows.clock)(60.0)
    flows.sign_in.save(EMAIL, "Ines Moreau", Role.LEAD, PASSWORD)
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    with served(build_app(flows), port):
        yield base
    flows.drawings.close()


@pytest.fixture(scope="module")
def signed_in(browser: Browser, url: str) -> Any:
    """The cookies of a lead."""
    page = browser.new_page()
    page.goto(url)
    page.fill("input[name=email]", EMAIL)
    page.fill("input[name=password]", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_load_state()
    return page.context.storage_state()


def opened(browser: Browser, signed_in: Any, **context: Any) -> Page:
    return browser.new_context(storage_state=signed_in, **context).new_page()


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_page_has_no_accessibility_violation_and_fits_a_phone(
    browser: Browser, signed_in: Any, url: str, name: str, scheme: str
) -> None:
    page = opened(browser, signed_in, color_scheme=scheme)
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    for width in (1440, 360):
        page.set_viewport_size({"width": width, "height": 900})
        answer = page.goto(url + PAGES[name])
        assert answer is not None
        assert answer.status == 200
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, f"{name} scrolls sideways at {width} px: it is {wide} px wide"
        if PICTURES:
            page.wait_for_timeout(500)
            picture = Path(PICTURES) / f"{name}-{scheme}-{width}.png"
            page.screenshot(path=picture, full_page=True)
    assert complaints == []
    page.context.close()


@pytest.mark.parametrize("script", [True, False], ids=["with a script", "without"])
def test_groups_are_taken_away_and_added(
    browser: Browser, signed_in: Any, url: str, script: bool
) -> None:
    page = opened(browser, signed_in, java_script_enabled=script)
    page.goto(f"{url}/compare")
    tokens = page.locator(".token")
    expect(tokens).to_have_count(4)
    page.get_by_role("link", name="Take Enterprise EMEA away").click()
    expect(tokens).to_have_count(3)
    page.locator(".compare-groups select").select_option("Onsite service")
    page.get_by_role("button", name="Add").click()
    expect(tokens).to_have_count(4)
    expect(page.locator(".compare")).to_contain_text("Too few: 14 ratings, shown from 30")
    page.locator("select[name=by]").select_option("channel")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("h1")).to_have_text("Compare channels")
    expect(tokens).to_have_text(["chat", "mail"])
    expect(page.locator("body")).not_to_contain_text("Left out")
    page.context.close()


def test_what_was_put_in_is_said_and_leads_to_its_tickets(
    browser: Browser, signed_in: Any, url: str
) -> None:
    page = opened(browser, signed_in)
    page.goto(url)
    body = page.locator("body")
    expect(body).to_contain_text("Compliance-bound is under its goal")
    expect(body).to_contain_text("points, but not because support got better")
    page.get_by_role("link", name="See the split").click()
    expect(page.locator("#mix")).to_contain_text("The mix has changed")
    expect(body).to_contain_text("The total points the other way: CSAT")
    transferred = page.locator(".versus").filter(has_text="Transferred")
    expect(transferred).to_contain_text("Compliance-bound is higher than")
    page.get_by_role("link", name="Compare the two").click()
    expect(page.locator(".token")).to_have_count(2)
    page.locator(".versus").first.locator(".of a").first.click()
    expect(page.locator("h1")).to_be_visible()
    assert "having=rated" in page.url
    page.context.close()


def test_keys_lead_to_the_comparison_and_the_goals(
    browser: Browser, signed_in: Any, url: str
) -> None:
    page = opened(browser, signed_in)
    page.goto(f"{url}/playbook")
    page.keyboard.press("g")
    page.keyboard.press("m")
    page.wait_for_url(f"{url}/compare")
    page.keyboard.press("g")
    page.keyboard.press("g")
    page.wait_for_url(f"{url}/goals")
    page.context.close()


def test_a_segment_shows_the_kpi_that_is_chosen(browser: Browser, signed_in: Any, url: str) -> None:
    page = opened(browser, signed_in)
    page.goto(f"{url}/segments/Compliance-bound")
    expect(page.locator("figcaption")).to_contain_text("CSAT by week")
    page.locator("select[name=kpi]").select_option("first_reply")
    page.get_by_role("button", name="Draw").click()
    expect(page.locator("figcaption")).to_contain_text("First reply by week")
    expect(page.locator("figcaption")).to_contain_text("In working hours.")
    page.context.close()
