"""Segments: how large they are, how they stand, what is wrong with them, and who hears of them."""
