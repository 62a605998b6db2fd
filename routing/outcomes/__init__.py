"""The meaning of each KPI, and the statistics that keep it honest."""
