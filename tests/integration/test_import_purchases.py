"""Files of purchases: summed up per customer, refused by the line, the same again is no change."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import openpyxl
import pytest
from world import ON_SQLITE, FakeClock, dump

from plugin.files import read_rows
from plugin.flows.customers.import_purchases import ImportPurchases
from plugin.flows.import_rows import BadColumns, ImportReport
from plugin.ports import Refused
from plugin.records.connections import SourceRecord
from plugin.records.work import Store
from plugin.store.database import Database

PURCHASES = """\
id,email,at,amount,shop
c-1,Lena@Kontor.example,2025-01-10,100,Kiel
c-1,,2026-02-01T09:30:00+01:00,50.50,Kiel
c-1,,2025-06-01,20,Kiel
c-2,mia@kontor.example,2024-05-01,10,
,nils@kontor.example,2026-03-01,30,
"""


@pytest.fixture
def purchases(published: Store, clock: FakeClock) -> ImportPurchases:
    return ImportPurchases(published, clock)


def taken(
    purchases: ImportPurchases, path: Path, content: str = "", *, dry: bool = False
) -> ImportReport:
    if content:
        path.write_text(content, "utf-8")
    return purchases("Purchases", read_rows(path, {}), dry=dry)


def found(store: Store, email: str | None, key: str | None = None) -> dict[str, object] | None:
    with store.look() as work:
        facts = work.customers.find("Purchases", email, key)
    return None if facts is None else {name: fact.value for name, fact in facts.items()}


def test_purchases_are_summed_up_per_customer(
    purchases: ImportPurchases, published: Store, tmp_path: Path
) -> None:
    report = taken(purchases, tmp_path / "shop.csv", PURCHASES)
    assert (report.read, report.changed, report.refused) == (5, 3, 0)
    assert report.unknown_columns == ["shop"]
    lena = {
        "customer.email": "lena@kontor.example",
        "customer.orders": 3.0,
        "customer.first_order": date(2025, 1, 10),
        "customer.last_order": date(2026, 2, 1),
        "customer.revenue_12m": 70.5,
        "customer.lifetime_value": 170.5,
        "customer.aov": 56.83,
    }
    assert found(published, "lena@kontor.example") == lena
    assert found(published, None, "c-1") == lena
    nils = found(published, "nils@kontor.example")
    assert nils is not None
    assert nils["customer.orders"] == pytest.approx(1)
    with published.look() as work:
        assert [one.name for one in work.connections.sources()] == ["Purchases"]


def test_importing_purchases_again_changes_nothing(
    purchases: ImportPurchases, clock: FakeClock, database: Database, tmp_path: Path
) -> None:
    taken(purchases, tmp_path / "shop.csv", PURCHASES)
    before = dump(database)
    clock.turn(hours=1)
    assert taken(purchases, tmp_path / "shop.csv").changed == 0
    assert dump(database) == before


def test_a_purchase_falls_out_of_the_twelve_months_as_time_goes_by(
    purchases: ImportPurchases, published: Store, clock: FakeClock, tmp_path: Path
) -> None:
    taken(purchases, tmp_path / "shop.csv", PURCHASES)
    clock.turn(days=120)
    assert taken(purchases, tmp_path / "shop.csv").changed == 1
    lena = found(published, "lena@kontor.example")
    assert lena is not None
    assert lena["customer.revenue_12m"] == pytest.approx(50.5)


def test_a_dry_run_keeps_nothing(
    purchases: ImportPurchases, database: Database, tmp_path: Path
) -> None:
    before = dump(database)
    report = taken(purchases, tmp_path / "shop.csv", PURCHASES + ",,2026-01-01,5,\n", dry=True)
    assert (report.read, report.changed, report.refused) == (6, 0, 1)
    assert dump(database) == before


@ON_SQLITE
def test_a_refund_is_no_order_but_takes_from_the_revenue(
    purchases: ImportPurchases, published: Store, tmp_path: Path
) -> None:
    taken(
        purchases,
        tmp_path / "shop.csv",
        "id,at,amount\nc-1,2026-01-01,80\nc-1,2026-02-01,-30\nc-2,2026-02-01,-5\n",
    )
    one = found(published, None, "c-1")
    assert one is not None
    assert (one["customer.orders"], one["customer.lifetime_value"]) == (1.0, 50.0)
    assert one["customer.last_order"] == date(2026, 1, 1)
    two = found(published, None, "c-2")
    assert two == {
        "customer.orders": 0.0,
        "customer.revenue_12m": -5.0,
        "customer.lifetime_value": -5.0,
    }


@ON_SQLITE
def test_rows_that_cannot_be_believed_are_refused_by_their_line(
    purchases: ImportPurchases, published: Store, tmp_path: Path
) -> None:
    report = taken(
        purchases,
        tmp_path / "shop.csv",
        "id,email,at,amount\n"
        "c-1,,2026-01-01,12\n"
        "c-1,,yesterday,12\n"
        "c-1,,2026-01-01,\n"
        "c-1,,,12\n"
        "c-1,,2026-01-01,lots\n"
        ",,2026-01-01,12\n"
        ",nobody,2026-01-01,12\n"
        "c-1,,2031-01-01,12\n"
        "c-1,,0001-01-01,12\n"
        "c-1,,2026-01-01,1e30\n"
        "c-1,2026-01-01\n",
    )
    assert [(one.line, one.why) for one in report.named] == [
        (3, "at: “yesterday” is not a date. Write it like 2026-03-31."),
        (4, "It has no amount."),
        (5, "It has no at."),
        (6, "amount: “lots” is not a number. Write it like 1234.5."),
        (7, "It has neither an id nor an e-mail."),
        (8, "“nobody” is not an e-mail address."),
        (9, "It was bought in the future: 2031-01-01."),
        (10, "at is in the year 1."),
        (11, "amount is larger than any purchase."),
        (12, "It has 2 cells where the header has 4."),
    ]
    assert (report.read, report.changed, report.refused) == (11, 1, 10)
    one = found(published, None, "c-1")
    assert one is not None
    assert one["customer.lifetime_value"] == pytest.approx(12)


@ON_SQLITE
def test_a_file_without_the_columns_is_refused_with_what_it_has(
    purchases: ImportPurchases, tmp_path: Path
) -> None:
    with pytest.raises(BadColumns, match="no column at and no column amount and no column id"):
        taken(purchases, tmp_path / "shop.csv", "who,when\nc-1,2026-01-01\n")


@ON_SQLITE
def test_the_name_of_another_kind_of_source_is_not_taken(
    purchases: ImportPurchases, published: Store, clock: FakeClock, tmp_path: Path
) -> None:
    with published.work() as work:
        work.connections.save_source(SourceRecord("Purchases", "sql", {}, {}, 1), clock.now())
        work.commit()
    with pytest.raises(Refused, match="source of another kind"):
        taken(purchases, tmp_path / "shop.csv", PURCHASES)


@ON_SQLITE
def test_purchases_of_a_spreadsheet_and_of_json_lines_and_in_other_time_formats_are_read(
    purchases: ImportPurchases, published: Store, tmp_path: Path
) -> None:
    book = openpyxl.Workbook()
    for row in (("id", "at", "amount"), (1, date(2026, 1, 5), 12.5), (1, date(2026, 1, 6), 7)):
        book.active.append(row)
    book.save(tmp_path / "shop.xlsx")
    taken(purchases, tmp_path / "shop.xlsx")
    one = found(published, None, "1")
    assert one is not None
    assert (one["customer.orders"], one["customer.lifetime_value"]) == (2.0, 19.5)
    taken(purchases, tmp_path / "shop.jsonl", '{"id": 2, "at": "2026-01-05", "amount": 3}\n')
    assert found(published, None, "2") is not None
    (tmp_path / "late.csv").write_text("id,at,amount\n3,31.01.2026,9\n", "utf-8")
    rows = read_rows(tmp_path / "late.csv", {}, "%d.%m.%Y")
    assert purchases("Purchases", rows, dry=False).changed == 1
    three = found(published, None, "3")
    assert three is not None
    assert three["customer.last_order"] == date(2026, 1, 31)
