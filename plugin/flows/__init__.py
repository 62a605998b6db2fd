"""The paths through the system, in rooms; one file for each, named by its verb."""
