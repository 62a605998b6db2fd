"""What people see and do of the inbox: the list, one delivery whole, the replay."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import timedelta
from statistics import median

from plugin.json_body import BadBody, read_json
from plugin.pages.decisions import DeliveriesWanted
from plugin.pages.refusals import NotThere
from plugin.ports import Clock, Jobs, Refused
from plugin.records.page import Page
from plugin.records.work import Store, Work
from plugin.views.deliveries import DeliveriesView, DeliveryLine, DeliveryView
from plugin.views.people import Person

PAGE = 50
"""Deliveries on one page."""

_SHOWN = frozenset(
    {"id", "queue", "queue_slug", "status", "priority", "followup_id", "assigned_to", "date"}
    | {"public", "user", "new_status", "ticket", "mark", "on_hold", "due_date", "merged_to"}
)
"""The keys whose values tell nothing of a person; all others are hidden."""


@dataclass(frozen=True, slots=True)
class SeeDeliveries:
    """The deliveries page."""

    store: Store
    jobs: Jobs
    clock: Clock

    def view(self, wanted: DeliveriesWanted, person: Person) -> DeliveriesView:
        """The deliveries that are wanted, newest first."""
        with self.store.look() as work:
            lines = work.inbox.lines(
                Page(wanted.before, PAGE + 1), wanted.state, wanted.connection, wanted.find.strip()
            )
            shown = lines[:PAGE]
            newer = (
                work.inbox.newer(shown[0].id, PAGE) if shown and wanted.before is not None else None
            )
            view = DeliveriesView(
                tally=work.inbox.tally(),
                counted_at=self.clock.now(),
                median_took=_median(shown),
                lines=tuple(shown),
                state=wanted.state,
                find=wanted.find,
                connections=tuple(desk.name for desk in work.connections.desks()),
                connection=wanted.connection,
                older=shown[-1].id if len(lines) > PAGE else None,
                newer=newer,
                open=self._open(work, wanted),
            )
        if view.open is not None and not view.open.hidden:
            with self.store.work() as work:
                did = f"looked at the body of delivery {view.open.line.id}"
                work.audit.note(person.email, did, self.clock.now())
                work.commit()
        return view

    def _open(self, work: Work, wanted: DeliveriesWanted) -> DeliveryView | None:
        found = None if wanted.open is None else work.inbox.show(wanted.open)
        if found is None:
            return None
        view, body = found
        return replace(
            view, body=shown(body, hidden=not wanted.show_body), hidden=not wanted.show_body
        )

    def replay(self, delivery_id: int, person: Person) -> None:
        """Try a parked delivery again."""
        with self.store.work() as work:
            if work.inbox.show(delivery_id) is None:
                raise NotThere(f"There is no delivery {delivery_id}.")
            if not work.inbox.replay([delivery_id], self.clock.now()):
                raise Refused("The delivery is not parked, so there is nothing to replay.")
            work.audit.note(person.email, f"replayed delivery {delivery_id}", self.clock.now())
            work.commit()
        self.jobs.ring()

    def replay_all_parked(self, person: Person) -> int:
        """Try all parked deliveries again."""
        with self.store.work() as work:
            replayed = work.inbox.replay(None, self.clock.now())
            did = f"replayed all {replayed} parked deliveries"
            work.audit.note(person.email, did, self.clock.now())
            work.commit()
        self.jobs.ring()
        return replayed


def shown(body: bytes, *, hidden: bool) -> str:
    """A delivery's body for people, with names, addresses and texts hidden unless asked for."""
    try:
        value = read_json(body)
    except BadBody:
        return f"{len(body)} bytes that cannot be read as JSON"
    return json.dumps(_masked(value) if hidden else value, indent=2, ensure_ascii=False)


def _masked(value: object, key: str = "") -> object:
    if isinstance(value, dict):
        return {name: _masked(inner, str(name)) for name, inner in value.items()}
    if isinstance(value, list):
        return [_masked(inner, key) for inner in value]
    if key in _SHOWN or value is None or isinstance(value, bool):
        return value
    return f"hidden, {len(str(value))} characters"


def _median(lines: list[DeliveryLine]) -> timedelta | None:
    took = [line.took.total_seconds() for line in lines if line.took is not None]
    return timedelta(seconds=median(took)) if took else None
