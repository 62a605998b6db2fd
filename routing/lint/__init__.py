"""What is wrong with a playbook's rules, each finding with a ticket that shows it."""
