"""The quality of rules, from tickets that were lived, over a real database."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from world import (
    KEY,
    NOON,
    ON_SQLITE,
    PLAYBOOK,
    Command,
    FakeClock,
    House,
    Knows,
    a_reading,
    claimed,
    publish,
)

from plugin.flows.history.import_tickets import ImportTickets
from plugin.flows.playbook.check_rules import CheckRules
from plugin.flows.results.measure_quality import MeasureQuality
from plugin.flows.results.see_quality import FRESH, SeeQuality, quality_is_due
from plugin.ports import Refused
from plugin.records.work import Store
from plugin.store.database import Database
from plugin.store.migrate import downgrade, upgrade
from routing.quality.report import PeriodQuality, RuleQuality, Verdict
from routing.tickets import Fact, Status

ENTERPRISE, LOST = "Enterprise to Priority", "Lost to Nowhere"


LARGE = Knows({"account.employees": Fact(900.0, "CRM", NOON)})
"""Sources that know that every customer's company is large."""


def measuring(store: Store, clock: FakeClock) -> MeasureQuality:
    return MeasureQuality(store, clock, CheckRules(clock).findings)


def of(found: PeriodQuality, rule: str) -> RuleQuality:
    return next(one for one in found.rules if one.rule == rule)


def live_through(house: House, first: int, last: int, *, moved: int = 0) -> None:
    """Tickets that are routed; some are moved by a person, and all are solved an hour later."""
    house = replace(house, customers=LARGE)
    now = house.clock.now()
    for key in map(str, range(first, last)):
        house.desk.add(a_reading(key, opened_at=now, at=now))
        house.handle(claimed(key))
    house.clock.turn(hours=1)
    for key in map(str, range(first, last)):
        ticket = house.desk.tickets[key]
        queue = "1" if int(key) < first + moved else ticket.queue
        house.desk.tickets[key] = replace(ticket, queue=queue, status=Status.SOLVED)
        house.handle(claimed(key))


def test_what_became_of_tickets_is_credited_to_the_rule_that_chose_their_queue(
    house: House,
) -> None:
    live_through(house, 100, 135, moved=7)
    found = measuring(house.store, house.clock).since(None)
    one = of(found, ENTERPRISE)
    assert (found.decided, one.fired, one.decided, one.queue) == (35, 35, 35, "Priority")
    assert one.kpis is not None
    assert one.kpis.transferred is not None
    assert (one.kpis.transferred.value, one.kpis.transferred.n) == (0.2, 35)
    assert one.kpis.resolution is not None
    assert one.kpis.resolution.median == 3_600
    assert of(found, LOST).verdict is Verdict.TOO_FEW
    assert found.by_default is None


def test_a_period_begins_when_it_says(house: House) -> None:
    live_through(house, 100, 103)
    house.clock.turn(days=10)
    live_through(house, 200, 205)
    measure = measuring(house.store, house.clock)
    recent = measure.since(house.clock.now() - timedelta(days=1))
    assert (recent.decided, of(recent, ENTERPRISE).fired) == (5, 5)
    assert of(measure.since(None), ENTERPRISE).fired == 8
    report = measure.keep()
    house.clock.turn(days=25)
    assert [one.decided for one in report.periods] == [8, 8, 8]
    assert [one.decided for one in measure.keep().periods] == [5, 8, 8]


def test_tickets_of_an_earlier_wording_are_not_credited_to_the_rule(house: House) -> None:
    clock, store = house.clock, house.store
    live_through(house, 100, 103)
    urgent = PLAYBOOK.replace("priority: high", "priority: urgent")
    publish(store, urgent, clock.turn(days=1), 1)
    live_through(house, 200, 205)
    # A note changes nothing in what a rule does, and what follows goes on from version 2.
    noted = urgent.replace("    after: stop\nreplies", "    after: stop\n    note: x\nreplies")
    assert noted != urgent
    publish(store, noted, clock.turn(days=1), 2)
    live_through(house, 300, 302)
    one = of(measuring(store, clock).since(None), ENTERPRISE)
    assert one.kpis is not None
    assert (one.kpis.tickets, one.fired, one.decided, one.earlier) == (7, 7, 7, 3)
    # Since version 2, which was published a day (and the hour of its tickets) after the first.
    assert one.since == NOON + timedelta(days=1, hours=1)


def test_a_rule_that_was_off_for_a_while_is_on_since_it_was_switched_on_again(
    published: Store, clock: FakeClock
) -> None:
    off = PLAYBOOK.replace("    after: stop\nreplies", "    after: stop\n    state: off\nreplies")
    publish(published, off, clock.turn(days=1), 1)
    publish(published, PLAYBOOK, clock.turn(days=1), 2)
    assert of(measuring(published, clock).since(None), ENTERPRISE).since == clock.now()
    assert of(measuring(published, clock).since(None), LOST).since == NOON


