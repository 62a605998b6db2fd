"""The page of the audit log."""

from __future__ import annotations

from dataclasses import replace

from page_samples import ADMIN, Fakes, audit_view, build, client_of, form_token

from plugin.chain import Break


def test_the_page_says_that_the_chain_is_whole() -> None:
    html = client_of(build(Fakes()), ADMIN).get("/audit").text
    assert "The chain is whole: 9 entries." in html
    assert "published playbook 41" in html
    assert "/audit?before=8" in html


def test_the_page_says_loudly_where_the_chain_is_broken() -> None:
    fakes = Fakes(audit_now=audit_view(Break(8, "Line 8 was changed.")))
    html = client_of(build(fakes), ADMIN).get("/audit").text
    assert "The chain is broken." in html
    assert "Line 8 was changed." in html
    assert html.count("breaks here") == 1


def test_a_log_that_is_too_long_for_a_page_says_how_it_is_checked() -> None:
    fakes = Fakes(audit_now=replace(audit_view(), chain=None, written=60_000))
    html = client_of(build(fakes), ADMIN).get("/audit").text
    assert "60,000 entries: too many" in html
    assert "deskroute audit verify" in html


def test_what_is_looked_for_goes_along_to_the_next_page() -> None:
    fakes = Fakes()
    html = client_of(build(fakes), ADMIN).get("/audit?find=ines&before=20").text
    assert ("audit", "ines", 20) in fakes.asked
    assert "/audit?find=ines&amp;before=8" in html


def test_the_export_is_a_form_and_a_file_in_either_kind() -> None:
    fakes = Fakes()
    client = client_of(build(fakes), ADMIN)
    token = form_token(client, "/audit")
    answer = client.post("/audit/export", data={"csrf_token": token, "as": "csv"})
    assert answer.headers["Content-Disposition"] == 'attachment; filename="audit.csv"'
    assert answer.text == "line,at\r\n"
    answer = client.post("/audit/export", data={"csrf_token": token, "as": "json"})
    assert answer.headers["Content-Disposition"] == 'attachment; filename="audit.jsonl"'
    assert answer.text == "{}\n"
    assert [one for one in fakes.asked if one[0] == "export audit"] == [
        ("export audit", ADMIN, True),
        ("export audit", ADMIN, False),
    ]
