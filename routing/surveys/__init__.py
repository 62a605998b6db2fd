"""Which survey is asked about a solved ticket, and why not."""
