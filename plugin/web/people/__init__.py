"""Pages of who may come in, people and programs, and of what they did."""
