"""Numbers as tables that go out, as CSV and Excel."""
