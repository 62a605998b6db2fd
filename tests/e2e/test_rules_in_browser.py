"""Writing rules in a real browser, by hand and by keyboard, with a script and without one."""

from __future__ import annotations

import re

import pytest
import test_pages_in_browser as pages
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect
from test_pages_in_browser import Site, sign_in

from routing.conditions.wording import sentence

site = pages.site

VIP = "VIP by hand to Priority"


def a_new_rule(site: Site, browser: Browser, **context: object) -> Page:
    page = sign_in(browser, site, "lead", **context)
    page.goto(f"{site.url}/playbook/rules/new")
    return page


def count_again(page: Page, *, script: bool) -> None:
    if not script:
        page.get_by_role("button", name="Count again").click()


def says(page: Page) -> Locator:
    return page.locator("#builder-said")


@pytest.mark.parametrize("script", [True, False], ids=["with a script", "without"])
def test_a_lead_builds_a_nested_condition_and_takes_steps_back(
    site: Site, browser: Browser, script: bool
) -> None:
    page = a_new_rule(site, browser, java_script_enabled=script)
    page.locator("[name='when.field']").select_option("ticket.subject")
    count_again(page, script=script)
    page.locator("[name='when.op']").select_option("contains")
    count_again(page, script=script)
    page.locator("[name='when.value']").fill("refund")
    page.locator("button[value='add-group when']").click()
    expect(says(page)).to_have_text("Group added.")
    page.locator("[name='when.1.0.field']").select_option("ticket.channel")
    count_again(page, script=script)
    page.locator("[name='when.1.0.value']").fill("chat")
    page.locator("button[value='negate when.1']").click()
    expect(says(page)).to_have_text("Turned round.")
    words = "When subject contains refund, and not"
    expect(page.locator("#preview")).to_contain_text(words)
    page.locator("button[value='move-down when.0']").click()
    expect(says(page)).to_have_text("Moved down.")
    expect(page.locator("#preview")).to_contain_text("channel is chat, and subject contains refund")
    undo, redo = (page.get_by_role("button", name=name) for name in ("Undo", "Do again"))
    for _ in range(2):
        undo.click()
        expect(says(page)).to_have_text("Undone: the condition.")
        expect(undo).to_be_focused()
    expect(page.locator("#preview")).to_contain_text("subject contains refund, and channel is chat")
    redo.click()
    expect(says(page)).to_have_text("Done again: the condition.")
    expect(page.locator("#preview")).to_contain_text(words)
    page.context.close()


def test_a_condition_is_dragged_into_a_group_and_back(site: Site, browser: Browser) -> None:
    page = a_new_rule(site, browser, viewport={"width": 1440, "height": 1000})
    page.locator("[name='when.field']").select_option("ticket.subject")
    page.locator("[name='when.op']").select_option("contains")
    page.locator("[name='when.value']").fill("refund")
    page.locator("button[value='add-group when']").click()
    page.locator("[name='when.1.0.field']").select_option("ticket.channel")
    page.locator("[name='when.1.0.value']").fill("chat")
    page.locator("button[value='add-test when.1']").click()
    expect(says(page)).to_have_text("Condition added.")
    line = "[data-part='{}'] .grip"
    page.locator(line.format("when.0")).drag_to(page.locator(line.format("when.1.0")))
    expect(says(page)).to_have_text("Moved.")
    expect(page.locator("[name='when.0.0.value']")).to_have_value("refund")
    expect(page.locator("[name='when.0.1.value']")).to_have_value("chat")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("[name='when.0.value']")).to_have_value("refund")
    expect(page.locator("[name='when.1.0.value']")).to_have_value("chat")
    page.context.close()


