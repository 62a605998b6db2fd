"""What Deskroute decides: values in, values out. No network, no database, no clock of its own."""
