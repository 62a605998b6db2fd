"""Every desk that is connected, opened from its record, and the check of its deliveries."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from plugin.desks import django_helpdesk
from plugin.desks.ratings import PARSERS
from plugin.desks.ratings_only import RATINGS_ONLY
from plugin.desks.signatures import SCHEMES, BadSignature, verify
from plugin.json_body import BadBody
from plugin.ports import (
    Clock,
    Delivery,
    Desk,
    DeskRating,
    NotAuthentic,
    Refused,
    Unavailable,
    UnknownDesk,
)
from plugin.records.connections import ConnectionRecord

FRESH = 5.0
"""Seconds for which the list of connections is believed before it is read again."""

Opener = Callable[[str, Mapping[str, str], Mapping[str, str], Clock], Desk]

KINDS: Mapping[str, Opener] = {"django-helpdesk": django_helpdesk.open_desk, **RATINGS_ONLY}
"""Every kind of desk, and how one is opened from its settings and secrets."""

_ONLY = "-ratings"


def open_record(record: ConnectionRecord, clock: Clock) -> Desk:
    """The desk of a record; the webhook's secret is the door's, not the desk's.

    Raises ValueError, with all that is wrong, where it cannot be used.
    """
    secrets = {name: secret for name, secret in record.secrets.items() if name != "webhook"}
    return KINDS[record.kind](record.name, record.settings, secrets, clock)


@dataclass(slots=True)
class OpenDesks:
    """The desks of this installation. ``load`` reads their records."""

    load: Callable[[], Sequence[ConnectionRecord]]
    clock: Clock
    _read_at: float = -FRESH
    _records: dict[str, ConnectionRecord] = field(default_factory=dict)
    _desks: dict[str, Desk] = field(default_factory=dict)

    def named(self, connection: str) -> Desk:
        """The desk of this connection."""
        record = self._record(connection)
        desk = self._desks.get(connection)
        if desk is None:
            try:
                desk = open_record(record, self.clock)
            except ValueError as error:
                # What comes in is worth keeping: it can be worked off once this is mended.
                raise Unavailable(str(error)) from None
            self._desks[connection] = desk
        return desk

    def names(self) -> tuple[str, ...]:
        """The connections there are."""
        self._refresh()
        return tuple(self._records)

    def verify(self, delivery: Delivery, path_secret: str | None) -> None:
        """Return if the delivery proves that it comes from its desk."""
        record = self._record(delivery.connection)
        try:
            verify(
                SCHEMES[record.scheme],
                record.webhook_secrets,
                delivery.body,
                delivery.headers,
                path_secret,
                delivery.received_at,
            )
        except BadSignature as error:
            raise NotAuthentic(error.message, ours=error.is_ours) from None

    def rating(self, connection: str, body: bytes) -> DeskRating:
        """The rating that a delivery of the kind RATED tells of."""
        make = self._record(connection).kind.removesuffix(_ONLY)
        try:
            rating = PARSERS[make](body) if make in PARSERS else None
        except BadBody as error:
            raise Refused(error.message) from None
        if rating is None:
            raise Refused("No rating can be read in it.")
        return rating

    def _record(self, connection: str) -> ConnectionRecord:
        self._refresh()
        if connection not in self._records:
            raise UnknownDesk(connection)
        return self._records[connection]

    def _refresh(self) -> None:
        if time.monotonic() - self._read_at < FRESH:
            return
        records = {record.name: record for record in self.load()}
        for name, record in self._records.items():
            if records.get(name) != record:
                self._desks.pop(name, None)
        self._records = records
        self._read_at = time.monotonic()
