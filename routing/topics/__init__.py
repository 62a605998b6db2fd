"""What tickets are about: groups of those that say the same, named in their words."""
