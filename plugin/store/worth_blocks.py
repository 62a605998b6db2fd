"""One block of customers, read for what they are worth; what every process of a count loads."""

from __future__ import annotations

from plugin.store.counting import Span, Task, census_of
from routing.conditions.columns import Table
from routing.playbook import Playbook
from routing.playbook_file import read_playbook
from routing.population.count import values_wanted
from routing.population.worth_block import WorthBlock, fields_of_worth, worth_block


def worth_span(task: Task, span: Span, playbook: Playbook | None = None) -> WorthBlock:
    """One block, read and put into columns."""
    playbook = playbook or read_playbook(task.playbook, task.version)
    fields = fields_of_worth(playbook)
    with census_of(task) as census:
        block = census.block(span, values_wanted(fields))
    table = Table.build(fields, block.values, task.now, block.fresh_until, size=block.size)
    return worth_block(playbook, table)