@pytest.mark.parametrize("script", [True, False], ids=["with a script", "without"])
def test_a_rule_that_never_fires_says_so_while_it_is_written_and_is_mended_by_a_button(
    site: Site, browser: Browser, script: bool
) -> None:
    page = a_new_rule(site, browser, java_script_enabled=script)
    page.locator("[name='when.field']").select_option("segments")
    count_again(page, script=script)
    page.locator("[name='when.value']").fill("VIP by hand")
    page.locator("#queue").select_option("Priority")
    count_again(page, script=script)
    checks = page.locator("#checks")
    expect(checks).to_contain_text(f"Never fires: rule 2, {VIP}, takes every ticket")
    expect(checks).to_contain_text("Witness: a ticket with")
    checks.get_by_role("button", name="Move above rule 2").click()
    expect(says(page)).to_have_text("The rule has another place.")
    expect(page.locator("#place")).to_have_value("2")
    expect(page.locator("#place")).to_be_focused()
    expect(checks).to_contain_text("New at other rules")
    expect(checks).to_contain_text("Rule 3. Never fires: rule 2, the new rule, takes every ticket")
    page.context.close()


def test_words_counts_and_findings_follow_the_typing_and_nothing_jumps(
    site: Site, browser: Browser
) -> None:
    page = a_new_rule(site, browser)
    page.locator("[name='when.field']").select_option("ticket.subject")
    value = page.locator("[name='when.value']")
    value.click()
    before = [value.bounding_box(), page.locator("#queue").bounding_box()]
    page.keyboard.type("zz")
    expect(page.locator("#preview")).to_contain_text("When subject is zz, then stop.")
    expect(page.locator("#preview-said")).to_contain_text("0 of 8 past tickets match.")
    page.keyboard.type("y")
    expect(page.locator("#preview")).to_contain_text("When subject is zzy, then stop.")
    expect(page.locator("[data-count=when]")).to_have_text("0")
    expect(value).to_be_focused()
    expect(value).to_have_value("zzy")
    assert [value.bounding_box(), page.locator("#queue").bounding_box()] == before
    page.context.close()


def test_a_condition_is_worked_on_by_keyboard_alone(site: Site, browser: Browser) -> None:
    page = a_new_rule(site, browser)
    page.locator("button[value='add-test when']").focus()
    page.keyboard.press("Enter")
    expect(page.locator("[name='when.1.field']")).to_be_focused()
    page.locator("[name='when.1.field']").select_option("ticket.channel")
    expect(page.locator("[name='when.1.value']")).to_be_visible()
    page.locator("[name='when.1.field']").focus()
    page.keyboard.press("Alt+ArrowUp")
    expect(says(page)).to_have_text("Moved up.")
    expect(page.locator("[name='when.0.field']")).to_be_focused()
    page.keyboard.press("Alt+n")
    expect(says(page)).to_have_text("Turned round.")
    expect(page.locator("[name='when.0.field']")).to_be_focused()
    page.keyboard.press("Control+z")
    expect(says(page)).to_have_text("Undone: the condition.")
    expect(page.locator("[name='when.0.field']")).to_be_focused()
    expect(page.locator("button[value='negate when.0']")).to_have_attribute("aria-pressed", "false")
    page.keyboard.press("Control+Shift+Z")
    expect(says(page)).to_have_text("Done again: the condition.")
    expect(page.locator("button[value='negate when.0']")).to_have_attribute("aria-pressed", "true")
    # Delete removes a line on its buttons, and never while a field of it has the focus.
    page.keyboard.press("Delete")
    page.locator("button[value='negate when.0']").focus()
    expect(page.locator("[name='when.1.field']")).to_be_visible()
    page.keyboard.press("Delete")
    expect(says(page)).to_have_text("Removed.")
    expect(page.locator("[name='when.1.field']")).to_have_count(0)
    # What was typed into a field goes back letter by letter, as everywhere.
    page.locator("#tags").fill("one")
    page.keyboard.type("x")
    page.keyboard.press("Control+z")
    expect(page.locator("#tags")).not_to_have_value("onex")
    page.locator("h1").click()
    page.keyboard.press("t")
    expect(page.locator("#try-id")).to_be_focused()
    page.locator("#name").fill("By keyboard")
    page.keyboard.press("Control+Enter")
    expect(page.locator("body")).to_contain_text("Not published.")
    page.context.close()


