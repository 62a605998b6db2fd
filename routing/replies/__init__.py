"""Which reply, why, and in what order; and its text, rendered in a sandbox."""
