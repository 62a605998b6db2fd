"""Survey pages, mails and results in a real browser: on a phone, in the dark, by keyboard only.

With PICTURES=FOLDER in the environment each one is kept as a picture.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from browsers import PICTURES, served
from page_samples import LEAD, NOW, PASSWORD, Fakes, build, leaving_view, survey_view
from playwright.sync_api import Browser, Page, expect
from werkzeug.wrappers import Request, Response

from plugin.children import free_port
from plugin.house import TEMPLATES
from plugin.letters import MailTemplates
from plugin.ports import SurveyLetter
from plugin.views.surveys import SurveyView
from routing.surveys.survey import Kind

LOOKS = [(360, "light"), (360, "dark"), (1440, "light"), (1440, "dark")]


@dataclass(frozen=True)
class Site:
    """The pages over flows that hand out what ``fakes`` has, and a shop that may frame them."""

    url: str
    shop: str
    fakes: Fakes


@Request.application
def the_shop(request: Request) -> Response:
    frame = f'<iframe title="Survey" src="{request.args["src"]}" width="340" height="700"></iframe>'
    return Response(f"<!doctype html><title>A shop</title>{frame}", content_type="text/html")


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    fakes, ours = Fakes(), free_port(8700)
    theirs = free_port(ours + 1)
    # Another name of this machine is another site for a browser.
    shop = f"http://localhost:{theirs}"
    app = build(fakes, desk_origins=(shop,))
    with served(app, ours), served(the_shop, theirs, "localhost"):
        yield Site(f"http://127.0.0.1:{ours}", shop, fakes)


def opened(browser: Browser, width: int, scheme: Any) -> Page:
    return browser.new_context(
        color_scheme=scheme, viewport={"width": width, "height": 900}
    ).new_page()


def kept(page: Page, name: str) -> None:
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page=True)


def is_sound(page: Page, width: int) -> None:
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= width, f"it scrolls sideways: {wide} px wide"


QUESTIONS = {
    ("csat", "en"): "How was our help?",
    ("nps", "de"): "Wie wahrscheinlich ist es, dass Sie uns weiterempfehlen?",
    ("ces", "fr"): "Était-il facile d’obtenir une réponse ?",
    ("nps", "es"): "¿Qué probabilidad hay de que nos recomiende?",
}


def asking(kind: str, language: str) -> SurveyView:
    return replace(
        survey_view(language),
        kind=Kind(kind),
        question=QUESTIONS[kind, language],
        second_question="What is the one thing we should do better?",
    )


@pytest.mark.parametrize(("kind", "language"), QUESTIONS)
@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_a_survey_of_each_kind_reads_well(
    site: Site, browser: Browser, kind: str, language: str, width: int, scheme: str
) -> None:
    site.fakes.survey_now = asking(kind, language)
    page = opened(browser, width, scheme)
    page.goto(f"{site.url}/s/tok?score=4")
    is_sound(page, width)
    targets = page.locator(".score label").evaluate_all(
        "all => all.map(one => one.getBoundingClientRect()).map(box => [box.width, box.height])"
    )
    assert len(targets) == len(Kind(kind).scale)
    assert min(min(box) for box in targets) >= 24
    kept(page, f"survey-{kind}-{language}-{scheme}-{width}")
    page.context.close()


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_the_way_out_and_the_results_read_well(
    site: Site, browser: Browser, width: int, scheme: str
) -> None:
    page = opened(browser, width, scheme)
    for gone in (False, True):
        site.fakes.leaving_now = leaving_view(gone=gone)
        page.goto(f"{site.url}/u/tok")
        is_sound(page, width)
        kept(page, f"leaving-{'gone' if gone else 'asks'}-{scheme}-{width}")
    page.goto(f"{site.url}/sign-in")
    page.fill("input[name=email]", LEAD.email)
    page.fill("input[name=password]", PASSWORD)
    page.click("button[type=submit]")
    for path in ("/surveys", "/playbook/surveys"):
        page.goto(site.url + path)
        is_sound(page, width)
        kept(page, f"{path.strip('/').replace('/', '-')}-{scheme}-{width}")
    page.context.close()


def test_a_survey_is_answered_with_the_keyboard_alone(site: Site, browser: Browser) -> None:
    site.fakes.survey_now = asking("csat", "en")
    site.fakes.asked.clear()
    page = opened(browser, 1440, "light")
    page.goto(f"{site.url}/s/tok")
    page.keyboard.press("Tab")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    for words in ("Answer sooner.", "Thank you."):
        page.keyboard.press("Tab")
        page.keyboard.type(words)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("Thank you")
    # The first arrow takes the second number, as the first one was not chosen before.
    answers = [one for one in site.fakes.asked if one[0] == "answer"]
    assert answers == [("answer", "tok", answers[0][2], "Thank you.", "Answer sooner.")]
    page.context.close()


def test_another_site_shows_the_widget_and_its_customer_rates_there(
    site: Site, browser: Browser
) -> None:
    site.fakes.survey_now = asking("csat", "en")
    site.fakes.asked.clear()
    page = opened(browser, 360, "light")
    page.goto(f"{site.shop}/?src={site.url}/w/tok")
    inside = page.frame_locator("iframe")
    expect(inside.locator("h1")).to_contain_text("How was our help")
    inside.locator("input[value='5']").check()
    inside.locator("button[type=submit]").click()
    expect(inside.locator("h1")).to_contain_text("Thank you")
    # The page for itself is framed by nobody.
    page.goto(f"{site.shop}/?src={site.url}/s/tok")
    page.wait_for_load_state("networkidle")
    assert page.frame_locator("iframe").locator("h1", has_text="help").count() == 0
    assert [one[:3] for one in site.fakes.asked if one[0] == "answer"] == [("answer", "tok", 5)]
    page.context.close()


@pytest.mark.parametrize(("kind", "language"), QUESTIONS)
def test_a_mail_reads_well_without_any_stylesheet(
    browser: Browser, kind: str, language: str
) -> None:
    letter = SurveyLetter(
        brand="Halden Books",
        question=QUESTIONS[kind, language],
        kind=Kind(kind),
        language=language,
        link="https://deskroute.example/s/tok",
        scores=tuple(
            (score, f"https://deskroute.example/s/tok?score={score}") for score in Kind(kind).scale
        ),
        unsubscribe="https://deskroute.example/u/tok",
        address="Kaistraße 8, Kiel",
        privacy="https://halden.example/privacy",
        open_until=NOW + timedelta(days=14),
    )
    _, text, html = MailTemplates(TEMPLATES).survey(letter)
    assert "\n\n\n" not in text
    for width in (360, 1440):
        page = opened(browser, width, "light")
        page.set_content(html)
        found = Axe().run(page)
        # A mail is no page: it has no landmarks, and its reader brings the frame.
        broken = [one["id"] for one in found.response["violations"] if one["id"] not in LANDMARKS]
        assert broken == [], found.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        kept(page, f"mail-{kind}-{language}-{width}")
        page.context.close()


LANDMARKS = {"landmark-one-main", "region"}
