"""The panel in a frame of another site, in a real browser, over TLS: signing in, and being refused.

The desk is at ``127.0.0.1`` and Deskroute at ``localhost``: for a browser these are two sites.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from browsers import served, started
from conftest import eventually
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Frame,
    Page,
    expect,
)
from werkzeug.wrappers import Request, Response

from plugin.app import build_app
from plugin.children import free_port
from plugin.flows.tickets.route_ticket import RouteTickets
from plugin.ports import Gathered, Reading, Requester
from plugin.settings import Settings
from plugin.store.migrate import upgrade
from plugin.views.people import Person, Role
from plugin.wiring import Deskroute
from routing.conditions.fields import Fields
from routing.tickets import Fact, Ticket, TicketRef

EMAIL, PASSWORD = "mara@halden.example", "a long enough password"
PLAYBOOK = """
playbook: Halden Books
default_queue: General
segments:
  - {name: Business, model: firmographic, when: {field: customer.plan, is: Business}}
queues:
  - {name: General, ids: {demo: "1"}}
  - {name: Priority, ids: {demo: "2"}}
rules:
  - {name: Business first, when: {field: segment, is: Business}, then: {queue: Priority}}
replies:
  - {name: Sign in again, topics: [sign in], body: Close the browser and sign in again.}
"""
TICKET = "/panel/demo/17"

LAYOUT_SHIFT = """() => new Promise(resolve => {
  let sum = 0;
  const seen = new PerformanceObserver(list => list.getEntries().forEach(one => sum += one.value));
  seen.observe({type: "layout-shift", buffered: true});
  setTimeout(() => resolve(sum), 1500);
})"""


@dataclass(frozen=True)
class Sites:
    """Where Deskroute, the desk that may frame it, and a stranger are."""

    deskroute: str
    desk: str
    stranger: str
    flows: Deskroute


class Known:
    """One customer, whose plan everybody knows."""

    def gather(self, whos: Sequence[Requester], fields: Fields) -> Iterator[Gathered]:
        _ = fields
        facts = {
            "customer.plan": Fact("Business", "CRM", datetime.now(UTC)),
            "customer.name": Fact("Katrin Brandt", "CRM", datetime.now(UTC)),
        }
        return (Gathered(facts) for _ in whos)


def certificate(folder: Path) -> tuple[str, str]:
    """A certificate for localhost that nobody has signed, and its key, as files."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "cert.pem", folder / "key.pem"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return str(paths[0]), str(paths[1])


def page_with_frame(framed: str) -> Callable[..., object]:
    """A desk's page that shows the panel in its sidebar."""

    @Request.application
    def app(request: Request) -> Response:
        theme = request.args.get("theme", "light")
        frame = f'<iframe src="{framed}?theme={theme}" width="320" height="640"></iframe>'
        return Response(f"<!doctype html><title>A desk</title>{frame}", content_type="text/html")

    return app


def routed_ticket(flows: Deskroute) -> None:
    """A playbook, a person, and ticket 17 with its decision."""
    upgrade(flows.database.engine)
    flows.edit_playbook.publish(PLAYBOOK, "Test.", 0, Person(0, "test", "Test", Role.ADMIN))
    flows.sign_in.save(EMAIL, "Mara Lindqvist", Role.AGENT, PASSWORD)
    now = flows.clock.now()
    ticket = Ticket(
        ref=TicketRef("demo", "17"),
        subject="Nobody can sign in",
        text="Since this morning nobody can sign in.",
        requester_email="katrin@brandt.example",
        opened_at=now,
    )
    reading = Reading(ticket, (), now)
    with flows.store.work() as work:
        (stored,) = work.tickets.hold([reading])
        work.commit()
    RouteTickets(flows.store, Known(), flows.clock)([(stored, reading)], now)


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sites]:
    folder = tmp_path_factory.mktemp("frame")
    ours = free_port(8500)
    theirs = free_port(ours + 1)
    strangers = free_port(theirs + 1)
    desk, stranger = f"https://127.0.0.1:{theirs}", f"https://127.0.0.1:{strangers}"
    settings = Settings(
        data=folder,
        database_url=f"sqlite:///{folder / 'deskroute.sqlite'}",
        base_url=f"https://localhost:{ours}",
        frame_origins=(desk,),
    )
    flows = Deskroute(settings, ring=lambda: None)
    routed_ticket(flows)
    tls = certificate(folder)
    framing = page_with_frame(settings.base_url + TICKET)
    with ExitStack() as running:
        running.enter_context(served(build_app(flows), ours, "localhost", tls))
        running.enter_context(served(framing, theirs, tls=tls))
        running.enter_context(served(framing, strangers, tls=tls))
        yield Sites(settings.base_url, desk, stranger, flows)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    # As browsers are about to be for everyone: no cookies of other sites but partitioned ones.
    with started("the panel in a frame was", "--test-third-party-cookie-phaseout") as browser:
        yield browser


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context(ignore_https_errors=True)
    yield made
    made.close()


