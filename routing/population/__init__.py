"""Segments over all customers together: sizes, goals, health, and groups found in the data."""
