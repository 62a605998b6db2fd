"""Customer sources: one file per kind, and gather.py, which asks them all."""