def test_an_imported_ticket_was_routed_by_no_rule(published: Store, clock: FakeClock) -> None:
    row = {"id": "a", "subject": "x", "opened_at": "2026-02-28T09:00:00Z", "queue": "Priority"}
    ImportTickets(published, clock)("history", [(2, row)], dry=False)
    assert measuring(published, clock).since(None).decided == 0


def test_the_page_shows_what_was_kept_and_the_clock_says_when_it_is_due(house: House) -> None:
    store, clock = house.store, house.clock
    measure = measuring(store, clock)
    pages = SeeQuality(store, clock, lambda: measure.keep() and None)
    empty = pages.view(90)
    assert empty is not None
    assert empty.report is None
    assert quality_is_due(store, clock)
    live_through(house, 100, 103)
    pages.count()
    view = pages.view(30)
    assert view is not None
    assert view.report is not None
    assert of(view.report.period(30), ENTERPRISE).fired == 3
    assert view.report == measure.keep()
    assert not quality_is_due(store, clock)
    clock.turn(seconds=FRESH.total_seconds())
    assert quality_is_due(store, clock)
    measure.keep()
    publish(store, PLAYBOOK, clock.now(), 1)
    assert quality_is_due(store, clock)


def test_without_a_playbook_there_is_nothing_to_measure(store: Store, clock: FakeClock) -> None:
    assert SeeQuality(store, clock, lambda: None).view(30) is None
    assert not quality_is_due(store, clock)
    with pytest.raises(Refused, match="No playbook is published yet"):
        measuring(store, clock).keep()


def test_a_report_is_gone_where_its_table_was_taken_away(house: House, database: Database) -> None:
    measuring(house.store, house.clock).keep()
    downgrade(database.engine, "0005")
    upgrade(database.engine)
    with house.store.look() as work:
        assert work.rule_reports.quality() is None
        assert work.rule_reports.made() == {}


# In a process of its own: tasks are known by their names to all of Celery's apps in a process.
TICK = """
import sys
from pathlib import Path
from plugin.broker import COUNT, make_celery
from plugin.settings import Settings
from plugin.tasks import register
from plugin.wiring import Deskroute

settings = Settings(data=Path(sys.argv[1]), database_url=sys.argv[2], keys=(sys.argv[3],))
celery = make_celery(settings)
register(celery, lambda: Deskroute(settings, lambda: None))
celery.tasks[COUNT]()
"""


def tick(url: str, folder: Path) -> None:
    """The worker's look whether anything has to be counted."""
    command = [sys.executable, "-c", TICK, str(folder), url, KEY]
    subprocess.run(command, timeout=120, check=True)


@ON_SQLITE
@pytest.mark.usefixtures("published")
def test_the_worker_has_segments_counted_first_and_then_the_rules(
    store: Store, url: str, tmp_path: Path
) -> None:
    tick(url, tmp_path)
    with store.look() as work:
        assert work.segments.latest() is not None
        assert work.rule_reports.made() == {}
    tick(url, tmp_path)
    with store.look() as work:
        made = work.rule_reports.made()
    assert set(made) == {"quality", "lessons"}
    tick(url, tmp_path)
    with store.look() as work:
        assert work.rule_reports.made() == made


@ON_SQLITE
def test_the_command_says_it_in_words_as_json_and_for_a_spreadsheet(
    house: House, command: Command
) -> None:
    live_through(house, 100, 135, moved=7)
    said = command("rules", "quality")
    assert said.exit_code == 0
    assert "35 decided tickets" in said.output
    assert "times are medians" in said.output
    told = json.loads(command("rules", "quality", "--json").stdout)
    assert {one["rule"]: one["fired"] for one in told["rules"]} == {LOST: 0, ENTERPRISE: 35}
    sheet = command("rules", "quality", "--csv").stdout
    rows = {row["rule"]: row for row in csv.DictReader(StringIO(sheet.removeprefix("\ufeff")))}
    assert (rows[ENTERPRISE]["transferred"], rows[ENTERPRISE]["transferred n"]) == ("0.2", "35")
    assert rows[LOST]["verdict"] == "too few to tell"
    since = command("rules", "quality", "--since", "2027-01-01", "--json")
    assert json.loads(since.stdout)["decided"] == 0
    refused = command("rules", "quality", "--since", "lately")
    assert "--since is “lately”; write 2026-03-31" in refused.output
    counted = command("rules", "count")
    assert counted.output.startswith("Measured. Rules that need somebody: none.")
    with house.store.look() as work:
        assert work.rule_reports.quality() is not None
