"""What came of it: KPIs of any group of tickets, compared, over time, and by topic."""
