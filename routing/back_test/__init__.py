"""A draft of the playbook tried on past tickets, beside another version."""
