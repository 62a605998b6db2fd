"""How far a source of customers is believed, as a count of customers sees it."""

from __future__ import annotations

from plugin.flows.customers.worked_out import UPLOADED
from plugin.records.connections import SourceRecord
from plugin.records.customers import TrustedSource
from plugin.terms import BadTerms, Terms, read_terms


def trusted(record: SourceRecord) -> TrustedSource:
    """A source as a count of customers sees it; terms that cannot be read count as none."""
    try:
        terms = read_terms(record.settings, remote=record.kind != UPLOADED)
    except BadTerms:
        terms = Terms()
    return TrustedSource(record.name, terms.first_for, terms.fresh_for)
