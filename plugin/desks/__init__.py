"""The help desks: how each one signs, tells, reads and is written to."""
