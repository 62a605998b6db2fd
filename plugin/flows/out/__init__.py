"""What goes out: mails, digests, alerts, and messages to other tools."""
