"""A ticket, from the door to its queue and agent, and what people see of it."""
