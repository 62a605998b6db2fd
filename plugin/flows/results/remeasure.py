"""Tickets measured again, after the hours they are measured by were put right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from plugin.ports import Clock, Refused
from plugin.records.work import Store
from routing.outcomes.worked import worked

BATCH = 1_000
"""Tickets of one transaction."""

Tell = Callable[[int], None]
"""Hears how many tickets more were looked at."""


@dataclass(frozen=True, slots=True)
class Remeasured:
    """How many tickets were looked at, and of how many the working time changed."""

    tickets: int = 0
    changed: int = 0


@dataclass(frozen=True, slots=True)
class Remeasure:
    """Measures every ticket again by the hours that its queue has in the live playbook.

    By itself a ticket keeps the hours it was given when it was decided. This is for what a lead
    puts right: a queue's hours, or a version of a schedule that is in the past.
    """

    store: Store
    clock: Clock

    def __call__(self, by: str, tell: Tell, *, dry: bool) -> Remeasured:
        """Measure all of them; with ``dry`` nothing is kept. Raises Refused without a playbook."""
        with self.store.look() as work:
            playbook = work.playbooks.live()
        if playbook is None:
            raise Refused("No playbook is published yet. Publish one that names the hours.")
        last = tickets = changed = 0
        while True:
            with self.store.work() as work:
                some = work.measures.after(last, BATCH)
                told = [
                    (one.id, now)
                    for one in some
                    if (now := worked(one.outcome, playbook.hours_of(one.queue_name))) != one.worked
                ]
                if told and not dry:
                    work.measures.put(told)
                    work.commit()
            if not some:
                break
            last, tickets, changed = some[-1].id, tickets + len(some), changed + len(told)
            tell(len(some))
        if changed and not dry:
            with self.store.work() as work:
                did = f"measured {changed} tickets again by playbook {playbook.version}"
                work.audit.note(by, did, self.clock.now())
                work.commit()
        return Remeasured(tickets, changed)
