"""Tickets from before Deskroute, taken over from files and logs."""
