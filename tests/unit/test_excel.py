"""Excel files that say what they were given, with types, and run nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook
from python_calamine import CalamineWorkbook

from plugin.excel import LONGEST, write_excel
from plugin.spreadsheet import Column, Kind, Table, csv_parts

COLUMNS = (
    Column("what"),
    Column("count", Kind.NUMBER),
    Column("at", Kind.MOMENT),
    Column("took", Kind.DURATION),
    Column("share", Kind.SHARE),
    Column("good", Kind.YES_NO),
)
BERLIN = timezone(timedelta(hours=2))
IN_UTC = datetime(2026, 3, 31, 12, 5, 9, tzinfo=UTC).replace(tzinfo=None)
"""Excel knows no time zones."""

ROW = (
    "Grüße",
    42,
    datetime(2026, 3, 31, 14, 5, 9, tzinfo=BERLIN),
    timedelta(days=1, hours=3, minutes=4),
    0.876,
    True,
)
NOTHING = (None,) * len(COLUMNS)


def written(rows: Sequence[Sequence[object]], **more: int) -> BytesIO:
    file = BytesIO()
    write_excel(Table("tickets", COLUMNS, iter(rows)), file, **more)
    file.seek(0)
    return file


def test_cells_have_types_and_formats() -> None:
    sheet = load_workbook(written([ROW, NOTHING])).active
    assert sheet is not None
    assert [cell.value for cell in sheet[1]] == [column.name for column in COLUMNS]
    what, count, at, took, share, good = sheet[2]
    assert (what.value, what.data_type) == ("Grüße", "s")
    assert (count.value, count.data_type) == (42, "n")
    assert (at.value, at.is_date) == (IN_UTC, True)
    assert at.number_format == "yyyy-mm-dd hh:mm:ss"
    assert (took.value, took.number_format) == (timedelta(days=1, hours=3, minutes=4), "[h]:mm:ss")
    assert (share.value, share.number_format) == (0.876, "0.0%")
    assert (good.value, good.data_type) == (True, "b")
    assert [cell.value for cell in sheet[3]] == [None] * len(COLUMNS)
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:F3"


def test_another_reader_says_the_same(tmp_path: Path) -> None:
    path = tmp_path / "tickets.xlsx"
    path.write_bytes(written([ROW]).getvalue())
    _, row = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()
    assert row[:3] == ["Grüße", 42.0, IN_UTC]
    assert row[4:] == [0.876, True]


@pytest.mark.parametrize(
    "text",
    ["=1+1", "@SUM(A1)", "+49", "{=1}", "http://x.example", "mailto:a@b", "  =1", "internal:x"],
)
def test_a_text_is_a_text_whatever_it_says(text: str) -> None:
    file = written([(text, *NOTHING[1:])])
    sheet = load_workbook(file).active
    assert sheet is not None
    cell = sheet["A2"]
    assert (cell.value, cell.data_type, cell.hyperlink) == (text, "s", None)
    names = ZipFile(file).namelist()
    assert not any("rels" in name and "sheet" in name for name in names)
    assert b"<f>" not in ZipFile(file).read("xl/worksheets/sheet1.xml")


@given(st.lists(st.text(max_size=20), max_size=5))
def test_every_text_makes_a_file_that_opens(texts: list[str]) -> None:
    clean = [text.encode("utf-8", "replace").decode() for text in texts]
    rows = CalamineWorkbook.from_filelike(written([(t, *NOTHING[1:]) for t in clean]))
    assert len(rows.get_sheet_by_index(0).to_python(skip_empty_area=False)) == len(clean) + 1


def test_a_text_that_is_too_long_is_cut() -> None:
    sheet = load_workbook(written([("x" * 40_000, *NOTHING[1:])])).active
    assert sheet is not None
    assert len(str(sheet["A2"].value)) == LONGEST


def test_what_does_not_fit_on_a_sheet_goes_onto_the_next() -> None:
    book = load_workbook(written([(str(one), *NOTHING[1:]) for one in range(5)], most_rows=2))
    texts = [[row[0].value for row in sheet.iter_rows(min_row=2)] for sheet in book.worksheets]
    assert texts == [["0", "1"], ["2", "3"], ["4"]]
    assert all(sheet["A1"].value == "what" for sheet in book.worksheets)


def test_a_table_without_rows_is_a_header() -> None:
    sheet = load_workbook(written([])).active
    assert sheet is not None
    assert sheet.max_row == 1


def test_the_same_as_csv_has_iso_moments_and_seconds() -> None:
    formula = ("=1+1", -3, None, None, None, False)
    told = "".join(csv_parts(Table("tickets", COLUMNS, iter([ROW, formula]))))
    assert told.splitlines() == [
        "\ufeffwhat,count,at,took,share,good",
        "Grüße,42,2026-03-31T12:05:09+00:00,97440,0.876,yes",
        "'=1+1,-3,,,,no",
    ]
