"""Pages of customers: what is held about one, and where they come from."""
