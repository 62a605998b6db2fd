"""The rule book: ordered rules, which of them fire, and why each did or did not."""
