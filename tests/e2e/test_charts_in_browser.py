"""Charts of every kind in a real browser, drawn by the real drawing process.

With PICTURES=folder in the environment their pictures are kept there.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from browsers import PICTURES, served
from chart_samples import every_chart, hostile
from flask import Flask, render_template_string
from page_samples import LEAD, Fakes, build, client_of
from playwright.sync_api import Browser, Locator, Page, Route, expect

from plugin.children import free_port
from plugin.drawing import DrawAside
from plugin.views.people import Role
from plugin.web.guard import allow

KINDS = len(every_chart())

PAGE = """
{% extends "pages/framed.html" %}{% set here = "overview" %}
{% from "parts/charts.html" import figure with context %}
{% block script %}{{ super() }}<script src="{{ asset('charts.js') }}" defer></script>{% endblock %}
{% block name %}Charts{% endblock %}
{% block content %}
{% for chart in charts %}<section class="section">{{ figure(chart) }}</section>{% endfor %}
{% endblock %}
"""

SHIFTS = """
new Promise((done) => {
  let sum = 0;
  new PerformanceObserver((list) => list.getEntries().forEach((one) => { sum += one.value; }))
    .observe({ type: "layout-shift", buffered: true });
  setTimeout(() => done(sum), 300);
})
"""


def site(app: Flask) -> Flask:
    @app.get("/test/charts")
    @allow(Role.LEAD)
    def charts() -> str:
        return render_template_string(PAGE, charts=list(every_chart().values()))

    @app.get("/test/hostile")
    @allow(Role.LEAD)
    def bad() -> str:
        return render_template_string(PAGE, charts=list(hostile().values()))

    @app.get("/hit/<what>")
    @allow(Role.LEAD)
    def hit(what: str) -> str:
        return f"<!doctype html><title>{what}</title><p>{what}"

    return app


@pytest.fixture(scope="module")
def drawings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DrawAside]:
    made = DrawAside(tmp_path_factory.mktemp("charts"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def url(drawings: DrawAside) -> Iterator[tuple[str, str]]:
    """Where the pages are, and a cookie of somebody who has signed in."""
    app = site(build(Fakes(drawings_now=drawings)))
    cookie = client_of(app, LEAD).get_cookie("deskroute")
    assert cookie is not None
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    port = free_port(8600)
    with served(app, port):
        yield f"http://127.0.0.1:{port}", cookie.value


Opened = Callable[..., tuple[Page, list[str]]]


@pytest.fixture
def opened(browser: Browser, url: tuple[str, str]) -> Iterator[Opened]:
    """Opens a page, and notes what the browser complains about."""
    contexts = []

    def open_page(
        path: str = "/test/charts", before: Callable[[Page], None] | None = None, **options: Any
    ) -> tuple[Page, list[str]]:
        context = browser.new_context(**{"viewport": {"width": 1440, "height": 900}, **options})
        contexts.append(context)
        address, cookie = url
        context.add_cookies([{"name": "deskroute", "value": cookie, "url": address}])
        page = context.new_page()
        complaints: list[str] = []
        page.on("console", lambda said: complaints.append(f"{said.type}: {said.text}"))
        page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
        if before is not None:
            before(page)
        page.goto(address + path)
        return page, complaints

    yield open_page
    for context in contexts:
        context.close()


def live(page: Page, count: int = KINDS) -> None:
    """Scroll through the page until every chart on it is alive."""
    figures = page.locator("figure[data-spec]")
    for place in range(figures.count()):
        figures.nth(place).scroll_into_view_if_needed()
        expect(figures.nth(place).locator(".plot-live svg")).to_be_visible(timeout=60_000)
    assert figures.count() == count


def figure(page: Page, title: str) -> Locator:
    return page.locator("figure", has=page.locator("figcaption b", has_text=title)).first


def test_every_chart_comes_alive_in_its_place_without_a_complaint(opened: Opened) -> None:
    page, complaints = opened()
    before = page.evaluate("[...document.querySelectorAll('.plot')].map((p) => p.clientHeight)")
    live(page)
    after = page.evaluate("[...document.querySelectorAll('.plot')].map((p) => p.clientHeight)")
    assert before == after
    assert page.evaluate(SHIFTS) == 0
    assert complaints == []


@pytest.mark.parametrize("width", [1440, 360])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_chart_is_open_to_everybody(opened: Opened, width: int, scheme: str) -> None:
    page, _ = opened(viewport={"width": width, "height": 900}, color_scheme=scheme)
    live(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"charts-{scheme}-{width}.png", full_page=True)


def test_a_mark_says_its_value_and_leads_to_its_tickets(opened: Opened) -> None:
    page, _ = opened()
    live(page)
    mark = figure(page, "CSAT by week").locator(".hits_marks path").nth(3)
    mark.scroll_into_view_if_needed()
    mark.hover(force=True)
    tip = page.locator("#plot-tip")
    expect(tip).to_be_visible()
    expect(tip).to_have_text("Enterprise EMEA, W38: 92.5\u202f%, 90.0 to 95.0, n = 330")
    mark.click(force=True)
    page.wait_for_url("**/hit/3")


def test_a_keyboard_reaches_the_same_tickets_by_the_table(opened: Opened) -> None:
    page, _ = opened()
    live(page)
    one = figure(page, "CSAT by week")
    one.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(one.locator("table")).to_be_visible()
    page.keyboard.press("Tab")  # the table, which may scroll
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/hit/0")


def test_the_colours_follow_the_reader_and_the_page(opened: Opened) -> None:
    page, _ = opened(color_scheme="light")
    live(page)
    line = figure(page, "CSAT by week").locator(".plot-live .mark-line path").first
    colour = "(line) => getComputedStyle(line).stroke"
    assert line.evaluate(colour) == "rgb(34, 71, 209)"
    page.emulate_media(color_scheme="dark")
    assert line.evaluate(colour) == "rgb(109, 144, 241)"
    page.evaluate("document.documentElement.dataset.theme = 'light'")
    assert line.evaluate(colour) == "rgb(34, 71, 209)"


def test_a_chart_takes_the_width_that_there_is(opened: Opened) -> None:
    page, complaints = opened()
    live(page)
    plot = figure(page, "CSAT by week").locator(".plot")
    for width in (1000, 700, 360, 320):
        page.set_viewport_size({"width": width, "height": 900})
        expect(plot.locator(".plot-live svg")).to_have_attribute(
            "width", str(plot.evaluate("(plot) => plot.clientWidth")), timeout=20_000
        )
    assert complaints == []


def test_without_a_script_there_is_the_image_and_the_table(opened: Opened) -> None:
    page, _ = opened(java_script_enabled=False)
    image = figure(page, "CSAT by week").locator("img")
    image.scroll_into_view_if_needed()
    page.wait_for_load_state("networkidle")
    assert image.evaluate("(image) => image.complete && image.naturalWidth") == 1120
    figure(page, "CSAT by week").locator("summary").click()
    expect(figure(page, "CSAT by week").locator("table")).to_contain_text("92.5\u202f%")
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / "charts-no-script.png", full_page=True)


def test_where_nothing_can_be_drawn_the_table_opens_and_says_so(opened: Opened) -> None:
    def refuse(page: Page) -> None:
        def abort(route: Route) -> None:
            route.abort()

        page.route("**/charts/**", abort)

    page, _ = opened(before=refuse)
    one = figure(page, "CSAT")
    one.scroll_into_view_if_needed()
    expect(one.locator("table")).to_be_visible(timeout=20_000)
    expect(one.locator(".plot-trouble")).to_contain_text("could not be drawn")


def test_texts_that_mean_harm_are_only_texts(opened: Opened) -> None:
    page, complaints = opened("/test/hostile")
    live(page, len(hostile()))
    assert complaints == []
    assert page.locator(".plot-live script, .plot-live img").count() == 0
    mark = page.locator(".hits_marks path").first
    mark.hover(force=True)
    expect(page.locator("#plot-tip")).to_contain_text("<script>")
    assert page.locator("#plot-tip *").count() == 0
