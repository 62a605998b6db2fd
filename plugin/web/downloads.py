"""A table as a file to keep: CSV in a stream, or Excel."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from enum import StrEnum
from itertools import islice
from tempfile import TemporaryFile

from flask import Response, send_file

from plugin.excel import write_excel
from plugin.ports import Refused
from plugin.spreadsheet import Table, csv_parts

MOST_IN_EXCEL = 100_000
"""Rows of an Excel file while a browser waits: 15 to 25 s. CSV comes as it is made."""

_EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Form(StrEnum):
    """In what form a table is wanted, as the ending of its file."""

    CSV = "csv"
    EXCEL = "xlsx"


def download(table: Table, form: Form) -> Response:
    """The table as an attachment. Raises Refused where it is too long for Excel while one waits."""
    if form is Form.EXCEL:
        return _excel(table)
    answer = Response(csv_parts(table), mimetype="text/csv")
    answer.headers.set("Content-Disposition", "attachment", filename=f"{table.name}.csv")
    return answer


def _excel(table: Table) -> Response:
    file = TemporaryFile()  # ruff: ignore[open-file-with-context-handler] — the answer closes it
    try:
        write_excel(replace(table, rows=_bounded(table.rows)), file)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return send_file(file, _EXCEL, as_attachment=True, download_name=f"{table.name}.xlsx")


def _bounded(rows: Iterator[Sequence[object]]) -> Iterator[Sequence[object]]:
    yield from islice(rows, MOST_IN_EXCEL)
    if next(rows, None) is not None:
        raise Refused(
            f"This table has more than {MOST_IN_EXCEL:,} rows, too many for Excel while a page "
            "waits. Take CSV, a shorter period, or `deskroute export` on the command line."
        )
