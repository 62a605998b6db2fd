"""Who may come in, people and programs, and what is written down of what they do."""
