"""A customer is forgotten everywhere, nothing old brings them back, and no number moves."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from builders import replied, solved
from sqlalchemy import select, update
from world import (
    KEY,
    NOON,
    PLAYBOOK,
    House,
    a_reading,
    a_survey,
    claimed,
    counted,
    dump,
    publish,
    put,
)

from plugin.flows.customers.forget import ForgetCustomers
from plugin.flows.customers.import_customers import ImportCustomers
from plugin.flows.history.import_tickets import ImportTickets
from plugin.flows.import_rows import Line
from plugin.flows.results.measure import Measure
from plugin.flows.results.roll_up import RollUp
from plugin.flows.tickets.explain import Explain
from plugin.pages.refusals import NotThere
from plugin.ports import Gathered, Mail, Reading, Refused, Requester
from plugin.records.customers import CustomerRecord
from plugin.store.audit import SqlAudit
from plugin.store.database import Database
from plugin.store.forget import INBOX, NOBODY, SqlPrivacy
from plugin.store.rows import TICKETS
from plugin.store.vault import Vault
from plugin.views.customers import Keeps
from plugin.views.people import Person, Role
from routing.conditions.fields import Fields
from routing.forgetting import FORGOTTEN
from routing.outcomes.dimensions import Dimension
from routing.outcomes.figures import Kpis
from routing.outcomes.question import Question
from routing.tickets import Fact, Status

ADMIN = Person(1, "ruben@halden.example", "Ruben Haas", Role.ADMIN)
LENA = "lena@kontor.example"
SECRET = "xylophone under the stairs"
CITY = "Quedlinburg"
TRACES = (LENA, "Lena Vogt", "xylophone", CITY)
HOUR = timedelta(hours=1)


class Gathering:
    """A source that knows everybody but one, while another source is silent."""

    def gather(self, whos: Sequence[Requester], fields: Fields) -> Iterator[Gathered]:
        _ = fields
        return map(self._of, whos)

    def _of(self, who: Requester) -> Gathered:
        if who.email in {None, "other@kontor.example"}:
            return Gathered({})
        known = {
            "account.employees": Fact(900.0, "CRM", NOON),
            "customer.city": Fact(CITY, "CRM", NOON),
            "customer.name": Fact("Lena Vogt", "CRM", NOON),
        }
        return Gathered(known, ("Billing",))


def told(key: str = "17", email: str = LENA, **more: object) -> Reading:
    events = (
        replied(NOON + HOUR, key=f"{key}-replied"),
        solved(NOON + 2 * HOUR, key=f"{key}-solved"),
    )
    reading = a_reading(
        key,
        *(replace(one, ticket=a_reading(key).ticket.ref) for one in events),
        email=email,
        text=f"My {SECRET} does not open. {email}",
        subject=f"About the {SECRET}",
        **more,  # type: ignore[arg-type]
    )
    return replace(reading, ticket=replace(reading.ticket, tags=frozenset({"xylophone"})))


def live(house: House, key: str = "17", email: str = LENA) -> None:
    """A ticket with a decision, a solution, a survey that was answered, and its deliveries."""
    house.desk.add(replace(told(key, email), events=()))
    body = json.dumps({"from": email, "text": SECRET, "name": "Lena Vogt"}).encode()
    put(house.store, f"d-{key}", ticket=key, body=body)
    house.handle(claimed(key))
    house.desk.add(told(key, email, status=Status.SOLVED))
    house.clock.turn(hours=3)
    house.handle(claimed(key))
    with house.store.work() as work:
        survey = a_survey(work, house.ticket(key), f"{key}-solved", house.clock.now())
        work.surveys.sent(survey, house.clock.now())
        said = (f"Thanks from {CITY}, xylophone works.", f"More of {CITY}.")
        work.surveys.answer(survey, 4, *said, house.clock.now())
        letter = Mail(
            f"survey-{survey}", email, "Hello", f"Of {CITY}", f"<p>{CITY}</p>", {"X": CITY}
        )
        work.mails.put([letter], NOON)
        did = f"moved ticket demo/{key} from General to Priority: Lena Vogt of {CITY} asked"
        work.audit.note(ADMIN.email, did, house.clock.now())
        work.audit.note(ADMIN.email, f"wrote to {email.upper()}", house.clock.now())
        work.segments.add_note("Enterprise", f"Ask {email} first.", "Ines Moreau", NOON)
        facts = {"customer.city": Fact(CITY, "CSV", None), "customer.email": Fact(email, "CSV")}
        records = [
            CustomerRecord("c-1", email.upper(), facts),
            CustomerRecord("c-2", "other@kontor.example", {"customer.owner": Fact(email, "CSV")}),
        ]
        work.customers.put("CSV", records, NOON)
        work.customers.remember("CRM", email, None, facts, NOON)
        work.commit()


@pytest.fixture
def world(house: House) -> House:
    made = replace(house, customers=Gathering())
    publish(made.store, f"# Ask {LENA}\n{PLAYBOOK}", NOON, 1)
    live(made)
    # Somebody else's ticket, which quotes the address; and a delivery that does.
    other = a_reading("18", email="other@kontor.example", text=f"As {LENA} wrote.")
    made.desk.add(replace(other, ticket=replace(other.ticket, requester_name="Olga Petrova")))
    body = json.dumps({"text": f"As {LENA} wrote."}).encode()
    put(made.store, "d-18", ticket="18", body=body)
    made.handle(claimed("18"))
    return made


@pytest.fixture
def forget(world: House) -> ForgetCustomers:
    return ForgetCustomers(world.store, world.clock, Keeps(90, 30))


def everything(database: Database) -> Iterator[str]:
    """Each value of each column of each table as text, with bytes read and JSON written plainly."""
    for name, rows in dump(database).items():
        for row in rows:
            for value in row:
                yield f"{name}: {plainly(value)}"


def plainly(value: object) -> str:
    if isinstance(value, bytes | memoryview):
        return bytes(value).decode("utf-8", "replace")
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def without_log(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    return {name: rows for name, rows in dump(database).items() if not name.startswith("audit")}


def traces(database: Database) -> list[str]:
    return [
        text
        for text in everything(database)
        if any(trace.casefold() in text.casefold() for trace in TRACES)
    ]


def test_after_forgetting_no_table_holds_a_trace(
    forget: ForgetCustomers, database: Database
) -> None:
    tables = {text.partition(":")[0] for text in traces(database)}
    assert tables >= {"audit", "customers", "decisions", "inbox", "playbooks", "segment_notes"}
    assert tables >= {"surveys", "tickets"}
    forget.forget(f"  {LENA.upper()} ", ADMIN)
    assert traces(database) == []


def test_no_number_of_the_report_moves(world: House, forget: ForgetCustomers) -> None:
    before = [numbers(world, by) for by in Dimension]
    assert before[0]["Enterprise"].csat is not None
    forget.forget(LENA, ADMIN)
    assert [numbers(world, by) for by in Dimension] == before
    # Nor do they when everything is counted anew.
    RollUp(world.store, world.clock).again(lambda *_: None)
    assert [numbers(world, by) for by in Dimension] == before


def numbers(world: House, by: Dimension) -> Mapping[str | None, Kpis]:
    """Every KPI of the last 90 days by something, as counted and ticket by ticket."""
    counted(world.store, world.clock)
    now = world.clock.now()
    asked = Question(now - timedelta(days=90), now + timedelta(days=1), by)
    measure = Measure(world.store, world.clock)
    found = measure(asked).groups
    assert found.keys() == measure(replace(asked, exact=True)).groups.keys()
    return found


def test_what_happened_stays_on_the_ticket(world: House, forget: ForgetCustomers) -> None:
    before = world.ticket()
    forget.forget(LENA, ADMIN)
    after = world.ticket()
    assert after.outcome == before.outcome
    assert (after.segment, after.queue_name, after.rule, after.score) == (
        "Enterprise", "Priority", "Enterprise to Priority", 4
    )  # fmt: skip
    assert (after.ticket.subject, after.ticket.requester_email) == (FORGOTTEN, None)


def test_a_forgotten_decision_is_still_shown(world: House, forget: ForgetCustomers) -> None:
    forget.forget(LENA, ADMIN)
    decision = world.decision()
    assert decision.decision.queue == "Priority"
    assert decision.decision.fired
    assert decision.facts.customer == {}
    assert decision.degraded == ()  # no source is asked about them again
    assert Explain(world.store).view(decision.id) is not None


def test_somebody_else_s_ticket_loses_only_the_address(
    world: House, forget: ForgetCustomers
) -> None:
    forget.forget(LENA, ADMIN)
    other = world.ticket("18")
    assert other.ticket.text == f"As {NOBODY} wrote."
    assert other.ticket.requester_email == "other@kontor.example"
    with world.store.look() as work:
        assert work.customers.find("CSV", "other@kontor.example", None) is not None
        playbook = work.playbooks.live()
    assert playbook is not None


def test_a_reading_of_an_old_ticket_does_not_bring_them_back(
    world: House, forget: ForgetCustomers, database: Database
) -> None:
    forget.forget(LENA, ADMIN)
    world.desk.add(told("17", status=Status.OPEN))
    put(world.store, "d-99", ticket="17", body=json.dumps({"from": LENA}).encode())
    world.clock.turn(hours=1)
    world.handle(claimed())
    assert world.ticket().outcome.reopens == 1  # what happened is taken over all the same
    assert traces(database) == []


def test_an_old_ticket_that_was_never_read_is_routed_without_its_person(
    world: House, forget: ForgetCustomers, database: Database
) -> None:
    forget.forget(LENA, ADMIN)
    world.desk.add(told("40", opened_at=NOON))
    world.handle(claimed("40"))
    assert world.ticket("40").queue_name == "General"
    assert traces(database) == []


def test_a_new_ticket_is_a_new_contact(world: House, forget: ForgetCustomers) -> None:
    forget.forget(LENA, ADMIN)
    world.clock.turn(days=1)
    world.desk.add(told("50", opened_at=world.clock.now()))
    world.handle(claimed("50"))
    assert world.ticket("50").ticket.requester_email == LENA
    assert forget.held(LENA, ADMIN).lines[0].count == 1


def test_imports_do_not_bring_them_back(
    world: House, forget: ForgetCustomers, database: Database
) -> None:
    forget.forget(LENA, ADMIN)
    customer = {"email": LENA.upper(), "id": "c-1", "customer.city": CITY}
    old = {"id": "T-1", "subject": SECRET, "requester_email": LENA, "opened_at": "2025-01-01"}
    by_hand = ImportCustomers(world.store, world.clock)("CSV", [(2, customer)], dry=False)
    rows: list[Line] = [(2, old), (3, {**old, "id": "17"})]
    tickets = ImportTickets(world.store, world.clock)("demo", rows, dry=False)
    assert (by_hand.refused, tickets.refused, tickets.changed) == (1, 2, 0)
    assert "was forgotten" in by_hand.named[0].why
    with world.store.work() as work:
        work.customers.remember("CRM", LENA, None, {"customer.city": Fact(CITY, "CRM")}, NOON)
        work.customers.put("CSV", [CustomerRecord("c-9", LENA, {})], NOON)
        work.commit()
    assert traces(database) == []


def test_whoever_is_readmitted_may_be_known_again(world: House, forget: ForgetCustomers) -> None:
    forget.forget(LENA, ADMIN)
    forget.readmit(LENA, ADMIN)
    imports = ImportCustomers(world.store, world.clock)
    assert imports("CSV", [(2, {"email": LENA})], dry=False).changed == 1
    with pytest.raises(NotThere):
        forget.readmit(LENA, ADMIN)


def test_only_a_keyed_hash_of_the_address_stays(
    world: House, forget: ForgetCustomers, database: Database
) -> None:
    forget.forget(LENA, ADMIN)
    ((mark, at),) = dump(database)["forgotten"]
    assert mark == Vault([KEY]).marks(LENA)[0]
    assert mark != Vault(["another-key-of-the-tests-that-is-long-enough"]).marks(LENA)[0]
    assert at == world.clock.now()


def test_after_a_rotation_of_keys_the_forgotten_stay_forgotten(
    forget: ForgetCustomers, database: Database
) -> None:
    forget.forget(LENA, ADMIN)
    newer = "a-newer-key-of-the-tests-that-is-long-enough-77"
    with database.read() as connection:
        audit = SqlAudit(connection)
        assert LENA in SqlPrivacy(connection, Vault([newer, KEY]), audit).forgotten([LENA])
        assert SqlPrivacy(connection, Vault([newer]), audit).forgotten([LENA]) == {}


def test_forgetting_is_noted_without_naming_anybody(
    forget: ForgetCustomers, database: Database
) -> None:
    forget.forget(LENA, ADMIN)
    notes = [str(row) for row in dump(database)["audit"]]
    assert any("forgot a customer: 1 tickets" in note for note in notes)
    assert any("moved ticket demo/17'" in note for note in notes)


def test_forgetting_twice_changes_nothing(forget: ForgetCustomers, database: Database) -> None:
    forget.forget(LENA, ADMIN)
    once = without_log(database)
    view = forget.forget(LENA, ADMIN)
    assert not view.anything
    assert without_log(database) == once


def test_one_of_our_own_people_keeps_their_account(world: House, forget: ForgetCustomers) -> None:
    with world.store.work() as work:
        work.people.save(LENA, "Lena Vogt", Role.AGENT, "hash", NOON)
        work.commit()
    assert forget.held(LENA, ADMIN).signs_in
    forget.forget(LENA, ADMIN)
    with world.store.look() as work:
        assert work.people.by_email(LENA) is not None


def test_a_crash_in_between_leaves_everything_as_it_was(
    forget: ForgetCustomers, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = dump(database)

    def crash(*_: object) -> None:
        raise RuntimeError("killed")

    monkeypatch.setattr(SqlPrivacy, "_mask", crash)
    with pytest.raises(RuntimeError):
        forget.forget(LENA, ADMIN)
    assert dump(database) == before


def test_whoever_a_worker_wrote_back_meanwhile_is_taken_out_again(
    world: House, forget: ForgetCustomers, database: Database
) -> None:
    forget.forget(LENA, ADMIN)
    with database.write() as connection:
        connection.execute(
            update(TICKETS)
            .where(TICKETS.c.desk_id == "17")
            .values(requester_email=LENA, subject=SECRET, read_at=world.clock.now())
        )
    world.clock.turn(hours=1)
    assert forget.expire().again == 1
    assert traces(database) == []


# Export.


def test_the_export_holds_everything_that_is_held(forget: ForgetCustomers) -> None:
    told = json.loads(forget.export(LENA, ADMIN))
    assert told["customer"] == LENA
    counts = {name: len(rows) for name, rows in told.items() if isinstance(rows, list)}
    assert counts["tickets"] == counts["decisions"] == 1
    assert counts["events"] >= 2
    assert counts["customers"] == 2
    assert counts["deliveries"] == 2
    assert SECRET in told["tickets"][0]["text"]
    assert told["deliveries"][0]["body"]["text"] == SECRET
    assert told["decisions"][0]["facts"]["customer"]["customer.city"]["value"] == CITY
    assert "Thanks from" in told["surveys"][0]["comment"]
    # Of somebody else's rows only the place is told: what stands there is theirs.
    places = {(one["table"], one["column"]) for one in told["elsewhere"]}
    assert {("tickets", "text"), ("playbooks", "text"), ("segment_notes", "text")} <= places
    assert "other@kontor.example" not in json.dumps(told["elsewhere"])


def test_the_export_as_csv_has_a_line_for_each_value(forget: ForgetCustomers) -> None:
    told = forget.export(LENA, ADMIN, as_csv=True)
    assert told.startswith("\ufefftable,row,field,value\r\n")
    assert f"subject,About the {SECRET}\r\n" in told


def test_of_nobody_there_is_nothing_to_export(forget: ForgetCustomers) -> None:
    with pytest.raises(NotThere):
        forget.export("nobody@nowhere.example", ADMIN)


@pytest.mark.parametrize("address", ["", "lena", "a b@c.example", "%", "x@y@z", "a@" + "b" * 400])
def test_what_is_no_address_is_refused(forget: ForgetCustomers, address: str) -> None:
    with pytest.raises(Refused, match="is not an e-mail address"):
        forget.forget(address, ADMIN)


def test_a_wildcard_in_an_address_matches_only_itself(
    forget: ForgetCustomers, database: Database
) -> None:
    before = len(traces(database))
    forget.forget("l_na@kontor.example", ADMIN)
    forget.forget("%@kontor.example", ADMIN)
    assert len(traces(database)) == before


@pytest.mark.parametrize(
    "address", ["jürgen@straße.example", "o'brien+x@kontor.example", 'q"q@x.y']
)
def test_addresses_of_all_kinds_are_forgotten(
    world: House, forget: ForgetCustomers, database: Database, address: str
) -> None:
    live(world, "60", address)
    forget.forget(address, ADMIN)
    plain = address.casefold()
    assert [text for text in everything(database) if plain in text.casefold()] == []


# Retention.


def test_old_tickets_lose_their_person_and_keep_their_numbers(world: House) -> None:
    keeps = ForgetCustomers(world.store, world.clock, Keeps(90, 0))
    world.clock.turn(days=89)
    assert keeps.expire().tickets == 0
    world.clock.turn(days=2)
    before = numbers(world, Dimension.SEGMENT)
    assert keeps.expire().tickets == 1
    assert keeps.expire().tickets == 0
    assert numbers(world, Dimension.SEGMENT) == before
    assert world.ticket().ticket.subject == FORGOTTEN
    # Ticket 18 was never solved, so it stays; and so does what the sources say.
    assert world.ticket("18").ticket.requester_email == "other@kontor.example"
    with world.store.look() as work:
        assert work.customers.find("CSV", LENA, None) is not None


def test_done_deliveries_lose_their_bodies_and_stay_counted(
    world: House, database: Database
) -> None:
    keeps = ForgetCustomers(world.store, world.clock, Keeps(0, 30))
    with world.store.work() as work:
        first = work.inbox.claim(world.clock.now(), 60, 1, ())[0]
        work.inbox.finish({first.id: "routed"}, world.clock.now())
        tally = work.inbox.tally()
        work.commit()
    world.clock.turn(days=29)
    assert keeps.expire().deliveries == 0
    world.clock.turn(days=2)
    assert keeps.expire().deliveries == 1
    assert keeps.expire().deliveries == 0
    with world.store.look() as work:
        assert work.inbox.tally() == tally
        assert work.inbox.show(first.id)
    with database.read() as connection:
        bodies = dict(connection.execute(select(INBOX.c.delivery_id, INBOX.c.body)).all())
    assert sorted(bool(body) for body in bodies.values()) == [False, True]


def test_where_nothing_is_set_everything_is_kept(world: House, database: Database) -> None:
    before = dump(database)
    world.clock.turn(days=4_000)
    ForgetCustomers(world.store, world.clock).expire()
    assert dump(database) == before


def test_an_emptied_delivery_that_comes_again_is_a_repeat(
    world: House, forget: ForgetCustomers
) -> None:
    forget.forget(LENA, ADMIN)
    body = json.dumps({"from": LENA, "text": SECRET, "name": "Lena Vogt"}).encode()
    assert put(world.store, "d-17", ticket="17", body=body).value == "repeat"
