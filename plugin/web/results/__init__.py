"""The pages of results: the overview, and the tickets behind each number."""
