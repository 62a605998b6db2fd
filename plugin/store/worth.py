"""What customers are worth, added up over all of them, in several processes at once.

Those load numpy and no statistics: the report is made where the blocks come together.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from plugin.records.customers import TrustedSource
from plugin.store.counting import Task, over_all
from plugin.store.worth_blocks import worth_span
from routing.playbook_file import read_playbook
from routing.population.worth import worth_report
from routing.worth.report import WorthReport


@dataclass(frozen=True, slots=True)
class WorthOfCustomers:
    """Adds up over the database of this URL, in so many processes."""

    url: str
    processes: int

    def __call__(
        self,
        text: str,
        version: int,
        sources: Sequence[TrustedSource],
        now: datetime,
        tell: Callable[[int, int], None],
    ) -> WorthReport:
        """The report by a playbook's segments; ``tell`` hears how many blocks of all are done."""
        task = Task(self.url, text, version, tuple(sources), now)
        blocks = over_all(task, worth_span, self.processes, tell)
        return worth_report(blocks, read_playbook(text, version), now)
