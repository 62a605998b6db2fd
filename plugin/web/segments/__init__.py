"""Pages of segments: the list, one of them, its form and its goals, and groups in the data."""