def test_the_form_shows_what_is_chosen_and_every_mistake_at_its_field(
    site: Site, browser: Browser
) -> None:
    page = a_new_rule(site, browser, java_script_enabled=False)
    wait, share = page.locator("#waits"), page.locator("#share")
    expect(wait).to_be_hidden()
    expect(share).to_be_hidden()
    page.locator("#on").select_option("waiting")
    page.locator("[name=state][value=canary]").check()
    wait.fill("soon")
    share.fill("900")
    for details in page.locator("summary").all():
        details.click()
    for name in ("first_reply", "resolution", "hand_back", "notify"):
        page.locator(f"#{name}").fill("nonsense")
    page.locator("#fields").fill("no value")
    page.locator("button[value='negate when']").click()
    page.locator("[name='when.field']").select_option("account.employees")
    page.get_by_role("button", name="Count again").click()
    page.locator("[name='when.op']").select_option("at least")
    page.get_by_role("button", name="See what changes").click()
    expect(page.locator("[role=alert]")).to_contain_text("Not published.")
    expect(page.locator("#name-e")).to_be_visible()
    expect(page.locator("[id='when-e']")).to_be_visible()
    page.locator("#name").fill("All wrong")
    page.locator("[name='when.value']").fill("5")
    page.get_by_role("button", name="See what changes").click()
    for name in ("waits", "share", "first_reply", "resolution", "hand_back", "notify"):
        expect(page.locator(f"#{name}-e")).to_be_visible()
        expect(page.locator(f"#{name}")).to_have_attribute("aria-invalid", "true")
    assert Axe().run(a_copy(page, browser, site)).violations_count == 0
    page.context.close()


def a_copy(page: Page, browser: Browser, site: Site) -> Page:
    """The same page where axe can run: it is a script itself."""
    copy = sign_in(browser, site, "lead")
    copy.goto(f"{site.url}/playbook/rules/new")
    copy.set_content(page.content(), wait_until="load")
    return copy


def test_rules_are_walked_tried_moved_and_mended_by_keyboard(site: Site, browser: Browser) -> None:
    page = sign_in(browser, site, "lead")
    page.goto(f"{site.url}/playbook")
    said = page.locator("#order-said")
    first = page.locator(".rule h2 a").first
    name = first.inner_text()
    page.keyboard.press("j")
    expect(first).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("k")
    expect(first).to_be_focused()
    page.keyboard.press("/")
    page.keyboard.type("jk")
    expect(page.locator("input[type=search]")).to_have_value("jk")
    page.locator("input[type=search]").fill("")
    first.focus()
    page.keyboard.press("t")
    page.wait_for_url(re.compile(r"/edit#try-id$"))
    expect(page.locator("#try-id")).to_be_focused()
    page.goto(f"{site.url}/playbook")
    page.keyboard.press("j")
    page.keyboard.press("Alt+ArrowDown")
    expect(said).to_have_text(re.compile(f"^{re.escape(name)} is now rule 2 of "))
    expect(page.locator(".rule-changed h2 .badge")).to_have_text("moved from 1")
    page.keyboard.press("k")
    page.keyboard.press("Control+z")
    expect(said).to_have_text(re.compile(f"^Undone: {re.escape(name)} is now rule 1 of "))
    assert page.evaluate("Boolean(document.activeElement.closest('.rule'))")
    page.keyboard.press("Control+Shift+Z")
    expect(said).to_contain_text("Done again: ")
    page.keyboard.press("Control+Enter")
    expect(page.locator("h1")).to_have_text("What changes")
    page.context.close()


