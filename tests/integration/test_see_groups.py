"""Groups found in the data, from the database through a process of its own to the page's values."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from random import Random

import pytest
from world import KEY, FakeClock

from plugin.aside import ask_aside
from plugin.flows.segments.see_groups import SeeGroups
from plugin.pages.refusals import NotThere
from plugin.records.connections import SourceRecord
from plugin.records.customers import CustomerRecord
from plugin.records.work import Store
from plugin.settings import Settings
from routing.conditions.fields import CUSTOMER_FIELDS
from routing.conditions.form import from_pairs
from routing.conditions.tree import read_condition
from routing.conditions.wording import sentence
from routing.tickets import Fact, Value

LATE, ORDERS = "customer.days_to_pay", "customer.orders"


@pytest.fixture
def settings(url: str, tmp_path: Path) -> Settings:
    return Settings(data=tmp_path, database_url=url, keys=(KEY,))


@pytest.fixture
def groups(published: Store, settings: Settings) -> SeeGroups:
    run = partial(ask_aside, settings, "", "segments", "find", "--json")
    return SeeGroups(published, run, is_able=True)


def keep(store: Store, clock: FakeClock, told: list[dict[str, Value]]) -> None:
    records = [
        CustomerRecord(f"c-{at}", None, {name: Fact(one, "CRM") for name, one in facts.items()})
        for at, facts in enumerate(told)
    ]
    with store.work() as work:
        work.connections.save_source(SourceRecord("CRM", "uploaded", {}, {}, 1), clock.now())
        work.customers.put("CRM", records, clock.now())
        work.commit()


def two_kinds(each: int = 80) -> list[dict[str, Value]]:
    """Who pay late and order little, and who pay soon and order much; three have an income."""
    rng = Random(4)
    told: list[dict[str, Value]] = [
        {LATE: round(rng.gauss(days, 3)), ORDERS: round(rng.gauss(orders, 2))}
        for days, orders in ((50, 6), (14, 40))
        for _ in range(each)
    ]
    for one in told[:3]:
        one["customer.income"] = 30_000
    return told


def test_a_group_found_in_the_data_is_a_condition_the_form_reads(
    groups: SeeGroups, published: Store, clock: FakeClock
) -> None:
    keep(published, clock, two_kinds())
    found = groups.find([ORDERS, LATE], None)
    assert not found.problem
    assert found.customers == 160
    assert [one.customers for one in found.groups] == [80, 80]
    assert (found.based_on, found.place) == (1, 2)
    for one in found.groups:
        condition = read_condition(from_pairs(one.pairs, CUSTOMER_FIELDS), CUSTOMER_FIELDS)
        assert sentence(condition) == one.sentence
        assert one.precision > 0.97
        assert one.recall > 0.97
        assert [says for says, _ in one.means] == ["orders", "days to pay"]
    with published.look() as work:
        assert len(work.playbooks.versions()) == 1


def test_why_there_are_no_groups_comes_through_in_words(
    groups: SeeGroups, published: Store, clock: FakeClock
) -> None:
    keep(published, clock, [{LATE: at % 7, ORDERS: 5} for at in range(120)])
    assert "orders: the same for everybody" in groups.find([LATE, ORDERS], 3).problem


def test_fields_are_offered_that_are_known_of_enough_customers(
    groups: SeeGroups, published: Store, clock: FakeClock
) -> None:
    keep(published, clock, two_kinds())
    view = groups.search()
    assert view is not None
    assert {(one.name, one.customers, one.share) for one in view.fields} == {
        (LATE, 160, 1.0),
        (ORDERS, 160, 1.0),
    }
    assert [(one.name, one.customers) for one in view.too_few] == [("customer.income", 3)]
    assert view.known == 160


@pytest.mark.parametrize(
    ("names", "count", "words"),
    [
        ([], None, "0 fields are chosen; it takes 2 to 30."),
        ([ORDERS, "customer.plan", "--help"], None, "1 field is chosen; it takes 2 to 30."),
        ([ORDERS, LATE], 9, "9 groups are asked for; it can be 2 to 8."),
    ],
)
def test_a_search_that_cannot_be_is_not_begun(
    published: Store, names: list[str], count: int | None, words: str
) -> None:
    def run(*options: str) -> bytes | None:
        raise AssertionError(options)

    assert SeeGroups(published, run, is_able=True).find(names, count).problem == words
    missing = SeeGroups(published, run, is_able=False).find([ORDERS, LATE], None)
    assert 'pip install "deskroute[analysis]"' in missing.problem


def test_one_search_runs_at_a_time_and_the_next_one_after_it(published: Store) -> None:
    said: list[str] = []

    def run(*options: str) -> bytes | None:
        assert options == ("--fields", f"{ORDERS},{LATE}", "--groups", "4")
        said.append(groups.find([ORDERS, LATE], None).problem)
        return None

    groups = SeeGroups(published, run, is_able=True)
    for _ in range(2):
        assert "took too long, or failed" in groups.find([ORDERS, LATE], 4).problem
    assert said == ["Somebody else is looking for groups. Try again in a minute."] * 2


def test_without_a_playbook_there_is_nothing_to_make_a_segment_in(store: Store) -> None:
    groups = SeeGroups(store, lambda *_: None, is_able=True)
    assert groups.search() is None
    with pytest.raises(NotThere, match="No playbook is live"):
        groups.find([ORDERS, LATE], None)
