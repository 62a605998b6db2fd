"""Decisions, and what the desks sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from plugin.views.decisions import DecisionLine, DecisionView, RunAgain
from plugin.views.deliveries import DeliveriesView
from plugin.views.people import Person


class Decisions(Protocol):
    """Decisions and their reasons."""

    def recent(self, limit: int, before: int | None) -> tuple[DecisionLine, ...]:
        """The newest decisions, newest first; with ``before`` only those with a smaller id."""
        ...

    def view(self, decision_id: int) -> DecisionView | None:
        """One decision, whole; None if there is none."""
        ...

    def again(self, decision_id: int) -> RunAgain:
        """Its facts under the live playbook; nothing is kept. Raises NotThere or Refused."""
        ...


@dataclass(frozen=True, slots=True)
class DeliveriesWanted:
    """Which deliveries to show.

    ``state`` is done, waiting or parked, None for all. ``find`` is a part of a ticket's or a
    delivery's id. ``before`` is an id to page from: a view's ``older`` or ``newer``. ``open`` is
    the id of the one to show whole; with ``show_body`` nothing in it is hidden, and that this
    person looked is recorded.
    """

    state: str | None = None
    connection: str | None = None
    find: str = ""
    before: int | None = None
    open: int | None = None
    show_body: bool = False


class Deliveries(Protocol):
    """Everything the desks told us, and what became of it."""

    def view(self, wanted: DeliveriesWanted, person: Person) -> DeliveriesView:
        """The deliveries that are wanted, newest first."""
        ...

    def replay(self, delivery_id: int, person: Person) -> None:
        """Try a parked delivery again. Raises NotThere, or Refused if it is not parked."""
        ...

    def replay_all_parked(self, person: Person) -> int:
        """Try all parked deliveries again; the answer is how many there were."""
        ...
