"""Pages of tickets: the agent's panel, decisions and why, and what the desks told us."""
