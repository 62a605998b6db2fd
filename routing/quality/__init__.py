"""How well each rule routes, and what people's transfers teach about it."""
