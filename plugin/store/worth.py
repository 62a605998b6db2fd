"""What customers are worth, added up over all of them, in several processes at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from plugin.records import TrustedSource
from plugin.store.counting import Counter, Task, Tell, counted
from routing.playbook_file import read_playbook
from routing.population.worth import worth_report
from routing.population.worth_block import fields_of_worth, worth_block
from routing.worth.report import WorthReport

_COUNTER = Counter(fields_of_worth, worth_block)


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
        tell: Tell,
    ) -> WorthReport:
        """The report by a playbook's segments; ``tell`` hears how many blocks of all are done."""
        task = Task(self.url, text, version, tuple(sources), now, _COUNTER)
        blocks = counted(task, self.processes, tell)
        return worth_report(blocks, read_playbook(text, version), now)
