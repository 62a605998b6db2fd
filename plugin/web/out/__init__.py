"""Pages of what goes out: who gets which mails, and who is told by webhook."""
