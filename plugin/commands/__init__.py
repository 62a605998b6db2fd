"""The commands, one file per group; plugin.cli puts them together."""
