"""The commands about people, desks and one ticket, over a real database."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import Result
from world import ON_SQLITE, PLAYBOOK, Command, House, claimed

from plugin.desks.signatures import SCHEMES, sign, verify
from plugin.records.connections import ConnectionRecord
from plugin.records.work import Store

PASSWORD = "correct horse battery"
OLD = "an-old-secret-of-24-chars"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)

pytestmark = ON_SQLITE


@pytest.fixture
def run(house: House, command: Command, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Runs a command over a database with a playbook and one ticket of the desk “demo”."""
    house.handle(claimed())
    monkeypatch.setenv("DESKROUTE_BASE_URL", "https://route.example")
    return command


def connect(store: Store, scheme: str = "secret_path", name: str = "support") -> None:
    record = ConnectionRecord(
        name,
        "django-helpdesk",
        scheme,
        {"url": "https://desk.example"},
        {"token": "t", "webhook": OLD},
    )
    with store.work() as work:
        work.connections.save_desk(record, NOON)
        work.commit()


def kept(store: Store) -> tuple[str, ...]:
    with store.look() as work:
        desk = work.connections.desk("support")
    assert desk is not None
    return desk.webhook_secrets


def add(run: Command, email: str, role: str = "admin") -> Result:
    return run("people", "add", email, "--name", "Ada", "--role", role, "--password", PASSWORD)


def test_what_is_no_address_is_not_added(run: Command) -> None:
    said = add(run, "not-an-email")
    assert said.exit_code == 1
    assert "“not-an-email” is not an e-mail address." in said.output


def test_somebody_is_added_and_removed_but_never_the_last_admin(run: Command) -> None:
    assert add(run, "ada@halden.example").output == (
        "Ada signs in as ada@halden.example, in the role admin.\n"
    )
    said = run("people", "remove", "ada@halden.example")
    assert (said.exit_code, "last admin" in said.output) == (1, True)
    add(run, "ines@halden.example")
    assert (
        run("people", "remove", "ada@halden.example").output == "Ada does not sign in any more.\n"
    )
    assert "ada@halden.example" not in run("people", "list").output


def test_the_list_of_desks_shows_addresses_without_their_secret(run: Command, store: Store) -> None:
    connect(store)
    said = run("desks", "list").output
    assert "https://route.example/webhooks/support/…" in said
    assert OLD not in said


def test_a_desks_address_is_printed_in_full(run: Command, store: Store) -> None:
    connect(store)
    said = run("desks", "address", "support")
    assert said.output == f"https://route.example/webhooks/support/{OLD}\n"


def test_a_secret_that_is_no_part_of_the_address_is_printed_beside_it(
    run: Command, store: Store
) -> None:
    connect(store, "secret_header")
    said = run("desks", "address", "support")
    assert said.output == f"https://route.example/webhooks/support\nwith the secret {OLD}\n"


@pytest.mark.parametrize("words", [("address",), ("renew-secret",), ("remove", "--yes")])
def test_a_desk_that_is_not_connected_is_named(run: Command, words: tuple[str, ...]) -> None:
    said = run("desks", *words, "nowhere")
    assert said.exit_code == 1
    assert "No desk is connected as “nowhere”." in said.output


@pytest.mark.parametrize("scheme", sorted(SCHEMES))
def test_a_renewed_secret_counts_beside_the_old_one_until_that_is_dropped(
    run: Command, store: Store, scheme: str
) -> None:
    old = "whsec_" + "a" * 32 if scheme == "standard_webhooks" else OLD
    connect(store, scheme)
    with store.work() as work:
        desk = work.connections.desk("support")
        assert desk is not None
        work.connections.save_desk(
            ConnectionRecord(desk.name, desk.kind, scheme, desk.settings, {"webhook": old}), NOON
        )
        work.commit()
    said = run("desks", "renew-secret", "support")
    new, second = kept(store)
    assert second == old
    assert new in said.output
    for secret in (new, old):
        headers = sign(SCHEMES[scheme], secret, b"{}", delivery_id="1", at=NOON)
        verify(SCHEMES[scheme], kept(store), b"{}", headers, secret, NOON)
    assert run("desks", "renew-secret", "support", "--drop-old").exit_code == 0
    assert kept(store) == (new,)


@pytest.mark.parametrize("secret", ["short", "with a blank " * 3])
def test_a_secret_that_would_make_the_others_useless_is_not_taken(
    run: Command, store: Store, secret: str
) -> None:
    connect(store)
    said = run("desks", "renew-secret", "support", "--secret", secret)
    assert (said.exit_code, kept(store)) == (1, (OLD,))


def test_a_desk_is_disconnected_once_that_is_confirmed_and_its_tickets_stay(
    run: Command, store: Store, house: House
) -> None:
    connect(store, name="demo")
    assert run("desks", "remove", "demo", input="n\n").exit_code == 1
    with store.look() as work:
        assert work.connections.desk("demo") is not None
    said = run("desks", "remove", "demo", input="y\n")
    assert "Its tickets and decisions stay." in said.output
    with store.look() as work:
        assert work.connections.desk("demo") is None
    assert house.ticket().ticket.subject == "Cannot sign in"


def test_a_playbook_from_a_file_is_tried_with_what_the_sources_know(
    run: Command, tmp_path: Path
) -> None:
    playbook, customers = tmp_path / "playbook.yaml", tmp_path / "crm.csv"
    ticket, customer = tmp_path / "ticket.json", tmp_path / "customer.json"
    playbook.write_text(PLAYBOOK)
    customers.write_text("email,account.employees\nlena@kontor.example,900\n")
    ticket.write_text(json.dumps({"subject": "Hi", "requester_email": "lena@kontor.example"}))
    customer.write_text("{}")
    assert run("import", "customers", str(customers)).exit_code == 0
    tried = ("decide", "--ticket", str(ticket), "--playbook", str(playbook))
    assert "Queue     Priority." in run(*tried).output
    assert "Queue     General." in run(*tried, "--customer", str(customer)).output


def test_a_broken_ticket_file_is_called_by_its_name(run: Command, tmp_path: Path) -> None:
    ticket = tmp_path / "ticket.json"
    for text, wrong in (("", "is empty"), ("{", "is not JSON at line 1, column 2")):
        ticket.write_text(text)
        said = run("decide", "--ticket", str(ticket))
        assert said.exit_code == 1
        assert f"The file ticket.json {wrong}" in said.output
        assert "webhook" not in said.output
        assert "delivery" not in said.output
