"""The one condition language, used by segments and by rules."""
