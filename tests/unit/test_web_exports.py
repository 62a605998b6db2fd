"""The page of exports, and the files that come of it."""

from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO

import pytest
from openpyxl import load_workbook
from page_samples import ADMIN, AGENT, LEAD, Fakes, build, client_of, form_token

from plugin.web import downloads


def days(token: str, since: str = "2026-03-01", until: str = "2026-03-31") -> dict[str, str]:
    return {"csrf_token": token, "since": since, "until": until}


def test_csv_comes_as_a_file_with_a_name_and_runs_nothing() -> None:
    fakes = Fakes()
    client = client_of(build(fakes), LEAD)
    answer = client.post("/tickets.csv", data=days(form_token(client, "/exports")))
    assert answer.mimetype == "text/csv"
    assert answer.headers["Content-Disposition"] == "attachment; filename=tickets-2026.csv"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "'=1+1," in answer.get_data(as_text=True)
    since, until = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)
    assert ("export tickets", since, until, LEAD) in fakes.asked


def test_excel_comes_as_a_file_that_opens() -> None:
    client = client_of(build(Fakes()), ADMIN)
    answer = client.post("/tickets.xlsx", data=days(form_token(client, "/exports")))
    assert answer.headers["Content-Disposition"] == "attachment; filename=tickets-2026.xlsx"
    sheet = load_workbook(BytesIO(answer.get_data())).active
    assert sheet is not None
    assert [cell.value for cell in sheet["A"]] == ["ticket", "=1+1", "17"]


def test_a_table_too_long_for_excel_is_refused_with_a_way_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(downloads, "MOST_IN_EXCEL", 1)
    client = client_of(build(Fakes()), ADMIN)
    answer = client.post("/tickets.xlsx", data=days(form_token(client, "/exports")))
    assert answer.status_code == 409
    assert "Take CSV, a shorter period" in answer.text


@pytest.mark.parametrize("since", ["", "yesterday", "2026-02-30", "9999-12-31", "0001-01-01"])
def test_a_day_that_is_none_is_refused(since: str) -> None:
    client = client_of(build(Fakes()), LEAD)
    answer = client.post("/tickets.csv", data=days(form_token(client, "/exports"), since))
    assert answer.status_code == 409


def test_there_is_no_other_form_and_no_way_to_take_it_by_a_link() -> None:
    client = client_of(build(Fakes()), LEAD)
    token = form_token(client, "/exports")
    assert client.post("/tickets.pdf", data=days(token)).status_code == 404
    assert client.get("/tickets.csv").status_code == 405


def test_only_an_admin_lets_reports_name_agents() -> None:
    fakes = Fakes()
    app = build(fakes)
    admin, lead = client_of(app, ADMIN), client_of(app, LEAD)
    sent = {"csrf_token": form_token(admin, "/exports"), "do": "allow"}
    assert admin.post("/exports/agents", data=sent).status_code == 303
    assert ("allow agents", ADMIN.email, True) in fakes.asked
    assert "Allow agents" not in lead.get("/exports").text
    sent = {"csrf_token": form_token(lead, "/exports"), "do": "allow"}
    assert lead.post("/exports/agents", data=sent).status_code == 403
    assert client_of(app, AGENT).get("/exports").status_code == 403
