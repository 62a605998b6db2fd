"""Customers: where they come from, what they are worth, and how they are forgotten."""