def everything_first(page: Page, site: Site) -> int:
    """The page of rules with the one that takes every ticket put first; how many rules they are."""
    page.goto(f"{site.url}/playbook")
    rules = page.locator(".rule").count()
    everything = page.locator(".rule", has=page.get_by_role("heading", name="Everything else"))
    put = (
        "button => { button.value = button.value.replace('move-up', 'put') + ' 1'; button.click() }"
    )
    everything.locator("button[value^='move-up ']").evaluate(put)
    expect(page.locator("#order-said")).to_contain_text("is now rule 1 of")
    return rules


@pytest.mark.parametrize("script", [True, False], ids=["with a script", "without"])
def test_an_order_that_hides_rules_shows_it_at_each_and_a_button_mends_it(
    site: Site, browser: Browser, script: bool
) -> None:
    page = sign_in(browser, site, "lead", java_script_enabled=script)
    rules = everything_first(page, site)
    hidden = page.locator(".finding", has_text="Never fires: rule 1, ")
    assert hidden.count() > rules / 2
    expect(hidden.first).to_contain_text("new with this change")
    page.locator("#only-changed").check()
    expect(page.locator(".rule:visible")).to_have_count(1)
    page.locator("#only-changed").uncheck()
    page.locator("#only-found").check()
    expect(page.locator(".rule:visible").first).to_contain_text("Never fires")
    hidden.first.get_by_role("button", name="Move above rule 1").click()
    expect(page.locator("#order-said")).to_have_text(re.compile(r" is now rule 1 of \d+\.$"))
    # A new page begins with all rules; with a script it is the same page, shown as it was.
    expect(page.locator("#only-found")).to_be_checked(checked=script)
    page.locator("#only-found").uncheck()
    still = page.locator(".finding", has_text="Never fires: rule 2, ")
    still.first.get_by_role("button", name="Remove").click()
    expect(page.locator(".rule")).to_have_count(rules - 1)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".rule")).to_have_count(rules)
    numbers = page.locator(".rule-place").all_inner_texts()
    assert sorted(map(int, numbers)) == list(range(1, rules + 1))
    page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 360])
def test_findings_are_accessible_and_fit_on_both_pages(
    site: Site, browser: Browser, scheme: str, width: int
) -> None:
    page = sign_in(browser, site, "lead", color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    everything_first(page, site)
    expect(page.locator(".finding").first).to_be_visible()
    looked_at(page)
    page.goto(f"{site.url}/playbook/rules/new")
    page.locator("#on").select_option("waiting")
    page.locator("[name=state][value=canary]").check(force=True)
    page.locator("[name='when.field']").select_option("segments")
    page.locator("[name='when.value']").fill("VIP by hand")
    page.locator("#on").select_option("opened")
    expect(page.locator("#checks")).to_contain_text("Never fires")
    looked_at(page)
    page.context.close()


def looked_at(page: Page) -> None:
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    size = page.viewport_size
    assert size is not None
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]


def test_a_waiting_rule_is_written_published_and_reads_as_it_was_meant(
    site: Site, browser: Browser
) -> None:
    page = a_new_rule(site, browser)
    page.locator("#name").fill("Nobody answers a VIP")
    page.locator("#on").select_option("waiting")
    page.locator("#waits").fill("30 min")
    page.locator("[name='when.field']").select_option("segments")
    page.locator("[name='when.value']").fill("VIP by hand")
    page.locator("summary", has_text="Replies, notes").click()
    page.locator("#escalate").select_option("Priority")
    expect(page.locator("#preview")).to_contain_text("escalate to Priority")
    page.keyboard.press("Control+Enter")
    expect(page.locator("h1")).to_have_text("What changes")
    page.locator("#note").fill("Escalated in a browser.")
    page.get_by_role("button", name="Publish").click()
    page.wait_for_url(f"{site.url}/playbook")
    group = page.locator("h2.rules-group", has_text="has waited 30 minutes")
    expect(group).to_have_count(1)
    with site.flows.store.look() as work:
        live = work.playbooks.live()
    assert live is not None
    assert sentence(live.rule("Nobody answers a VIP").when) == "segments contains VIP by hand"
    page.context.close()
