"""One file per path through the system, named by its verb."""
