"""Columns say of every row what one ticket's closures say of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from builders import NOON, known, some_facts
from hypothesis import given
from hypothesis import strategies as st
from test_conditions import FIELDS, KNOWN, RAW, SAMPLE, STALE, Known, parsed

from routing.conditions.columns import Table, truth
from routing.conditions.evaluate import Layout, compile_condition
from routing.conditions.fields import CUSTOMER_FIELDS, Field
from routing.conditions.operators import OPERATORS
from routing.conditions.tree import Condition, read_condition
from routing.conditions.values import Kind
from routing.record import value_out
from routing.tickets import Facts

SECOND = timedelta(seconds=1)


def customers(*rows: Mapping[str, Any], now: datetime = NOON) -> tuple[Table, list[Facts]]:
    """The same customers twice: as a table of their plain values, and as facts."""
    names = {name for row in rows for name in row}
    values = {
        name: [value_out(row[name]) if name in row else None for row in rows] for name in names
    }
    table = Table.build(FIELDS.values(), values, now, size=len(rows))
    return table, [replace(some_facts(row), now=now) for row in rows]


def one_by_one(when: Condition, facts: Sequence[Facts]) -> list[tuple[bool, bool]]:
    layout = Layout.of([when])
    compiled = compile_condition(when, layout)
    rows = [layout.view(one).row for one in facts]
    return [(bool(compiled.holds(row)), bool(compiled.fails(row))) for row in rows]


def by_column(when: Condition, table: Table) -> list[tuple[bool, bool]]:
    found = truth(when, table)
    return list(zip(found.holds.tolist(), found.fails.tolist(), strict=True))


@given(RAW, st.lists(st.tuples(KNOWN, STALE), max_size=8))
def test_columns_and_closures_agree_on_random_trees_and_random_data(
    raw: Any, rows: list[tuple[Known, frozenset[str]]]
) -> None:
    when = parsed(raw)
    facts, values, until = [], {}, {}
    for told, stale in rows:
        ends = {name: NOON - SECOND if name in stale else NOON for name in told}
        aged = {name: replace(fact, fresh_until=ends[name]) for name, fact in known(told).items()}
        facts.append(replace(some_facts(), customer=aged))
    for name in SAMPLE:
        values[name] = [value_out(told[name]) if name in told else None for told, _ in rows]
        until[name] = [NOON - SECOND if name in stale else None for _, stale in rows]
    table = Table.build(SAMPLE.values(), values, NOON, until)
    assert by_column(when, table) == one_by_one(when, facts)


ANY_VALUE = st.none() | st.text(max_size=5) | st.floats(allow_nan=False) | st.booleans()
ANY_VALUE |= st.dates() | st.frozensets(st.text(max_size=3), max_size=3)
ANY_VALUE |= st.datetimes(timezones=st.just(UTC))
ANY_VALUE |= st.sampled_from(["1", "yes", "2026-03-01", "2026-03-02T12:00:00+00:00", "a|b", "?"])


@given(st.sampled_from(Kind), st.lists(ANY_VALUE, max_size=12))
def test_a_column_reads_a_value_of_another_kind_as_a_fact_does(
    kind: Kind, values: list[Any]
) -> None:
    field = Field("x", kind, "x")
    facts = [some_facts({} if one is None else {"x": one}) for one in values]
    table = Table.build([field], {"x": [value_out(one) for one in values]}, NOON)
    seen = [one.value if (one := field.fact(fact)) is not None else None for fact in facts]
    assert table.known("x").tolist() == [one is not None for one in seen]
    if kind is Kind.NUMBER:
        numbers = [None if np.isnan(one) else one for one in table.numbers("x").tolist()]
        assert numbers == seen


def test_every_operator_is_tried_on_every_kind_it_works_on() -> None:
    # The random trees above are only worth something if nothing is left out of them.
    kinds = {field.kind for field in SAMPLE.values()}
    assert kinds == {*Kind}
    assert all(operator.kinds & kinds for operator in OPERATORS.values())


@given(st.lists(st.none() | st.integers(1900, 2030)), st.integers(2000, 2030))
def test_a_derived_field_comes_out_as_it_does_for_one_ticket(
    years: list[int | None], this_year: int
) -> None:
    now = NOON.replace(year=this_year)
    rows: list[dict[str, Any]] = [
        {"customer.age": 33.0} if year is None else {"customer.birth_year": float(year)}
        for year in years
    ]
    table, facts = customers(*rows, now=now)
    for raw in ({"at least": 33}, {"is missing": True}, {"is fresh": True}):
        when = read_condition({"field": "customer.age", **raw}, FIELDS)
        assert by_column(when, table) == one_by_one(when, facts)


def test_a_derived_value_is_as_fresh_as_the_one_it_is_derived_from() -> None:
    name = "customer.birth_year"
    until = {name: [NOON - SECOND, NOON, None]}
    fields = [CUSTOMER_FIELDS["customer.age"]]
    table = Table.build(fields, {name: [1990, 1990, None]}, NOON, until)
    assert table.stale("customer.age").tolist() == [True, False, False]


@pytest.mark.parametrize("name", [n for n in CUSTOMER_FIELDS if n.startswith("time.")])
def test_the_clock_is_the_same_in_every_row(name: str) -> None:
    table, facts = customers({}, {}, {})
    operand = {
        "time.now": {"at least": "2026-03-02 12:00"},
        "time.date": {"is": "2026-03-02"},
        "time.weekday": {"is": "Monday"},
        "time.hour": {"is": 12},
        "time.day": {"is": 2},
        "time.month": {"is": 3},
    }[name]
    when = read_condition({"field": name, **operand}, FIELDS)
    assert by_column(when, table) == one_by_one(when, facts) == [(True, False)] * 3


def test_a_table_of_one_time_for_each_row_is_judged_at_each_rows_time() -> None:
    nows = [NOON, NOON + timedelta(days=3), NOON + timedelta(hours=-13)]
    seen = {"d": (NOON - timedelta(days=1)).date(), "m": NOON, "customer.birth_year": 1986.0}
    values = {name: [value_out(value)] * 3 for name, value in seen.items()}
    until = {"m": [NOON] * 3}
    table = Table.build(FIELDS.values(), values, nows, until)
    known_then = {
        name: replace(fact, fresh_until=NOON if name == "m" else None)
        for name, fact in known(seen).items()
    }
    facts = [replace(some_facts(), customer=known_then, now=now) for now in nows]
    for raw in (
        {"field": "d", "within the last": "2 d"},
        {"field": "m", "older than": "1 h"},
        {"field": "m", "is fresh": True},
        {"field": "time.hour", "at least": 20},
        {"field": "time.weekday", "is": "Thursday"},
    ):
        when = read_condition(raw, FIELDS)
        found = by_column(when, table)
        assert found == one_by_one(when, facts)
        assert len({*found}) > 1


def test_times_of_another_number_than_rows_are_refused() -> None:
    plan = CUSTOMER_FIELDS["customer.plan"]
    with pytest.raises(ValueError, match="do not make a table"):
        Table.build([plan], {plan.name: ["a", "b"]}, [NOON])


def test_a_field_without_values_is_unknown_everywhere() -> None:
    table = Table.build([CUSTOMER_FIELDS["customer.plan"]], {}, NOON, size=3)
    assert len(table) == 3
    assert table.count_unknown("customer.plan") == 3
    when = read_condition({"field": "customer.plan", "is not": "Free"}, FIELDS)
    assert by_column(when, table) == [(False, False)] * 3


def test_a_table_of_no_rows_is_judged_as_no_rows() -> None:
    table = Table.build(CUSTOMER_FIELDS.values(), {}, NOON)
    for raw in ({"field": "customer.plan", "is": "Free"}, "always"):
        assert by_column(read_condition(raw, FIELDS), table) == []


def test_columns_of_different_lengths_are_refused() -> None:
    values: dict[str, list[object]] = {"customer.plan": ["a"], "customer.city": ["a", "b"]}
    with pytest.raises(ValueError, match="do not make a table"):
        Table.build(CUSTOMER_FIELDS.values(), values, NOON)


def test_a_field_that_is_not_in_the_table_is_an_error_and_not_unknown() -> None:
    table = Table.build([CUSTOMER_FIELDS["customer.city"]], {"customer.city": ["a"]}, NOON)
    with pytest.raises(KeyError):
        truth(read_condition({"field": "customer.plan", "is": "Free"}, FIELDS), table)


def test_yes_is_not_the_number_one_however_they_are_mixed() -> None:
    field = Field("x", Kind.NUMBER, "x")
    table = Table.build([field], {"x": [True, 1, 1.0, "1", False, 0, None]}, NOON)
    assert table.known("x").tolist() == [False, True, True, True, False, True, False]


def test_only_numbers_are_given_out_as_numbers() -> None:
    table, _ = customers({"customer.plan": "Team", "customer.orders": 3.0})
    assert table.numbers("customer.orders").tolist() == [3.0]
    with pytest.raises(TypeError, match="holds no numbers"):
        table.numbers("customer.plan")


def test_stale_values_are_counted_among_those_that_are_known() -> None:
    name = "customer.plan"
    until = {name: [NOON - SECOND, NOON - SECOND, NOON, None]}
    values = {name: ["a", None, "b", "c"]}
    table = Table.build([CUSTOMER_FIELDS[name]], values, NOON, until)
    assert (table.count_unknown(name), table.count_stale(name)) == (1, 1)
