"""The playbook: changed in forms and drafts, tried on past tickets, published and watched."""