def opened(context: BrowserContext, address: str) -> tuple[Page, Frame]:
    page = context.new_page()
    page.goto(address)
    return page, page.frames[1]


def sign_in(frame: Frame) -> None:
    frame.fill("input[name=email]", EMAIL)
    frame.fill("input[name=password]", PASSWORD)
    frame.click("button[type=submit]")
    expect(frame.locator(".panel")).to_contain_text("Business")


def test_an_agent_signs_in_within_the_frame_and_stays_signed_in(
    sites: Sites, context: BrowserContext
) -> None:
    page, frame = opened(context, f"{sites.desk}?theme=dark")
    sign_in(frame)
    assert frame.url == f"{sites.deskroute}{TICKET}?theme=dark"
    (kept,) = context.cookies(f"{sites.deskroute}/panel")
    assert kept["name"] == "deskroute_panel"
    assert kept["path"] == "/panel"
    assert kept["sameSite"] == "None"
    assert kept["secure"]
    assert kept["httpOnly"]
    assert kept.get("partitionKey") == "https://127.0.0.1"
    page.reload()
    expect(page.frames[1].locator(".panel")).to_contain_text("Katrin Brandt")


def test_a_form_in_the_frame_is_ours_and_is_taken(sites: Sites, context: BrowserContext) -> None:
    _, frame = opened(context, sites.desk)
    sign_in(frame)
    frame.locator(".reply button").first.click()
    # No desk has given this frame the clipboard, so the text is shown to be copied.
    expect(frame.locator("#reply-text")).to_have_value("Close the browser and sign in again.")
    frame.page.keyboard.press("Escape")
    expect(frame.locator("#reply")).to_be_hidden()

    def inserted() -> int:
        with sites.flows.store.look() as work:
            use = work.decisions.uses().get("Sign in again")
            return 0 if use is None else use.inserted

    # The page does not wait until it is written that the reply was taken.
    assert eventually(inserted, seconds=30) == 1


def test_who_signed_in_within_a_frame_is_a_stranger_on_the_pages(
    sites: Sites, context: BrowserContext
) -> None:
    _, frame = opened(context, sites.desk)
    sign_in(frame)
    page = context.new_page()
    page.goto(f"{sites.deskroute}/decisions")
    assert page.url.startswith(f"{sites.deskroute}/sign-in")
    page.goto(sites.deskroute + TICKET)
    assert page.url.startswith(f"{sites.deskroute}/panel/sign-in")


def test_a_sign_in_that_has_ended_says_so_and_comes_back_to_the_ticket(
    sites: Sites, context: BrowserContext
) -> None:
    page, frame = opened(context, sites.desk)
    sign_in(frame)
    sites.flows.sign_in.save(EMAIL, "Mara Lindqvist", Role.AGENT, PASSWORD)
    page.reload()
    frame = page.frames[1]
    expect(frame.locator(".panel")).to_contain_text("Your sign-in has ended.")
    sign_in(frame)
    assert frame.url.startswith(sites.deskroute + TICKET)


def test_signing_out_in_the_frame_ends_it(sites: Sites, context: BrowserContext) -> None:
    page, frame = opened(context, sites.desk)
    sign_in(frame)
    frame.get_by_role("button", name="Sign out").click()
    expect(frame.get_by_role("button", name="Sign in")).to_be_visible()
    page.reload()
    expect(page.frames[1].get_by_role("button", name="Sign in")).to_be_visible()


def test_a_stranger_can_frame_neither_the_panel_nor_any_page(
    sites: Sites, context: BrowserContext
) -> None:
    page = context.new_page()
    with page.expect_console_message(_refused):
        page.goto(sites.stranger)
    expect(page.frames[1].locator("input")).to_have_count(0)
    page.goto(sites.desk)
    expect(page.frames[1].locator("input[name=password]")).to_be_visible()
    # The desk may show the panel, and nothing else of ours.
    with page.expect_console_message(_refused):
        page.evaluate("address => { frames[0].location = address }", f"{sites.deskroute}/sign-in")
    expect(page.frames[1].locator("input")).to_have_count(0)


def _refused(said: ConsoleMessage) -> bool:
    return said.type == "error" and "frame-ancestors" in said.text


def test_nothing_jumps_while_the_panel_loads_and_while_it_is_used(
    sites: Sites, context: BrowserContext
) -> None:
    _, frame = opened(context, sites.desk)
    sign_in(frame)
    page = context.new_page()
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(f"{sites.deskroute}{TICKET}")
    sign_in(page.main_frame)
    page.reload()
    page.keyboard.press("w")
    page.keyboard.press("Escape")
    page.keyboard.press("1")
    assert page.evaluate(LAYOUT_SHIFT) == 0
