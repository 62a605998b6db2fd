"""CSV that no spreadsheet runs."""

from __future__ import annotations

import csv
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin.spreadsheet import BYTE_ORDER_MARK, as_csv, safe


@pytest.mark.parametrize(
    "cell", ["=1+1", "+49 30 1234", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1+1"]
)
def test_what_could_be_a_formula_gets_an_apostrophe(cell: str) -> None:
    assert safe(cell) == f"'{cell}"


@pytest.mark.parametrize(
    ("cell", "text"), [("a=b", "a=b"), (-3, "-3"), (None, ""), (True, "True"), ("", "")]
)
def test_everything_else_stays_as_it_is(cell: object, text: str) -> None:
    assert safe(cell) == text


@given(st.lists(st.lists(st.text(alphabet='a=+-@,"\n\t é', max_size=5), min_size=2, max_size=2)))
def test_every_cell_comes_back_from_the_file(rows: list[list[str]]) -> None:
    told = as_csv(rows).removeprefix(BYTE_ORDER_MARK)
    assert list(csv.reader(StringIO(told, newline=""))) == [[safe(c) for c in r] for r in rows]
