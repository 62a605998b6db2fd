"""The page of customer sources: what stands there, and what an admin does with it."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from world import NOON, FakeClock

from plugin.customers.addresses import Addresses
from plugin.customers.cached import Cached
from plugin.customers.kinds import Kinds
from plugin.customers.registry import OpenSources
from plugin.customers.trial import TrySource
from plugin.customers.typed import Answer
from plugin.files import read_rows
from plugin.flows.customers.import_customers import ImportCustomers
from plugin.flows.customers.import_purchases import ImportPurchases
from plugin.flows.customers.see_sources import SHOWN, SeeSources, tried_in, tried_out
from plugin.flows.customers.worked_out import LAST_PLACE, WORKED_OUT
from plugin.pages.refusals import BadSource, NotThere
from plugin.ports import Refused, Requester, Unavailable
from plugin.records.connections import ConnectionRecord, SourceRecord
from plugin.records.customers import CustomerRecord
from plugin.records.work import Store
from plugin.terms import Terms
from plugin.views.sources import SourceLine, TriedSource, TriedValue
from routing.conditions.fields import CUSTOMER_FIELDS, Fields
from routing.tickets import Fact

BY = "ruben@halden.example"
HTTP = {
    "url": "https://crm.example.com/{email}",
    "token": "a-secret-word",
    "fields": "",
    "place": "3",
}


@pytest.fixture
def sources(published: Store, clock: FakeClock) -> SeeSources:
    imports = ImportCustomers(published, clock)
    kinds = Kinds(Addresses(frozenset({"db.internal"})))
    return SeeSources(
        published, clock, kinds, imports, lambda path: read_rows(path, {}), lambda *_: None
    )


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
    assert sources.view() == (SourceLine("Accounts", "uploaded", 2, NOON, 1, "uploaded file"),)


def test_a_source_that_holds_no_customers_itself_shows_no_count(
    sources: SeeSources, published: Store
) -> None:
    with published.work() as work:
        settings = {"query": "SELECT 1"}
        work.connections.save_source(
            SourceRecord("crm", "sql", settings, {"url": "sqlite://"}, 0), NOON
        )
        work.commit()
    assert sources.view() == (
        SourceLine("crm", "sql", None, None, says="SQL query", fresh_for="15 min"),
    )


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


# What we work out ourselves.


def test_what_is_worked_out_here_is_called_so_and_comes_last(
    sources: SeeSources, published: Store, tmp_path: Path
) -> None:
    with published.work() as work:
        ours = SourceRecord(WORKED_OUT, "uploaded", {}, {}, LAST_PLACE)
        work.connections.save_source(ours, NOON)
        work.commit()
    sources.upload("Accounts", a_file(tmp_path, "id,customer.plan\nc-1,Basic\n"), dry=False)
    sources.save("CRM", "http", {**HTTP, "place": ""}, BY, new=True)
    assert [(one.name, one.says, one.editable) for one in sources.view()] == [
        ("Accounts", "uploaded file", True),
        ("CRM", "HTTP endpoint", True),
        (WORKED_OUT, "worked out here", False),
    ]


def test_what_is_worked_out_here_is_neither_changed_nor_removed_nor_written_to(
    sources: SeeSources, published: Store, clock: FakeClock, tmp_path: Path
) -> None:
    ours = SourceRecord(WORKED_OUT, "uploaded", {}, {}, LAST_PLACE)
    with published.work() as work:
        work.connections.save_source(ours, NOON)
        work.commit()
    rows = a_file(tmp_path, "id,customer.plan\nc-1,Basic\n")
    for touch in (
        lambda: sources.form(WORKED_OUT, ""),
        lambda: sources.save(WORKED_OUT, "", {"place": "1"}, BY, new=False),
        lambda: sources.save(f" {WORKED_OUT} ", "http", HTTP, BY, new=True),
        lambda: sources.check(SourceRecord(WORKED_OUT, "http", {}, {}, 1)),
        lambda: sources.remove(WORKED_OUT, BY),
        lambda: sources.upload(WORKED_OUT, rows, dry=False),
        lambda: ImportPurchases(published, clock)(WORKED_OUT, (), dry=False),
    ):
        with pytest.raises(Refused, match="worked out here, by `deskroute segments value`"):
            touch()
    assert record(published, WORKED_OUT) == ours


# A source of another kind.


def record(store: Store, name: str = "CRM") -> SourceRecord:
    with store.look() as work:
        return next(one for one in work.connections.sources() if one.name == name)


def test_a_source_is_added_from_the_form_with_its_secret_apart(
    sources: SeeSources, published: Store
) -> None:
    entered = {**HTTP, "first_for": "account.arr, customer.plan", "fresh_for": "2 h", "do": "save"}
    sources.save("CRM", "http", entered, BY, new=True)
    assert record(published) == SourceRecord(
        "CRM",
        "http",
        {
            "url": HTTP["url"],
            "first_for": "account.arr, customer.plan",
            "fresh_for": "2 h",
        },
        {"token": "a-secret-word"},
        3,
    )
    (line,) = sources.view()
    assert (line.says, line.place, line.fresh_for) == ("HTTP endpoint", 3, "2 h")
    assert line.first_for == ("account.arr", "customer.plan")


def test_a_source_without_a_place_comes_last(sources: SeeSources, published: Store) -> None:
    sources.save("CRM", "http", HTTP, BY, new=True)
    sources.save("Shop", "http", {**HTTP, "place": ""}, BY, new=True)
    assert record(published, "Shop").place == 4
    assert sources.form(None, "http").place == 5
    sources.save("CRM", "", {**HTTP, "place": ""}, BY, new=False)
    assert record(published).place == 3


def test_a_secret_that_is_left_empty_stays_and_is_never_in_a_form(
    sources: SeeSources, published: Store
) -> None:
    sources.save("CRM", "http", HTTP, BY, new=True)
    form = sources.form("CRM", "")
    assert "a-secret-word" not in repr(form)
    assert form.has == {"token"}
    sources.save("CRM", "", {**HTTP, "token": "", "place": "5"}, BY, new=False)
    assert record(published).secrets == {"token": "a-secret-word"}
    assert record(published).place == 5


@pytest.mark.parametrize(
    ("wrong", "where", "says"),
    [
        ({"url": "https://169.254.169.254/{email}"}, "url", "network of its own"),
        ({"url": ""}, "url", "Enter it"),
        ({"url": "https://crm.example.com/all"}, "url", "put {email} into it"),
        ({"url": "https://crm.example.com/{email}{foo}"}, "url", "There is no {foo}"),
        ({"url": "https://crm.example.com/{email}/{id"}, "url", "There is no {id"),
        ({"method": "DELETE"}, "method", "GET or POST"),
        ({"place": "first"}, "place", "whole number"),
        ({"place": "9" * 30}, "place", "whole number"),
        ({"fresh_for": "soon"}, "fresh_for", "15 min"),
        ({"keep_for": "99999 d"}, "keep_for", "too long"),
        ({"timeout": "0"}, "timeout", "seconds from"),
        ({"first_for": "account.ar"}, "first_for", "Did you mean account.arr"),
        ({"fields": "customer.plam = x"}, "fields", "Did you mean customer.plan"),
        ({"fields": "nonsense"}, "fields", "must be written as"),
        ({"token": "two\nlines"}, "token", "Copy it again"),
    ],
)
def test_a_form_with_a_mistake_keeps_nothing_and_says_where_it_is(
    sources: SeeSources, wrong: dict[str, str], where: str, says: str
) -> None:
    with pytest.raises(BadSource) as raised:
        sources.save("CRM", "http", {**HTTP, **wrong}, BY, new=True)
    assert says in raised.value.form.problems[where]
    assert raised.value.form.is_new
    assert sources.view() == ()


@pytest.mark.parametrize("name", ["", "  ", "x" * 61, "<b>", "a\nb"])
def test_a_name_people_could_not_read_is_refused(sources: SeeSources, name: str) -> None:
    with pytest.raises(BadSource) as raised:
        sources.save(name, "http", HTTP, BY, new=True)
    assert "name" in raised.value.form.problems


def test_a_name_that_is_taken_is_refused(sources: SeeSources) -> None:
    sources.save("CRM", "http", HTTP, BY, new=True)
    with pytest.raises(BadSource) as raised:
        sources.save("CRM", "http", HTTP, BY, new=True)
    assert "already" in raised.value.form.problems["name"]


def test_a_file_under_a_name_in_other_letters_adds_to_the_source_that_has_it(
    sources: SeeSources, tmp_path: Path
) -> None:
    rows = a_file(tmp_path, "id,customer.plan\nc-1,Basic\n")
    sources.upload("Accounts", rows, dry=False)
    assert sources.upload("ACCOUNTS", rows, dry=False).source == "Accounts"
    assert [line.name for line in sources.view()] == ["Accounts"]
    sources.save("CRM", "http", HTTP, BY, new=True)
    with pytest.raises(Refused, match="“CRM” is a source of another kind"):
        sources.upload("crm", rows, dry=False)
    with pytest.raises(BadSource, match="There is a source “Accounts” already"):
        sources.save("accounts", "http", HTTP, BY, new=True)
    with pytest.raises(Refused, match="worked out here"):
        sources.upload(WORKED_OUT.upper(), rows, dry=False)


def test_two_sources_that_have_differed_in_their_letters_alone_stay_two(
    sources: SeeSources, published: Store, tmp_path: Path
) -> None:
    with published.work() as work:
        for place, name in enumerate(("shop", "Shop")):
            work.connections.save_source(SourceRecord(name, "uploaded", {}, {}, place), NOON)
        work.commit()
    rows = a_file(tmp_path, "id,customer.plan\nc-1,Basic\n")
    assert [sources.upload(name, rows, dry=False).source for name in ("Shop", "shop")] == [
        "Shop",
        "shop",
    ]
    assert sources.check(record(published, "Shop"), instead=True) == {}


def test_a_file_of_which_every_row_is_refused_makes_no_source(
    sources: SeeSources, tmp_path: Path
) -> None:
    done = sources.upload("Accounts", a_file(tmp_path, "id,email\n,nobody\n"), dry=False)
    assert (done.read, done.refused_count) == (1, 1)
    assert sources.view() == ()


@pytest.mark.parametrize(
    "address",
    [
        "sqlite:////etc/passwd",
        "sqlite://",
        "postgresql://me:word@127.0.0.1/crm",
        "postgresql://me:word@10.0.0.5:5432/crm",
        "postgresql:///crm?host=/run/postgresql",
        "nonsense",
    ],
)
def test_a_page_sets_up_no_database_in_our_own_network(sources: SeeSources, address: str) -> None:
    entered = {"query": "SELECT 1 WHERE :email = ''", "url": address}
    with pytest.raises(BadSource) as raised:
        sources.save("DB", "sql", entered, BY, new=True)
    assert "word" not in str(raised.value)
    assert "url" in raised.value.form.problems


@pytest.mark.parametrize(
    ("wrong", "where", "says"),
    [
        ({"url": "nonsense"}, "url", "This is not a database"),
        ({"url": "fax://db.example.com/crm"}, "url", "not known here"),
        ({"query": "SELECT plan FROM users"}, "query", "WHERE email = :email"),
        ({"query": "SELECT day::date FROM users"}, "query", "WHERE email = :email"),
        ({"query": "SELECT plan FROM users WHERE email = :mail"}, "query", "There is no :mail"),
        ({"query": "DELETE FROM users WHERE email = :email"}, "query", "begins with SELECT"),
        ({"query": ""}, "query", "Enter it"),
        ({"query": "/* plan */ (select plan FROM users WHERE id = :external_id)"}, "", ""),
        ({"query": "-- plan\nWITH u AS (SELECT 1) SELECT * FROM u WHERE id = :email"}, "", ""),
    ],
)
def test_a_database_or_a_query_that_cannot_work_is_said(
    sources: SeeSources, wrong: dict[str, str], where: str, says: str
) -> None:
    told = {"query": "SELECT plan FROM users WHERE email = :email", "url": "sqlite://", **wrong}
    settings, secrets = {"query": told["query"]}, {"url": told["url"]}
    problems = sources.check(SourceRecord("DB", "sql", settings, secrets))
    assert set(problems) == ({where} if where else set())
    assert says in problems.get(where, "")


@pytest.mark.parametrize(
    ("kind", "settings", "who", "says"),
    [
        ("http", {"url": "https://a.example/{email}"}, Requester(None, "c-1"), "e-mail only"),
        (
            "http",
            {"url": "https://a.example/{external_id}"},
            Requester("l@k.example"),
            "its own id",
        ),
        ("sql", {"query": "SELECT 1 WHERE :email = ''"}, Requester(None, "c-1"), "e-mail only"),
        ("sql", {"query": "SELECT 1 WHERE :external_id = 1"}, Requester("l@k.example"), "own id"),
        ("shopify", {"address": "https://a.example"}, Requester(None, "c-1"), "e-mail only"),
    ],
)
def test_a_try_by_what_the_source_is_not_asked_by_says_so_and_asks_nobody(
    published: Store,
    clock: FakeClock,
    kind: str,
    settings: dict[str, str],
    who: Requester,
    says: str,
) -> None:
    asked = SourceRecord("CRM", kind, settings, {"url": "sqlite://", "token": "x"})
    tried = TrySource(published, Addresses(), clock)(asked, who, CUSTOMER_FIELDS)
    assert says in tried.problem
    assert not tried.known


def test_a_try_names_columns_that_are_no_field_and_what_was_probably_meant(
    published: Store, clock: FakeClock, tmp_path: Path
) -> None:
    query = """SELECT 'Team' AS plan, 'x' AS "customer.plam", 1 AS q7, '2026-01-01' AS as_of
               WHERE :email <> ''"""
    record = SourceRecord("DB", "sql", {"query": query}, {"url": f"sqlite:///{tmp_path}/crm"})
    tried = TrySource(published, Addresses(), clock)(
        record, Requester("l@k.example"), CUSTOMER_FIELDS
    )
    assert tried.refused == (
        ("plan", "It is not a field. Did you mean customer.plan?"),
        ("customer.plam", "It is not a field. Did you mean customer.plan?"),
        ("q7", "It is not a field."),
    )


def test_what_a_source_said_under_other_settings_is_forgotten(
    sources: SeeSources, published: Store, clock: FakeClock
) -> None:
    class Crm:
        name = "CRM"

        def ask(self, who: Requester, fields: Fields) -> Answer | None:
            _ = who, fields
            return Answer({"customer.plan": Fact("Team", "CRM", clock.now())})

    sources.save("CRM", "http", HTTP, BY, new=True)
    cached = Cached(Crm(), Terms(), published, clock, 2.0)
    cached.look_up(Requester("lena@kontor.example"), CUSTOMER_FIELDS)
    cached.was_late()
    (line,) = sources.view()
    assert (line.customers, line.down_since) == (1, NOON)
    sources.save("CRM", "", {**HTTP, "url": "https://other.example/{email}"}, BY, new=False)
    (line,) = sources.view()
    assert (line.customers, line.down_since) == (None, None)


def test_a_removed_source_takes_what_is_known_from_it_along(
    sources: SeeSources, published: Store, tmp_path: Path
) -> None:
    sources.upload("Accounts", a_file(tmp_path, "id,customer.plan\nc-1,Basic\n"), dry=False)
    sources.remove("Accounts", BY)
    assert sources.view() == ()
    with published.look() as work:
        assert work.customers.find("Accounts", None, "c-1") is None
    with pytest.raises(NotThere):
        sources.remove("Accounts", BY)


def test_a_source_or_a_kind_that_is_not_there_is_said(sources: SeeSources) -> None:
    for ask in (
        lambda: sources.form("Nobody", ""),
        lambda: sources.form(None, "no-such-kind"),
        lambda: sources.try_out("Nobody", "x"),
        lambda: sources.save("Nobody", "", HTTP, BY, new=False),
    ):
        with pytest.raises(NotThere):
            ask()


def test_the_desks_own_fields_stand_last(sources: SeeSources, published: Store) -> None:
    desk = ConnectionRecord("support", "django-helpdesk", "github", {"url": "http://x"}, {})
    with published.work() as work:
        work.connections.save_desk(desk, NOON)
        work.commit()
    sources.save("CRM", "http", HTTP, BY, new=True)
    assert [(line.name, line.editable) for line in sources.view()] == [
        ("CRM", True),
        ("support", False),
    ]


def test_a_try_past_a_crashed_process_says_so(sources: SeeSources) -> None:
    sources.save("CRM", "http", HTTP, BY, new=True)
    assert "given up" in sources.try_out("CRM", "lena@kontor.example").problem
    with pytest.raises(Refused, match="Nobody was named"):
        sources.try_out("CRM", "  ")


def test_a_try_comes_through_as_it_was() -> None:
    plan = TriedValue("customer.plan", "plan", "text", "Team", "2026-03-02 12:00 UTC")
    tried = TriedSource(
        "CRM", "l@k.example", 0.21, known=True, values=(plan,), refused=(("account.arr", "no"),)
    )
    assert tried_in(json.loads(tried_out(tried))) == tried


def test_an_uploaded_source_is_tried_like_any_other(published: Store, clock: FakeClock) -> None:
    facts = {"customer.plan": Fact("Team", "Accounts", None)}
    with published.work() as work:
        customer = CustomerRecord("c-1", "lena@kontor.example", facts)
        work.customers.put("Accounts", [customer], NOON)
        work.commit()
    uploaded = SourceRecord("Accounts", "uploaded", {}, {})
    attempt = TrySource(published, Addresses(), clock)
    tried = attempt(uploaded, Requester("lena@kontor.example"), CUSTOMER_FIELDS)
    assert [(one.field, one.kind, one.value) for one in tried.values] == [
        ("customer.plan", "text", "Team")
    ]
    assert not attempt(uploaded, Requester("x@y.example"), CUSTOMER_FIELDS).known
    broken = SourceRecord("DB", "sql", {}, {})
    assert "cannot be opened" in attempt(broken, Requester("x"), CUSTOMER_FIELDS).problem


def test_an_uploaded_value_ages_where_its_source_says_so(
    sources: SeeSources, published: Store, tmp_path: Path, clock: FakeClock
) -> None:
    sources.upload("Accounts", a_file(tmp_path, "id,customer.plan\nc-1,Basic\n"), dry=False)
    sources.save("Accounts", "", {"fresh_for": "1 d", "place": "1"}, BY, new=False)
    opened = OpenSources(lambda: [record(published, "Accounts")], published, clock)
    (source,) = opened()
    known = source.look_up(Requester(None, "c-1"), CUSTOMER_FIELDS)
    assert known is not None
    assert known["customer.plan"].fresh_until == NOON + timedelta(days=1)


def test_a_changed_record_is_opened_anew_and_the_others_stay_open(
    published: Store, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plugin.customers.registry.FRESH", 0.0)
    one = SourceRecord("One", "http", {"url": "https://a.example/{email}"}, {}, 1)
    two = SourceRecord("Two", "http", {"url": "https://b.example/{email}"}, {}, 2)
    records = [one, two]
    opened = OpenSources(lambda: records, published, clock)
    first, second = opened()
    records[1] = SourceRecord("Two", "http", {"url": "https://c.example/{email}"}, {}, 2)
    assert opened()[0] is first
    assert opened()[1] is not second


def test_terms_or_a_client_that_cannot_be_used_make_a_source_silent(
    published: Store, clock: FakeClock
) -> None:
    records = [
        SourceRecord("bad terms", "http", {"url": "https://a.example/{email}", "timeout": "x"}, {}),
        SourceRecord("bad file terms", "uploaded", {"fresh_for": "soon"}, {}),
        SourceRecord("no such kind", "fax", {}, {}),
        SourceRecord("bad map", "http", {"url": "https://a.example/{email}", "fields": "?"}, {}),
    ]
    for source in OpenSources(lambda: records, published, clock)():
        with pytest.raises(Unavailable, match=source.name):
            source.look_up(Requester("x@y.example"), CUSTOMER_FIELDS)
