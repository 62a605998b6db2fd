"""Pages of the playbook: in words, in forms and drafts, tried, published, and how its rules do."""
