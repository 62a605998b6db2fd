"""What stands around every page."""

from __future__ import annotations

from dataclasses import dataclass

from plugin.flows.playbook.edit_playbook import is_demanded
from plugin.records.work import Store
from plugin.views.panel import Frame
from plugin.views.people import Person, Role


@dataclass(frozen=True, slots=True)
class SeeFrame:
    """The menu at the side, and what in it wants to be looked at."""

    store: Store

    def frame(self, person: Person) -> Frame:
        """The frame for whoever is signed in."""
        with self.store.look() as work:
            playbook = work.playbooks.live()
            parked = work.inbox.tally().parked
            sample = any(desk.sample for desk in work.connections.desks())
            asked = work.drafts.asked(person.email) if person.role.may(Role.LEAD) else 0
            approvals = is_demanded(work)
        return Frame(
            person=person,
            playbook_name="No playbook yet" if playbook is None else playbook.name,
            playbook_version=0 if playbook is None else playbook.version,
            parked=parked,
            sample=sample,
            approvals=approvals,
            asked=asked,
        )
