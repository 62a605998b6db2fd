"""The door to the sample data: customers, three months of past tickets, and new ones.

    people = customers(seed=7, today=end.date())
    past = tickets(7, people, end)
    arriving = incoming(7, people)

Everything follows from the seed and the arguments; nothing here looks at a clock. The customers'
``today`` and the history's ``end`` should be the same day, as tickets come only from people who
were customers by then. ``history`` describes the columns of the tickets' CSV.
"""

from __future__ import annotations

from plugin.demo.samples.history import SampleTicket, tickets, write_tickets_csv
from plugin.demo.samples.live import Incoming, agent_answer, customer_return, incoming, rating
from plugin.demo.samples.manners import Rating
from plugin.demo.samples.material import playbook_text, sample_playbook
from plugin.demo.samples.people import (
    FIELDS,
    Group,
    Kind,
    SampleCustomer,
    customers,
    write_customers_csv,
)

__all__ = [
    "FIELDS",
    "Group",
    "Incoming",
    "Kind",
    "Rating",
    "SampleCustomer",
    "SampleTicket",
    "agent_answer",
    "customer_return",
    "customers",
    "incoming",
    "playbook_text",
    "rating",
    "sample_playbook",
    "tickets",
    "write_customers_csv",
    "write_tickets_csv",
]
