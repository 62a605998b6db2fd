"""Surveys: asked after a solving, answered once, and what came of them."""
