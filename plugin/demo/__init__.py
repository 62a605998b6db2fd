"""The demo: a real desk, sample customers, and tickets that flow."""
