"""Pages of surveys: the one a customer answers, and what came of all."""
