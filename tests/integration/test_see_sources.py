"""The page of customer sources: what stands there, and a file taken over through it."""

from __future__ import annotations

from pathlib import Path

import pytest
from world import NOON, FakeClock

from plugin.files import read_rows
from plugin.flows.import_history import ImportHistory
from plugin.flows.see_sources import SHOWN, SeeSources
from plugin.ports import Refused
from plugin.records import SourceRecord, Store
from plugin.views import SourceLine


@pytest.fixture
def sources(published: Store, clock: FakeClock) -> SeeSources:
    imports = ImportHistory(published, clock)
    return SeeSources(published, imports, lambda path: read_rows(path, {}))


def a_file(folder: Path, text: str) -> Path:
    path = folder / "customers.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_an_uploaded_file_becomes_a_source_with_its_customers_counted(
    sources: SeeSources, tmp_path: Path
) -> None:
    path = a_file(
        tmp_path, "id,email,customer.plan\nc-1,a@b.example,Basic\nc-2,c@d.example,Basic\n"
    )
    assert sources.view() == ()
    assert sources.upload("Accounts", path, dry=True).read == 2
    assert sources.view() == ()
    assert sources.upload("Accounts", path, dry=False).changed == 2
    assert sources.view() == (SourceLine("Accounts", "uploaded", 2, NOON),)


def test_a_source_that_holds_no_customers_itself_shows_no_count(
    sources: SeeSources, published: Store
) -> None:
    with published.work() as work:
        settings = {"query": "SELECT 1"}
        work.connections.save_source(
            SourceRecord("crm", "sql", settings, {"url": "sqlite://"}, 0), NOON
        )
        work.commit()
    assert sources.view() == (SourceLine("crm", "sql", None, None),)


def test_a_file_never_replaces_a_source_of_another_kind(
    sources: SeeSources, published: Store, tmp_path: Path
) -> None:
    with published.work() as work:
        work.connections.save_source(SourceRecord("crm", "sql", {}, {}, 0), NOON)
        work.commit()
    with pytest.raises(Refused, match="source of another kind"):
        sources.upload("crm", a_file(tmp_path, "id\nc-1\n"), dry=False)


def test_of_many_refused_rows_the_first_are_named_and_all_are_counted(
    sources: SeeSources, tmp_path: Path
) -> None:
    rows = "".join(f"c-{n},Basic,one too many\n" for n in range(SHOWN + 5))
    done = sources.upload("Accounts", a_file(tmp_path, f"id,customer.plan\n{rows}"), dry=False)
    assert (len(done.refused), done.refused_count, done.changed) == (SHOWN, SHOWN + 5, 0)
