"""How Deskroute's decisions come true: HTTP, queue, database, desks, customer sources, pages."""
