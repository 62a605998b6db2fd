"""From a queue to an agent."""
