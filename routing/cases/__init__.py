"""Saved cases: tickets that are kept with the playbook, each with what has to become of it."""
