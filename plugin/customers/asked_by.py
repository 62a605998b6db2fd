"""By what of a customer a source is asked: their e-mail, the source's own id, or either."""

from __future__ import annotations

from plugin.customers.http_json import EMAIL, EXTERNAL_ID
from plugin.customers.sql import asks_by
from plugin.ports import Requester
from plugin.records.connections import SourceRecord


def why_not_asked(record: SourceRecord, who: Requester) -> str:
    """Why this source is not asked about somebody of whom too little is given; empty if it is."""
    by_email, by_id = _asked_by(record)
    if by_email and who.email is None:
        return f"{record.name} is asked by e-mail only. Enter an e-mail address."
    if by_id and who.external_id is None:
        return f"{record.name} is asked by its own id only. Enter the id it has for a customer."
    return ""


def _asked_by(record: SourceRecord) -> tuple[bool, bool]:
    """Whether the e-mail has to be known, and whether the id has to."""
    settings = record.settings
    if record.kind == "http":
        url = settings.get("url", "")
        return EMAIL in url, EXTERNAL_ID in url
    if record.kind == "sql":
        # A query that is given both may do with one of them.
        asked = asks_by(settings.get("query", ""))
        return asked == {"email"}, asked == {"external_id"}
    return record.kind == "shopify", False
